"""Songs: deterministic, true to their own key, chords and grid, and sane as audio (own synthesis only)."""

from __future__ import annotations

import numpy as np
import pytest

from models.data.composer import Rendered, Song, compose, render
from models.data.composer.drum_machine import DrumMachine
from models.data.composer.harmony import chord_scale, parse_numeral, progression, voicing
from models.data.composer.song import Key, Note
from models.data.composer.styles import STYLES
from models.families import FAMILIES

SECONDS = 5


@pytest.fixture(scope="module")
def songs() -> list[Song]:
    return [compose(seed) for seed in range(60)]


@pytest.fixture(scope="module")
def excerpts() -> list[tuple[Song, Rendered]]:
    some = [compose(seed) for seed in range(16)]
    return [(song, render(song, song.duration_s / 2, SECONDS * 48_000)) for song in some]


def test_same_seed_same_bytes() -> None:
    first, second = (render(compose(3), 20.0, 96_000).stems for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_other_seed_other_song() -> None:
    first, second = (render(compose(seed), 20.0, 96_000).stems for seed in (3, 4))
    assert first.shape != second.shape or not np.array_equal(first, second)


def test_a_kit_sounds_the_same_whichever_piece_comes_first() -> None:
    snare, kick = Note(0.0, 0.1, 38, 0.8), Note(0.5, 0.1, 36, 0.8)
    both = DrumMachine("kit").render([snare, kick], 48_000)
    alone = DrumMachine("kit").render([kick], 48_000)
    np.testing.assert_array_equal(both[:, 47_000:], alone[:, 47_000:])


def test_families_are_valid_and_unique(songs: list[Song]) -> None:
    for song in songs:
        families = [track.family for track in song.tracks]
        assert 1 <= len(families) <= 6
        assert len(set(families)) == len(families)
        assert set(families) <= set(FAMILIES)


def test_songs_are_varied(songs: list[Song]) -> None:
    assert len({song.style for song in songs}) >= 10
    assert len({song.key for song in songs}) >= 12
    assert {track.family for song in songs for track in song.tracks} == set(FAMILIES)
    assert 65 <= min(song.tempo_bpm for song in songs) < 90
    assert 130 < max(song.tempo_bpm for song in songs) <= 180


@pytest.mark.parametrize("style", STYLES)
def test_every_style_plays_every_family(style: str) -> None:
    for family in FAMILIES:
        song = compose(5, style, (family,))
        assert song.tracks[0].notes, f"{family} is silent in {style}"
        assert all(0 < note.velocity <= 1 and 21 <= note.pitch <= 108 for note in song.tracks[0].notes)


def test_chords_cover_the_song_without_gaps(songs: list[Song]) -> None:
    for song in songs:
        ends = [chord.start + chord.beats for chord in song.chords]
        assert np.allclose(ends[:-1], [chord.start for chord in song.chords[1:]])
        assert ends[-1] == pytest.approx(song.bars * song.beats_per_bar)


def test_roman_numerals() -> None:
    assert parse_numeral("bVIImaj7") == (10, "maj7")
    assert parse_numeral("ii7") == (2, "m7")
    assert parse_numeral("iim7b5") == (2, "m7b5")
    chords = progression("I | V7", Key(2, "major"), 0.0, 4, 4)
    assert [chord.name for chord in chords] == ["D", "A7", "D", "A7"]


def test_keys_and_chords_are_spelled_as_written() -> None:
    assert Key(1, "minor").name == "C# minor"
    assert Key(1, "major").name == "Db major"
    assert Key(11, "major").spell(8) == "G#"
    assert Key(0, "minor").spell(8) == "Ab"


def test_dominant_of_a_minor_key_replaces_the_seventh_step() -> None:
    a_minor = Key(9, "minor")
    dominant = progression("V7", a_minor, 0.0, 1, 4)[0]
    scale = chord_scale(a_minor, dominant)
    assert 8 in scale, "G# belongs to E7"
    assert 7 not in scale, "G natural rubs against it"


def test_voicings_move_little() -> None:
    chords = progression("I | vi | IV | V", Key(0, "major"), 0.0, 4, 4)
    previous = voicing(chords[0], 62)
    for chord in chords[1:]:
        now = voicing(chord, 62, previous)
        assert {p % 12 for p in now} == set(chord.pitch_classes)
        assert abs(np.mean(now) - np.mean(previous)) < 5
        previous = now


def _share_in_scale(song: Song, family: str) -> tuple[int, int]:
    track = next(track for track in song.tracks if track.family == family)
    spans = [(song.time_of(c.start), song.time_of(c.start + c.beats), c) for c in song.chords]
    hits = total = 0
    for note in track.notes:
        middle = note.start_s + min(note.duration_s / 2, 0.05)
        chord = next((c for a, b, c in spans if a <= middle < b), None)
        if chord is not None:
            total += 1
            hits += note.pitch % 12 in chord_scale(song.key, chord)
    return hits, total


def test_notes_fit_the_chord_of_their_moment(songs: list[Song]) -> None:
    counts = [_share_in_scale(s, t.family) for s in songs for t in s.tracks if t.family != "drums"]
    hits, total = np.sum(counts, axis=0)
    assert hits / total > 0.97


def test_bass_meets_the_root_on_chord_changes(songs: list[Song]) -> None:
    hits = total = 0
    for song in songs:
        track = next((t for t in song.tracks if t.family == "bass"), None)
        for chord in song.chords if track else []:
            start = song.time_of(chord.start)
            for note in track.notes:
                if abs(note.start_s - start) < 0.04:
                    total += 1
                    hits += note.pitch % 12 == chord.root
    assert total > 300
    assert hits / total > 0.9


def test_swing_moves_off_beats_only() -> None:
    song = compose(0, "jazz")
    assert song.swing > 0.6
    assert song.time_of(3.0) == pytest.approx(3 * song.seconds_per_beat)
    assert song.time_of(3.5) == pytest.approx((3 + song.swing) * song.seconds_per_beat)


def test_audio_is_finite_and_below_full_scale(excerpts: list[tuple[Song, Rendered]]) -> None:
    for _, rendered in excerpts:
        assert rendered.stems.dtype == np.float32
        assert np.isfinite(rendered.stems).all()
        assert np.abs(rendered.stems.sum(0)).max() < 1
        assert np.abs(rendered.stems).max() < 1


def test_most_stems_sound_and_are_not_out_of_phase(excerpts: list[tuple[Song, Rendered]]) -> None:
    stems = np.concatenate([rendered.stems for _, rendered in excerpts])
    rms = np.sqrt(np.mean(stems**2, axis=(1, 2)))
    assert np.mean(rms > 0.003) > 0.8
    heard = stems[rms > 0.003]
    middle, side = heard.sum(1).std(axis=1), (heard[:, 0] - heard[:, 1]).std(axis=1)
    assert np.mean(side < 1.2 * middle) > 0.9


def _chroma(audio: np.ndarray) -> np.ndarray:
    """Energy [frame, 12] of blocks of 16384 samples, 80 Hz to 2 kHz."""
    blocks = audio.sum(0)[: audio.shape[1] // 16_384 * 16_384].reshape(-1, 16_384)
    power = np.abs(np.fft.rfft(blocks * np.hanning(16_384), axis=1)) ** 2
    hertz = np.fft.rfftfreq(16_384, 1 / 48_000)
    use = (hertz > 80) & (hertz < 2000)
    classes = np.round(12 * np.log2(hertz[use] / 440) + 69).astype(int) % 12
    return np.stack([power[:, use][:, classes == c].sum(1) for c in range(12)], axis=1)


def test_audio_agrees_with_the_known_chords(excerpts: list[tuple[Song, Rendered]]) -> None:
    own, shifted = [], []
    for _, rendered in excerpts:
        for stem, family in zip(rendered.stems, rendered.families, strict=True):
            if family in ("drums", "bass") or np.abs(stem).max() < 0.01:
                continue
            chroma = _chroma(stem)
            for index, frame in enumerate(chroma):
                chord = next((c for a, b, c in rendered.chords if a <= (index + 0.5) * 16_384 / 48_000 < b), None)
                if chord and frame.sum() > 0.01 * chroma.sum(1).max():
                    tones = np.array(chord.pitch_classes)
                    own.append(frame[tones].sum() / frame.sum())
                    shifted.append(frame[(tones + 1) % 12].sum() / frame.sum())
    assert np.mean(own) > 0.65
    assert np.mean(shifted) < 0.25


def test_drum_onsets_lie_on_the_grid() -> None:
    song = compose(11, "rock", ("drums",))
    rendered = render(song, song.duration_s / 2, SECONDS * 48_000)
    power = np.mean(rendered.stems[0].sum(0).reshape(-1, 240) ** 2, axis=1)
    rise = np.flatnonzero((power[1:] > 3 * power[:-1]) & (power[1:] > 0.02 * power.max())) + 1
    step = song.seconds_per_beat / 4
    phase = (rise * 0.005 - rendered.beats_s[0] + 0.0025) / step
    assert len(rise) > 8
    assert np.median(np.abs(phase - np.round(phase))) * step < 0.015


def test_beats_lie_inside_the_excerpt(excerpts: list[tuple[Song, Rendered]]) -> None:
    for song, rendered in excerpts:
        assert rendered.beats_s.min() >= 0
        assert rendered.beats_s.max() < SECONDS
        np.testing.assert_allclose(np.diff(rendered.beats_s), song.seconds_per_beat)
        assert rendered.chords[0][0] == 0


def test_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="48000 Hz only"):
        render(compose(0), 0.0, 100, 44_100)
