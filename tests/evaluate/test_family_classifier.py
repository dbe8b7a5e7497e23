"""The classifier that ships hears families in held-out songs, and its features hear timbre and not level."""

from __future__ import annotations

import numpy as np
import pytest

from models.data.composer import soundfont
from models.evaluate.excerpts import FIRST_SEED
from models.evaluate.family_classifier import WEIGHTS, FamilyClassifier, hear_family, shipped
from models.evaluate.family_table import confusion, mistakes, report, stems_of
from models.evaluate.family_training import FIRST_SEED as OWN_SEED
from models.evaluate.family_training import fit, song_stems
from models.evaluate.timbre import SIZE, timbre
from models.families import FAMILIES


def test_the_weights_that_ship_are_small_and_plain():
    assert WEIGHTS.stat().st_size < 1_000_000
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        assert stored["first"].shape[1] == SIZE


def test_timbre_hears_neither_level_nor_order_of_channels(band_clip: np.ndarray):
    features = timbre(band_clip)
    assert features.shape == (SIZE,)
    assert np.isfinite(features).all()
    assert np.abs(timbre(0.1 * band_clip) - features).max() < 0.1
    assert np.abs(timbre(band_clip[::-1]) - features).max() < 1e-3
    filtered = np.diff(band_clip, axis=1)  # 6 dB more per octave
    assert np.abs(timbre(filtered) - features).max() > 5


def test_timbre_of_anti_phase_stereo_is_that_of_the_channel(band_clip: np.ndarray):
    left = band_clip[:1]
    assert np.abs(timbre(np.concatenate([left, -left])) - timbre(np.concatenate([left, left]))).max() < 1e-3


def test_silence_could_be_anything():
    silent = np.zeros((2, 96_000), np.float32)
    with pytest.raises(ValueError, match="silent"):
        timbre(silent)
    assert hear_family(silent) == pytest.approx(np.full(12, -np.log(12)))


def test_held_out_songs_of_our_own_synthesis_are_heard():
    """Without any sound font, so that it runs everywhere: 10 songs, about 45 stems; guessing gets a tenth."""
    soundfont.load([])
    counts = confusion(shipped(), range(FIRST_SEED, FIRST_SEED + 10), foreign=False, done=lambda: None)
    assert counts.sum() > 30
    assert np.trace(counts) > 0.6 * counts.sum()
    assert counts[0, 0] == counts[0].sum()  # drums


def test_the_classifier_never_learns_from_other_seeds():
    with pytest.raises(ValueError, match="not the classifier's"):
        next(song_stems(FIRST_SEED))
    assert FIRST_SEED > OWN_SEED


def test_training_finds_what_features_tell():
    """Two families that differ in twenty features, the others noise."""
    random = np.random.default_rng(0)
    families = random.integers(0, 2, 200)
    features = random.standard_normal((200, SIZE)).astype(np.float32)
    features[:, 7:27] += 4 * families[:, None]
    classifier = FamilyClassifier(fit(features, families, seed=0, epochs=30))
    probabilities = classifier.log_probabilities(features)
    assert np.exp(probabilities).sum(axis=1) == pytest.approx(np.ones(200), abs=1e-5)
    assert (probabilities.argmax(axis=1) == families).mean() > 0.97


def test_weights_of_another_classifier_are_refused():
    wrong = {"first": np.zeros((1, 5, 4)), "second": np.zeros((1, 4, 12))}
    with pytest.raises(ValueError, match="another classifier"):
        FamilyClassifier(wrong)


def test_the_report_tells_shares_and_mistakes():
    counts = np.zeros((12, 12), np.int64)
    counts[0, 0], counts[1, 1], counts[1, 10] = 5, 3, 1
    text = report({"other songs": counts})
    assert "| drums          | 1.00 of 5   |" in text
    assert "0.75 of 4" in text
    assert "0.89 of 9" in text
    assert mistakes(counts) == "bass as pad 1"


def test_stems_of_a_held_out_song_name_their_family():
    soundfont.load([])
    found = list(stems_of(FIRST_SEED, foreign=False))
    assert len(found) >= 2
    assert all(0 <= family < len(FAMILIES) and np.abs(audio).max() > 0 for family, audio in found)
