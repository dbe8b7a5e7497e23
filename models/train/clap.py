"""Trains the starter CLAP on composed stems and captions of what the composer knows about them.

    python -m models.data.pool --path /dev/shm/songs --slots 4000 --workers 12 --seconds 420 --sound-font X.sf3 &
    python -m models.train.clap --pool /dev/shm/songs --out RUN --seconds 150 --workers 8

The loop, its clock and its log are those of `models.train.run`. Say `--knows synthesis` when the pool is rendered
without sound fonts, and `--knows families` when it comes from multitracks. Symmetric InfoNCE with the batch's
other pairs as wrong answers (CLIP, arXiv 2103.00020, section 2.3).
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.data.captions import family_names
from models.data.tokenizer_file import SOURCE_TOKENIZER
from models.evaluate.retrieval import retrieval_figures
from models.nets.clap import CLAP_PRESETS, TEXT_LENGTH, Clap, ClapConfig, contrastive_loss
from models.tokenizer import Tokenizer
from models.train import several
from models.train.clap_data import KNOWLEDGE, Batch, StemStore, augment
from models.train.clap_pairs import ClapPairs, save_pairs
from models.train.rate import learning_rate
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings, add_options, from_options
from models.train.trained import load_clap

REFRESH_S, REFRESHING_S = 0.5, 0.25  # how often new songs are taken in, and for how long; 0.1 s took in 5 songs/s
PAIR_CAPTIONS = 4  # of a stem, beside each of its two windows, for the bridge
PAIR_STEMS = 256  # embedded at once


@dataclass(frozen=True, kw_only=True)
class ClapSettings:
    """What is trained, on what, and how."""

    pool: Path
    start: Path | None = None  # a run whose weights to begin with
    config: ClapConfig = CLAP_PRESETS["starter"]  # of a model that begins from nothing
    knows: str = "fonts"
    batch: int = 1024
    lr: float = 8e-4
    warmup: int = 200  # steps
    wait_for: int = 256  # songs to wait for before the start, up to 5 minutes
    most_stems: int = 40_000
    workers: int = 0  # processes that write captions
    pairs: Path | None = None  # where to write the pairs that the bridge learns from
    keep_audio: bool = False  # train the text tower alone: what was learnt from audio vectors stays valid


class ClapTask:
    """Model, data and loss; see `models.train.run.Task`."""

    def __init__(self, settings: ClapSettings, run: RunSettings) -> None:
        self.settings, self.seed, self.batch = settings, run.seed, settings.batch
        self.device = several.device()
        # Before anything is put on the GPU: the store forks its workers.
        self.store = StemStore(settings.pool, self.device, settings.knows, settings.most_stems, settings.workers)
        self.tokenizer = Tokenizer.load(SOURCE_TOKENIZER)
        torch.manual_seed(run.seed)
        self.module = first_clap(settings, len(self.tokenizer)).to(self.device)
        if settings.keep_audio:
            self.store.listen_with(copy.deepcopy(self.module.audio).eval())
        self.generator = torch.Generator(self.device)
        self.store.wait(settings.wait_for)
        self._next_refresh = time.monotonic() + REFRESH_S

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.module.text if self.settings.keep_audio else self.module, 1.0)]

    def rate(self, progress: float, step: int) -> float:
        return learning_rate(self.settings.lr, progress, step, self.settings.warmup)

    def losses(self, progress: float, step: int) -> dict[str, Tensor]:
        if time.monotonic() >= self._next_refresh:
            self.store.refresh(REFRESHING_S)
            self._next_refresh = time.monotonic() + REFRESH_S
        self.generator.manual_seed(several.seed(self.seed, step))
        batch = self.store.draw(self.batch, self.generator)
        return {"loss": self.loss(batch, step), "scale": self.module.log_scale.exp()}

    def loss(self, batch: Batch, step: int) -> Tensor:
        """InfoNCE of a batch, its sounds augmented where the audio tower learns; bfloat16 on CUDA."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            if batch.heard is None:
                audio = self.module.audio(augment(batch.log_mel, several.seed(self.seed, step)))
            else:
                audio = batch.heard
            text = self.module.text(batch.tokens)
        return contrastive_loss(self.module.similarity(audio, text), batch.alike)

    def check(self, averaged: Clap) -> dict[str, Any]:
        """Retrieval on held-out songs, in usual and unseen wordings; see `models.evaluate.retrieval`."""
        log_mel, usual, unseen, family = self.store.probe()
        if len(family) < 2:
            return {"songs": self.store.songs}
        audio = torch.cat([averaged.audio(part) for part in log_mel.split(64)]).cpu().numpy()
        figures: dict[str, Any] = {"songs": self.store.songs, "held_out_stems": len(family)}
        for name, tokens in (("usual", usual), ("unseen", unseen)):
            text = averaged.text(tokens).cpu().numpy()
            prompts = family_prompts(averaged, self.tokenizer, name == "unseen", self.device)
            figures |= {f"{name}_{key}": v for key, v in retrieval_figures(audio, text, prompts, family).items()}
        return figures

    def describe(self) -> dict[str, Any]:
        return {
            "stage": "clap",
            "config": asdict(self.module.config),
            "batch": self.batch,
            "seed": self.seed,
            "songs": self.store.songs,
            "tokenizer": SOURCE_TOKENIZER.name,
        }

    def compile(self) -> None:
        """Compiles blocks and stages and warms them up (CUDA only); leaves no trace in the weights."""
        if self.device.type != "cuda":
            return
        torch.set_float32_matmul_precision("high")
        torch._dynamo.config.recompile_limit = 64
        for part in (*self.module.audio.stem, *self.module.audio.blocks, *self.module.text.blocks):
            part.compile(dynamic=False)
        self.generator.manual_seed(0)
        self.loss(self.store.draw(self.batch, self.generator), 0).backward()
        self.module.zero_grad(set_to_none=True)
        torch.cuda.synchronize()


