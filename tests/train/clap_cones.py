"""Pairs of vectors with a gap that is known: texts and sounds in two narrow cones, three kinds of sound per text."""

from __future__ import annotations

import numpy as np

from models.train.clap_pairs import ClapPairs

TEXTS, MODES, PER_SONG, RANK = 6, 3, 4, 5
_RNG = np.random.default_rng(5)
_AXES = np.linalg.qr(_RNG.standard_normal((512, 2 * RANK + 2)))[0].T
TEXT_CENTRE, AUDIO_CENTRE = _AXES[-1], 0.3 * _AXES[-1] + 0.95 * _AXES[-2]
CONCEPTS = _RNG.standard_normal((TEXTS, RANK)) @ _AXES[:RANK]
KINDS = _RNG.standard_normal((TEXTS, MODES, 2 * RANK)) @ _AXES[: 2 * RANK]
SPREAD = 0.5  # of sounds of one kind, against 1 between kinds


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def texts_of(numbers: np.ndarray) -> np.ndarray:
    """CLAP vectors of texts 0..7, the same bytes for the same number."""
    return unit(TEXT_CENTRE + 0.12 * CONCEPTS)[numbers]


def centres() -> np.ndarray:
    """The middle of every kind of sound [text, kind, 512]."""
    return AUDIO_CENTRE + 0.12 * (0.7 * CONCEPTS[:, None] + KINDS)


def cones(items: int, seed: int = 0) -> ClapPairs:
    """`items` pairs, four to a song."""
    rng = np.random.default_rng(seed)
    text, mode = rng.integers(TEXTS, size=items), rng.integers(MODES, size=items)
    jitter = SPREAD * rng.standard_normal((items, 2 * RANK)) @ _AXES[: 2 * RANK]
    audios = centres()[text, mode] + 0.12 * jitter
    return ClapPairs(texts_of(text), unit(audios), np.arange(items, dtype=np.int64) // PER_SONG)
