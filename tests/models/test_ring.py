"""A ring has no ends: neither in audio, nor in the spectrogram, nor in its phases."""

from __future__ import annotations

import numpy as np
import pytest

from models.generator import Generator
from models.ring import closed, missing_turn, ring_audio, turned_around, unrolled
from models.spectrogram import CHUNK_FRAMES, SLOT_FRAMES, stft


def ring_of_tones(slots: int) -> np.ndarray:
    """Tones with a whole number of periods: `[2, 4096 slots]`."""
    frames = slots * SLOT_FRAMES
    turns = 2 * np.pi * np.arange(frames) / frames
    left = sum(np.sin(periods * turns + periods) for periods in (97, 203, 411)) * 0.1
    return np.stack([left, np.roll(left, 300)]).astype(np.float32)


@pytest.mark.parametrize("slots", [2, 6, 11])
def test_a_spectrogram_of_a_ring_gives_its_audio_back_to_the_last_frame(slots: int) -> None:
    audio = ring_of_tones(slots)
    planes = stft(turned_around(audio, 512, audio.shape[1] + 1024))
    parts = [planes[..., :5], planes[..., 5:]]
    assert np.abs(ring_audio(parts, slots * 4) - audio).max() < 1e-4


def test_surplus_frames_are_left_out() -> None:
    audio = ring_of_tones(6)
    planes = stft(turned_around(audio, 512, audio.shape[1] + 1024))
    assert np.array_equal(ring_audio([np.concatenate([planes, planes], -1)], 24), ring_audio([planes], 24))


def test_a_ring_is_unrolled_round_and_round() -> None:
    assert list(unrolled(3, 2, 7)) == [2, 0, 1, 2, 0, 1, 2]
    assert list(turned_around(np.arange(4.0)[None], 2, 9)[0]) == [2, 3, 0, 1, 2, 3, 0, 1, 2]


def phases(planes: np.ndarray) -> np.ndarray:
    """Angles `[2, 1024]` of one frame of planes."""
    wide = planes.reshape(2, 2, 1024)
    linear = np.copysign(np.abs(wide) ** (1 / 0.65), wide)
    return np.angle(linear[:, 0] + 1j * linear[:, 1])


def test_closing_turns_the_last_frames_to_where_the_ring_begins_and_leaves_magnitudes() -> None:
    rng = np.random.default_rng(0)
    planes, start = rng.standard_normal((4, 1024, 9)).astype(np.float32), rng.standard_normal((4, 1024))
    turned = closed(planes, 8, start.astype(np.float32))
    apart = np.angle(np.exp(1j * (phases(turned[..., 8]) - phases(start))))
    assert np.abs(apart).max() < 1e-2
    before, after = planes.reshape(2, 2, 1024, 9), turned.reshape(2, 2, 1024, 9)
    assert np.allclose(np.hypot(before[:, 0], before[:, 1]), np.hypot(after[:, 0], after[:, 1]), atol=1e-4)
    steps = [np.abs(turned[..., k] - planes[..., k]).mean() for k in (0, 4, 8)]
    assert steps[0] < steps[1] < steps[2]


def test_both_channels_of_a_sound_turn_the_same_way_round() -> None:
    arrived = np.zeros((2, 1024), complex)
    arrived[:, 99:102] = [0.5, 1.0, 0.5]
    start = arrived * np.exp(1j * np.array([[np.pi - 0.1], [np.pi + 0.1]]))  # by its own shorter way: +3.04 and -3.04
    missing = missing_turn(arrived, start)[:, 99:102]
    assert np.abs(missing[0] - missing[1]).max() == pytest.approx(0.2, abs=1e-6)


@pytest.mark.parametrize("slots", [5, 8, 13, 47])
def test_a_loop_is_coded_at_its_own_length(generator: Generator, slots: int) -> None:
    latents = generator.codec.encode_ring(ring_of_tones(slots))
    assert latents.shape == (slots, 64)
    told: list[tuple[int, int]] = []
    audio = generator.codec.decode_ring(latents, 1, lambda done, of: told.append((done, of)))
    assert audio.shape == (2, slots * SLOT_FRAMES)
    assert np.isfinite(audio).all()
    assert told[-1][0] == told[-1][1] == len(told)
    assert audio.tobytes() == generator.codec.decode_ring(latents, 1).tobytes()


def test_the_encoder_hears_the_end_before_the_start(generator: Generator) -> None:
    """A chunk in the middle of the piece played twice over has the same neighbours as the first chunk of the ring."""
    audio = ring_of_tones(16)
    straight = generator.codec.encode(np.concatenate([audio, audio], 1))
    ring = generator.codec.encode_ring(audio).reshape(2, 8, 64)
    assert np.allclose(ring[0], straight[2], atol=1e-4)
    assert not np.allclose(straight[0], straight[2], atol=1e-4)
    assert audio.shape[1] == 2 * CHUNK_FRAMES
