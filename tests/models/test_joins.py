"""Windows that go on from each other: which, from how far, and what yields."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from models.joins import OVERLAP_CHUNKS, YIELDING_CHUNKS, Span, held, sigmas_from, sigmas_to_go_on, spans
from models.schedule import STANDARD
from models.spectrogram import SLOTS

YIELDING = YIELDING_CHUNKS * SLOTS


@pytest.mark.parametrize("chunks", [1, 3, 15, 16, 20, 27, 28, 39, 100])
def test_windows_cover_the_piece_and_overlap(chunks: int) -> None:
    plan = spans(chunks, 15)
    assert plan[0] == Span(0, min(15, chunks), 0)
    assert plan[-1].end == chunks
    for before, here in pairwise(plan):
        assert here.known == before.end
        assert here.known - here.start >= OVERLAP_CHUNKS
        assert here.end - here.start == 15


def test_levels_that_begin_lower_end_alike() -> None:
    assert sigmas_from([80.0, 24.4, 5.84, 0.965, 0.085], 2.515) == [2.515, 0.965, 0.085]
    assert sigmas_from([80.0, 2.515], 2.515) == [2.515]


@pytest.mark.parametrize(("steps", "indices"), [(5, [0.5, 0.45, 0.4, 0.3, 0.2, 0.1]), (1, [0.5, 0.25])])
def test_a_window_that_goes_on_has_a_level_more_between_any_two(steps: int, indices: list[float]) -> None:
    levels = sigmas_to_go_on(STANDARD.sigmas(steps), STANDARD)
    assert levels == pytest.approx([STANDARD.sigma(index) for index in indices])


def test_a_variation_that_begins_below_goes_on_from_there() -> None:
    levels = sigmas_to_go_on(sigmas_from(STANDARD.sigmas(5), STANDARD.sigma(0.3)), STANDARD)
    assert [STANDARD.index(level) for level in levels] == pytest.approx([0.3, 0.25, 0.2, 0.1])


@pytest.mark.parametrize("index", np.linspace(0.15, 0.499, 40))
def test_a_variation_that_begins_below_begins_there_to_the_last_bit(index: float) -> None:
    """Whoever goes on compares the two: a hair less, and the piece underneath would be left away."""
    sigmas = sigmas_from(STANDARD.sigmas(5), STANDARD.sigma(index))
    assert sigmas_to_go_on(sigmas, STANDARD)[0] == sigmas[0]


def test_what_is_known_yields_next_to_what_is_not() -> None:
    weights = held(np.arange(120) < 40)
    assert (weights[: 40 - YIELDING] == 1).all()
    assert (np.diff(weights[40 - YIELDING - 1 : 41]) < 0).all()
    assert weights[39] < 0.02
    assert (weights[40:] == 0).all()


def test_a_window_of_many_slots_takes_no_memory_to_speak_of() -> None:
    """The identity pack, which keeps all of a spectrogram, has 30,720 slots a window."""
    tracemalloc.start()
    held(np.arange(30_720) < 10_240)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20


def test_a_gap_is_yielded_to_from_both_sides_and_what_is_given_stays() -> None:
    known = np.ones(120, bool)
    known[50:60] = False
    weights = held(known)
    assert np.allclose(weights[49 - np.arange(YIELDING)], weights[60 + np.arange(YIELDING)])
    given = np.arange(120) < 50
    firm = held(known, given)
    assert (firm[:50] == 1).all()
    assert np.array_equal(firm[50:], weights[50:])
    assert (held(np.ones(120, bool)) == 1).all()
