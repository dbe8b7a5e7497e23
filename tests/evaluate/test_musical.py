"""Musical scores: right on stems made by hand, ceiling and floor on real composed stems."""

from __future__ import annotations

import numpy as np
import pytest

from models.data.composer import soundfont
from models.evaluate.auc import derangement, matched_auc
from models.evaluate.chroma import chroma
from models.evaluate.excerpts import excerpts_with, held_out_song
from models.evaluate.musical import BEAT_SCORES, hear_stem, know_context, output_change, score, score_matrix
from models.evaluate.onsets import onset_strength

SONGS = 8
TIME_S = np.arange(3 * 48_000) / 48_000


def tone(pitch: int) -> np.ndarray:
    """Three seconds `[2, frame]` of a MIDI pitch with three partials."""
    frequency_hz = 440 * 2 ** ((pitch - 69) / 12)
    mono = sum(0.2 / partial * np.sin(2 * np.pi * partial * frequency_hz * TIME_S) for partial in (1, 2, 4))
    return np.stack([mono, mono])


@pytest.mark.parametrize("pitch", [28, 33, 40, 61, 74, 83])
def test_chroma_names_the_note_even_at_41_hz(pitch):
    heard = chroma(tone(pitch)).sum(axis=1)
    assert heard.argmax() == pitch % 12
    assert heard.max() > 0.8 * heard.sum()


def test_chroma_of_silence_is_zero():
    assert not chroma(np.zeros((2, 48_000))).any()


def test_onsets_are_found_where_clicks_are():
    audio = np.zeros((2, 96_000))
    audio[:, [24_000, 60_000]] = 0.5
    envelope = onset_strength(audio)
    centre_s = (np.arange(len(envelope)) * 256 + 1024 + 512) / 48_000
    assert centre_s[envelope.argmax()] == pytest.approx(0.5, abs=0.02) or centre_s[envelope.argmax()] == pytest.approx(
        1.25, abs=0.02
    )
    assert envelope[np.abs(centre_s - 0.9) < 0.1].max() < 0.01 * envelope.max()


@pytest.fixture(scope="module")
def basses():
    """Scores of basses and drums of held-out songs; without a sound font, so the same on every machine."""
    soundfont.load([])
    heard = {}
    for family in ("bass", "drums"):
        excerpts = list(excerpts_with(family, SONGS))
        stems = [hear_stem(excerpt.stems[family]) for excerpt in excerpts]
        contexts = [know_context(e.song, e.start_s, e.context_for(family)) for e in excerpts]
        heard[family] = score_matrix(stems, contexts)
    return heard


@pytest.mark.parametrize(("family", "name", "bar"), [
    ("bass", "on grid", 0.9), ("bass", "with context", 0.8), ("bass", "in chords", 0.95), ("bass", "in key", 0.75),
    ("drums", "on grid", 0.9), ("drums", "with context", 0.8),
])  # fmt: skip
def test_the_real_stem_is_the_ceiling(basses, family, name, bar):
    auc = matched_auc(basses[family][name])
    assert auc.value > bar
    assert auc.low <= auc.value <= auc.high
    assert auc.songs == SONGS


def test_a_random_stem_is_the_floor(basses):
    """Over many pairings: one pairing of eight songs alone scatters widely."""
    matrix = basses["bass"]["in chords"]
    values = [matched_auc(matrix, derangement(SONGS, seed)).value for seed in range(20)]
    assert np.mean(values) == pytest.approx(0.5, abs=0.08)


def test_a_late_stem_is_off_the_grid_and_a_transposed_one_out_of_tune():
    excerpt = next(excerpts_with("bass", 1))
    context = know_context(excerpt.song, excerpt.start_s, excerpt.context_for("bass"))
    stem = excerpt.stems["bass"]
    real = score(hear_stem(stem), context)
    late = score(hear_stem(np.roll(stem, round(excerpt.song.seconds_per_beat / 8 * 48_000), axis=1)), context)
    assert all(late[name] < real[name] - 0.2 for name in BEAT_SCORES)
    sharp = stem[:, np.minimum((np.arange(stem.shape[1]) * 2 ** (1 / 12)).astype(int), stem.shape[1] - 1)]
    assert score(hear_stem(sharp), context)["in key"] < real["in key"] - 0.3


def test_output_change_is_zero_for_the_same_audio_only(band_clip):
    assert output_change(band_clip, band_clip) == 0
    assert output_change(band_clip, np.roll(band_clip, 9_000, axis=1)) > 3


def test_auc_on_matrices_worked_out_by_hand():
    assert matched_auc(np.eye(5)).value == 1
    assert matched_auc(-np.eye(5)).value == 0
    assert matched_auc(np.zeros((5, 5))).value == 0.5
    scores = np.array([[2, 1, 3], [0, 5, 1], [1, 1, 1.0]])
    assert matched_auc(scores).value == pytest.approx((1 + 0 + 2 + 0.5 * 2) / 6)


def test_a_random_pairing_never_meets_its_own_song():
    for count in (2, 3, 40):
        pairing = derangement(count, count)
        assert sorted(pairing) == list(range(count))
        assert (pairing != np.arange(count)).all()
    with pytest.raises(ValueError, match="two songs"):
        derangement(1, 0)


def test_training_seeds_are_refused():
    with pytest.raises(ValueError, match="trained on"):
        held_out_song(8_999_999)
