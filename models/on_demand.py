"""Latents of a context that are made when somebody asks for them, so that the first window need not wait for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class LatentsOnDemand:
    """Looks like an array `[chunk, 8, 64]` to whoever takes slices of it; encodes as far as they reach, once.

    Not for several threads at once.
    """

    def __init__(
        self, encode: Callable[[int, int], Array], count: int, batch: int, on_step: Callable[[int, int], None] | None
    ) -> None:
        """encode(first, end) makes some chunks, always in the same batches, since rounding depends on them."""
        self._encode, self._count, self._batch, self._on_step = encode, count, batch, on_step
        self._blocks: list[Array] = []

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, chunks: slice) -> Array:
        start, stop, _ = chunks.indices(self._count)
        self._reach(max(start, stop))
        return np.concatenate(self._blocks)[start:stop]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """All of them."""
        return np.asarray(self[:], dtype)

    def _reach(self, end: int) -> None:
        while (made := len(self._blocks) * self._batch) < end or not self._blocks:
            until = min(made + self._batch, self._count)
            self._blocks.append(self._encode(made, until))
            if self._on_step is not None:
                self._on_step(until, self._count)
