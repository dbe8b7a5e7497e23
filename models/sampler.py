"""The two samplers: multistep consistency sampling (Song et al., arXiv 2303.01469, algorithm 1), with a region that may
be known, and Heun's method for EDM models (Karras et al., arXiv 2206.00364, algorithm 1 without churn)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.noise import gaussian
from models.schedule import STANDARD, Schedule

Array = NDArray[np.float32]
Denoise = Callable[[Array, float], Array]
Known = tuple[Array, Array]
"""Values, and how firmly each is held: from 1 (as it is) to 0 (not at all)."""


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

    denoise(noisy, sigma) returns the estimate of the clean array. known = (values, weights): where a weight is 1 the
    noisy input of every step is the noised `values`, and the result is `values` (inpainting and the continuation of a
    window are this); below 1 they are mixed with the estimate. on_step(done, of) is called after each step. start = a
    first estimate, which shows through as far as the noise of the first sigma lets it; without one the first step sees
    noise alone.
    """
    estimate: Array = np.zeros(shape, np.float32) if start is None else start
    for step, sigma in enumerate(sigmas):
        estimate = _fixed(estimate, known)
        noisy = estimate + np.float32(schedule.renoise(sigma)) * gaussian(rng, shape)
        estimate = denoise(noisy, sigma)
        if on_step is not None:
            on_step(step + 1, len(sigmas))
    return _fixed(estimate, known)


def edm_sample(
    denoise: Denoise,
    shape: tuple[int, ...],
    sigmas: Sequence[float],
    rng: np.random.Generator,
    on_step: Callable[[int, int], None] | None = None,
) -> Array:
    """Draw one array of `shape` from an EDM model; `sigmas` as `heun_sigmas` gives them.

    All chance is in the first noise. The last step is Euler's to noise level 0, which is the last estimate itself, so
    that n steps cost 2n - 1 evaluations. on_step(done, of) is called after each step.
    """
    x = np.float32(sigmas[0]) * gaussian(rng, shape)
    return denoise(heun(denoise, x, sigmas, on_step), sigmas[-1])


def heun(
    denoise: Denoise, x: Array, sigmas: Sequence[float], on_step: Callable[[int, int], None] | None = None
) -> Array:
    """`x` at noise level sigmas[0] -> at sigmas[-1], second order, along dx/dsigma = (x - D(x; sigma)) / sigma."""
    for step, (now, then) in enumerate(pairwise(sigmas)):
        slope = (x - denoise(x, now)) / np.float32(now)
        ahead = x + np.float32(then - now) * slope
        slope_ahead = (ahead - denoise(ahead, then)) / np.float32(then)
        x = np.asarray(x + np.float32((then - now) / 2) * (slope + slope_ahead), x.dtype)
        if on_step is not None:
            on_step(step + 1, len(sigmas))
    return x


def heun_sigmas(steps: int, schedule: Schedule = STANDARD) -> list[float]:
    """Falling noise levels, sigma_max to sigma_min, equally spaced in index; one step has sigma_max alone."""
    return [schedule.sigma(1 - k / max(steps - 1, 1)) for k in range(steps)]


def _fixed(estimate: Array, known: Known | None) -> Array:
    """The estimate with what is known put back."""
    if known is None:
        return estimate
    values, weights = known
    return weights * values + (1 - weights) * estimate
