"""The measures of a seam hear a click, a change of sound, and nothing where there is nothing."""

from __future__ import annotations

import numpy as np

from models.evaluate.likeness import likeness
from models.evaluate.seams import around_wrap, hear_seam


def tones(frames: int, hz: float) -> np.ndarray:
    time_s = np.arange(frames) / 48_000
    noise = np.random.default_rng(0).standard_normal(frames) * 0.01
    left = 0.3 * np.sin(2 * np.pi * hz * time_s) + noise
    return np.stack([left, left]).astype(np.float32)


def test_a_seam_that_is_none_ranks_like_any_other_place() -> None:
    seam = hear_seam(tones(96_000, 220.0), 48_000)
    assert 0.02 < seam.click_rank < 0.98
    assert 0.02 < seam.step_rank < 0.98


def test_a_jump_is_heard_as_a_click_and_another_sound_as_a_step() -> None:
    audio = tones(96_000, 220.0)
    audio[:, 48_000:] += 0.2
    assert hear_seam(audio, 48_000).click_rank > 0.98
    changed = np.concatenate([tones(48_000, 220.0), 0.1 * np.random.default_rng(1).standard_normal((2, 48_000))], 1)
    assert hear_seam(changed.astype(np.float32), 48_000).step_rank > 0.9


def test_a_loop_is_judged_where_it_starts_again() -> None:
    audio, at = around_wrap(tones(50_000, 221.0))
    assert (audio.shape, at) == ((2, 100_000), 50_000)


def test_a_stem_is_like_itself_and_less_like_another() -> None:
    one, other = tones(96_000, 220.0), tones(96_000, 330.0)
    assert min(likeness(one, one).values()) > 0.99
    assert likeness(one, other)["mel spectrogram"] < 0.9
    assert likeness(one, other)["pitch classes"] < 0.9
