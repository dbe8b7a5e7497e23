"""Pairs of CLAP vectors, a text and a sound that it describes, as the bridge is trained and judged on.

The folder holds three arrays of the same length n, written by whoever embeds the data (`save_pairs`):

- `texts.npy` [n, 512] float32: CLAP vectors of the texts, length 1.
- `audios.npy` [n, 512] float32: CLAP vectors of the sounds, length 1.
- `songs.npy` [n] integers: the song that the sound is from. The split is by song, so all excerpts of a song, and all
  that shares its recording, must have the same number; the number must not change when the folder is written anew.

A sound with several texts has several rows, and so has a text with several sounds. Texts that are the same string
must have the same vector to the last bit: the measure of spread finds the sounds of one text by it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.nets.dit import CLAP

HELD_OUT_SHARE = 0.05
LENGTH_TOLERANCE = 1e-2  # float16 on the way to the folder costs less
MINIMUM = 2  # pairs on either side of the split


@dataclass(frozen=True)
class ClapPairs:
    """texts [n, 512], audios [n, 512], songs [n]."""

    texts: NDArray[np.float32]
    audios: NDArray[np.float32]
    songs: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.songs)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> ClapPairs:
        """Some of the pairs."""
        return ClapPairs(self.texts[chosen], self.audios[chosen], self.songs[chosen])


def save_pairs(folder: Path, pairs: ClapPairs) -> None:
    """Writes the three arrays."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("texts", "audios", "songs"):
        np.save(folder / f"{name}.npy", getattr(pairs, name), allow_pickle=False)


def load_pairs(folder: Path) -> ClapPairs:
    """Reads a folder.

    Raises:
        ValueError: the arrays do not belong together, or hold something else than unit vectors.
    """
    texts, audios = (_vectors(folder / name) for name in ("texts.npy", "audios.npy"))
    songs = np.load(folder / "songs.npy", allow_pickle=False)
    if songs.dtype.kind not in "iu" or songs.shape != (len(texts),) or len(audios) != len(texts):
        raise ValueError(f"{folder}: {len(texts)} texts, {len(audios)} audios and songs {songs.dtype} {songs.shape}")
    return ClapPairs(texts, audios, songs.astype(np.int64))


def split(
    pairs: ClapPairs, held_out_share: float = HELD_OUT_SHARE, purpose: str = "bridge"
) -> tuple[ClapPairs, ClapPairs]:
    """(training pairs, held-out pairs): a song's number alone decides, so a song never changes sides.

    Splits of other purposes are independent, so that training pairs can be split again.

    Raises:
        ValueError: fewer than two pairs on one side.
    """
    songs, place = np.unique(pairs.songs, return_inverse=True)
    held = np.array([_draw(purpose, int(song)) < held_out_share for song in songs])[place]
    if min(held.sum(), (~held).sum()) < MINIMUM:
        raise ValueError(
            f"{len(songs)} songs leave {held.sum()} held-out pairs and {(~held).sum()} to train on: give another share."
        )
    return pairs.where(~held), pairs.where(held)


def same_text(pairs: ClapPairs) -> list[NDArray[np.int64]]:
    """Rows of every text that is there more than once, in the order of their first row."""
    groups: dict[bytes, list[int]] = {}
    for row, text in enumerate(pairs.texts):
        groups.setdefault(text.tobytes(), []).append(row)
    return [np.array(rows) for rows in groups.values() if len(rows) > 1]


def _draw(purpose: str, song: int) -> float:
    """A number from 0 to 1 for a song, the same for ever and on every machine."""
    return int.from_bytes(hashlib.sha256(f"{purpose}/{song}".encode()).digest()[:8], "big") / 2**64


def _vectors(path: Path) -> NDArray[np.float32]:
    values = np.load(path, allow_pickle=False)
    if values.ndim != 2 or values.shape[1] != CLAP or values.dtype != np.float32:
        raise ValueError(f"{path} must be float32 [n, {CLAP}], not {values.dtype} {list(values.shape)}")
    lengths = np.linalg.norm(values, axis=1)
    if not (np.abs(lengths - 1) < LENGTH_TOLERANCE).all():
        raise ValueError(f"{path} holds vectors whose length is not 1")
    return values
