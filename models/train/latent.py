"""Trains the latent models: the EDM DiT, then the consistency DiT from it.

    python -m models.train.latent dit --latents LATENTS --out RUN --seconds 240
    python -m models.train.latent consistency --from RUN --latents LATENTS --out RUN2 --seconds 180

The budget is wall-clock time without compilation: learning rate and schedules follow elapsed / seconds, so a run
ends well whatever the machine. `--resume` goes on after a kill with at most the last checkpoint interval lost.
RUN/log.jsonl is the log, RUN/ema the averaged weights. With --steps the budget is a number of steps instead, and
an interrupted and resumed run ends with the same weights as an unbroken one.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.nets.dit import DIT_PRESETS, DiTConfig
from models.train import checkpoint
from models.train.consistency import consistency_denoise, consistency_loss, draw_indices, step_size
from models.train.diffusion import draw_sigmas, edm_denoise, edm_loss
from models.train.ema import Ema
from models.train.latent_data import Batch, LatentPool, wait_for_songs
from models.train.latent_model import LatentModel
from models.train.validate import validate

STARTED = time.monotonic()

WINDOWS = ((15, 0.75), (8, 0.15), (3, 0.10))  # chunks per item and share of the batches: short contexts must work too


@dataclass(frozen=True)
class Settings:
    """One run. Times are wall clock."""

    stage: str
    latents: Path
    out: Path
    start: Path | None = None  # a run whose averaged weights to begin with
    preset: str = "starter"
    seconds: float = 240.0
    until: float = 0.0  # if not 0, train until this Unix time instead, whatever compilation takes
    steps: int = 0  # if not 0, the budget instead of seconds
    batch: int = 512
    seed: int = 0
    lr: float = 0.0  # 0: 6e-4 for dit, 2e-4 for consistency
    warmup: int = 100  # steps
    decay: float = 0.999  # of the averaged weights; runs are a few thousand steps
    exponent: float = 2.0  # the last consistency step is 0.1^exponent; 3 asks for far longer runs
    weighting: str = "balanced"  # better in short runs, see consistency.item_weights
    resume: bool = False
    log_steps: int = 50
    checkpoint_s: float = 60.0
    validate_s: float = 30.0
    wait_for: int = 4  # songs to wait for before the start, up to 5 minutes
    refresh_s: float = 10.0  # how often to look for newly encoded songs
    stop_at_s: float = math.inf  # save and leave when the process is this old, finished or not


class Trainer:
    """Model, optimiser, data and progress of one run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.step, self.elapsed, self.skipped = 0, 0.0, torch.zeros((), device=self.device)
        saved = checkpoint.load_checkpoint(settings.out) if settings.resume else None
        torch.manual_seed(settings.seed)
        self.model = self._first_model().to(self.device)
        self.ema = Ema(self.model, settings.decay)
        self.optimiser = _optimiser(self.model, self.base_lr)
        self.pool = LatentPool(settings.latents, self.device, saved and tuple(saved[1]["held_out"]))
        if saved:
            self._restore(*saved)
        self.probe = self.pool.probe()
        self.generator = torch.Generator(self.device)

    @property
    def base_lr(self) -> float:
        """The learning rate at its highest."""
        return self.settings.lr or (6e-4 if self.settings.stage == "dit" else 2e-4)

    @property
    def fraction(self) -> float:
        """How much of the budget is used, 0..1."""
        s = self.settings
        return min(1.0, self.step / s.steps if s.steps else self.elapsed / s.seconds)

    def train_step(self) -> Tensor:
        """One optimiser step; returns the loss on the device. A step with a non-finite gradient changes nothing."""
        s = self.settings
        # Seeded per step, not carried along: resuming needs no generator state.
        self.generator.manual_seed((s.seed << 32) + self.step)
        chunks = _pick_window(random.Random(f"{s.seed}/{self.step}").random())
        loss = self.loss(self.pool.draw(s.batch, chunks, self.generator))
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = self.base_lr * _rise_and_fall(self.step / s.warmup, self.fraction)
        # Fused AdamW skips the update where found_inf is 1, without the host waiting for the device.
        self.optimiser.grad_scale, self.optimiser.found_inf = None, (~norm.isfinite()).float()
        self.skipped += self.optimiser.found_inf
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.ema.update(self.model, self.step)
        self.step += 1
        return loss.detach()

    def loss(self, batch: Batch) -> Tensor:
        """The stage's loss with freshly drawn noise."""
        s, net = self.settings, self.model.network(batch)
        noise = torch.randn(batch.clean.shape, generator=self.generator, device=self.device)
        if s.stage == "dit":
            return edm_loss(net, batch.clean, noise, draw_sigmas(s.batch, self.generator))
        index = draw_indices(s.batch, self.generator)
        return consistency_loss(net, batch.clean, noise, index, step_size(self.fraction, s.exponent), s.weighting)

    def compile(self) -> None:
        """Compiles one block per window length and warms it up (CUDA only); leaves no trace in the weights.

        Blocks alone, because all of them share one compiled code: a whole network takes several times as long.
        """
        if self.device.type != "cuda":
            return
        torch.set_float32_matmul_precision("high")
        torch._dynamo.config.automatic_dynamic_shapes = False
        torch._dynamo.config.recompile_limit = 64
        for block in self.model.dit.blocks:
            block.compile(dynamic=False)
        self.generator.manual_seed(0)
        for chunks, _ in WINDOWS:
            self.loss(self.pool.draw(self.settings.batch, chunks, self.generator)).backward()
        self.optimiser.zero_grad(set_to_none=True)
        torch.cuda.synchronize()

    def validate(self) -> dict[str, Any]:
        """Losses of the averaged weights on held-out songs."""
        denoise = edm_denoise if self.settings.stage == "dit" else consistency_denoise
        return validate(self.ema.net, denoise, self.probe)

    def save(self) -> None:
        """Checkpoint and averaged weights."""
        names = dict(self.model.named_parameters())
        groups = {
            "weights": self.model.state_dict(),
            "ema": self.ema.net.state_dict(),
            "optimiser": checkpoint.optimiser_tensors(self.optimiser, names),
        }
        meta = {
            "stage": self.settings.stage,
            "config": self.model.describe(),
            "step": self.step,
            "seconds": round(self.elapsed, 3),
            "batch": self.settings.batch,
            "seed": self.settings.seed,
            "held_out": self.pool.held_out,
            "songs": self.pool.songs,
        }
        checkpoint.save_checkpoint(self.settings.out, self.step, groups, meta)
        checkpoint.save_parts(self.settings.out / "ema", self.ema.net.state_dict(), meta)

    def _first_model(self) -> LatentModel:
        start = self.settings.start
        if start is None:
            return LatentModel(DIT_PRESETS[self.settings.preset])
        tensors, config = _averaged(start)
        model = LatentModel(config)
        model.load_state_dict(tensors)
        return model

    def _restore(self, groups: dict[str, checkpoint.Tensors], state: checkpoint.Json) -> None:
        if state["stage"] != self.settings.stage:
            raise ValueError(f"{self.settings.out} holds a {state['stage']} run; choose another folder with --out.")
        self.model.load_state_dict(groups["weights"])
        self.ema.net.load_state_dict(groups["ema"])
        checkpoint.restore_optimiser(self.optimiser, dict(self.model.named_parameters()), groups["optimiser"])
        self.step, self.elapsed = state["step"], state["seconds"]


