"""Intervals from resampling: as wide as theory says, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluate.bootstrap import Estimate, estimate, mean_of


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    values = np.random.default_rng(1).standard_normal(400) * 3 + 5
    found = mean_of(values, draws=2000)
    assert found.value == pytest.approx(values.mean())
    assert found.half_width == pytest.approx(1.96 * values.std() / 20, rel=0.1)


def test_the_same_seed_gives_the_same_interval_and_another_does_not():
    values = np.arange(30.0)
    assert mean_of(values) == mean_of(values)
    assert mean_of(values).half_width != mean_of(values, seed=1).half_width


def test_every_draw_has_as_many_items():
    seen: list[int] = []

    def count(counts: np.ndarray) -> float:
        seen.append(int(counts.sum()))
        return 0.0

    assert estimate(count, 7, draws=5).half_width == 0
    assert seen == [7] * 6


def test_how_figures_are_written():
    assert Estimate(0.256, 0.031).text() == "0.26 ± 0.03"
    assert Estimate(0.256).text(3) == "0.256"
    assert Estimate(float("nan")).text() == ""
