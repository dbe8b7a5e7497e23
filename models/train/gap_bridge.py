"""Trains the modality-gap bridge on pairs of CLAP vectors (see `models.train.clap_pairs` for the folder).

    python -m models.train.gap_bridge --pairs PAIRS --out RUN --seconds 240

The loop, its clock, its average of the weights and its log are those of `models.train.run`; the same command with
`--resume` goes on after a kill. `--from RUN` begins with the averaged weights of another run.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.nets.gap_bridge import GAP_BRIDGE_PRESETS, GapBridge, GapBridgeConfig
from models.nets.preconditioning import SIGMA_MAX, SIGMA_MIN
from models.train.checkpoint import read_state
from models.train.clap_pairs import HELD_OUT_SHARE, load_pairs, split
from models.train.diffusion import Network, edm_loss, heun_sample
from models.train.rate import learning_rate
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings, add_options, from_options
from models.train.trained import load_bridge

LOG_SIGMA_MEAN, LOG_SIGMA_STD = -1.2, 1.2  # of EDM, for data of standard deviation .5
PROBES = 1024  # held-out pairs at most that a check looks at
CHECK_STEPS = 10


@dataclass(frozen=True, kw_only=True)
class BridgeSettings:
    """What is trained, on what, and how."""

    pairs: Path
    start: Path | None = None  # a run whose weights to begin with
    config: GapBridgeConfig = GAP_BRIDGE_PRESETS["starter"]  # of a model that begins from nothing
    batch: int = 1024
    lr: float = 1e-3
    warmup: int = 100  # steps
    drop_text: float = 0.15  # share of a batch that learns without its text
    held_out: float = HELD_OUT_SHARE


class BridgeTask:
    """Model, data and loss; see `models.train.run.Task`."""

    def __init__(self, settings: BridgeSettings, run: RunSettings) -> None:
        self.settings, self.seed, self.batch = settings, run.seed, settings.batch
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        saved = read_state(run.out) if run.resume else None
        # A resumed run holds out the songs that it held out before.
        self.held_out = float(saved.get("held_out", settings.held_out)) if saved else settings.held_out
        pairs, held = split(load_pairs(settings.pairs), self.held_out)
        self.texts, self.audios = (torch.from_numpy(v).to(self.device) for v in (pairs.texts, pairs.audios))
        self.probe = tuple(torch.from_numpy(v[:PROBES]).to(self.device) for v in (held.texts, held.audios))
        torch.manual_seed(run.seed)
        self.module = self._first_model().to(self.device)
        self.generator = torch.Generator(self.device)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.module, 1.0)]

    def rate(self, progress: float, step: int) -> float:
        return learning_rate(self.settings.lr, progress, step, self.settings.warmup)

    def losses(self, progress: float, step: int) -> dict[str, Tensor]:
        self.generator.manual_seed((self.seed << 32) + step)
        rows = torch.randint(len(self.texts), (self.batch,), generator=self.generator, device=self.device)
        given = torch.rand(self.batch, generator=self.generator, device=self.device) >= self.settings.drop_text
        return {"loss": bridge_loss(self.module, self.texts[rows], self.audios[rows], given, self.generator)}

    def check(self, averaged: GapBridge) -> dict[str, Any]:
        """On held-out songs: losses with the right, a wrong and no text, and the cosine of a sample to the truth.

        Every loss meets the same noise, so that their differences say what the text is worth.
        """
        texts, audios = self.probe
        asked = {"right": (texts, True), "wrong": (texts.roll(1, 0), True), "none": (texts, False)}
        found = {name: self._probe_loss(averaged, text, given) for name, (text, given) in asked.items()}
        made = draw(averaged, texts, seed=0, steps=CHECK_STEPS)
        return found | {"cosine": float((made * audios).sum(1).mean()), "raw": float((texts * audios).sum(1).mean())}

    def describe(self) -> dict[str, Any]:
        return {
            "stage": "bridge",
            "config": asdict(self.module.config),
            "batch": self.batch,
            "seed": self.seed,
            "held_out": self.held_out,
            "pairs": len(self.texts),
            "explained": round(float(self.module.audio.explained), 6),
        }

    def _probe_loss(self, net: GapBridge, texts: Tensor, given: bool) -> float:
        flags = torch.full((len(texts),), given, device=self.device)
        return float(bridge_loss(net, texts, self.probe[1], flags, self.generator.manual_seed(0)))

    def _first_model(self) -> GapBridge:
        """A new model fitted to the training pairs, or that of another run with the maps it was trained with."""
        if self.settings.start is not None:
            return load_bridge(self.settings.start)[0].train()
        net = GapBridge(self.settings.config)
        net.fit(self.texts.cpu(), self.audios.cpu())
        return net


def bridge_loss(net: GapBridge, texts: Tensor, audios: Tensor, given: Tensor, generator: torch.Generator) -> Tensor:
    """EDM's loss of F, about 1 for a network that outputs 0; texts and audios are CLAP vectors [batch, 512]."""
    clean = net.audio.normalise(audios)
    noise = torch.randn(clean.shape, generator=generator, device=clean.device)
    return edm_loss(conditioned(net, texts, given), clean, noise, draw_sigmas(len(clean), generator))


