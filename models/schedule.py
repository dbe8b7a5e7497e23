"""Noise levels of the consistency models (Karras et al., arXiv 2206.00364, eq. 5; values in 4.4 of our notes).

The letters: sigma is the noise level, index its place i in [0, 1] on the rho-spaced axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

LATENT_LIMIT = 1.75
"""Normalised latents are cut here: 3.5 standard deviations of 0.5."""


@dataclass(frozen=True)
class Schedule:
    """sigma_min, sigma_max, rho and sigma_data of one model."""

    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0
    sigma_data: float = 0.5

    def sigma(self, index: float) -> float:
        """Noise level at an index: 0 -> sigma_min, 1 -> sigma_max."""
        low, high = self.sigma_min ** (1 / self.rho), self.sigma_max ** (1 / self.rho)
        return float((low + index * (high - low)) ** self.rho)

    def index(self, sigma: float) -> float:
        """Index of a noise level; the inverse of `sigma`."""
        low, high = self.sigma_min ** (1 / self.rho), self.sigma_max ** (1 / self.rho)
        return float((sigma ** (1 / self.rho) - low) / (high - low))

    def sigmas(self, steps: int) -> tuple[float, ...]:
        """Evaluation levels of a sampler with `steps` steps: equally spaced indices from 1, without 0."""
        if steps < 1:
            raise ValueError(f"a sampler needs at least one step, not {steps}")
        return tuple(self.sigma(1 - k / steps) for k in range(steps))

    def renoise(self, sigma: float) -> float:
        """Standard deviation of the noise that lifts an estimate (at sigma_min) to `sigma`."""
        return sqrt(max(sigma**2 - self.sigma_min**2, 0.0))


STANDARD = Schedule()


def sigma(index: float) -> float:
    """Noise level at an index of the standard schedule."""
    return STANDARD.sigma(index)


def index(sigma: float) -> float:
    """Index of a noise level of the standard schedule."""
    return STANDARD.index(sigma)


def sigmas(steps: int) -> tuple[float, ...]:
    """Evaluation levels of the standard schedule; for 5 steps 80, 24.4083, 5.8389, .9654, .0851."""
    return STANDARD.sigmas(steps)
