"""Latents of many windows of songs in device memory, and batches drawn from them there.

The folder, written by `models.train.latents`, holds `targets.f16` [song, 6, 120, 64] (raw tanh latents of each stem),
`contexts.f16` [song, 6, 2, 120, 64] (two mixes of other stems per target), `claps.f16` [song, 6, 512] (what the stem
sounds like, heard elsewhere in the song), `families.i8` [song, 6] (-1: no stem), `count` (written so far, as text)
and `norm.json` (mean[64], std[64], wave_numbers). It may grow while it is read. A song here is one window.

Numbers that hold waves (`models/nets/waves.py`) are zero in what is to be generated: another phase sounds the same, and
which one it will be nothing tells. In contexts they stay.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.nets.preconditioning import SIGMA_DATA

STEMS, MIXES, TOKENS, LATENT, SLOTS, CLAP = 6, 2, 120, 64, 8, 512

BALANCE = 0.5
"""Families are drawn with the square root of their frequency: rare ones are heard without being learnt by heart."""
DROP_CONTEXT = 0.2
DROP_CLAP = 0.2
DROP_BOTH = 0.1
CLAP_NOISE_SHARE, CLAP_NOISE = 0.3, 1.3
"""So many of the CLAP vectors get noise of up to that length before they get length 1 again.

