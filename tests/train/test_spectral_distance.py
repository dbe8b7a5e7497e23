"""The energy distance that one-step samples are scored by, and what it hears."""

from __future__ import annotations

import math

import pytest
import torch

from models.train.codec_losses import bin_weights
from models.train.spectral_distance import (
    compressed_magnitudes,
    distance,
    energy_distance,
    log_spectral_distance_db,
)

FRAMES = 32_768


def noise(seed: int, level: float = 0.1) -> torch.Tensor:
    return level * torch.randn(4, 2, FRAMES, generator=torch.Generator().manual_seed(seed))


def sine(frequency_hz: float) -> torch.Tensor:
    phase = 2 * math.pi * frequency_hz * torch.arange(FRAMES) / 48_000
    return 0.2 * torch.sin(phase).expand(1, 2, -1)


def between(first: torch.Tensor, second: torch.Tensor) -> float:
    return float(distance(compressed_magnitudes(first), compressed_magnitudes(second)))


def test_a_sound_has_no_distance_to_itself() -> None:
    nothing = between(noise(0), noise(0))
    assert nothing < 0.02  # the square root's floor
    assert nothing < 0.1 * between(noise(0), noise(1))
    assert float(log_spectral_distance_db(noise(0), noise(0)).max()) == 0


@pytest.mark.parametrize("wrong_level", [0.0, 0.05, 0.2])
def test_the_score_is_best_for_samples_that_spread_as_the_truth(wrong_level: float) -> None:
    """A regression would choose the quiet mean; a proper score must not."""
    true, _ = energy_distance(noise(0), noise(1), noise(2))
    wrong, _ = energy_distance(noise(0), noise(1, wrong_level), noise(2, wrong_level))
    assert true < wrong


def test_two_equal_samples_score_worse_than_two_different_ones() -> None:
    spread, _ = energy_distance(noise(0), noise(1), noise(2))
    collapsed, zero = energy_distance(noise(0), noise(1), noise(1))
    assert spread < collapsed
    assert zero < 0.02


def test_a_semitone_of_bass_is_heard() -> None:
    """50 and 53 Hz: the same bins at a window of 4,096, different ones at 16,384."""
    longest = [magnitudes[3] for magnitudes in map(compressed_magnitudes, (sine(50), sine(53)))]
    shorter = [magnitudes[2] for magnitudes in map(compressed_magnitudes, (sine(50), sine(53)))]
    heard = [float((a - b).abs().max() / a.max()) for a, b in (longest, shorter)]
    assert heard[0] > 1.5 * heard[1]


def test_low_bins_weigh_more_and_the_mean_stays_one() -> None:
    bands = ((0, 64, 1), (64, 192, 2), (192, 448, 4), (448, 1024, 9))
    weight = bin_weights(bands, torch.device("cpu"))[:, 0]
    assert weight.mean() == pytest.approx(1)
    assert weight[10] == pytest.approx(4 * float(weight[40]))
    assert weight[40] == pytest.approx(9 * float(weight[1000]))
