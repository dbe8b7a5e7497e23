"""Training audio for the codec: what the augmentation may do and what it may not."""

from __future__ import annotations

import pytest
import torch

from models.data import augment

FRAMES = 16_384
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def stems(batch: int, count: int = 6) -> torch.Tensor:
    return (torch.randn(batch, count, 2, FRAMES) * 3000).clamp(-32_768, 32_767).to(torch.int16)


def test_training_audio_is_finite_loud_enough_and_never_clips() -> None:
    audio = augment.training_audio(stems(64), torch.ones(64, 6, dtype=torch.bool))
    assert audio.shape == (64, 2, FRAMES)
    assert torch.isfinite(audio).all()
    assert audio.abs().max() < 1
    level_db = 20 * audio.square().mean((1, 2)).sqrt().log10()
    assert level_db.min() > -50
    assert level_db.max() > -20


def test_absent_stems_are_never_heard_and_something_always_is() -> None:
    present = torch.zeros(200, 6, dtype=torch.bool)
    present[torch.arange(200), torch.arange(200) % 6] = True
    values = torch.arange(1, 7)[None, :, None, None].expand(200, 6, 2, 8).float()
    mixed = augment.mix_subset(values, present)[:, 0, 0]
    gain_db = 20 * (mixed / (torch.arange(200) % 6 + 1)).log10()
    assert gain_db.min() >= -9.01
    assert gain_db.max() <= 5.01


def test_full_mixes_and_subsets_both_occur() -> None:
    powers = 16.0 ** torch.arange(6)
    values = powers[None, :, None, None].expand(400, 6, 2, 4)
    mixed = augment.mix_subset(values, torch.ones(400, 6, dtype=torch.bool))[:, 0, 0]
    with_last = (mixed > 0.3 * powers[-1]).float().mean()
    assert 0.5 < with_last < 0.95


def test_turning_keeps_the_middle_and_makes_some_items_mono() -> None:
    audio = torch.randn(400, 2, 64)
    turned = augment.turn(audio)
    assert torch.allclose(turned.sum(1).abs(), audio.sum(1).abs(), atol=1e-5)
    mono = (turned[:, 0] - turned[:, 1]).abs().amax(1) < 1e-6
    assert 0.05 < mono.float().mean() < 0.2


def test_sweeps_and_noise_stay_below_full_scale_on_average() -> None:
    sounds = augment.sweeps_and_noise(64, FRAMES, CPU)
    assert torch.isfinite(sounds).all()
    assert 0.05 < sounds.std() < 0.4
