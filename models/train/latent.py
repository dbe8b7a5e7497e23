"""Trains the latent models: the EDM DiT, then the consistency DiT from it.

    python -m models.train.latent dit --latents LATENTS --out RUN --seconds 240
    python -m models.train.latent dit --net unet --latents LATENTS --out BASELINE --seconds 240
    python -m models.train.latent consistency --from RUN --latents LATENTS --out RUN2 --seconds 180

`--teacher RUN` makes the last consistency distillation: it learns where the EDM DiT leads, with `--guidance 1.75 1.75`
where the guided one does, so that sampling needs no guidance and half of the evaluations. Measured against consistency
training (models/train/LOG.md): nearer to the context, but the instrument that was asked for is recognised less often.
`--balance` says how evenly families are drawn: 0 as they come, 1 all alike.
`--net unet` puts Diff-A-Riff's U-Net in the DiT's place, everything else being equal; a pack cannot hold it.
The loop, its clock and its log are those of `models.train.run`. `--from` takes a run or a pack; going on from a
pack's consistency model, name the stage `consistency`.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.guidance import Guidance
from models.nets.dit import DIT_PRESETS, DiT
from models.schedule import LATENT_LIMIT
from models.train import several
from models.train.checkpoint import read_state
from models.train.consistency import consistency_denoise, consistency_loss, draw_indices, step_size
from models.train.diffusion import Denoiser, draw_sigmas, edm_denoise, edm_loss
from models.train.latent_data import BALANCE, Batch, LatentPool, wait_for_songs
from models.train.latent_model import PRESETS, Config, LatentModel, read_config
from models.train.rate import learning_rate
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings, add_options, from_options
from models.train.trained import dit_checkpoint
from models.train.validate import validate

WINDOWS = ((15, 0.75), (8, 0.15), (3, 0.10))  # chunks per item and share of the batches: short contexts must work too
PEAK_RATES = {"dit": 6e-4, "consistency": 2e-4}
EVERYWHERE = Guidance(above_sigma=0.0)


@dataclass(frozen=True, kw_only=True)
class LatentSettings:
    """What is trained, on what, and how."""

    stage: str
    latents: Path
    start: Path | None = None  # a run or a pack whose weights to begin with
    teacher: Path | None = None  # a run of an EDM DiT, for consistency along its trajectories
    guidance: Guidance = EVERYWHERE  # of the teacher, which the consistency model then does without being guided
    config: Config = DIT_PRESETS["starter"]  # of a model that begins from nothing
    batch: int = 512
    balance: float = BALANCE  # of families in what is drawn: 0 as they come, 1 all alike
    lr: float = 0.0  # 0: the stage's usual peak
    warmup: int = 100  # steps
    exponent: float = 2.0  # the last consistency step is 0.1^exponent; 3 asks for far longer runs
    first_exponent: float = 1.0  # of the first step; a model that is consistent already can begin with less
    weighting: str = "balanced"  # better in short runs, see consistency.item_weights
    wait_for: int = 4  # songs to wait for before the start, up to 5 minutes
    refresh_s: float = 10.0  # how often to look for newly encoded songs


class LatentTask:
    """Model, data and loss of one stage; see `models.train.run.Task`."""

    def __init__(self, settings: LatentSettings, run: RunSettings) -> None:
        self.settings, self.seed, self.batch = settings, run.seed, settings.batch
        self.device = several.device()
        torch.manual_seed(run.seed)
        self.module = first_model(settings).to(self.device)
        self.teacher = settings.teacher and read_teacher(settings.teacher).to(self.device)
        # A resumed run holds out the songs that it held out before, however many have arrived since.
        saved = read_state(run.out) if run.resume else None
        if saved and saved.get("net", "dit") != (net := self.module.describe()["net"]):
            raise ValueError(f"{run.out} does not hold a run of a {net}; choose another folder with --out.")
        self.pool = LatentPool(settings.latents, self.device, saved and tuple(saved["held_out"]), settings.balance)
        # A growing folder may have been longer by a few songs for another process, which must not train on these.
        self.pool.hold_out(*(int(several.agreed(song)) for song in self.pool.held_out))
        self.probe = self.pool.probe()
        self.seen = self.pool.probe((0, min(self.pool.held_out[0], len(self.probe.clean))))
        self.generator = torch.Generator(self.device)
        self._next_refresh = time.monotonic() + settings.refresh_s

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.module, 1.0)]

    def rate(self, progress: float, step: int) -> float:
        peak = self.settings.lr or PEAK_RATES[self.settings.stage]
        return learning_rate(peak, progress, step, self.settings.warmup)

    def losses(self, progress: float, step: int) -> dict[str, Tensor]:
        if time.monotonic() >= self._next_refresh:
            self.pool.refresh()
            self._next_refresh = time.monotonic() + self.settings.refresh_s
        self.generator.manual_seed(several.seed(self.seed, step))
        chunks = pick_window(random.Random(f"{self.seed}/{step}").random())
        return {"loss": self.loss(self.pool.draw(self.batch, chunks, self.generator), progress)}

    def loss(self, batch: Batch, progress: float) -> Tensor:
        """The stage's loss with freshly drawn noise."""
        s, net = self.settings, self.module.network(batch)
        noise = torch.randn(batch.clean.shape, generator=self.generator, device=self.device)
        if s.stage == "dit":
            return edm_loss(net, batch.clean, noise, draw_sigmas(s.batch, self.generator))
        index = draw_indices(s.batch, self.generator)
        delta = step_size(progress, s.exponent, s.first_exponent)
        return consistency_loss(net, batch.clean, noise, index, delta, s.weighting, self._taught(batch))

    def _taught(self, batch: Batch) -> Denoiser | None:
        """The teacher's denoiser, guided as in sampling: what the weights add up to stays in the range of latents."""
        if self.teacher is None:
            return None
        net = self.teacher.guided_network(batch, self.settings.guidance)
        return lambda noisy, sigma: edm_denoise(net, noisy, sigma).clamp(-LATENT_LIMIT, LATENT_LIMIT)

    def check(self, averaged: LatentModel) -> dict[str, Any]:
        """Losses on held-out songs with the right, a wrong and no context; `seen`: on the first songs of training."""
        denoise = edm_denoise if self.settings.stage == "dit" else consistency_denoise
        seen = validate(averaged, denoise, self.seen)["right"]
        return validate(averaged, denoise, self.probe) | {"seen": seen, "songs": self.pool.songs}

    def describe(self) -> dict[str, Any]:
        return {
            "stage": self.settings.stage,
            **self.module.describe(),
            "batch": self.batch,
            "balance": self.settings.balance,
            "seed": self.seed,
            "held_out": self.pool.held_out,
            "teacher": self.teacher is not None,
            **self._learnt_guidance(),
            "songs": self.pool.songs,
        }

    def _learnt_guidance(self) -> dict[str, Any]:
        """What the model does without being guided, if anything; a pack is then not guided by default."""
        weights = (self.settings.guidance.context, self.settings.guidance.prompt)
        return {"learnt_guidance": weights} if self.teacher is not None and weights != (1.0, 1.0) else {}

    def compile(self) -> None:
        """Compiles one block per window length and warms it up (CUDA only); leaves no trace in the weights.

        Blocks alone, because all of them share one compiled code: a whole network takes several times as long. The
        U-Net stays as it is: its blocks have a shape each, so each would be compiled anew for every window length.
        """
        net = self.module.net
        if self.device.type != "cuda" or not isinstance(net, DiT):
            return
        torch.set_float32_matmul_precision("high")
        torch._dynamo.config.automatic_dynamic_shapes = False
        torch._dynamo.config.recompile_limit = 64
        for block in [*net.blocks, *(self.teacher.net.blocks if self.teacher else ())]:
            block.compile(dynamic=False)
        self.generator.manual_seed(0)
        for chunks, _ in WINDOWS:
            self.loss(self.pool.draw(self.batch, chunks, self.generator), 0.0).backward()
        self.module.zero_grad(set_to_none=True)
        torch.cuda.synchronize()


