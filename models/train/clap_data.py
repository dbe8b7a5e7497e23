"""Log-mels and captions of single stems on the training device, taken from a pool (`models.data.pool`) that may grow.

A stem's 20.48 s are heard in the two 10 s windows at their ends; both log-mels are made once, on the device, as
float16 (0.2 MB a stem instead of 4 MB of audio), so that a step of training transforms nothing. Songs are kept when
the pool's writers go round and overwrite them.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.data.captions import STRANGE, Writer, among_strangers, misspell
from models.data.composer.dice import Dice
from models.data.pool import FRAMES, HELD_OUT, PoolReader
from models.data.stem_facts import StemFacts, facts_of_seed, family_only
from models.data.tokenizer_file import SOURCE_TOKENIZER
from models.families import FAMILIES
from models.log_mel import BANDS, CLAP_FRAMES, COLUMNS
from models.nets.clap import EMBEDDING, TEXT_LENGTH
from models.nets.log_mel import LogMel
from models.tokenizer import Tokenizer

CAPTIONS = 32  # per stem; a run of 4,000 steps of 1,024 out of 10,000 stems draws each about 400 times
CHECKED_DETAILS = 4  # facts beside the instrument in the captions that retrieval is checked with
KNOWLEDGE = ("fonts", "synthesis", "families")
"""What is known about a pool's stems: the composer's song, rendered with or without sound fonts, or families alone
(a pool from real multitracks)."""
MISSPELT, IN_PIECES, SKIPPED = 0.05, 0.25, 0.15  # shares of captions, of captions, of merges

Listen = Callable[[Tensor], Tensor]
"""An audio tower: log-mel `[batch, 96, 500]` -> vectors `[batch, 512]`."""

Codes = dict[int, np.ndarray]
"""Family index -> int16 `[caption, 48]`; the first CAPTIONS rows are for training, then one usual and one unseen
wording for checks."""


@dataclass(frozen=True)
class Batch:
    """Pairs on the device. `row` says which stem: two windows of one stem are no wrong answers for each other."""

    log_mel: Tensor  # [batch, 96, 500] float32
    tokens: Tensor  # [batch, 48] int64
    row: Tensor  # [batch] int64
    heard: Tensor | None = None  # [batch, 512], see `StemStore.listen_with`

    @property
    def alike(self) -> Tensor:
        """Pairs `[batch, batch]` of the same stem or with the same text."""
        same_text = (self.tokens[:, None] == self.tokens[None]).all(-1)
        return same_text | (self.row[:, None] == self.row[None])


class StemStore:
    """All stems seen so far. Every 32nd seed is kept for validation and never drawn for training."""

    def __init__(
        self, path: Path, device: torch.device, knows: str = "fonts", most_stems: int = 40_000, workers: int = 0
    ) -> None:
        """Empty; `wait` or `refresh` fill it. `workers`: processes that write captions (0: this one).

        Make it before CUDA is used in this process: the workers are forked.
        """
        self.reader, self.device, self.most_stems = PoolReader(path), device, most_stems
        self._caption = partial(caption_codes, knows=knows)
        self._crew = ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) if workers else None
        if self._crew:
            self._crew.submit(os.getpid).result()  # forks all of them
        self.hear = LogMel().to(device)
        # Taken by and by: memory that no stem has been written to is not used on the CPU.
        self.log_mel = torch.empty(most_stems, 2, BANDS, COLUMNS, dtype=torch.float16, device=device)
        self.codes = torch.zeros(most_stems, CAPTIONS + 2, TEXT_LENGTH, dtype=torch.int16, device=device)
        self.family, self.held_out, self.songs = np.zeros(most_stems, np.int64), np.zeros(most_stems, bool), 0
        self.serial = np.zeros(most_stems, np.int64)
        self.stems = 0
        self._listen: Listen | None = None
        self._waiting: dict[int, tuple[int, Future[Codes] | None]] = {}
        self._known: set[int] = set()

    def listen_with(self, tower: Listen) -> None:
        """Hear every window once, by an audio tower that will not change: batches hold the vectors from now on."""
        self._listen = tower
        self._heard = torch.zeros(self.most_stems, 2, EMBEDDING, device=self.device)

    def wait(self, songs: int, patience_s: float = 300.0) -> None:
        """Takes in all songs that are there; TimeoutError when they are not `songs` within the patience."""
        deadline = time.monotonic() + patience_s
        while self.refresh(1.0) or self.songs < songs:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The pool holds {self.songs} songs after {patience_s:.0f} s, not {songs}.")
            time.sleep(0.05)  # leaves the processor to those who write the songs

    def refresh(self, most_s: float = 0.1) -> bool:
        """Takes in new songs, for about so many seconds; True while more are waiting."""
        begun = time.monotonic()
        serials = self.reader.serials()
        for slot in np.flatnonzero(serials):
            serial = int(serials[slot])
            if serial not in self._known:
                self._known.add(serial)
                self._waiting[serial] = (int(slot), self._crew and self._crew.submit(self._caption, serial - 1))
        taken = 0
        for serial, (slot, job) in list(self._waiting.items()):
            if time.monotonic() - begun > most_s:
                break
            if job is None or job.done():
                del self._waiting[serial]
                taken += self._take(slot, serial, job.result() if job else None)
        if taken:
            self._list()
        return bool(self._waiting) and self.stems < self.most_stems

    def draw(self, batch: int, generator: torch.Generator) -> Batch:
        """A training batch; families are drawn with the square root of their frequency."""

        def uniform(upto: float) -> Tensor:
            return torch.rand(batch, generator=generator, device=self.device) * upto

        place = torch.searchsorted(self._cdf, uniform(1.0)).clamp(max=len(self._cdf) - 1)
        row = self._training[place]
        window, caption = uniform(2).long(), uniform(CAPTIONS).long()
        heard = self._heard[row, window] if self._listen else None
        return Batch(self.log_mel[row, window].float(), self.codes[row, caption].long(), row, heard)

    def probe(self, most: int = 512) -> tuple[Tensor, Tensor, Tensor, np.ndarray]:
        """Held-out stems: log-mel, tokens in usual and in unseen wordings, family index `[n]`."""
        rows = np.flatnonzero(self.held_out[: self.stems])[:most]
        row = torch.from_numpy(rows).to(self.device)
        usual, unseen = self.codes[row, CAPTIONS].long(), self.codes[row, CAPTIONS + 1].long()
        return self.log_mel[row, 0].float(), usual, unseen, self.family[rows]

    def close(self) -> None:
        """Ends the workers."""
        if self._crew:
            self._crew.shutdown(cancel_futures=True)

    def _take(self, slot: int, serial: int, codes: Codes | None) -> bool:
        """Copies a song's stems; False when it has been overwritten meanwhile or there is no room."""
        audio, families, found = self.reader.read(slot)
        present = np.flatnonzero(families >= 0)
        if found != serial or self.stems + len(present) > self.most_stems:
            return False
        codes = codes or self._caption(serial - 1)
        heard = torch.from_numpy(audio[present]).to(self.device).float().mean(1) / 32_768
        ends = torch.stack([heard[:, :CLAP_FRAMES], heard[:, FRAMES - CLAP_FRAMES :]], 1).flatten(0, 1)
        rows = slice(self.stems, self.stems + len(present))
        log_mel = self.hear(ends)
        self.log_mel[rows] = log_mel.unflatten(0, (-1, 2)).half()
        if self._listen:
            with torch.no_grad():
                self._heard[rows] = self._listen(log_mel).unflatten(0, (-1, 2)).float()
        self.codes[rows] = torch.from_numpy(np.stack([codes[int(families[stem])] for stem in present])).to(self.device)
        self.family[rows], self.held_out[rows] = families[present], (serial - 1) % HELD_OUT == 0
        self.serial[rows] = serial
        self.stems, self.songs = rows.stop, self.songs + 1
        return True

    def _list(self) -> None:
        """Rows to train on, and the cumulative probability of each."""
        rows = np.flatnonzero(~self.held_out[: self.stems])
        family = self.family[rows]
        chance = np.bincount(family)[family] ** -0.5 if len(rows) else np.zeros(0)
        self._training = torch.from_numpy(rows).to(self.device)
        self._cdf = torch.from_numpy((np.cumsum(chance) / max(chance.sum(), 1e-9)).astype(np.float32)).to(self.device)


