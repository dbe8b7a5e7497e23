"""How the windows of a long piece go on from each other, so that nobody hears where one ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.schedule import Schedule
from models.spectrogram import SLOTS

Array = NDArray[np.float32]

OVERLAP_CHUNKS = 5
"""Chunks (3.4 s) that a window shares with the one before it; with 3 a join stood out 1.44 times, with 5 and 7 1.32
times (mean latents on either side of it, against inside a window; 8 songs, 4 families)."""

YIELDING_CHUNKS = 3
"""Chunks before a join that the next window may still change, less and less the further they lie from it."""

CONTINUE_INDEX = 0.5
"""Noise index (sigma 2.5) at which a window starts that goes on from another, with the other's latents underneath.

From pure noise the overlap alone did not hold timbre and level: the mean latents on either side of a join differed
2.7 times as much as inside a window, from sigma 5.8 1.7 times, from here 1.4 times (overlap of 3 chunks). That left
joins which ranked .88 among other places of a stem by their spectral step, other borders of chunks .61; with yielding
chunks they rank .72, with twice as many levels as well .62 (12 stems of 31 s, 6 families). From index .4 they rank
.55, but then more of what is repeated shows through.
"""


@dataclass(frozen=True)
class Span:
    """Chunks `start` to `end` of a piece; those before `known` come from the window before."""

    start: int
    end: int
    known: int


def spans(chunks: int, window: int, overlap: int = OVERLAP_CHUNKS) -> list[Span]:
    """Windows over a piece: each keeps `overlap` chunks of the one before; the last one ends with the piece.

    The last window is moved back instead of being short, because the network was trained on full windows; it
    then keeps more than `overlap` chunks.
    """
    plan = [Span(0, min(window, chunks), 0)]
    while plan[-1].end < chunks:
        known = plan[-1].end
        end = min(known - overlap + window, chunks)
        plan.append(Span(end - window, end, known))
    return plan


def sigmas_from(sigmas: Sequence[float], first: float) -> list[float]:
    """Noise levels that begin lower: `first`, then those of `sigmas` below it."""
    return [first, *(sigma for sigma in sigmas if sigma < first * 0.999)]


def sigmas_to_go_on(sigmas: Sequence[float], schedule: Schedule) -> list[float]:
    """Noise levels of a window that goes on from another: from CONTINUE_INDEX, one more between any two."""
    levels = sigmas_from(sigmas, min(sigmas[0], schedule.sigma(CONTINUE_INDEX)))
    indices = [*map(schedule.index, levels), 0.0]
    return sorted([*levels, *(schedule.sigma(sum(pair) / 2) for pair in pairwise(indices))], reverse=True)


def held(known: NDArray[np.bool_], given: NDArray[np.bool_] | None = None) -> Array:
    """How firmly each slot of a window is held: 1 as it is, 0 not at all.

    Args:
        known: slots `[slot]` that have a value. Next to those that have none they yield.
        given: slots that nobody may change.
    """
    distance = _distance_to(np.flatnonzero(~known), len(known)) / (YIELDING_CHUNKS * SLOTS + 1)
    weights = 0.5 - 0.5 * np.cos(np.pi * np.minimum(distance, 1))
    return np.asarray(weights if given is None else np.where(known & given, 1, weights), np.float32)


def _distance_to(places: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """How far each of `count` slots is from the nearest of some places, which rise; infinite where there are none."""
    at, ends = np.arange(count), np.concatenate([[-np.inf], places, [np.inf]])
    following = np.searchsorted(places, at) + 1
    return np.asarray(np.minimum(ends[following] - at, at - ends[following - 1]))
