"""Bars cut from rings are right to the frame: whatever the tempo, the seam, the lag, a loop, a stop."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bridge_server.audio.ring import Cut, cut_bars
from bridge_server.audio.ring_note import RingNote, read_note
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import BadArguments, FormatNotSupported, PathNotAllowed, TooShort
from tests.audio.ring_making import RATE, Song, Stretch, number_of, play, ring_of, song, stand

MINUTE = 60 * RATE


def cut(heard: Song, ring_frames: int = MINUTE, turned: int = 0, head_error: float = 0.0, **note: float) -> Cut:
    """Cut a song as the server does; `head_error` in seconds is how far off the recorder's own word is."""
    ring, head = ring_of(heard, ring_frames, turned)
    said = (head + head_error * RATE / ring_frames) % 1
    return cut_bars(Waveform(ring, RATE), RingNote(**{"bars": 4, "head": said, **note}))


def edges(found: Cut) -> tuple[int, int]:
    """First frame of the song in the cut, and the frame behind its last; everything between must be in order."""
    samples = found.audio.samples
    numbers = [number_of(samples[:, i]) for i in (0, samples.shape[1] // 2, samples.shape[1] - 1)]
    assert numbers == [numbers[0], numbers[0] + samples.shape[1] // 2, numbers[0] + samples.shape[1] - 1]
    assert sum(found.bar_frames) == samples.shape[1]
    return numbers[0], numbers[-1] + 1


@pytest.mark.parametrize("bpm", [40, 127.3, 174, 300])
@pytest.mark.parametrize(("lag", "turned"), [(0, 0), (64, 12_345), (512, MINUTE - 7)])
def test_constant_tempo_is_cut_without_a_frame_of_error(bpm: float, lag: int, turned: int) -> None:
    heard = song([play(Fraction(7, 3), bpm * 1.1, bpm)], lag)
    last = int(heard.end // 4) * 4
    for bars in (1, 2, 8):
        found = cut(heard, turned=turned, bars=bars, head_error=-0.05)
        assert found.bars == bars
        assert found.start_beat == last - 4 * bars
        assert edges(found) == (heard.frame_at(last - 4 * bars), heard.frame_at(last))
        assert found.tempo == pytest.approx(bpm, rel=1e-4)


def test_a_ring_of_a_whole_number_of_beats_has_an_invisible_seam_in_its_phase() -> None:
    for part in (0, 1, 11, 500, 799, 2_666, 5_000):  # where in a beat of 5,333.3 frames the recorder stands
        heard = song([Stretch(Fraction(0), 30 * RATE + part, Fraction(90))], 300)
        found = cut(heard, ring_frames=12 * RATE, turned=4_000, bars=4, head_error=-0.05)
        last = int(heard.end // 4) * 4
        assert found.start_beat == last - 16
        assert edges(found) == (heard.frame_at(last - 16), heard.frame_at(last))


def test_a_tempo_change_lies_inside_a_cut_and_bars_have_their_own_lengths() -> None:
    slow = play(0, 10, 100)
    fast = play(slow.end, 14, 150)
    faster = play(fast.end, 9, 190)
    heard = song([slow, fast, faster], 200)
    found = cut(heard, bars=6)
    assert edges(found) == (heard.frame_at(8), heard.frame_at(32))
    assert found.bars == 6
    wanted = [heard.frame_at(8 + 4 * bar) for bar in range(7)]
    assert list(found.bar_frames) == list(np.diff(wanted))


def test_a_ramp_of_the_tempo_is_no_seam() -> None:
    stretches, at = [], Fraction(0)
    for i in range(200):
        stretches.append(Stretch(at, 1_000, Fraction(100 + i, 1)))
        at = stretches[-1].end
    heard = song(stretches, 128)
    found = cut(heard, bars=8, turned=99_999)
    last = int(at // 4) * 4
    assert edges(found) == (heard.frame_at(last - 32), heard.frame_at(last))


@pytest.mark.parametrize("into", [0.3, 1.2, 9.7, 15.9])
@pytest.mark.parametrize("lag", [0, 300])
def test_a_looping_arrangement_gives_the_newest_whole_pass(into: float, lag: int) -> None:
    """A loop of 4 bars over beats 16 to 32, heard twice and a bit; the recorder's word is a little off."""
    passes = [play(0, 32, 120), play(16, 16, 120), play(16, into, 120)]
    heard = song(passes, lag)
    found = cut(heard, bars=4, turned=3 * RATE, head_error=-0.05)
    start, stop = edges(found)
    assert found.start_beat == 16
    assert found.bars == 4
    assert start == passes[0].frames
    assert stop == passes[0].frames + passes[1].frames


def test_the_newest_pass_counts_when_it_is_long_enough() -> None:
    passes = [play(0, 32, 120), play(16, 9, 120)]
    heard = song(passes, 100)
    found = cut(heard, bars=2)
    assert edges(found)[0] == passes[0].frames
    assert (found.start_beat, found.bars) == (16, 2)


def test_a_stop_ends_a_take_and_fewer_bars_are_said() -> None:
    heard = song([play(0, 40, 120), stand(2 * RATE), play(64, 11, 120)], 64)
    found = cut(heard, bars=4)
    assert (found.bars, found.bars_wanted, found.start_beat) == (2, 4, 64)
    assert edges(found) == (heard.frame_at(64), heard.frame_at(72))


def test_a_stopped_transport_gives_what_was_played_last() -> None:
    heard = song([play(0, 20.5, 120), stand(3 * RATE)], 64)
    found = cut(heard, bars=4, head_error=-0.05)
    assert found.start_beat == 4
    assert edges(found) == (heard.frame_at(4), heard.frame_at(20))


def test_a_start_on_the_bar_line_keeps_the_first_bar_although_its_number_is_late() -> None:
    heard = song([play(100, 5, 120), stand(RATE), play(8, 8.5, 120)], 700)
    found = cut(heard, bars=2)
    assert (found.bars, found.start_beat) == (2, 8)
    assert edges(found) == (heard.frame_at(8), heard.frame_at(16))


def test_the_hole_of_the_last_grab_is_bridged() -> None:
    """While the ring was written 3.3 beats were lost; four bars before the hole are still a context."""
    heard = song([play(0, 30, 120), play(33.3, 5, 120)], 64)
    found = cut(heard, bars=4)
    assert (found.bars, found.start_beat) == (4, 12)


def test_a_ring_that_is_not_full_yet() -> None:
    heard = song([play(0, 17, 120)], 64)
    found = cut(heard, ring_frames=MINUTE, bars=4)
    assert found.start_beat == 0
    assert edges(found) == (0, heard.frame_at(16))


@pytest.mark.parametrize(("beats_per_bar", "beat_unit", "length"), [(3, 4, 3), (6, 8, 3), (7, 8, 3.5), (5, 16, 1.25)])
def test_other_metres(beats_per_bar: int, beat_unit: int, length: float) -> None:
    heard = song([play(Fraction(1, 3), 40, 121)], 256)
    found = cut(heard, bars=5, beats_per_bar=beats_per_bar, beat_unit=beat_unit, bar_origin=0.0)
    last = int((40 + 1 / 3) // length) * length
    assert found.start_beat == last - 5 * length
    assert edges(found) == (heard.frame_at(last - 5 * length), heard.frame_at(last))


def test_bars_start_where_the_metre_says() -> None:
    heard = song([play(0, 40, 120)], 64)
    assert cut(heard, bars=4, bar_origin=3.0).start_beat == 23


@pytest.mark.parametrize("nudge_ms", [-100, 40])
def test_nudge_moves_the_audio_against_the_beats(nudge_ms: float) -> None:
    heard = song([play(0, 40.5, 120)], 64)
    moved = round(nudge_ms * RATE / 1000)
    found = cut(heard, bars=4, nudge_ms=nudge_ms)
    assert edges(found) == (heard.frame_at(24) + moved, heard.frame_at(40) + moved)


def test_a_nudge_beyond_the_newest_frame_takes_the_bars_before() -> None:
    heard = song([play(0, 40.01, 120)], 64)
    assert cut(heard, bars=4, nudge_ms=100).start_beat == 20


def test_without_the_recorders_word_the_songs_position_finds_the_newest_end() -> None:
    heard = song([play(0, 50, 120), stand(RATE), play(100, 20.5, 120)], 64)
    found = cut(heard, turned=55_555, bars=4, head=-1.0, song_beat=120.4)
    assert found.start_beat == 104


@pytest.mark.parametrize("heard", [[stand(20 * RATE)], [play(0, 3, 120)], [play(1.5, 5, 120)]])
def test_without_one_whole_bar_nothing_is_cut(heard: list[Stretch]) -> None:
    with pytest.raises(TooShort, match="Not one whole bar") as caught:
        cut(song(heard))
    assert "at least 4 bars" in caught.value.hint


def test_a_stereo_file_is_no_ring() -> None:
    with pytest.raises(FormatNotSupported, match="2 channels"):
        cut_bars(Waveform(np.zeros((2, 9_000), np.float32), RATE), RingNote(bars=1))


def test_notes_are_read_and_judged(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"

    def read(text: str) -> RingNote:
        path.write_text(text, encoding="utf-8")
        return read_note(str(path))

    note = read(json.dumps({"bars": 4, "tempo": 96.5, "beats_per_bar": 7, "beat_unit": 8, "key": "C minor"}))
    assert note == RingNote(bars=4, tempo=96.5, beats_per_bar=7, beat_unit=8)
    assert note.seconds == pytest.approx(4 * 3.5 * 60 / 96.5)
    for wrong in (
        "",
        "[]",
        "{}",
        '{"bars": 0}',
        '{"bars": 2.5}',
        '{"bars": true}',
        '{"bars": 4, "tempo": NaN}',
        "{" * 9,
    ):
        with pytest.raises(BadArguments):
            read(wrong)
    with pytest.raises(BadArguments):
        read(json.dumps({"bars": 4, "set": "x" * 20_000}))
    with pytest.raises(PathNotAllowed):
        read_note(str(tmp_path / "missing.json"))