def caption_codes(seed: int, knows: str) -> Codes:
    """Tokens of captions of every stem of a song that may be in its slot; the same seed gives the same ones."""
    stems = {f: family_only(f) for f in FAMILIES} if knows == "families" else facts_of_seed(seed, knows == "fonts")
    return {FAMILIES.index(family): _stem_codes(stem, seed) for family, stem in stems.items()}


def _stem_codes(stem: StemFacts, seed: int) -> np.ndarray:
    """int16 `[CAPTIONS + 2, 48]` of one stem."""
    dice, tokenizer = Dice(f"{seed}/clap/{stem.family}"), _tokenizer()
    usual, unseen = Writer(dice.fork("usual")), Writer(dice.fork("unseen"), unseen=True)
    rows = [as_typed(usual.write(stem).text, dice, tokenizer) for _ in range(CAPTIONS)]
    rows += [tokenizer.encode(w.write(stem, CHECKED_DETAILS).text, TEXT_LENGTH) for w in (usual, unseen)]
    return np.array(rows, np.int16)


def as_typed(text: str, dice: Dice, tokenizer: Tokenizer) -> list[int]:
    """Tokens of a text as people type it: with words of their own, slips, and in more pieces than they need be."""
    if dice.chance(STRANGE):
        text = among_strangers(text, dice)
    if dice.chance(MISSPELT):
        text = misspell(text, dice)
    skip = (lambda: dice.chance(SKIPPED)) if dice.chance(IN_PIECES) else None
    return tokenizer.encode(text, TEXT_LENGTH, skip)


