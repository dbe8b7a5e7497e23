"""The sampler with an exact denoiser: data that are Gaussian have one in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from models.noise import LATENTS, gaussian, stream
from models.sampler import sample
from models.schedule import STANDARD, sigmas

MEAN, STD = np.float32(0.3), np.float32(0.5)
SHAPE = (1, 20_000, 1)


def consistent(noisy: np.ndarray, sigma: float) -> np.ndarray:
    """Consistency function of N(MEAN, STD^2): its probability flow only scales the distance from the mean."""
    low = STANDARD.sigma_min
    return MEAN + (noisy - MEAN) * np.sqrt((STD**2 + low**2) / (STD**2 + np.float32(sigma) ** 2))


@pytest.mark.parametrize("steps", [1, 2, 5, 8])
def test_samples_have_the_distribution_of_the_data(steps: int) -> None:
    drawn = sample(consistent, SHAPE, sigmas(steps), stream(1, LATENTS))
    assert drawn.mean() == pytest.approx(MEAN, abs=0.02)
    assert drawn.std() == pytest.approx(STD, abs=0.02)


def test_noise_levels_arrive_in_order_and_steps_are_reported() -> None:
    seen: list[float] = []
    steps: list[tuple[int, int]] = []

    def denoise(noisy: np.ndarray, sigma: float) -> np.ndarray:
        seen.append(sigma)
        return consistent(noisy, sigma)

    sample(denoise, (1, 8, 64), sigmas(5), stream(1, LATENTS), on_step=lambda done, of: steps.append((done, of)))
    assert tuple(seen) == sigmas(5)
    assert steps == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_input_of_each_step_has_its_noise_level() -> None:
    spreads = []

    def to_zero(noisy: np.ndarray, sigma: float) -> np.ndarray:
        spreads.append(float(noisy.std()))
        return np.zeros_like(noisy)

    sample(to_zero, SHAPE, sigmas(5), stream(2, LATENTS))
    assert spreads == pytest.approx(sigmas(5), rel=0.03)


def test_known_region_is_kept_and_seen_at_the_noise_level_of_the_step() -> None:
    values = np.full(SHAPE, 7, np.float32)
    mask = (np.arange(SHAPE[1]) < 10_000)[None, :, None]
    errors = []

    def denoise(noisy: np.ndarray, sigma: float) -> np.ndarray:
        errors.append(float((noisy[mask] - 7).std()) / sigma)
        return consistent(noisy, sigma)

    drawn = sample(denoise, SHAPE, sigmas(5), stream(3, LATENTS), known=(values, mask.astype(np.float32)))
    assert errors == pytest.approx([1] * 5, rel=0.03)
    assert np.array_equal(drawn[mask], values[mask])
    assert abs(drawn[~mask].mean() - MEAN) < 0.02


def test_same_stream_same_bytes_and_streams_are_independent() -> None:
    first, again = gaussian(stream(5, LATENTS, 1), (1000,)), gaussian(stream(5, LATENTS, 1), (1000,))
    assert first.tobytes() == again.tobytes()
    for other in (stream(6, LATENTS, 1), stream(5, LATENTS, 2), stream(5, LATENTS + 1, 1)):
        assert abs(np.corrcoef(first, gaussian(other, (1000,)))[0, 1]) < 0.15
