"""CSAA and CSAT: 1 for the same sound, 0 for unrelated ones, one number per item."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluate.clap_scores import clap_scores

VECTORS = np.random.default_rng(0).standard_normal((40, 512))


def test_a_sound_scores_1_with_itself_at_any_length():
    assert clap_scores(VECTORS, 3 * VECTORS) == pytest.approx(np.ones(40))
    assert clap_scores(VECTORS, -VECTORS) == pytest.approx(-np.ones(40))


def test_unrelated_sounds_score_about_0_and_right_angles_exactly():
    assert np.abs(clap_scores(VECTORS, np.roll(VECTORS, 1, axis=0))).mean() < 0.1
    assert clap_scores([[1.0, 0.0]], [[0.0, 2.0]]) == pytest.approx([0])


def test_items_stay_in_their_order():
    asked = VECTORS.copy()
    asked[3] = -asked[3]
    assert np.flatnonzero(clap_scores(VECTORS, asked) < 0).tolist() == [3]


@pytest.mark.parametrize("asked", [VECTORS[:3], VECTORS[0], np.zeros_like(VECTORS), np.full_like(VECTORS, np.nan)])
def test_what_has_no_answer_is_refused(asked: np.ndarray):
    with pytest.raises(ValueError):
        clap_scores(VECTORS, asked)