@cache
def _tokenizer() -> Tokenizer:
    return Tokenizer.load(SOURCE_TOKENIZER)


def augment(log_mel: Tensor, seed: int) -> Tensor:
    """Gain, equalisation, short repeats and masks on log-mels `[batch, 96, 500]`, whatever the device does.

    Level +-3 dB, tilt +-4 dB and one bell of +-5 dB per item (log-mel is log10 of power over SPREAD = 2.3, so 1 dB is
    0.043); half of the batches hear a part of 3 s or more repeated, as the runtime does with short audio, and start
    anywhere. Half of the items get a band mask, half a time mask (Park et al. 2019, arXiv 1904.08779).
    """
    batch, device = len(log_mel), log_mel.device
    dice = random.Random(seed)
    columns = COLUMNS if dice.random() < 0.5 else dice.randrange(150, COLUMNS)
    place = (dice.randrange(COLUMNS) + torch.arange(COLUMNS, device=device) % columns) % COLUMNS
    band = torch.linspace(-1, 1, BANDS, device=device)[None]
    level, tilt, bell, centre = (torch.rand(4, batch, 1, device=device) * 2 - 1).unbind(0)
    curve_db = 3 * level + 4 * tilt * band + 5 * bell * torch.exp(-(((band - centre) / 0.25) ** 2))
    heard = log_mel[:, :, place] + 0.043 * curve_db[:, :, None]
    quiet = _mask(BANDS, 16, batch, device)[:, :, None] | _mask(COLUMNS, 80, batch, device)[:, None]
    return heard.masked_fill(quiet, 0.0)


def _mask(size: int, widest: int, batch: int, device: torch.device) -> Tensor:
    """One stretch per item, in half of the items, `[batch, size]`."""
    start, width = torch.rand(2, batch, 1, device=device).unbind(0)
    place = torch.arange(size, device=device)[None]
    return (place >= start * size) & (place < start * size + (2 * width - 1) * widest)
