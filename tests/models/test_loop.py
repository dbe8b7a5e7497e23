"""Loops of any length from a tiny pack."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import Stopped
from models.generator import Generator
from models.loop import Looper, ring_windows, slots_for
from models.spectrogram import SLOT_FRAMES
from models.underlay import Underlay
from tests.models.conftest import BASS


def context_of(slots: int) -> np.ndarray:
    return np.random.default_rng(slots).standard_normal((slots, 64)).astype(np.float32) * 0.4


@pytest.mark.parametrize("slots", range(121, 400, 7))
def test_windows_go_round_and_the_last_lies_between_two_that_are_known(slots: int) -> None:
    known = np.zeros(slots, bool)
    for place, first in enumerate(ring_windows(slots, 120, 40)):
        order = (first + np.arange(120)) % slots
        new = np.flatnonzero(~known[order])
        assert new.size, "nothing to do"
        if place:
            assert new[0] >= 40, "less than the overlap is known on the left"
        last = new
        known[order] = True
    assert known.all()
    assert last[-1] < 120 - 20, "the last window does not see what follows"
    assert len(last) <= 40


@pytest.mark.parametrize("slots", [6, 47, 105, 120, 121, 188])
def test_a_loop_has_its_length_and_the_same_seed_gives_the_same_bytes(generator: Generator, slots: int) -> None:
    looper, context = Looper(generator), context_of(slots)
    first = looper.write(context, slots, BASS, seed=3)
    assert first.shape == (slots, 64)
    assert np.abs(first).max() <= generator.pack.manifest.latent_limit
    assert (np.abs(first).sum(1) > 0).all()
    assert first.tobytes() == looper.write(context, slots, BASS, seed=3).tobytes()
    assert np.abs(first - looper.write(context, slots, BASS, seed=4)).max() > 1e-3
    assert np.abs(first - looper.write(context, slots, BASS, seed=3, attempt=1)).max() > 1e-3
    assert np.abs(first - looper.write(None, slots, BASS, seed=3)).max() > 1e-3


def test_audio_and_progress(generator: Generator) -> None:
    seen: list[tuple[float, str]] = []
    audio = Looper(generator).generate(
        context_of(11), 11, None, 0, on_progress=lambda fraction, stage: seen.append((fraction, stage))
    )
    assert audio.shape == (2, 11 * SLOT_FRAMES)
    assert [fraction for fraction, _ in seen] == sorted(fraction for fraction, _ in seen)
    assert seen[-1] == (1.0, "decoding")


@pytest.mark.parametrize("slots", [23, 130])
def test_a_loop_is_varied_and_strength_has_its_ends(generator: Generator, slots: int) -> None:
    looper, context, below = Looper(generator), context_of(slots), context_of(slots + 1)[:slots]
    assert looper.write(context, slots, BASS, 1, under=Underlay(below, 0.0)) is below
    fresh = looper.write(context, slots, BASS, 1)
    assert looper.write(context, slots, BASS, 1, under=Underlay(below, 1.0)).tobytes() == fresh.tobytes()
    near, far = (
        np.abs(looper.write(context, slots, BASS, 1, under=Underlay(below, s)) - below).mean() for s in (0.1, 0.8)
    )
    assert near < far


def test_stop_ends_a_loop(generator: Generator) -> None:
    generator.stop.stop()
    with pytest.raises(Stopped):
        Looper(generator).generate(None, 20)


@pytest.mark.parametrize(("frames", "slots"), [(24_000, 6), (4096, 1), (192_000, 47), (65_536, 16)])
def test_slots_are_rounded(frames: int, slots: int) -> None:
    assert slots_for(frames) == slots