What a bridge imagines, or raw text even more, lies a little beside what real sounds give; a model that has only met
those does not know that the rest means nothing. The cosine of words and their sound is .6, as with noise of 1.3."""


@dataclass(frozen=True)
class Batch:
    """Targets and conditions of one step, normalised, float32, on the device."""

    clean: Tensor  # [batch, token, 64]
    context: Tensor  # [batch, token, 64]
    context_present: Tensor  # [batch] bool
    clap: Tensor  # [batch, 512] CLAP vectors of length 1
    clap_present: Tensor  # [batch] bool

    def with_context(self, context: Tensor, present: bool = True) -> Batch:
        """The same targets beside another context, or (present = False) beside none."""
        flags = torch.full_like(self.context_present, present)
        return Batch(self.clean, context, flags, self.clap, self.clap_present)


class LatentPool:
    """All songs of a folder as float16 on one device."""

    def __init__(
        self, folder: Path, device: torch.device, held_out: tuple[int, int] | None = None, balance: float = BALANCE
    ) -> None:
        """Loads what is there.

        Args:
            held_out: first and last + 1 of the songs kept for validation; default those that the folder notes, else
                the last 2 % of what is there now, in small folders more (see `_hold_out`).
            balance: 0 draws all targets alike, 1 all families; between them the rarer a family, the more often each
                of its targets.

        Raises:
            ValueError: fewer than 4 songs.
        """
        self.folder, self.device, self.songs, self.balance = folder, device, 0, balance
        norm = json.loads((folder / "norm.json").read_text())
        self.mean = torch.tensor(norm["mean"], dtype=torch.float32, device=device)
        self.scale = SIGMA_DATA / torch.tensor(norm["std"], dtype=torch.float32, device=device)
        self.generated = LATENT - norm.get("wave_numbers", 0)
        self.targets = torch.empty(0, STEMS, TOKENS, LATENT, dtype=torch.float16, device=device)
        self.contexts = torch.empty(0, STEMS, MIXES, TOKENS, LATENT, dtype=torch.float16, device=device)
        self.claps = torch.empty(0, STEMS, CLAP, dtype=torch.float16, device=device)
        self.families = np.empty((0, STEMS), np.int8)
        count = self._available()
        if count < 4:
            raise ValueError(f"{folder} holds {count} songs; training needs at least 4.")
        self.held_out = held_out or _noted(folder) or (count - _hold_out(count), count)
        self.refresh()

    def hold_out(self, first: int, stop: int) -> None:
        """Keep these songs for validation, and no others."""
        self.held_out = (first, stop)
        self._list_pairs()

    def refresh(self) -> int:
        """Takes in songs that arrived since the last call; returns how many are held now."""
        count = self._available()
        if count > self.songs:
            self._take(count)
            self._list_pairs()
        return self.songs

    def draw(self, batch: int, chunks: int, generator: torch.Generator) -> Batch:
        """A training batch of `chunks` chunks per item, drawn on the device without waiting for it.

        The crop starts at a random chunk of its song.
        """

        def uniform(upto: float = 1.0) -> Tensor:
            return torch.rand(batch, generator=generator, device=self.device) * upto

        pair = torch.searchsorted(self._cdf, uniform()).clamp(max=len(self._cdf) - 1)
        both = uniform() >= DROP_BOTH
        start = (uniform(TOKENS // SLOTS - chunks + 1)).long() * SLOTS
        return self._batch(
            pair=pair,
            mix=uniform(MIXES).long(),
            tokens=start[:, None] + torch.arange(chunks * SLOTS, device=self.device),
            context_present=both & (uniform() >= DROP_CONTEXT),
            clap_present=both & (uniform() >= DROP_CLAP),
            clap_noise=self._clap_noise(batch, generator),
        )

    def probe(self, songs: tuple[int, int] | None = None, most: int = 256) -> Batch:
        """The validation batch: one stem of each held-out song in turn, whole windows, everything present.

        Args:
            songs: first and last + 1 of other songs to take instead.
            most: no more songs than that.
        """
        start, stop = songs or self.held_out
        rows = [(song, np.flatnonzero(self.families[song] >= 0)) for song in range(start, stop)][:most]
        flat = [song * STEMS + stems[song % len(stems)] for song, stems in rows if len(stems)]
        row = torch.tensor(flat, device=self.device)
        yes = torch.ones(len(flat), dtype=torch.bool, device=self.device)
        tokens = torch.arange(TOKENS, device=self.device).expand(len(flat), -1)
        return Batch(
            self._targets(row, tokens),
            self._rows(self.contexts, row * MIXES, tokens),
            yes,
            self._claps(row),
            yes,
        )

    def _clap_noise(self, batch: int, generator: torch.Generator) -> Tensor:
        """What is added to CLAP vectors `[batch, 512]`; nothing to most of them."""
        length = torch.rand(batch, 1, generator=generator, device=self.device) * CLAP_NOISE
        length = length * (torch.rand(batch, 1, generator=generator, device=self.device) < CLAP_NOISE_SHARE)
        return torch.randn(batch, CLAP, generator=generator, device=self.device) * (length / CLAP**0.5)

    def _batch(
        self,
        pair: Tensor,
        mix: Tensor,
        tokens: Tensor,
        context_present: Tensor,
        clap_present: Tensor,
        clap_noise: Tensor,
    ) -> Batch:
        row = self._pairs[pair]
        return Batch(
            self._targets(row, tokens),
            self._rows(self.contexts, row * MIXES + mix, tokens),
            context_present,
            nn.functional.normalize(self._claps(row) + clap_noise, dim=-1),
            clap_present,
        )

    def _targets(self, row: Tensor, tokens: Tensor) -> Tensor:
        """What is to be generated, [batch, token, 64]."""
        clean = self._rows(self.targets, row, tokens)
        clean[..., self.generated :] = 0
        return clean

    def _rows(self, latents: Tensor, row: Tensor, tokens: Tensor) -> Tensor:
        """Normalised latents [batch, token, 64] of windows `row` [batch] at `tokens` [batch, token]."""
        raw = latents.view(-1, LATENT)[row[:, None] * TOKENS + tokens]
        return (raw.float() - self.mean) * self.scale

    def _claps(self, row: Tensor) -> Tensor:
        """CLAP vectors of stems `row` [batch] -> [batch, 512] of length 1, which float16 had made inexact."""
        return nn.functional.normalize(self.claps.view(-1, CLAP)[row].float(), dim=-1)

    def _available(self) -> int:
        return count_songs(self.folder)

    def _take(self, count: int) -> None:
        """Copies songs up to `count`; room grows by half so that not all is copied again, up to all that may come."""
        if count > len(self.targets):
            most = (self.folder / "families.i8").stat().st_size // STEMS
            room = count if self.songs == 0 else max(count, min(most, len(self.targets) * 3 // 2))
            self.targets = _enlarge(self.targets, room)
            self.contexts = _enlarge(self.contexts, room)
            self.claps = _enlarge(self.claps, room)
        stores = {"targets.f16": self.targets, "contexts.f16": self.contexts, "claps.f16": self.claps}
        for name, store in stores.items():
            fresh = _read(self.folder / name, np.dtype(np.float16), self.songs, count, tuple(store.shape[1:]))
            store[self.songs : count] = torch.from_numpy(fresh).to(self.device)
        families = _read(self.folder / "families.i8", np.dtype(np.int8), self.songs, count, (STEMS,))
        self.families = np.concatenate([self.families, families])
        self.songs = count

    def _list_pairs(self) -> None:
        """Lists the (song, stem) rows to train on with the cumulative probability of each."""
        present = self.families >= 0
        present[slice(*self.held_out)] = False
        flat = np.flatnonzero(present)
        family = self.families.reshape(-1)[flat].astype(np.int64)
        chance = np.bincount(family)[family] ** -self.balance
        cdf = np.cumsum(chance) / chance.sum()
        self._pairs = torch.from_numpy(flat).to(self.device)
        self._cdf = torch.from_numpy(cdf.astype(np.float32)).to(self.device)


def count_songs(folder: Path) -> int:
    """Songs that are complete in the folder; 0 before the encoder has published any."""
    try:
        return int((folder / "count").read_text())
    except FileNotFoundError:
        return 0


def wait_for_songs(folder: Path, songs: int, patience_s: float = 300.0) -> None:
    """Returns once the folder holds so many songs.

    Raises:
        TimeoutError: it did not within `patience_s`.
    """
    deadline = time.monotonic() + patience_s
    while count_songs(folder) < songs:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{folder} holds {count_songs(folder)} songs after {patience_s:.0f} s, not {songs}.")
        time.sleep(0.2)


def _noted(folder: Path) -> tuple[int, int] | None:
    """The songs of validation that the folder names in `held_out`, if it does."""
    path = folder / "held_out"
    if not path.is_file():
        return None
    first, stop = map(int, path.read_text().split())
    return first, stop


def _hold_out(count: int) -> int:
    """2 %, but up to 32 of a small folder (an eighth at most): a growing one may be small when training starts."""
    return max(2, min(32, count // 8), count // 50)


def _enlarge(store: Tensor, room: int) -> Tensor:
    larger = torch.empty(room, *store.shape[1:], dtype=store.dtype, device=store.device)
    larger[: len(store)] = store
    return larger


def _read(
    path: Path, kind: np.dtype[np.float16] | np.dtype[np.int8], start: int, stop: int, shape: tuple[int, ...]
) -> np.ndarray:
    """Songs start..stop of a raw file -> [stop - start, *shape]."""
    numbers = int(np.prod(shape))
    flat = np.fromfile(path, kind, (stop - start) * numbers, offset=start * numbers * kind.itemsize)
    return flat.reshape(stop - start, *shape)
