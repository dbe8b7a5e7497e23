"""What the sketch has the last word on: when sounds begin, how loud bins are, how chunks go on, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from models import sketch as module
from models.sketch import EDGE, SIDE_LOSS_DB, TURN, finished, noisiness, with_edges_of
from models.spectrogram import compand, expand

SHAPE = (2, 6, 32)
INSIDE = slice(len(EDGE), -len(EDGE))
TONE = np.zeros((6, 1), np.float32)


def planes(phasors: np.ndarray) -> np.ndarray:
    """Complex `[2, bin, frame]` -> companded planes `[4, bin, frame]`."""
    return compand(np.stack([phasors.real, phasors.imag], 1).reshape(4, *phasors.shape[1:]).astype(np.float32))


def phasors(spectrogram: np.ndarray) -> np.ndarray:
    parts = expand(spectrogram)
    return parts[0::2] + 1j * parts[1::2]


def magnitudes(spectrogram: np.ndarray) -> np.ndarray:
    """As a pre-decoder predicts them: square root of the companded magnitudes `[2, bin, frame]`."""
    return np.sqrt(np.hypot(spectrogram[0::2], spectrogram[1::2]))


def random_phasors(seed: int) -> np.ndarray:
    real, imaginary = np.random.default_rng(seed).standard_normal((2, *SHAPE))
    return real + 1j * imaginary


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sides and noise are left as they are."""
    monkeypatch.setattr(module, "SIDE_LOSS_DB", np.float32(0))
    monkeypatch.setattr(module, "NOISE_LOSS_DB", np.float32(0))


@pytest.mark.usefixtures("plain")
def test_both_channels_turn_towards_the_sketch_by_one_angle() -> None:
    """The sketch is the estimate turned by 0.8 rad, its channels 0.1 apart; the louder one has more to say."""
    estimate = random_phasors(0) * np.array([1, 3])[:, None, None]
    told = estimate * np.exp(1j * np.array([0.75, 0.85]))[:, None, None]
    found = finished(planes(estimate), planes(told), magnitudes(planes(estimate)), TONE, pull=1)
    moved = np.angle(phasors(found) * estimate.conj())[..., INSIDE]
    assert np.allclose(moved[0], moved[1], atol=1e-3)
    assert ((moved > TURN * 0.75 - 1e-3) & (moved < TURN * 0.85 + 1e-3)).all()
    assert moved.mean() > TURN * 0.81
    assert np.allclose(np.abs(phasors(found))[..., INSIDE], np.abs(estimate)[..., INSIDE], rtol=1e-3)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("pull", [0.0, 0.5, 1.0])
def test_magnitudes_go_to_the_predicted_ones_as_far_as_said(pull: float) -> None:
    """Each channel by itself; companded magnitudes depend a little on the angle, which does not change here."""
    estimate = planes(random_phasors(0))
    wanted = np.random.default_rng(1).uniform(0.5, 1.5, SHAPE).astype(np.float32)
    found = magnitudes(finished(estimate, estimate, wanted, TONE, pull))
    expected = magnitudes(estimate) ** (1 - pull) * wanted**pull
    assert np.allclose(found[..., INSIDE], expected[..., INSIDE], rtol=1e-3)


def test_noise_is_lifted_and_the_difference_of_the_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = random_phasors(0)
    both = (planes(estimate), planes(estimate), magnitudes(planes(estimate)))
    heard = phasors(finished(*both, TONE, pull=1))
    assert np.allclose(heard.sum(0), estimate.sum(0), rtol=1e-3, atol=1e-3)
    lifted = 10 ** (SIDE_LOSS_DB / 20) * (estimate[0] - estimate[1])
    assert np.allclose(heard[0] - heard[1], lifted, rtol=1e-3, atol=1e-3)
    noise = np.zeros((6, 1), np.float32)
    noise[2] = 0.5
    monkeypatch.setattr(module, "NOISE_LOSS_DB", np.float32(20 * np.log10(4)))
    louder = phasors(finished(*both, noise, pull=1)) / heard
    assert np.allclose(louder[:, 2], 2, rtol=1e-3)
    assert np.allclose(np.delete(louder, 2, axis=1), 1, rtol=1e-3)


@pytest.mark.parametrize("silent", ["estimate", "sketch", "predicted", "all"])
def test_silence_makes_no_trouble(silent: str) -> None:
    maps = {name: planes(random_phasors(0)) for name in ("estimate", "sketch")}
    maps["predicted"] = magnitudes(maps["estimate"])
    for name, values in maps.items():
        values *= silent not in (name, "all")
    found = finished(*maps.values(), TONE, pull=1)
    assert np.isfinite(found).all()
    loud = np.abs(found[..., INSIDE]).mean() > 0.1
    assert loud == (silent == "sketch")


def test_a_sure_advance_is_a_tone_and_an_unsure_one_noise() -> None:
    phase = np.zeros((10, 2, 3), np.float32)
    phase[4:] = 9  # slopes and the relation of the channels say nothing about it
    phase[0, 0], phase[3, 0] = 1, -1
    phase[1, 1], phase[2, 1] = 0.5, (0.1, 0.2, 0.0)
    assert np.allclose(noisiness(phase), np.array([[0.0], [0.7]]))
    assert np.allclose(noisiness(3 * phase)[0], 0)


def test_only_the_edges_of_a_chunk_are_the_sketchs() -> None:
    told, estimate = np.zeros((2, 6, 32), np.complex64), np.ones((2, 6, 32), np.complex64)
    found = with_edges_of(told, estimate)
    assert np.allclose(found[..., :3], 1 - EDGE)
    assert np.allclose(found[..., -3:], 1 - EDGE[::-1])
    assert (found[..., 3:-3] == 1).all()
