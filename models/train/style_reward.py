"""A reward for latents that sound as they were asked to, and the network that tells.

    python -m models.train.style_reward --latents LATENTS --out JUDGE --seconds 200
    python -m models.train.latent consistency --from RUN --judge JUDGE --latents LATENTS --out RUN2

A consistency model comes as near to the training data as its loss can tell, which weighs every latent alike; whether
an oboe became a violin is little of that. So the loss gets a second term (reward-guided consistency, arXiv 2403.11027):
a judge, trained before on real latents and the CLAP vectors of their stems by symmetric InfoNCE, tells which vector of
a batch an answer was made for. A real stem is not told with certainty, either, and an answer need not be told better:
beyond that the term is zero, and nothing is gained by exaggeration.

The loop, its clock and its log are those of `models.train.run`.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nets.clap import contrastive_loss
from models.nets.latent_clap import LatentClap, LatentClapConfig
from models.train import several
from models.train.checkpoint import join_parts, read_state
from models.train.diffusion import expand
from models.train.latent_data import Batch, LatentPool, pick_window, wait_for_songs
from models.train.rate import learning_rate
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings, add_options, from_options

STAGE = "judge"
NOISE_SHARE, NOISE = 0.5, 0.5
"""So many of the latents get noise of up to that size (that of the latents is .5): answers are never clean."""


@dataclass(frozen=True, kw_only=True)
class JudgeSettings:
    """What is trained, on what, and how."""

    latents: Path
    config: LatentClapConfig = field(default_factory=LatentClapConfig)
    batch: int = 1024
    lr: float = 1e-3
    warmup: int = 100  # steps
    wait_for: int = 4  # songs to wait for before the start, up to 5 minutes
    refresh_s: float = 10.0  # how often to look for newly encoded songs


class JudgeTask:
    """Model, data and loss; see `models.train.run.Task`."""

    def __init__(self, settings: JudgeSettings, run: RunSettings) -> None:
        self.settings, self.seed, self.batch = settings, run.seed, settings.batch
        self.device = several.device()
        torch.manual_seed(run.seed)
        self.module = LatentClap(settings.config).to(self.device)
        saved = read_state(run.out) if run.resume else None
        self.pool = LatentPool(settings.latents, self.device, saved and tuple(saved["held_out"]))
        self.probe = self.pool.probe()
        self.generator = torch.Generator(self.device)
        self._next_refresh = time.monotonic() + settings.refresh_s

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.module, 1.0)]

    def rate(self, progress: float, step: int) -> float:
        return learning_rate(self.settings.lr, progress, step, self.settings.warmup)

    def losses(self, progress: float, step: int) -> dict[str, Tensor]:
        if time.monotonic() >= self._next_refresh:
            self.pool.refresh()
            self._next_refresh = time.monotonic() + self.settings.refresh_s
        self.generator.manual_seed(several.seed(self.seed, step))
        chunks = pick_window(random.Random(f"{self.seed}/{step}").random())
        batch = self.pool.draw(self.batch, chunks, self.generator)
        return {"loss": contrastive_loss(logits(self.module, self._noisy(batch.clean), batch.clap))}

    def check(self, averaged: LatentClap) -> dict[str, Any]:
        """On held-out songs: InfoNCE, cosine to the true vector, and how often the true one is the nearest."""
        found = logits(averaged, self.probe.clean, self.probe.clap)
        right = torch.arange(len(found), device=self.device)
        cosine = (averaged(self.probe.clean) * self.probe.clap).sum(1).mean()
        return {
            "right": float(contrastive_loss(found)),
            "cosine": float(cosine),
            "nearest": float((found.argmax(1) == right).float().mean()),
            "of": len(found),
            "songs": self.pool.songs,
        }

    def describe(self) -> dict[str, Any]:
        return {
            "stage": STAGE,
            "config": asdict(self.module.config),
            "batch": self.batch,
            "seed": self.seed,
            "held_out": self.pool.held_out,
            "songs": self.pool.songs,
        }

    def _noisy(self, clean: Tensor) -> Tensor:
        size = torch.rand(len(clean), generator=self.generator, device=self.device) * NOISE
        chosen = torch.rand(len(clean), generator=self.generator, device=self.device) < NOISE_SHARE
        noise = torch.randn(clean.shape, generator=self.generator, device=self.device)
        return clean + expand(size * chosen, clean) * noise


def logits(judge: LatentClap, latents: Tensor, clap: Tensor) -> Tensor:
    """Which vector `[m, 512]` do latents `[n, token, 64]` sound like? `[n, m]`, bfloat16 inside on CUDA."""
    device = latents.device.type
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        heard = judge(latents)
    return judge.similarity(heard, clap)


def lacking(judge: LatentClap, made: Tensor, batch: Batch) -> Tensor:
    """How much less `made` [n, token, 64] tells of its prompt than the true stem does, in nats; scalar.

    The mean over the items that have a prompt, each at least 0.
    """
    right = torch.arange(len(made), device=made.device)
    with torch.no_grad():
        true = F.cross_entropy(logits(judge, batch.clean, batch.clap), right, reduction="none")
    told = F.cross_entropy(logits(judge, made, batch.clap), right, reduction="none")
    asked = batch.clap_present.float()
    return ((told - true).clamp(min=0) * asked).sum() / asked.sum().clamp(min=1)


def read_judge(run: Path) -> LatentClap:
    """The frozen judge of a run; ValueError for anything else."""
    tensors, meta = join_parts(run / "ema" if (run / "ema").is_dir() else run)
    if meta.get("stage") != STAGE:
        raise ValueError(f"{run} holds no judge; train one with models.train.style_reward.")
    judge = LatentClap(LatentClapConfig(**meta["config"]))
    judge.load_state_dict(tensors)
    return judge.requires_grad_(False).eval()


def train(settings: JudgeSettings, run_settings: RunSettings) -> Path:
    """Trains to the end of the budget; returns the folder with the averaged weights."""
    wait_for_songs(settings.latents, settings.wait_for)
    run = TrainingRun(JudgeTask(settings, run_settings), run_settings)
    run.train()
    run.finish()
    return run_settings.out / "ema"


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latents", type=Path, required=True, help="folder of encoded songs")
    plain = ("batch", "lr", "warmup", "wait_for", "refresh_s")
    for name in plain:
        usual = getattr(JudgeSettings, name)
        parser.add_argument("--" + name.replace("_", "-"), type=type(usual), default=usual)
    add_options(parser, seconds=200.0, checkpoint_s=60.0, check_s=30.0)
    options = parser.parse_args(arguments)
    named = {name: getattr(options, name) for name in ("latents", *plain)}
    train(JudgeSettings(**named), from_options(options))


if __name__ == "__main__":
    main()
