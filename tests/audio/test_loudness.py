"""Loudness as ITU-R BS.1770 defines it, and what is made of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bridge_server.audio.loudness import loudness_lufs, match_gain
from bridge_server.audio.true_peak import LIMIT_DBTP, limit_gain, true_peak
from bridge_server.audio.waveform import Waveform

RATES = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)


def sine(decibels: float, hz: float = 997.0, seconds: float = 3.0, rate: int = 48_000, channels: int = 1) -> Waveform:
    tone = 10 ** (decibels / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return Waveform(np.repeat(tone[None], channels, axis=0).astype(np.float32), rate)


def together(*parts: Waveform) -> Waveform:
    """One after the other."""
    return Waveform(np.concatenate([part.samples for part in parts], axis=1), parts[0].sample_rate)


@pytest.mark.parametrize("rate", RATES)
def test_the_calibration_tone_of_the_standard(rate: int) -> None:
    # BS.1770-4: a 997 Hz sine of 0 dBFS in one channel reads -3.01 LKFS; two channels add 3.01 dB.
    # libloudness sorts blocks into classes of 0.1 LU, so it is right to 0.05.
    assert loudness_lufs(sine(0.0, rate=rate)) == pytest.approx(-3.01, abs=0.06)
    assert loudness_lufs(sine(-20.0, rate=rate, channels=2)) == pytest.approx(-20.0, abs=0.06)


@pytest.mark.parametrize(
    ("levels_db", "seconds", "expected_lufs"),
    [
        ((-23.0,), (20.0,), -23.0),
        ((-33.0,), (20.0,), -33.0),
        ((-36.0, -23.0, -36.0), (10.0, 60.0, 10.0), -23.0),
        ((-72.0, -36.0, -23.0, -36.0, -72.0), (10.0, 10.0, 60.0, 10.0, 10.0), -23.0),
        ((-26.0, -20.0, -26.0), (20.0, 20.1, 20.0), -23.0),
    ],
    ids=["case 1", "case 2", "case 3", "case 4", "case 5"],
)
def test_the_minimum_requirements_of_ebu_tech_3341(
    levels_db: tuple[float, ...], seconds: tuple[float, ...], expected_lufs: float
) -> None:
    # EBU Tech 3341, table 1: stereo sines of 1,000 Hz; the meter may be off by 0.1 LU.
    parts = [sine(level, 1000.0, lasts, channels=2) for level, lasts in zip(levels_db, seconds, strict=True)]
    assert loudness_lufs(together(*parts)) == pytest.approx(expected_lufs, abs=0.1)


def test_the_weighting_agrees_with_the_filters_of_the_standard() -> None:
    rng = np.random.default_rng(5)
    brown = np.cumsum(rng.normal(size=(2, 240_000)), axis=1)
    brown = signal.lfilter([1, -1], [1, -0.999], brown, axis=1) * 0.01 + 0.02 * rng.normal(size=brown.shape)
    shelf = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585])
    high_pass = ([1, -2, 1], [1, -1.99004745483398, 0.99007225036621])
    filtered = signal.lfilter(*high_pass, signal.lfilter(*shelf, brown, axis=1), axis=1)
    expected = -0.691 + 10 * np.log10((filtered**2).mean(axis=1).sum())
    assert loudness_lufs(Waveform(brown.astype(np.float32), 48_000)) == pytest.approx(expected, abs=0.1)


def test_silence_and_short_audio_have_a_loudness() -> None:
    assert loudness_lufs(Waveform(np.zeros((2, 48_000), np.float32), 48_000)) == -70.0
    assert loudness_lufs(sine(-6.0, seconds=0.1)) == pytest.approx(-15.0, abs=0.2)  # a quarter of one block


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5])
def test_a_peak_between_the_samples_is_found(rate: int, phase: float) -> None:
    # A quarter of the rate, shifted by half a sample: the samples reach 0.707 and the sound 1.
    turns = 0.25 * np.arange(rate) + phase / 4
    tone = Waveform((0.5 * np.sin(2 * np.pi * turns) * np.hanning(rate))[None].astype(np.float32), rate)
    if rate < 192_000:  # four, three or two points for each sample: the standard's own reading is that much too low
        assert true_peak(tone) == pytest.approx(0.5, rel={44_100: 0.02, 48_000: 0.02, 88_200: 0.035}.get(rate, 0.08))
    else:
        assert true_peak(tone) == tone.peak  # already sampled as often as the standard asks


def test_true_peak_agrees_with_another_oversampling() -> None:
    rng = np.random.default_rng(3)
    noise = signal.lfilter(*signal.butter(8, 0.6), np.sign(rng.normal(size=48_000)))
    other = np.abs(signal.resample_poly(noise, 4, 1, window=("kaiser", 9.0))).max()
    ours = true_peak(Waveform(noise[None].astype(np.float32), 48_000))
    assert 20 * np.log10(ours / other) == pytest.approx(0.0, abs=0.1)
    assert ours > 1.05 * np.abs(noise).max()


def test_true_peak_of_long_audio_is_found_wherever_it_lies() -> None:
    audio = np.zeros((2, 700_001), np.float32)
    audio[1, -3:-1] = 0.5
    assert true_peak(Waveform(audio, 48_000)) > 0.55


@pytest.mark.parametrize("stem_db", [-40.0, -26.0, -12.0])
def test_a_stem_is_put_six_under_its_context_but_raised_by_twelve_at_most(stem_db: float) -> None:
    stem, context = sine(stem_db, channels=2), sine(-14.0, channels=2)
    gain = match_gain(stem, loudness_lufs(context))
    heard = loudness_lufs(Waveform(stem.samples * np.float32(gain), 48_000))
    assert heard == pytest.approx(max(-20.0 if stem_db > -40 else -28.0, -28.0), abs=0.11)


def test_the_peak_limit_wins() -> None:
    hot = sine(3.0)
    peak_db = 20 * np.log10(match_gain(hot, 20.0) * true_peak(hot))
    assert LIMIT_DBTP - 0.1 < peak_db < LIMIT_DBTP
    assert limit_gain(Waveform(np.zeros((1, 10), np.float32), 48_000)) == float("inf")