def first_model(settings: LatentSettings) -> LatentModel:
    """A new model, or the averaged weights of a run, or those of a pack; ValueError for the other kind of network."""
    if settings.start is None:
        return LatentModel(settings.config)
    model, meta = read_model(settings.start)
    if type(model.net.config) is not type(settings.config):
        raise ValueError(f"{settings.start} holds a {meta.get('net', 'dit')}; choose it with --net.")
    return model


def read_teacher(run: Path) -> LatentModel:
    """The frozen DiT of an EDM run, whose trajectories consistency training follows; ValueError for anything else."""
    model, meta = read_model(run)
    if meta.get("stage") != "dit" or not isinstance(model.net, DiT):
        raise ValueError(f"{run} holds no DiT of the stage dit, which alone can teach; name another with --teacher.")
    return model.requires_grad_(False).eval()


def read_model(start: Path) -> tuple[LatentModel, dict[str, Any]]:
    """The averaged weights of a run, or those of a pack, and their metadata."""
    tensors, meta = dit_checkpoint(start)
    model = LatentModel(read_config(meta))
    model.load_state_dict(tensors)
    return model, meta


def pick_window(draw: float) -> int:
    """Chunks per item of a batch, from a uniform number in [0, 1)."""
    for chunks, share in WINDOWS:
        if draw < share:
            return chunks
        draw -= share
    return WINDOWS[0][0]


