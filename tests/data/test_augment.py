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


def test_half_of_the_items_keep_their_timbre_and_silence_stays_silent() -> None:
    sounds = torch.randn(300, 3, 2, 1024)
    sounds[:, 2] = 0
    changed = augment.change_timbre(sounds)
    assert torch.isfinite(changed).all()
    assert (changed[:, 2].abs() < 1e-6).all()
    as_they_were = (changed == sounds).all(-1).all(-1)[:, :2]
    assert 0.5 < as_they_were.all(1).float().mean() < 0.65
    other = ~as_they_were.all(1)
    assert 0.05 < as_they_were[other].float().mean() < 0.3


def test_slower_sounds_are_lower_by_up_to_half_an_octave() -> None:
    frequency_hz = 3000.0
    tone = torch.sin(2 * torch.pi * frequency_hz * torch.arange(FRAMES) / augment.SAMPLE_RATE).expand(50, 2, -1)
    spectrum = torch.fft.rfft(augment.slow_down(tone) * torch.hann_window(FRAMES)).abs()
    found_hz = spectrum[:, 0].argmax(1) * augment.SAMPLE_RATE / FRAMES
    assert (found_hz <= frequency_hz + 3).all()
    assert (found_hz >= 0.7 * frequency_hz - 3).all()
    assert found_hz.std() > 100
    assert (spectrum[:, 0] == spectrum[:, 1]).all()


def test_a_bent_tone_has_overtones_and_its_old_level() -> None:
    bin_of_tone = 100
    phase = 2 * torch.pi * bin_of_tone * torch.arange(FRAMES) / FRAMES
    tone = (0.1 * torch.sin(phase)).expand(50, 2, -1)
    bent = augment.add_overtones(tone)
    torch.testing.assert_close(bent.square().mean((1, 2)), tone.square().mean((1, 2)), rtol=1e-3, atol=0)
    power = torch.fft.rfft(bent[:, 0]).abs().square()
    overtones = power[:, 2 * bin_of_tone :: bin_of_tone].sum(1) / power[:, bin_of_tone]
    assert overtones.min() > 1e-4
    assert overtones.max() > 0.1


def test_reshaped_spectra_are_smooth_and_differ() -> None:
    click = torch.zeros(50, 2, FRAMES)
    click[..., 0] = 1
    gain_db = 20 * torch.fft.rfft(augment.reshape_spectrum(click))[:, 0].abs().log10()
    heard = gain_db[:, 14:6000:7]  # 41 Hz to 17.6 kHz
    assert 2 < heard.std(0).mean() < 9
    octave_apart = gain_db[:, [350, 700, 1400, 2800]]  # 1 to 8 kHz
    assert (octave_apart.diff(dim=1).abs() > 3).float().mean() > 0.3
    assert gain_db[:, 2000:2020].diff(dim=1).abs().max() < 0.5


def test_placed_sounds_go_to_a_side_or_become_wide() -> None:
    mono = torch.randn(200, 1, 256).expand(-1, 2, -1)
    placed = augment.place(mono)
    ratio_db = 10 * (placed[:, 0].square().mean(1) / placed[:, 1].square().mean(1)).log10()
    assert ratio_db.abs().max() <= 9.01
    assert ratio_db.std() > 3
    wide = torch.stack([mono[:, 0], -mono[:, 0]], 1)  # all of it is in the side
    growth = augment.place(wide).square().mean((1, 2)) / wide.square().mean((1, 2))
    assert growth.min() < 0.1
    assert growth.max() > 2


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
