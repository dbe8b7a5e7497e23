"""Multistep consistency sampling (Song et al., arXiv 2303.01469, algorithm 1), with a region that may be known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.noise import gaussian
from models.schedule import STANDARD, Schedule

Array = NDArray[np.float32]
Denoise = Callable[[Array, float], Array]
Known = tuple[Array, NDArray[np.bool_]]


def sample(
    denoise: Denoise,
    shape: tuple[int, ...],
    sigmas: Sequence[float],
    rng: np.random.Generator,
    known: Known | None = None,
    on_step: Callable[[int, int], None] | None = None,
    schedule: Schedule = STANDARD,
    start: Array | None = None,
) -> Array:
    """Draw one array of `shape`.

    denoise(noisy, sigma) returns the estimate of the clean array. known = (values, mask): where mask is true
    the noisy input of every step is the noised `values`, and the result is `values` (inpainting and the
    continuation of a window are this). on_step(done, of) is called after each step. start = a first estimate, which
    shows through as far as the noise of the first sigma lets it; without one the first step sees noise alone.
    """
    estimate: Array = np.zeros(shape, np.float32) if start is None else start
    for step, sigma in enumerate(sigmas):
        estimate = _fixed(estimate, known)
        noisy = estimate + np.float32(schedule.renoise(sigma)) * gaussian(rng, shape)
        estimate = denoise(noisy, sigma)
        if on_step is not None:
            on_step(step + 1, len(sigmas))
    return _fixed(estimate, known)


def _fixed(estimate: Array, known: Known | None) -> Array:
    """The estimate with the known region put back."""
    return estimate if known is None else np.where(known[1], known[0], estimate)