def first_clap(settings: ClapSettings, tokens: int) -> Clap:
    """A new model, or the averaged weights of a run; ValueError when that run reads another tokenizer."""
    if settings.start is None:
        return Clap(replace(settings.config, tokens=tokens))
    net, _ = load_clap(settings.start)
    if net.config.tokens != tokens:
        raise ValueError(f"{settings.start} reads {net.config.tokens} tokens; the tokenizer now has {tokens}.")
    return net.train()


@torch.no_grad()
def family_prompts(net: Clap, tokenizer: Tokenizer, unseen: bool, device: torch.device | str = "cpu") -> np.ndarray:
    """One vector per family `[12, 512]`: the mean over its names."""
    vectors = []
    for names in family_names(unseen):
        tokens = torch.tensor([tokenizer.encode(name, TEXT_LENGTH) for name in names], device=device)
        vectors.append(net.text(tokens).mean(0))
    return torch.nn.functional.normalize(torch.stack(vectors), dim=-1).cpu().numpy()


@torch.no_grad()
def embedded_pairs(net: Clap, store: StemStore, captions: int = PAIR_CAPTIONS) -> ClapPairs:
    """Every stem that was learnt from, in both of its windows, beside some of its captions, as vectors."""
    texts, audios, songs = [], [], []
    for first in range(0, store.stems, PAIR_STEMS):
        rows = slice(first, min(first + PAIR_STEMS, store.stems))
        with torch.autocast(store.device.type, torch.bfloat16, enabled=store.device.type == "cuda"):
            heard = net.audio(store.log_mel[rows].float().flatten(0, 1)).unflatten(0, (-1, 2))
            read = net.text(store.codes[rows, :captions].long().flatten(0, 1)).unflatten(0, (-1, captions))
        audios.append(heard.repeat_interleave(captions, 1).flatten(0, 1).float().cpu())
        texts.append(read.repeat(1, 2, 1).flatten(0, 1).float().cpu())
        songs.append(np.repeat(store.serial[rows], 2 * captions))
    return ClapPairs(torch.cat(texts).numpy(), torch.cat(audios).numpy(), np.concatenate(songs))


def write_pairs(clap: Path, pool: Path, knows: str, out: Path) -> None:
    """The pairs of all songs in a pool that is full, with the CLAP of a run or a pack, in the folder `out`."""
    device = several.device()
    store = StemStore(pool, device, knows, most_stems=4096)
    store.wait(1)
    save_pairs(out, embedded_pairs(load_clap(clap)[0].to(device), store))


def train(settings: ClapSettings, run_settings: RunSettings) -> Path:
    """Runs to the end of the budget; returns the folder with the averaged weights."""
    several.join()
    task = ClapTask(settings, run_settings)
    try:
        run = TrainingRun(task, run_settings)
        task.compile()
        run.train()
        run.finish()
        if settings.pairs and several.rank() == 0:
            save_pairs(settings.pairs, embedded_pairs(run.ema.net, task.store))
    finally:
        task.store.close()
    several.leave()
    return run_settings.out / "ema"


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, required=True, help="path of a pool, see models.data.pool")
    parser.add_argument("--from", dest="start", type=Path, help="run whose weights to begin with")
    parser.add_argument("--keep-audio", action="store_true", help="with --from: train the text tower alone")
    parser.add_argument("--preset", choices=CLAP_PRESETS, default="starter")
    parser.add_argument("--pairs", type=Path, help="folder for the pairs that models.train.gap_bridge learns from")
    parser.add_argument("--knows", choices=KNOWLEDGE, default="fonts", help="what is known about the pool's stems")
    plain = {"batch", "lr", "warmup", "wait_for", "most_stems", "workers"}
    for field in (field for field in fields(ClapSettings) if field.name in plain):
        parser.add_argument("--" + field.name.replace("_", "-"), type=type(field.default), default=field.default)
    add_options(parser, seconds=150.0, checkpoint_s=60.0, check_s=30.0)
    options = parser.parse_args(arguments)
    named = {name: getattr(options, name) for name in (*plain, "pool", "start", "knows", "pairs", "keep_audio")}
    train(ClapSettings(config=CLAP_PRESETS[options.preset], **named), from_options(options))


if __name__ == "__main__":
    main()
