"""Teaches the text tower of a CLAP new words, without hearing anything: on two processor cores, in half an hour.

    python -m models.train.paraphrase --from models/packs/starter --out runs/words --seconds 1500

The tower that there is knows what it makes of a fact in plain words. Another way to say the same, with idioms, among
words that mean nothing, shall become the same vector: knowledge distillation across wordings, as Reimers and Gurevych
(arXiv 2004.09813) do across languages. The space stays what it was, so audio tower, bridge and latent models do, too;
only what is read changes.
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.data.captions import Writer, plain
from models.data.composer.dice import Dice
from models.data.pool import HELD_OUT
from models.data.stem_facts import StemFacts, facts_of_seed
from models.data.tokenizer_file import SOURCE_TOKENIZER
from models.families import FAMILIES
from models.nets.clap import TEXT_LENGTH, Clap, TextTower
from models.tokenizer import PAD, Tokenizer
from models.train import several
from models.train.clap_data import as_typed
from models.train.rate import learning_rate
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings, add_options, from_options
from models.train.trained import load_clap

BANK = 64  # batches written at once, and sorted by length so that little padding is read
CHECKED = 512  # captions


@dataclass(frozen=True, kw_only=True)
class ParaphraseSettings:
    """What is trained, and how."""

    start: Path  # a run or a pack
    batch: int = 256
    lr: float = 3e-4
    warmup: int = 50  # steps
    songs: int = 600  # whose stems are described
    first_seed: int = 0


class ParaphraseTask:
    """Model, data and loss; see `models.train.run.Task`."""

    def __init__(self, settings: ParaphraseSettings, run: RunSettings) -> None:
        self.settings, self.seed, self.batch = settings, run.seed, settings.batch
        self.device = several.device()
        torch.manual_seed(run.seed)
        self.tokenizer = Tokenizer.load(SOURCE_TOKENIZER)
        self.module = load_clap(settings.start)[0].to(self.device).train()
        if self.module.config.tokens != len(self.tokenizer):
            raise ValueError(f"{settings.start} reads {self.module.config.tokens} tokens, not {len(self.tokenizer)}.")
        self.teacher = copy.deepcopy(self.module.text).eval().requires_grad_(False)
        self.learnt, self.held = Bank(settings, False), Bank(settings, True)
        self._batches: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.module.text, 1.0)]

    def rate(self, progress: float, step: int) -> float:
        return learning_rate(self.settings.lr, progress, step, self.settings.warmup)

    def losses(self, progress: float, step: int) -> dict[str, Tensor]:
        told, meant = self._batch(step)
        with torch.no_grad():
            target = read(self.teacher, meant, self.device)
        return {"loss": 1 - (read(self.module.text, told, self.device) * target).sum(1).mean()}

    def check(self, averaged: Clap) -> dict[str, Any]:
        """Mean cosine of captions of held-out songs, before and now, to what their plain words meant before."""
        figures: dict[str, Any] = {}
        for name, unseen in (("usual", False), ("unseen", True)):
            told, meant = self.held.captions(CHECKED, Dice(f"{name}/check"), self.tokenizer, unseen)
            target = read(self.teacher, meant, self.device)
            for when, tower in (("before", self.teacher), ("now", averaged.text)):
                figures[f"{name}_{when}"] = float((read(tower, told, self.device) * target).sum(1).mean())
        return figures

    def describe(self) -> dict[str, Any]:
        return {
            "stage": "paraphrase",
            "config": asdict(self.module.config),
            "batch": self.batch,
            "seed": self.seed,
            "tokenizer": SOURCE_TOKENIZER.name,
        }

    def _batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Tokens of a step: captions of about one length, and the same in plain words."""
        bank, place = divmod(step, BANK)
        if bank not in self._batches:
            dice = Dice(f"{self.seed}/{several.rank()}/{bank}")
            told, meant = self.learnt.captions(BANK * self.batch, dice, self.tokenizer)
            order = np.argsort((told != PAD).sum(1), kind="stable").reshape(BANK, self.batch)
            shuffled = np.random.default_rng((self.seed, several.rank(), bank)).permutation(order)
            self._batches = {bank: [(told[rows], meant[rows]) for rows in shuffled]}
        return self._batches[bank][place]


class Bank:
    """The stems of some songs, as facts: those that are held out, or the others."""

    def __init__(self, settings: ParaphraseSettings, held_out: bool) -> None:
        seeds = range(settings.first_seed, settings.first_seed + settings.songs)
        chosen = [seed for seed in seeds if (seed % HELD_OUT == 0) == held_out]
        stems = [stem for seed in chosen for stem in facts_of_seed(seed, seed % 2 == 0).values()]
        by_family = [[stem for stem in stems if stem.family == family] for family in FAMILIES]
        self.by_family: list[list[StemFacts]] = [stems for stems in by_family if stems]

    def captions(
        self, count: int, dice: Dice, tokenizer: Tokenizer, unseen: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Tokens int64 `[count, 48]` of captions, as people type them, and of the same facts in plain words."""
        told, meant = [], []
        while len(told) < count:
            caption = Writer(dice, unseen).write(dice.pick(dice.pick(self.by_family)))
            if not caption.used:
                continue
            text = tokenizer.encode(caption.text, TEXT_LENGTH) if unseen else as_typed(caption.text, dice, tokenizer)
            told.append(text)
            meant.append(tokenizer.encode(plain(caption), TEXT_LENGTH))
        return np.array(told, np.int64), np.array(meant, np.int64)


def read(tower: TextTower, tokens: np.ndarray, device: torch.device) -> Tensor:
    """Unit vectors `[n, 512]` of tokens `[n, 48]`; padding that all of them have is not read."""
    longest = int((tokens != PAD).sum(1).max())
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        vectors: Tensor = tower(torch.from_numpy(tokens[:, :longest]).to(device))
    return F.normalize(vectors.float(), dim=-1)


def train(settings: ParaphraseSettings, run_settings: RunSettings) -> Path:
    """Runs to the end of the budget; returns the folder with the averaged weights."""
    several.join()
    run = TrainingRun(ParaphraseTask(settings, run_settings), run_settings)
    run.train()
    run.finish()
    several.leave()
    return run_settings.out / "ema"


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="start", type=Path, required=True, help="run or pack whose words to begin with")
    plain_fields = {"batch", "lr", "warmup", "songs", "first_seed"}
    for field in (field for field in fields(ParaphraseSettings) if field.name in plain_fields):
        parser.add_argument("--" + field.name.replace("_", "-"), type=type(field.default), default=field.default)
    add_options(parser, seconds=1500.0, checkpoint_s=300.0, check_s=120.0)
    options = parser.parse_args(arguments)
    named = {name: getattr(options, name) for name in (*plain_fields, "start")}
    train(ParaphraseSettings(**named), from_options(options))


if __name__ == "__main__":
    main()
