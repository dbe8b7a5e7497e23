"""Numbers an implementation must reproduce: scalings, noise levels, step sizes, Huber constants."""

from __future__ import annotations

import pytest
import torch

from models.nets.preconditioning import (
    SIGMA_MAX,
    SIGMA_MIN,
    consistency_scalings,
    edm_scalings,
    index_of_sigma,
    sigma_of_index,
)
from models.train.consistency import consistency_denoise, huber_c, item_weights, step_size
from models.train.diffusion import edm_weight, heun_sigmas


def test_consistency_function_is_the_identity_at_sigma_min():
    sigma = torch.tensor([SIGMA_MIN])
    c_skip, c_out, _ = consistency_scalings(sigma)
    assert c_skip.item() == 1
    assert c_out.item() == 0
    x = torch.randn(1, 120, 64)
    assert torch.equal(consistency_denoise(lambda scaled, noise: scaled * 1e3, x, sigma), x)


@pytest.mark.parametrize(
    ("index", "sigma"),
    [(0, 0.002), (0.2, 0.085087), (0.4, 0.96542), (0.5, 2.51522), (0.6, 5.838948), (1, 80)],
)
def test_noise_level_of_an_index(index: float, sigma: float):
    assert sigma_of_index(torch.tensor(index, dtype=torch.float64)).item() == pytest.approx(sigma, rel=5e-6)
    assert index_of_sigma(torch.tensor(sigma, dtype=torch.float64)).item() == pytest.approx(index, abs=1e-6)


def test_index_of_sigma_one():
    assert index_of_sigma(torch.tensor(1.0)).item() == pytest.approx(0.40344, abs=5e-6)


def test_noise_levels_survive_float32():
    index = torch.linspace(0, 1, 1001)
    torch.testing.assert_close(index_of_sigma(sigma_of_index(index)), index, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("exponent", "sizes"),
    [(3, (0.1, 0.03162, 0.01, 0.003162, 0.001)), (2, (0.1, 0.0562, 0.0316, 0.0178, 0.01))],
)
def test_step_size_over_the_run(exponent: float, sizes: tuple[float, ...]):
    computed = [step_size(fraction, exponent) for fraction in (0, 0.25, 0.5, 0.75, 1)]
    assert computed == pytest.approx(sizes, rel=2e-3)


def test_a_consistent_model_goes_on_with_smaller_steps():
    computed = [step_size(fraction, exponent=2.2, first=1.4) for fraction in (0, 0.5, 1)]
    assert computed == pytest.approx([0.0398, 0.01585, 0.00631], rel=2e-3)


@pytest.mark.parametrize(("numbers", "c"), [(7680, 0.0473223), (131072, 0.195501), (262144, 0.27648)])
def test_huber_constant(numbers: int, c: float):
    assert huber_c(numbers) == pytest.approx(c, rel=3e-5)  # the reference rounds down


@pytest.mark.parametrize(
    ("index", "delta", "weight"),
    [(0.05, 0.1, 234), (0.2, 0.1, 14.6), (0.5, 0.01, 4.6), (0.8, 0.001, 6.35), (1.0, 0.1, 0.029)],
)
def test_published_weight_is_one_over_the_sigma_step(index: float, delta: float, weight: float):
    high = sigma_of_index(torch.tensor([index, 0.5]))
    low = sigma_of_index((torch.tensor([index, 0.5]) - delta).clamp(min=0))
    relative = item_weights(high, low, "published")
    assert relative.mean().item() == pytest.approx(1)
    reference = 1 / (high[1] - low[1]).item()
    assert (relative[0] / relative[1]).item() * reference == pytest.approx(weight, rel=0.02)


def test_edm_scalings_keep_unit_size():
    """The network's input has variance 1, and loss weight times c_out^2 is 1 at every level."""
    sigma = torch.tensor([0.002, 0.05, 0.5, 5.0, 80.0])
    _, c_out, c_in = edm_scalings(sigma)
    torch.testing.assert_close(c_in.square() * (0.25 + sigma.square()), torch.ones(5))
    torch.testing.assert_close(edm_weight(sigma) * c_out.square(), torch.ones(5))


def test_both_scalings_agree_far_above_sigma_min():
    """Consistency training can therefore start from EDM weights."""
    sigma = torch.tensor([0.5, 5.0, SIGMA_MAX])
    for edm, consistency in zip(edm_scalings(sigma), consistency_scalings(sigma), strict=True):
        torch.testing.assert_close(edm, consistency, rtol=5e-3, atol=0)


def test_heun_schedule_ends_at_zero():
    sigmas = heun_sigmas(18, torch.device("cpu"))
    assert len(sigmas) == 19
    assert sigmas[0].item() == pytest.approx(80, rel=1e-5)
    assert sigmas[-2].item() == pytest.approx(0.002, rel=1e-4)
    assert sigmas[-1] == 0
