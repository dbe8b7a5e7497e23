"""Codec training, one command for each stage.

    python -m models.train.codec encoder --pool /dev/shm/songs --out runs/codec --seconds 220
    python -m models.train.codec decoder --pool /dev/shm/songs --out runs/codec --seconds 800

`encoder` trains encoder, pre-decoder and magnitude head by the magnitudes of single chunks. `decoder` freezes the
encoder, so latents made from now on stay valid, and trains the pre-decoder (slowly) and the two-chunk denoiser.
`hearing` goes on with the encoder alone and freezes the rest, so that latent models and decoder stay valid, too.
`sketch` trains the pre-decoder alone, with the encoder frozen, in front of another `decoder` stage.
`joint` trains all of it at once by the consistency loss, as the papers do; `--preset paper` needs it.
The loop, its clock and its log are those of `models.train.run`. `--from` takes a run or a pack.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.data.augment import training_audio
from models.nets.codec import Codec
from models.nets.codec_config import CODEC_PRESETS, LATENT, CodecConfig
from models.nets.spectrogram import CHUNK_FRAMES, EDGE
from models.train import several
from models.train.codec_stages import STAGES
from models.train.pairs import as_chunks
from models.train.rate import learning_rate
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings, add_options, from_options
from models.train.song_feed import SongFeed
from models.train.trained import load_codec
from models.train.widen import widened

PAIR_FRAMES = 2 * CHUNK_FRAMES + 2 * EDGE  # two chunks with the audio that their outer windows reach into


@dataclass(frozen=True, kw_only=True)
class CodecSettings:
    """What is trained, on what, and how."""

    stage: str
    pool: Path
    start: Path | None = None  # a run or a pack whose weights to begin with
    config: CodecConfig = CODEC_PRESETS["starter"]  # of a codec that begins from nothing
    batch: int = 96
    check_batch: int = 64
    warm_up: int = 150
    wait_for: int = 250
    compile: str = "all"


class CodecTask:
    """Codec, songs and loss of one stage; see `models.train.run.Task`."""

    def __init__(self, settings: CodecSettings, run: RunSettings) -> None:
        self.settings, self.seed, self.batch = settings, run.seed, settings.batch
        self.device = several.device()
        torch.manual_seed(run.seed)
        self.module = on_device(first_codec(settings), self.device)
        torch._dynamo.config.automatic_dynamic_shapes = False
        torch._dynamo.config.recompile_limit = 64
        compiled = torch.compile if self.device.type == "cuda" else (lambda function: function)
        network = compiled if settings.compile == "all" else (lambda function: function)
        self.stage = STAGES[settings.stage](self.module, compiled, network)
        self.augment = compiled(training_audio)
        self.precision = torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")
        self.feed = SongFeed(str(settings.pool), self.device, wait_for=settings.wait_for)
        self.held_out = draw_pairs(self.feed, settings.check_batch, training_audio, held_out=True)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return self.stage.parameter_groups()

    def rate(self, progress: float, step: int) -> float:
        return learning_rate(self.stage.peak_rate, progress, step, self.settings.warm_up, self.stage.hold)

    def losses(self, progress: float, step: int) -> dict[str, Tensor]:
        with torch.no_grad():
            audio = draw_pairs(self.feed, self.batch, self.augment)
        with self.precision:
            return self.stage.losses(audio, progress)

    def check(self, averaged: Codec) -> dict[str, Any]:
        """The stage's figures on held-out songs."""
        with self.precision:
            return self.stage.check(averaged, self.held_out) | {"songs": self.feed.copied}

    def describe(self) -> dict[str, Any]:
        config = asdict(self.module.config)
        return {"stage": self.settings.stage, "config": config, "batch": self.batch, "seed": self.seed}


def first_codec(settings: CodecSettings) -> Codec:
    """A new codec, or the averaged weights of a run, or those of a pack with what they lack beside `settings.config`.

    Only the encoder stage adds what latents must learn to hold: those of an encoder that stays as it is tell no waves.
    But they tell envelope and width (.7 of both is in the latents of packs 0.4 and 0.5, which nobody asked for it).
    """
    if settings.start is None:
        return Codec(settings.config)
    codec, _ = load_codec(settings.start)
    if codec.config.sketch:
        codec = widened(codec, settings.config, encoder=settings.stage == "encoder")
    return codec.train()


