"""A random source whose draws are the same for the same seed on every machine and Python 3.11+."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Named, forkable random draws. Built on `random.Random.random`, whose stream is fixed by Python."""

    def __init__(self, seed: int | str) -> None:
        self.seed = str(seed)
        self._random = random.Random(self.seed).random

    def fork(self, label: str) -> Dice:
        """An independent source for one part, so that a change in one part leaves the others alone."""
        return Dice(f"{self.seed}/{label}")

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random() < probability

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self._random()

    def log_between(self, low: float, high: float) -> float:
        """Uniform in the logarithm, for frequencies and times."""
        return math.exp(self.between(math.log(low), math.log(high)))

    def integer(self, low: int, high: int) -> int:
        """Uniform whole number, low <= n <= high."""
        return low + int(self._random() * (high - low + 1))

    def normal(self, spread: float = 1.0) -> float:
        """Normal with mean 0 (Box-Muller, so that the stream does not depend on `random.gauss`)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self._random()))
        return spread * radius * math.cos(2.0 * math.pi * self._random())

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[int(self._random() * len(options))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, by weight."""
        mark = self._random() * sum(weights.values())
        for option, weight in weights.items():
            mark -= weight
            if mark < 0:
                return option
        return next(reversed(list(weights)))
