"""Accompaniment prompt adherence (APA, Grachten & Nistal 2025): do the stems belong to their contexts, as a crowd?

Three sets of mixes are embedded: R = context + its true stem, R' = context + the stem of another song, C = context
+ candidate stem. With the Frechet distance d

    APA = 1/2 + (d(C, R') - d(C, R)) / (2 max(d(R, R'), |d(C, R') - d(C, R)|))

1: candidates are as near to the true mixes as these are far from the shuffled ones; 1/2: as near to one as to the
other; 0: like shuffled. It saturates at 1 and says nothing about single items. Published values mix at equal
loudness (ITU-R BS.1770); `mix_at_equal_level` uses plain RMS, so only values from this module compare.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluate.frechet_distance import fit_gaussian, frechet

MIX_RMS_DBFS = -20.0
SILENCE_DBFS = -60.0


@dataclass(frozen=True)
class AccompanimentAdherence:
    """APA (0 to 1), the three distances behind it, and what it depends on."""

    value: float
    candidate_to_true: float
    candidate_to_shuffled: float
    true_to_shuffled: float
    true_items: int
    shuffled_items: int
    candidate_items: int
    shuffle_seed: int


def accompaniment_adherence(
    true_mixes: ArrayLike, shuffled_mixes: ArrayLike, candidate_mixes: ArrayLike, shuffle_seed: int
) -> AccompanimentAdherence:
    """APA from embeddings `[item, d]` of the three sets; `shuffle_seed` made the shuffled pairs (`other_songs`)."""
    true, shuffled, made = (fit_gaussian(mixes) for mixes in (true_mixes, shuffled_mixes, candidate_mixes))
    to_true, to_shuffled, apart = frechet(made, true), frechet(made, shuffled), frechet(true, shuffled)
    value = adherence(to_true, to_shuffled, apart)
    items = (true.items, shuffled.items, made.items)
    return AccompanimentAdherence(value, to_true, to_shuffled, apart, *items, shuffle_seed)


def adherence(candidate_to_true: float, candidate_to_shuffled: float, true_to_shuffled: float) -> float:
    """The formula from its three distances; negative ones count as 0, and 0 in the denominator gives 0."""
    to_true, to_shuffled, apart = (max(d, 0.0) for d in (candidate_to_true, candidate_to_shuffled, true_to_shuffled))
    nearer = to_shuffled - to_true
    scale = max(apart, abs(nearer))
    return 0.5 + nearer / (2 * scale) if scale > 0 else 0.0


def other_songs(songs: Sequence[Hashable], seed: int) -> NDArray[np.int64]:
    """Which item's stem each context gets in R': every stem once, never one of the context's own song.

    The items lie in random order, song after song; each takes its stem from as many places on as the largest
    song has items, which is beyond its own song.
    """
    rng = np.random.default_rng(seed)
    items = Counter(songs)
    place = dict(zip(items, rng.permutation(len(items)), strict=True))
    order = np.lexsort((rng.permutation(len(songs)), [place[song] for song in songs]))
    largest = max(items.values(), default=0)
    if not items or 2 * largest > len(songs):
        raise ValueError("shuffling stems between songs needs two songs or more, none with over half of the items")
    pairing = np.empty(len(songs), np.int64)
    pairing[order] = np.roll(order, -largest)
    return pairing


def mix_at_equal_level(context: NDArray[np.floating], stem: NDArray[np.floating]) -> NDArray[np.float32]:
    """Context and stem `[2, frame]` at equal RMS, the mix at -20 dBFS RMS and its peak at most 1.

    A side below -60 dBFS is silence and keeps its level.
    """
    if context.shape != stem.shape:
        raise ValueError(f"context and stem must be equally long, got {context.shape} and {stem.shape}")
    silence = 10 ** (SILENCE_DBFS / 20)
    context_rms, stem_rms = _rms(context), _rms(stem)
    gain = context_rms / stem_rms if min(context_rms, stem_rms) > silence else 1.0
    mix = context.astype(np.float64) + gain * stem.astype(np.float64)
    level = _rms(mix)
    mix *= 10 ** (MIX_RMS_DBFS / 20) / level if level > silence else 1.0
    return (mix / max(1.0, float(np.abs(mix).max()))).astype(np.float32)


def _rms(audio: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.square(audio, dtype=np.float64).mean()))
