"""What is kept is kept, and what is made anew is made from what lies around it."""

from __future__ import annotations

import numpy as np
import pytest

from models.generator import Generator
from models.inpainting import gap_windows, inpaint
from models.recall import recalled
from models.underlay import Underlay, strength_index
from tests.models.conftest import BASS


def piece(slots: int) -> np.ndarray:
    return np.random.default_rng(slots).standard_normal((slots, 64)).astype(np.float32) * 0.4


def with_gap(slots: int, first: int, end: int) -> np.ndarray:
    at = np.arange(slots)
    return (at < first) | (at >= end)


@pytest.mark.parametrize(("first", "end"), [(0, 10), (50, 61), (110, 120), (0, 120)])
@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_known_slots_stay_and_others_are_new(generator: Generator, first: int, end: int, strength: float) -> None:
    latents, known = piece(120), with_gap(120, first, end)
    new = inpaint(generator, latents, known, piece(121)[:120], BASS, seed=5, strength=strength)
    assert np.array_equal(new[known], latents[known])
    assert (np.abs(new[~known] - latents[~known]).max(1) > 1e-3).all()
    again = inpaint(generator, latents, known, piece(121)[:120], BASS, seed=5, strength=strength)
    assert new.tobytes() == again.tobytes()


def test_a_long_region_is_written_window_after_window(generator: Generator) -> None:
    latents, known, told = piece(320), with_gap(320, 50, 270), []
    new = inpaint(generator, latents, known, None, seed=1, on_step=lambda done, of: told.append((done, of)))
    assert np.array_equal(new[known], latents[known])
    assert (np.abs(new[~known] - latents[~known]).max(1) > 1e-3).all()
    assert told[-1][0] == told[-1][1] > 1


def test_strength_zero_changes_nothing(generator: Generator) -> None:
    latents = piece(16)
    assert inpaint(generator, latents, with_gap(16, 4, 9), None, strength=0.0) is latents


@pytest.mark.parametrize(
    ("slots", "first", "end"),
    [(120, 0, 120), (400, 0, 30), (400, 100, 140), (400, 390, 400), (400, 20, 390), (64, 9, 11)],
)
def test_windows_cover_the_gap(slots: int, first: int, end: int) -> None:
    plan = gap_windows(with_gap(slots, first, end), 120, 40)
    known = with_gap(slots, first, end)
    for order in plan:
        assert not known[order].all(), "a window with nothing to do"
        known[order] = True
    covered = np.unique(np.concatenate(plan))
    assert set(range(first, end)) <= set(covered.tolist())
    assert covered[0] >= 0
    assert covered[-1] < slots
    assert {len(order) for order in plan} == {min(120, slots)}
    if len(plan) == 1 and slots > 120 and first >= 40 and end + 40 <= slots:
        assert plan[0][0] <= first - 40
        assert plan[0][-1] >= end + 39


def test_what_was_played_over_the_same_context_is_recalled() -> None:
    rng = np.random.default_rng(0)
    verse, chorus = rng.standard_normal((2, 40, 64)).astype(np.float32)
    context, latents = np.concatenate([verse, chorus, verse, chorus]), piece(160)
    known = np.arange(160) < 120
    assert np.array_equal(recalled(latents, known, context, 120, 30), latents[40:70])


def test_without_a_context_the_beginning_is_recalled_over_again() -> None:
    latents, known = piece(20), np.arange(20) < 6
    assert np.array_equal(recalled(latents, known, None, 6, 14), latents[np.arange(14) % 6])


def test_index_rises_with_strength() -> None:
    indices = [strength_index(strength) for strength in (0.0, 0.2, 0.5, 0.8, 1.0)]
    assert indices == sorted(indices)
    assert 0 < indices[0] < indices[-1] < 1


@pytest.mark.parametrize("chunks", [3, 20])
def test_strength_of_a_variation_has_its_ends(generator: Generator, chunks: int) -> None:
    context, below = piece(chunks * 8).reshape(-1, 8, 64), piece(chunks * 8 + 1)[:-1].reshape(-1, 8, 64)
    assert np.array_equal(generator.write(context, chunks, BASS, 1, under=Underlay(below, 0.0)), below)
    fresh = generator.write(context, chunks, BASS, 1)
    assert generator.write(context, chunks, BASS, 1, under=Underlay(below, 1.0)).tobytes() == fresh.tobytes()
    apart = [
        np.abs(generator.write(context, chunks, BASS, 1, under=Underlay(below, strength)) - below).mean()
        for strength in (0.1, 0.5, 0.9)
    ]
    assert apart[0] == min(apart)  # the tiny pack is not trained: little is left of anything above