def train(settings: LatentSettings, run_settings: RunSettings) -> Path:
    """Runs one stage to the end of its budget; returns the folder with the averaged weights."""
    several.join()
    wait_for_songs(settings.latents, settings.wait_for)
    task = LatentTask(settings, run_settings)
    run = TrainingRun(task, run_settings)
    task.compile()
    run.train()
    run.finish()
    several.leave()
    return run_settings.out / "ema"


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=PEAK_RATES)
    parser.add_argument("--latents", type=Path, required=True, help="folder of encoded songs")
    parser.add_argument("--from", dest="start", type=Path, help="run or pack whose weights to begin with")
    parser.add_argument("--teacher", type=Path, help="run of a DiT, whose trajectories consistency then follows")
    parser.add_argument(
        "--guidance",
        type=float,
        nargs=2,
        default=(1.0, 1.0),
        metavar=("CONTEXT", "PROMPT"),
        help="of the teacher: what it does so is learnt, and sampling then needs no guidance for it",
    )
    parser.add_argument("--net", choices=PRESETS, default="dit", help="unet: the baseline of Diff-A-Riff")
    parser.add_argument("--preset", choices=DIT_PRESETS, default="starter")
    parser.add_argument("--weighting", choices=["published", "balanced"], default="balanced")
    plain = {"batch", "balance", "lr", "warmup", "exponent", "first_exponent", "wait_for", "refresh_s"}
    for field in (field for field in fields(LatentSettings) if field.name in plain):
        parser.add_argument("--" + field.name.replace("_", "-"), type=type(field.default), default=field.default)
    add_options(parser, seconds=240.0, checkpoint_s=60.0, check_s=30.0)
    options = parser.parse_args(arguments)
    if options.stage == "consistency" and options.start is None:
        parser.error("consistency starts from a trained DiT: name its run with --from.")
    if options.stage != "consistency" and options.teacher is not None:
        parser.error("only the stage consistency has a teacher: leave out --teacher.")
    if options.teacher is None and tuple(options.guidance) != (1.0, 1.0):
        parser.error("only a teacher can be guided: name one with --teacher, or leave out --guidance.")
    try:
        options.guidance = Guidance(*options.guidance, above_sigma=0.0)
    except ValueError as error:
        parser.error(f"{error}.")
    named = {field.name: getattr(options, field.name) for field in fields(LatentSettings) if field.name != "config"}
    train(LatentSettings(config=PRESETS[options.net][options.preset], **named), from_options(options))


if __name__ == "__main__":
    main()
