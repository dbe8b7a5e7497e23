"""What the loss of timbre hears, and what it does not."""

from __future__ import annotations

import math

import pytest
import torch

from models.train.codec_losses import magnitude_loss, magnitudes, timbre_loss

SHAPE = (2, 4, 1024, 32)


@pytest.fixture
def chunks() -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))


def test_the_truth_costs_nothing(chunks: torch.Tensor) -> None:
    assert timbre_loss(magnitudes(chunks), chunks) == 0


def test_it_tells_how_much_too_soft_a_band_is_however_soft_the_band(chunks: torch.Tensor) -> None:
    """Half of the magnitude in the upper half of the bins: only the widest bands reach so far up."""
    for level in (1.0, 0.02):
        quiet = chunks * level
        told = magnitudes(quiet)
        told[:, :, 512:] /= 2
        loss = float(timbre_loss(told, quiet))
        assert loss == pytest.approx(math.log(2) / 2 / 3, rel=0.25)  # silence has a magnitude, too


def test_fine_detail_inside_of_bands_is_left_to_the_magnitudes(chunks: torch.Tensor) -> None:
    true = magnitudes(chunks)
    swapped = true.unflatten(2, (-1, 4)).flip(3).flatten(2, 3)
    weight = torch.ones(1024, 1)
    assert float(timbre_loss(swapped, chunks)) < 1e-5
    assert float(magnitude_loss(swapped, chunks, weight)) > 0.1
