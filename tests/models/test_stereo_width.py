"""The stereo width: what is told of a sound, the numpy and the torch twin, and what a told width makes of a sound."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models import sketch
from models import stereo_width as module
from models.nets import stereo_width as twin
from models.nets.spectrogram import BINS, stft
from models.sketch import finished
from models.spectrogram import compand, expand
from models.stereo_width import BANDS, EDGES, LOUDEST, NOT_TOLD, TRUST, as_wide_as
from models.train.codec_losses import width_errors, width_loss

FRAMES = 32
MONO = np.log(twin.MONO) / 2


def wide(share: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Half sum and half difference of noise whose difference has that share of the energy, `[1024, 32]` each."""
    drawn = np.random.default_rng(seed).standard_normal((4, BINS, FRAMES))
    middle, side = drawn[0] + 1j * drawn[1], drawn[2] + 1j * drawn[3]
    return np.sqrt(1 - share) * middle.astype(np.complex64), np.sqrt(share) * side.astype(np.complex64)


def share_of(middle: np.ndarray, side: np.ndarray, bins: slice = slice(None)) -> float:
    side_energy, middle_energy = (np.square(np.abs(part[bins])).sum() for part in (side, middle))
    return float(side_energy / (side_energy + middle_energy))


def told(share: float) -> np.ndarray:
    """The width of a sound with that share, less what a told one lacks."""
    return np.full((BANDS, FRAMES), np.log(share) / 2 - NOT_TOLD, np.float32)


@pytest.mark.parametrize(("share", "width"), [(0.0, MONO), (0.1, np.log(0.1) / 2), (0.5, np.log(0.5) / 2)])
def test_width_is_the_share_of_the_difference_in_each_band(share: float, width: float) -> None:
    noise = torch.randn(2, 1, 1024 * 200, generator=torch.Generator().manual_seed(0)) * 0.1
    middle, side = noise[0] * (1 - share) ** 0.5, noise[1] * share**0.5
    found, matters = twin.stereo_width(stft(torch.stack([middle + side, middle - side], 1)))
    assert found.shape == matters.shape == (1, BANDS, 199)
    assert (found.mean(2) - width).abs().max() < 0.1
    assert (matters > 0).all()


def test_twins_have_the_same_bands() -> None:
    assert twin.EDGES == EDGES
    assert EDGES[-1] == BINS


def test_silence_is_told_as_mono_and_matters_least() -> None:
    sounds = torch.randn(1, 2, 1024 * 9) * 0.1
    silent, least = twin.stereo_width(stft(torch.zeros_like(sounds)))
    _, loud = twin.stereo_width(stft(sounds))
    assert torch.allclose(silent, torch.tensor(MONO, dtype=torch.float32), atol=1e-3)
    assert least.max() < 0.3 * loud.min()


@pytest.fixture
def believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told is believed wholly."""
    monkeypatch.setattr(module, "TRUST", np.float32(1))


@pytest.mark.parametrize(("width", "made", "trust"), [(-1.2, 0.3, TRUST), (-4.0, 0.003, (1 + TRUST) / 2)])
def test_the_narrower_a_sound_is_told_to_be_the_farther_it_goes_there(width: float, made: float, trust: float) -> None:
    found = share_of(*as_wide_as(np.full((BANDS, FRAMES), width, np.float32), *wide(made)))
    wanted = 2 * (width + NOT_TOLD)
    assert np.log(found) - np.log(made) == pytest.approx(trust * (wanted - np.log(made)), rel=0.1)


@pytest.mark.usefixtures("believed")
@pytest.mark.parametrize("wanted", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("made", [0.05, 0.1, 0.4])
def test_a_sound_gets_the_width_that_is_told_and_keeps_its_energy(wanted: float, made: float) -> None:
    before = wide(made)
    after = as_wide_as(told(wanted), *before)
    assert share_of(*after) == pytest.approx(wanted, rel=0.1)
    for band in (slice(0, 16), slice(448, None)):
        assert share_of(*after, band) == pytest.approx(wanted, rel=0.15)
    energies = [sum(np.square(np.abs(part)).sum() for part in parts) for parts in (before, after)]
    assert energies[1] == pytest.approx(energies[0], rel=0.02)
    assert all(np.allclose(np.angle(a * b.conj()), 0, atol=1e-3) for a, b in zip(before, after, strict=True))


@pytest.mark.usefixtures("believed")
def test_what_is_told_to_be_nearly_mono_becomes_mono_and_a_narrow_sound_stays_narrow() -> None:
    mono = as_wide_as(np.full((BANDS, FRAMES), np.log(10 ** (-4.2)) / 2, np.float32), *wide(0.01))
    assert share_of(*mono) < 1e-7
    assert share_of(*as_wide_as(told(10**-3), *wide(0.01))) == pytest.approx(10**-3, rel=0.1)


@pytest.mark.usefixtures("believed")
def test_bands_have_widths_of_their_own() -> None:
    width = told(0.3)
    width[0] = MONO
    after = as_wide_as(width, *wide(0.1))
    assert share_of(*after, slice(0, 3)) < 1e-6
    assert share_of(*after, slice(448, None)) == pytest.approx(0.3, rel=0.1)


def test_a_difference_that_is_hardly_there_is_not_made_of_nothing() -> None:
    after = as_wide_as(told(0.5), *wide(1e-6))
    assert share_of(*after) < 1e-6 * np.exp(2 * LOUDEST) * 3
    silent = as_wide_as(told(0.5), *(np.zeros((BINS, FRAMES), np.complex64) for _ in range(2)))
    assert not any(part.any() for part in silent)


@pytest.mark.usefixtures("believed")
def test_a_chunk_is_finished_with_the_width_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    middle, side = wide(0.1)
    channels = np.stack([middle + side, middle - side])
    planes = compand(np.stack([channels.real, channels.imag], 1).reshape(4, BINS, FRAMES).astype(np.float32))
    magnitudes = np.sqrt(np.hypot(planes[0::2], planes[1::2]))
    tone = np.zeros((BINS, 1), np.float32)
    monkeypatch.setattr(module, "NOT_TOLD", np.float32(0))
    monkeypatch.setattr(sketch, "SIDE_LOSS_DB", np.float32(0))
    heard = finished(planes, planes, magnitudes, tone, 1.0, np.full((BANDS, FRAMES), np.log(0.3) / 2, np.float32))
    parts = expand(heard)
    left, right = parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]
    assert share_of(left + right, left - right) == pytest.approx(0.3, rel=0.1)


def test_loss_is_nothing_for_the_truth_and_the_spread_for_the_mean() -> None:
    audio = torch.randn(3, 2, 65 * 1024, generator=torch.Generator().manual_seed(0))
    audio[1, 1] = audio[1, 0]
    spectrogram = stft(audio * 0.1)
    true, matters = twin.stereo_width(spectrogram)
    pairs = true.unflatten(2, (2, 32)).transpose(1, 2)
    assert width_loss(pairs, spectrogram) < 1e-9
    mean = (true * matters).sum((0, 2), keepdim=True) / matters.sum((0, 2), keepdim=True)
    error, nothing = width_errors(mean.expand_as(true).unflatten(2, (2, 32)).transpose(1, 2), spectrogram)
    assert error == pytest.approx(float(nothing), rel=1e-4)
    assert nothing > 1
