"""Loudness as ITU-R BS.1770-4 defines it, and what is made of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bridge_server.audio.loudness import PEAK_LIMIT, loudness_lufs, match_gain, peak_gain
from bridge_server.audio.waveform import Waveform


def sine(decibels: float, hz: float = 997.0, seconds: float = 3.0, rate: int = 48_000, channels: int = 1) -> Waveform:
    tone = 10 ** (decibels / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return Waveform(np.repeat(tone[None], channels, axis=0).astype(np.float32), rate)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_the_calibration_tone_of_the_standard(rate: int) -> None:
    # BS.1770-4: a 997 Hz sine of 0 dBFS in one channel reads -3.01 LKFS; two channels add 3.01 dB.
    assert loudness_lufs(sine(0.0, rate=rate)) == pytest.approx(-3.01, abs=0.02)
    assert loudness_lufs(sine(-20.0, rate=rate, channels=2)) == pytest.approx(-20.0, abs=0.02)


def test_the_relative_gate_leaves_pauses_out() -> None:
    music, pause = sine(-23.0, seconds=10, channels=2), sine(-50.0, seconds=10, channels=2)
    both = Waveform(np.concatenate([music.samples, pause.samples], axis=1), 48_000)
    assert loudness_lufs(both) == pytest.approx(-23.0, abs=0.15)


def test_weighting_in_frequency_agrees_with_filters_in_time() -> None:
    rng = np.random.default_rng(5)
    brown = np.cumsum(rng.normal(size=(2, 240_000)), axis=1)
    brown = signal.lfilter([1, -1], [1, -0.999], brown, axis=1) * 0.01 + 0.02 * rng.normal(size=brown.shape)
    shelf = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585])
    high_pass = ([1, -2, 1], [1, -1.99004745483398, 0.99007225036621])
    filtered = signal.lfilter(*high_pass, signal.lfilter(*shelf, brown, axis=1), axis=1)
    expected = -0.691 + 10 * np.log10((filtered**2).mean(axis=1).sum())
    assert loudness_lufs(Waveform(brown.astype(np.float32), 48_000)) == pytest.approx(expected, abs=0.2)


def test_silence_and_short_audio_have_a_loudness() -> None:
    assert loudness_lufs(Waveform(np.zeros((2, 48_000), np.float32), 48_000)) == -70.0
    assert np.isfinite(loudness_lufs(sine(-6.0, seconds=0.1)))


@pytest.mark.parametrize("stem_db", [-40.0, -26.0, -12.0])
def test_a_stem_is_put_six_under_its_context_but_raised_by_twelve_at_most(stem_db: float) -> None:
    stem, context = sine(stem_db, channels=2), sine(-14.0, channels=2)
    gain = match_gain(stem, loudness_lufs(context))
    heard = loudness_lufs(Waveform(stem.samples * np.float32(gain), 48_000))
    assert heard == pytest.approx(max(-20.0 if stem_db > -40 else -28.0, -28.0), abs=0.05)


def test_the_peak_limit_wins() -> None:
    hot = sine(3.0)
    assert match_gain(hot, 20.0) * hot.peak == pytest.approx(PEAK_LIMIT)
    assert peak_gain(Waveform(np.zeros((1, 10), np.float32), 48_000)) == float("inf")