class Log:
    """JSON lines on the screen and in a file; collects losses on the device between two lines."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a")
        self.losses: list[Tensor] = []
        self.since = time.monotonic()

    def line(self, **entries: object) -> None:
        """Writes one line."""
        text = json.dumps(entries)
        print(text, flush=True)
        self.file.write(text + "\n")
        self.file.flush()

    def progress(self, trainer: Trainer) -> None:
        """One line about the steps since the last; the only place where the host waits for the device."""
        loss = torch.stack(self.losses).mean().item()
        now = time.monotonic()
        self.line(
            step=trainer.step,
            seconds=round(trainer.elapsed, 1),
            loss=round(loss, 6),
            lr=trainer.optimiser.param_groups[0]["lr"],
            items_per_s=round(len(self.losses) * trainer.settings.batch / (now - self.since), 1),
            skipped=int(trainer.skipped),
            songs=trainer.pool.songs,
        )
        self.losses, self.since = [], now


def train(settings: Settings) -> Path:
    """Runs one stage to the end of its budget; returns the folder with the averaged weights."""
    wait_for_songs(settings.latents, settings.wait_for)
    trainer, log = Trainer(settings), Log(settings.out / "log.jsonl")
    began = time.monotonic()
    trainer.compile()
    if settings.until:
        trainer.settings = replace(settings, seconds=trainer.elapsed + settings.until - time.time())
    log.line(stage=settings.stage, step=trainer.step, compile_s=round(time.monotonic() - began, 1))
    clock = time.monotonic() - trainer.elapsed
    every = {"checkpoint": settings.checkpoint_s, "validate": settings.validate_s, "refresh": settings.refresh_s}
    due = {name: time.monotonic() + period for name, period in every.items()}
    log.since = time.monotonic()
    while trainer.fraction < 1 and time.monotonic() - STARTED < settings.stop_at_s:
        log.losses.append(trainer.train_step())
        if trainer.step % settings.log_steps == 0:
            log.progress(trainer)
        now = time.monotonic()
        trainer.elapsed = now - clock
        for name in [name for name, when in due.items() if now >= when]:
            due[name] = now + every[name]
            _chore(name, trainer, log)
    log.line(step=trainer.step, seconds=round(trainer.elapsed, 1), valid=trainer.validate())
    trainer.save()
    return settings.out / "ema"


def _chore(name: str, trainer: Trainer, log: Log) -> None:
    if name == "checkpoint":
        trainer.save()
    elif name == "validate":
        log.line(step=trainer.step, seconds=round(trainer.elapsed, 1), valid=trainer.validate())
    else:
        trainer.pool.refresh()


def _averaged(run: Path) -> tuple[checkpoint.Tensors, DiTConfig]:
    """Averaged weights of a run: in full from its checkpoint, else float16 from its `ema` folder or a copy of it."""
    saved = checkpoint.load_checkpoint(run)
    if saved:
        return saved[0]["ema"], DiTConfig(**saved[1]["config"])
    tensors, meta = checkpoint.join_parts(run / "ema" if (run / "ema").is_dir() else run)
    return tensors, DiTConfig(**meta["config"])


def _optimiser(model: nn.Module, lr: float) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), fused=True)


def _rise_and_fall(warm: float, fraction: float) -> float:
    """Linear warm-up in steps, then half a cosine over the budget down to 2 %."""
    return min(1.0, warm + 0.01) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * fraction)))


def _pick_window(draw: float) -> int:
    for chunks, share in WINDOWS:
        if draw < share:
            return chunks
        draw -= share
    return WINDOWS[0][0]


def main() -> None:
    """Reads the command line; every option is a field of Settings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["dit", "consistency"])
    parser.add_argument("--latents", type=Path, required=True, help="folder of encoded songs")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--from", dest="start", type=Path, help="run whose averaged weights to begin with")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--preset", choices=list(DIT_PRESETS), default="starter")
    parser.add_argument("--weighting", choices=["published", "balanced"], default="balanced")
    done = {"stage", "latents", "out", "start", "resume", "preset", "weighting"}
    for field in (field for field in fields(Settings) if field.name not in done):
        flag = "--" + field.name.replace("_", "-")
        parser.add_argument(flag, type=type(field.default), default=field.default)
    settings = Settings(**vars(parser.parse_args()))
    if settings.stage == "consistency" and settings.start is None:
        parser.error("consistency starts from a trained DiT: name its run with --from.")
    train(settings)


if __name__ == "__main__":
    main()
