"""How often a stem made for a context beats one made for another context, with a confidence interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]


@dataclass(frozen=True)
class Auc:
    """An AUC (0.5: no better than chance, 1: always) with its 95 % bootstrap interval over `songs` songs."""

    value: float
    low: float
    high: float
    songs: int

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f}-{self.high:.2f})"


def matched_auc(
    scores: Scores,
    made_for: NDArray[np.integer] | None = None,
    seed: int = 0,
    compared: NDArray[np.bool_] | None = None,
) -> Auc:
    """AUC of the stem paired with a context against the stems of other songs, context by context.

    `scores[context, stem]` says how well a stem fits a context, `made_for[context]` which stem is put beside
    it (default: its own). A pair is a win when the paired stem scores higher; a tie counts half. The context's
    true stem is never an opponent, so a random pairing lands on 0.5. `compared[context, stem]` leaves out opponents
    that say nothing, as one of the same family where the family is asked for. The interval resamples songs (1,000
    times), because the pairs of one song are not independent.
    """
    count = len(scores)
    made_for = np.arange(count) if made_for is None else np.asarray(made_for)
    paired = scores[np.arange(count), made_for][:, None]
    wins = (paired > scores) + 0.5 * (paired == scores)
    opponents = np.ones_like(wins) if compared is None else compared.astype(wins.dtype)
    opponents[np.arange(count), np.arange(count)] = 0
    opponents[np.arange(count), made_for] = 0
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=1000)
    low, high = np.nanpercentile([_weighted(wins, opponents, weights) for weights in drawn], [2.5, 97.5])
    return Auc(_weighted(wins, opponents, np.ones(count)), float(low), float(high), count)


def derangement(count: int, seed: int) -> NDArray[np.integer]:
    """A random pairing in which no context gets its own stem (a random cycle; needs two songs or more)."""
    if count < 2:
        raise ValueError("a random pairing needs at least two songs")
    cycle = np.random.default_rng(seed).permutation(count)
    pairing = np.empty(count, np.int64)
    pairing[cycle] = np.roll(cycle, 1)
    return pairing


def _weighted(wins: Scores, opponents: Scores, weights: Scores) -> float:
    """Share of wins when song i counts `weights[i]` times as context and as opponent; NaN without a pair."""
    mask = opponents * weights[:, None] * weights[None, :]
    return float((wins * mask).sum() / mask.sum()) if mask.any() else float("nan")
