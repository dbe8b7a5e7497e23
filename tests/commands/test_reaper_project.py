"""The project's text, read by the PyPI package `rpp`, which knows nothing of ours."""

from __future__ import annotations

from pathlib import PurePath

import pytest
import rpp

from bridge_server.commands.reaper_project import Meter, Track, project, quoted

NAMES = ["context", 'the "big" drums', "l'été 夏", "both \" and '", "all \" and ' and `", "  two\nlines "]
TRACKS = [Track(name, PurePath(f"{place} stem.wav"), 4.25 + place) for place, name in enumerate(NAMES)]


def read(text: str) -> rpp.Element:
    return rpp.loads(text)


def one(element: rpp.Element, name: str) -> list[str]:
    """The values of the one line of this name."""
    (found,) = [child for child in element if isinstance(child, list) and child[0] == name]
    return found[1:]


def test_every_track_has_its_name_its_file_and_its_length() -> None:
    tracks = read(project(TRACKS, Meter(97.5, 3, 8), 44_100)).findall("TRACK")
    wished = [" ".join(name.split()) for name in NAMES]
    wished[4] = "all \" and ' and '"  # no quotes are left for it
    assert [one(track, "NAME") for track in tracks] == [[name] for name in wished]
    for place, track in enumerate(tracks):
        item = track.find("ITEM")
        assert one(item, "NAME") == [wished[place]]
        assert one(item.find("SOURCE"), "FILE") == [f"{place} stem.wav"]
        assert float(one(item, "POSITION")[0]) == 0
        assert float(one(item, "LENGTH")[0]) == pytest.approx(4.25 + place)
        assert item.find("SOURCE").attrib == ["WAVE"]


def test_tempo_meter_and_rate_are_the_music_s() -> None:
    read_back = read(project(TRACKS, Meter(97.123456, 3, 8), 44_100))
    assert read_back.tag == "REAPER_PROJECT"
    assert [float(value) for value in one(read_back, "TEMPO")] == [97.123456, 3, 8]
    assert one(read_back, "SAMPLERATE")[0] == "44100"


def test_ids_are_all_different_and_the_same_in_the_same_project() -> None:
    text = project(TRACKS, Meter(), 48_000)
    ids = [line.split("{")[1] for line in text.splitlines() if "{" in line and "TRACKID" not in line]
    assert len(set(ids)) == len(ids) == 3 * len(TRACKS)
    assert project(TRACKS, Meter(), 48_000) == text


def test_a_length_is_exact_to_the_frame_after_ten_minutes_at_192_khz() -> None:
    seconds = (600 * 192_000 - 1) / 192_000
    item = read(project([Track("long", PurePath("a.wav"), seconds)], Meter(), 192_000)).find("TRACK").find("ITEM")
    assert round(float(one(item, "LENGTH")[0]) * 192_000) == 600 * 192_000 - 1


@pytest.mark.parametrize("text", ["", "plain", 'a"b', "a'b", "a\"b'c", ">", "<TRACK", "a | b \\ c"])
def test_quoted_text_stays_one_value(text: str) -> None:
    track = read(project([Track(text, PurePath("a.wav"), 1.0)], Meter(), 48_000)).find("TRACK")
    assert one(track, "NAME") == [text]
    assert "\n" not in quoted(text)
