"""Resampling keeps length, pitch, level and bytes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.audio.regions import frames_at
from bridge_server.audio.resample import resample, resample_ring
from bridge_server.audio.waveform import Waveform

RATES = [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]


@given(frames=st.integers(1, 10**12), from_rate=st.sampled_from(RATES), to_rate=st.sampled_from(RATES))
def test_length_is_the_exact_one_rounded(frames: int, from_rate: int, to_rate: int) -> None:
    exact = Fraction(frames * to_rate, from_rate)
    assert abs(frames_at(frames, from_rate, to_rate) - exact) <= Fraction(1, 2)


@given(frames=st.integers(1, 3_000), from_rate=st.sampled_from(RATES), to_rate=st.sampled_from(RATES), data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_length_comes_out_as_asked(frames: int, from_rate: int, to_rate: int, data: st.DataObject) -> None:
    audio = Waveform(np.ones((2, frames), dtype=np.float32), from_rate)
    assert resample(audio, to_rate).frames == frames_at(frames, from_rate, to_rate)
    wanted = data.draw(st.integers(0, 5_000))
    assert resample(audio, to_rate, wanted).samples.shape == (2, wanted)


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_stays_where_and_what_it_is(rate: int) -> None:
    def tone(at_rate: int) -> np.ndarray:
        return np.sin(2 * np.pi * 1_000 * np.arange(at_rate) / at_rate)

    there = resample(Waveform(tone(rate)[None].astype(np.float32), rate), 48_000)
    middle = slice(4_800, -4_800)
    error = there.samples[0, middle] - tone(48_000)[middle]
    # VHQ is good for -140 dB; what is left is float32's own rounding, 2^-24 each way, and a little arithmetic.
    assert np.abs(error).max() < 2**-21


def test_there_and_back_is_nearly_the_same_audio() -> None:
    rng = np.random.default_rng(1)
    # Smoothed until nothing is left near the top of the band, where the filter cuts on purpose.
    smooth = np.convolve(rng.normal(size=48_400), np.blackman(41) / 10, mode="same")[:48_000]
    audio = Waveform((0.1 * smooth[None]).astype(np.float32), 48_000)
    back = resample(resample(audio, 96_000), 48_000, audio.frames)
    difference = (back.samples - audio.samples)[:, 2_000:-2_000]
    assert 20 * np.log10(difference.std() / audio.samples.std()) < -90


def test_same_audio_same_bytes_and_the_same_rate_touches_nothing() -> None:
    audio = Waveform(np.random.default_rng(2).normal(size=(2, 50_000)).astype(np.float32), 44_100)
    assert resample(audio, 48_000).samples.tobytes() == resample(audio, 48_000).samples.tobytes()
    assert np.array_equal(resample(audio, 44_100).samples, audio.samples)


def test_stereo_is_mono_on_both_sides() -> None:
    mono = Waveform(np.arange(5, dtype=np.float32)[None], 48_000)
    assert np.array_equal(mono.to_stereo().samples, np.array([np.arange(5)] * 2, dtype=np.float32))
    with pytest.raises(ValueError):
        Waveform(np.zeros((3, 5), dtype=np.float32), 48_000).to_stereo()


@pytest.mark.parametrize(
    ("length", "frames"), [(24_000, 24_576), (96_001, 94_208), (70_000, 70_000), (192_512, 176_400)]
)
def test_a_loop_stays_a_loop_at_any_length(length: int, frames: int) -> None:
    turns = 2 * np.pi * 200 * np.arange(length) / length
    ring = Waveform(np.stack([np.sin(turns), np.cos(turns)]).astype(np.float32), 48_000)
    result = resample_ring(ring, frames)
    assert result.frames == frames
    wished = 2 * np.pi * 200 * (np.arange(frames) / frames)
    assert np.abs(result.samples - np.stack([np.sin(wished), np.cos(wished)])).max() < 0.04  # half a frame off
    jump = np.abs(result.samples[:, 0] - result.samples[:, -1])
    assert (jump <= np.abs(np.diff(result.samples)).max(1) * 1.001).all()