def draw_pairs(feed: SongFeed, batch: int, augment: Callable[..., Tensor], held_out: bool = False) -> Tensor:
    """Audio `[batch, 2, PAIR_FRAMES]`, augmented."""
    stems, present = (feed.held_out if held_out else feed.crops)(batch, PAIR_FRAMES)
    return augment(stems, present)


@torch.no_grad()
def measure_latents(codec: Codec, feed: SongFeed, batches: int, batch: int, seed: int) -> None:
    """Set `latent_mean` and `latent_std` of the codec from single stems and mixes, as the latent models will see."""
    torch.manual_seed(seed)
    found = []
    for _ in range(batches):
        stems, present = feed.crops(batch, PAIR_FRAMES)
        alone = nn.functional.one_hot(
            (torch.rand_like(present, dtype=torch.float) * present).argmax(1), present.shape[1]
        )
        kept = torch.where(torch.rand(batch, 1, device=present.device) < 0.5, present, alone.bool())
        audio = (stems.float() / 32_768 * kept[:, :, None, None]).sum(1)
        found.append(codec.encode(as_chunks(audio).flatten(0, 1)).flatten(0, 1))
    latents = torch.cat(found)
    codec.latent_mean.copy_(latents.mean(0))
    # Waves have no mean, and zero says nothing: it must be zero for latent models, too.
    codec.latent_mean[LATENT - codec.config.wave_numbers :] = 0
    codec.latent_std.copy_(latents.std(0).clamp(min=1e-3))


def on_device(codec: Codec, device: torch.device) -> Codec:
    """Move the codec; on CUDA convolutions get channels-last weights and TF32 is allowed."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
        for module in codec.modules():
            if isinstance(module, nn.Conv2d):
                module.to(memory_format=torch.channels_last)
    return codec.to(device)


def train(settings: CodecSettings, run_settings: RunSettings) -> Path:
    """Runs one stage to the end of its budget; returns the folder with the averaged weights."""
    several.join()
    task = CodecTask(settings, run_settings)
    run = TrainingRun(task, run_settings)
    try:
        run.train()
        if settings.stage not in ("decoder", "sketch"):
            # Imported here because rounding lives beside the exporter, which needs onnx.
            from models.nets.rounding import round_weights

            averaged = run.ema.net
            # The pack will hold the encoder like this, and must compute the latents that all later stages learn from.
            round_weights(averaged.encoder, "int8")
            if settings.stage != "hearing":  # there latents mean what they meant
                measure_latents(averaged, task.feed, batches=16, batch=settings.batch, seed=run_settings.seed)
                task.module.latent_mean.copy_(averaged.latent_mean)
                task.module.latent_std.copy_(averaged.latent_std)
    finally:
        task.feed.stop()
    run.finish()
    several.leave()
    return run_settings.out / "ema"


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--pool", type=Path, required=True, help="path of a pool that models.data.pool writes")
    parser.add_argument("--from", dest="start", type=Path, help="run or pack whose weights to start from")
    parser.add_argument("--preset", choices=CODEC_PRESETS, default="starter")
    parser.add_argument("--batch", type=int, default=96, help="pairs of chunks")
    parser.add_argument("--check-batch", type=int, default=64)
    parser.add_argument("--warm-up", type=int, default=150, help="steps of linear warm-up")
    parser.add_argument("--wait-for", type=int, default=250, help="songs that must be there before the start")
    parser.add_argument(
        "--compile", choices=("all", "small"), default="all",
        help="on CUDA; small: not the networks, which takes two to four minutes, for a run too short to wait for it",
    )  # fmt: skip
    add_options(parser)
    options = parser.parse_args(arguments)
    named = {field.name: getattr(options, field.name) for field in fields(CodecSettings) if field.name != "config"}
    train(CodecSettings(config=CODEC_PRESETS[options.preset], **named), from_options(options))


if __name__ == "__main__":
    main()
