"""Codec metrics: exact on copies, ordered on the anchors, right on distances that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluate import anchors, codec_metrics
from models.evaluate.codec_metrics import METRICS, measure

DISTANCES = ("LSD dB", "log-mel L1 dB", "band error dB", "width error dB")
CORRELATIONS = ("onset corr.", "bass env. corr.")


def test_a_copy_is_perfect(band_clip):
    values = measure(band_clip, band_clip)
    assert all(values[label] == 0 for label in DISTANCES)
    assert all(values[label] == pytest.approx(1) for label in CORRELATIONS)
    assert values["SI-SDR dB"] > 60


def test_a_copy_at_half_the_level_is_6_db_away_and_perfectly_timed():
    noise = 0.2 * np.random.default_rng(5).standard_normal((2, 96_000))
    values = measure(noise, noise * 0.5)
    for label in ("LSD dB", "log-mel L1 dB", "band error dB"):
        assert values[label] == pytest.approx(6.02, abs=0.05)
    assert values["width error dB"] == pytest.approx(0, abs=0.01)
    assert values["onset corr."] > 0.98


def test_anchors_fall_in_their_order(band_clip):
    low = measure(band_clip, anchors.low_pass(band_clip))
    mel = measure(band_clip, anchors.coarse_mel(band_clip, 1))
    noise = measure(band_clip, anchors.mean_spectrum_noise(band_clip, 1))
    assert 0 < low["log-mel L1 dB"] < noise["log-mel L1 dB"]
    assert 0 < low["band error dB"] < mel["band error dB"] < noise["band error dB"]
    assert low["onset corr."] > mel["onset corr."] > noise["onset corr."] + 0.1
    assert low["bass env. corr."] > 0.99
    assert abs(noise["bass env. corr."]) < 0.2


def test_late_drums_lose_the_onset_correlation(band_clip):
    late = np.roll(band_clip, 48 * 120, axis=1)
    assert codec_metrics.onset_correlation(band_clip, late) < 0.2
    assert codec_metrics.width_error(band_clip, late) < 0.5


def test_mono_loses_the_width(band_clip):
    mono = np.broadcast_to(band_clip.mean(axis=0), band_clip.shape)
    assert codec_metrics.width_error(band_clip, mono) > 5


def test_unequal_clips_are_refused(band_clip):
    with pytest.raises(ValueError, match="equal length"):
        measure(band_clip, band_clip[:, :-1])


def test_every_gate_is_passed_by_the_original_and_failed_by_noise(band_clip):
    copy, noise = measure(band_clip, band_clip), measure(band_clip, anchors.mean_spectrum_noise(band_clip, 2))
    for bar in ("go_on", "ship"):
        assert all(metric.passes(copy[metric.label], getattr(metric, bar)) for metric in METRICS)
        assert not all(metric.passes(noise[metric.label], getattr(metric, bar)) for metric in METRICS)
    assert METRICS[-1].passes(-100, METRICS[-1].ship)


@pytest.mark.parametrize("anchor", anchors.ANCHORS.values(), ids=lambda anchor: anchor.__name__)
def test_anchors_keep_length_and_are_reproducible(anchor, band_clip):
    first, second = anchor(band_clip[:, :60_001], 7), anchor(band_clip[:, :60_001], 7)
    assert first.shape == (2, 60_001)
    assert np.isfinite(first).all()
    assert np.array_equal(first, second)
