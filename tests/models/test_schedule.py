"""Noise levels against the published values (models.md section 4.4 and oracle 2)."""

from __future__ import annotations

import pytest

from models.nets import preconditioning
from models.schedule import STANDARD, Schedule, index, sigma, sigmas

ROWS = {
    1: (80,),
    2: (80, 2.5152),
    3: (80, 9.7232, 0.4700),
    4: (80, 17.5278, 2.5152, 0.1698),
    5: (80, 24.4083, 5.8389, 0.9654, 0.0851),
    8: (80, 39.0167, 17.5278, 7.1005, 2.5152, 0.7434, 0.1698, 0.0261),
}


@pytest.mark.parametrize(
    ("at", "level"), [(0, 0.002), (1, 80), (0.4, 0.96542), (0.5, 2.51522), (0.2, 0.085087), (0.6, 5.838948)]
)
def test_noise_level_of_an_index(at: float, level: float) -> None:
    assert sigma(at) == pytest.approx(level, rel=1e-5)


def test_index_of_sigma_one() -> None:
    assert index(1.0) == pytest.approx(0.40344, abs=1e-5)


@pytest.mark.parametrize("at", [0.0, 0.1, 0.37, 0.9, 1.0])
def test_index_is_the_inverse(at: float) -> None:
    assert index(sigma(at)) == pytest.approx(at, abs=1e-12)


@pytest.mark.parametrize("steps", ROWS)
def test_rows(steps: int) -> None:
    assert sigmas(steps) == pytest.approx(ROWS[steps], abs=6e-5)


def test_no_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        sigmas(0)


def test_renoise_adds_up_to_sigma() -> None:
    assert STANDARD.renoise(0.0851) ** 2 + STANDARD.sigma_min**2 == pytest.approx(0.0851**2)
    assert STANDARD.renoise(STANDARD.sigma_min) == 0
    assert STANDARD.renoise(0.001) == 0


def test_runtime_and_training_share_their_letters() -> None:
    training = (
        preconditioning.SIGMA_MIN,
        preconditioning.SIGMA_MAX,
        preconditioning.RHO,
        preconditioning.SIGMA_DATA,
    )
    assert training == (STANDARD.sigma_min, STANDARD.sigma_max, STANDARD.rho, STANDARD.sigma_data)


def test_another_schedule_keeps_its_ends() -> None:
    other = Schedule(sigma_min=0.01, sigma_max=10, rho=3)
    assert (other.sigma(0), other.sigma(1)) == pytest.approx((0.01, 10))
