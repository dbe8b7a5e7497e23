"""How sure a figure is: songs are drawn again, with replacement, and the figure is computed of each draw.

For figures that a repeated song itself would move (a Frechet distance grows, a coverage falls) only the spread of the
draws is used: the figure, plus or minus 1.96 of their standard deviations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""How often each item is in a draw, `[item]`."""
DRAWS = 200


@dataclass(frozen=True)
class Estimate:
    """A figure and half the width of its 95 % interval (NaN: not known)."""

    value: float
    half_width: float = float("nan")

    def text(self, digits: int = 2) -> str:
        """For a table: `0.31 ± .04`."""
        if np.isnan(self.value):
            return ""
        return f"{self.value:.{digits}f}" + ("" if np.isnan(self.half_width) else f" ± {self.half_width:.{digits}f}")


def estimate(figure: Callable[[Counts], float], items: int, seed: int = 0, draws: int = DRAWS) -> Estimate:
    """The figure of all items, with what resampling them says of it; `figure` gets how often each item counts."""
    random = np.random.default_rng(seed)
    drawn = random.multinomial(items, np.full(items, 1 / items), size=draws)
    values = [figure(counts) for counts in drawn]
    return Estimate(figure(np.ones(items, np.int64)), 1.96 * float(np.nanstd(values)))


def mean_of(values: NDArray[np.floating], seed: int = 0, draws: int = DRAWS) -> Estimate:
    """Mean of one value per item."""
    return estimate(lambda counts: float(counts @ values / counts.sum()), len(values), seed, draws)