def conditioned(net: GapBridge, texts: Tensor, given: Tensor) -> Network:
    """F with texts [batch, 512] bound, and none where `given` [batch] is false."""
    text = net.fill_text(texts, given)
    return lambda scaled, noise: net(scaled, noise, text)


def draw_sigmas(batch: int, generator: torch.Generator) -> Tensor:
    """Log-normal noise levels [batch], kept inside SIGMA_MIN..SIGMA_MAX."""
    normal = torch.randn(batch, generator=generator, device=generator.device)
    return (LOG_SIGMA_MEAN + LOG_SIGMA_STD * normal).exp().clamp(SIGMA_MIN, SIGMA_MAX)


@torch.no_grad()
def draw(net: GapBridge, texts: Tensor, seed: int, steps: int = 30, given: bool = True) -> Tensor:
    """One audio vector of length 1 for each text [n, 512] (given = False: for none) -> [n, 512]."""
    generator = torch.Generator(texts.device).manual_seed(seed)
    noise = torch.randn(len(texts), net.config.components, generator=generator, device=texts.device)
    flags = torch.full((len(texts),), given, device=texts.device)
    return F.normalize(net.audio.restore(heun_sample(conditioned(net, texts, flags), noise, steps)), dim=-1)


def train(settings: BridgeSettings, run_settings: RunSettings) -> Path:
    """Trains to the end of the budget; returns the folder with the averaged weights."""
    run = TrainingRun(BridgeTask(settings, run_settings), run_settings)
    run.train()
    run.finish()
    return run_settings.out / "ema"


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, required=True, help="folder of texts.npy, audios.npy, songs.npy")
    parser.add_argument("--from", dest="start", type=Path, help="run whose weights to begin with")
    parser.add_argument("--preset", choices=GAP_BRIDGE_PRESETS, default="starter")
    plain = ("batch", "lr", "warmup", "drop_text", "held_out")
    for name in plain:
        usual = getattr(BridgeSettings, name)
        parser.add_argument("--" + name.replace("_", "-"), type=type(usual), default=usual)
    parser.add_argument("--components", type=int, help="directions that noise is added in, if not those of the preset")
    add_options(parser, seconds=240.0, checkpoint_s=60.0, check_s=30.0)
    options = parser.parse_args(arguments)
    named = {name: getattr(options, name) for name in ("pairs", "start", *plain)}
    config = GAP_BRIDGE_PRESETS[options.preset]
    config = replace(config, components=options.components or config.components)
    train(BridgeSettings(config=config, **named), from_options(options))


if __name__ == "__main__":
    main()
