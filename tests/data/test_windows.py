"""Window making: active target, context of other families, gains that never clip, all from one seed."""

from __future__ import annotations

import numpy as np
import pytest

from models.data.windows import FRAMES, RATE, Recipe, activity, choose, cut

FAMILIES = ["drums", "bass", "piano", "piano", "vocals"]


@pytest.fixture(scope="module")
def stems() -> np.ndarray:
    """Forty seconds of five stems; the bass plays only in the first half, all else throughout."""
    rng = np.random.Generator(np.random.PCG64(1))
    audio = rng.standard_normal((5, 2, 40 * RATE)).astype(np.float32) * 0.1
    audio[1, :, 20 * RATE :] = 0
    return audio


def test_activity_sees_silence(stems: np.ndarray) -> None:
    active = activity(stems)
    assert active.shape == (5, 400)
    assert active[1, :200].all()
    assert not active[1, 200:].any()


def test_same_seed_same_window(stems: np.ndarray) -> None:
    assert choose(stems, FAMILIES, 5) == choose(stems, FAMILIES, 5)
    assert len({choose(stems, FAMILIES, seed).start for seed in range(20)}) > 15


def test_properties_of_many_windows(stems: np.ndarray) -> None:
    recipe = Recipe()
    windows = [choose(stems, FAMILIES, seed, recipe) for seed in range(70)]
    active = activity(stems)
    for window in windows:
        assert FAMILIES[window.target] != "vocals"
        assert all(FAMILIES[i] != FAMILIES[window.target] for i in window.context)
        share = active[window.target, window.start // 4800 : (window.start + FRAMES) // 4800].mean()
        assert share >= recipe.minimum_active
    empty = np.mean([not window.context for window in windows])
    assert 0.0 < empty < 0.2
    assert {len(window.context) for window in windows} >= {1, 2, 3}


def test_reference_segment_is_another_one(stems: np.ndarray) -> None:
    for seed in range(20):
        window = choose(stems, FAMILIES, seed)
        assert window.leak == (window.reference_start == window.start)
        if window.target == 0:
            assert abs(window.reference_start - window.start) >= RATE


def test_a_short_song_has_no_other_segment(stems: np.ndarray) -> None:
    window = choose(stems[:, :, :FRAMES], FAMILIES, 3)
    assert window.leak
    assert window.reference_start == window.start == 0


def test_loud_stems_do_not_clip(stems: np.ndarray) -> None:
    for seed in range(15):
        loud = stems * 8
        window = choose(loud, FAMILIES, seed)
        target, context = cut(loud, window)
        for audio in (target, context, target + context):
            assert np.abs(audio).max() <= 1.0


def test_cut_keeps_the_balance_of_the_mix(stems: np.ndarray) -> None:
    window = choose(stems, FAMILIES, 2, Recipe(context_gain_chance=0.0, empty_context=0.0))
    target, context = cut(stems, window)
    part = slice(window.start, window.start + FRAMES)
    assert window.gain == pytest.approx(window.context_gain)
    np.testing.assert_allclose(target, stems[window.target, :, part] * window.gain, rtol=1e-5)
    np.testing.assert_allclose(context, stems[list(window.context), :, part].sum(0) * window.gain, rtol=1e-4, atol=1e-6)


def test_nothing_to_choose_is_none(stems: np.ndarray) -> None:
    assert choose(np.zeros_like(stems), FAMILIES, 0) is None
    assert choose(stems[:, :, :RATE], FAMILIES, 0) is None
    assert choose(stems[4:], ["vocals"], 0) is None
