"""What the Live script does to a set, in every Live that differs: the built patch, the script, a strict Live double.

The bridge is a recording here: tests speak its words, so that stems come when and as they like.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import pytest
import soundfile

from tests.clients.live import rings
from tests.clients.live.studio import Device, Studio

RATE = 48_000
TRACK = "Riffbridge Bass"


def stem_file(folder: Path, seconds: float = 8.0, name: str = "stem") -> str:
    """A stem as the server leaves it."""
    path = folder / f"{name}.wav"
    soundfile.write(path, np.zeros((round(seconds * RATE), 2)), RATE, subtype="PCM_24")
    return str(path)


def linked(studio: Studio, folder: Path, **options: Any) -> Device:
    """A device that has greeted its bridge."""
    device = studio.device(ring=rings.ring(folder), **options)
    device.wait(lambda seen: seen["isRecording"])
    device.bridge("ready", "1.0")
    device.bridge("paths", str(folder))
    device.bridge("link", "up", "Ready: starter on cpu.")
    device.wait_status("Ready")
    return device


def asked(device: Device, count: int = 1) -> tuple[str, dict[str, Any]]:
    """Press Generate; id and content of the `count`-th request."""
    device.touch("Generate")
    return sent(device, count)


def sent(device: Device, count: int) -> tuple[str, dict[str, Any]]:
    """Id and content of the `count`-th request, once it is sent."""
    device.wait(lambda _: len(device.heard("generate")) == count)
    _, request_id, content = device.heard("generate")[-1]
    return request_id, json.loads(content)


def give(device: Device, request_id: str, paths: list[str], seconds: float = 8.0, cut: Any = None) -> None:
    """The bridge tells of finished stems, in this order, then of the end."""
    for index, path in enumerate(paths):
        tell_stem(device, request_id, index, len(paths), path, seconds, cut)
    device.bridge("done", request_id, len(paths))


def tell_stem(
    device: Device, request_id: str, index: int, count: int, path: str, seconds: float = 8.0, cut: Any = None
) -> None:
    """The bridge tells of one."""
    about = {"frames": round(seconds * RATE), "sample_rate": RATE, "seed": 40 + index}
    device.bridge("stem", request_id, index, count, path, json.dumps({**about, "cut": cut} if cut else about))


def insert(device: Device, folder: Path, count: int = 3, **more: Any) -> list[str]:
    """Ask, give so many stems, wait for the end; their files."""
    request_id, _ = asked(device, len(device.heard("generate")) + 1)
    paths = [stem_file(folder, more.get("seconds", 8.0), f"{request_id}_v{k}") for k in range(count)]
    give(device, request_id, paths, **more)
    device.wait(lambda seen: "Fire" in seen["says"]["status"] or "'" in seen["says"]["status"])
    return paths


def state(seen: dict[str, Any]) -> Any:
    """What the Live script keeps with the set."""
    return json.loads(unquote(seen["saved"]["State"]))


def rows(studio: Studio, track: str = TRACK) -> list[int]:
    """Slots of a track that hold clips."""
    return [row for row, clip in enumerate(studio.track(track)["slots"]) if clip]


def clip_files(studio: Studio) -> list[str]:
    """Files of all clips of the set, wherever they are."""
    held = []
    for track in studio.set["tracks"]:
        in_lanes = [clip for lane in track.get("lanes", []) for clip in lane["clips"]]
        held += [clip["file_path"] for clip in (*track["slots"], *track["arrangement"], *in_lanes) if clip]
    return held


@pytest.mark.parametrize(
    ("version", "options"),
    [
        ((12, 0, 5), {}),
        ((12, 0, 5), {"autoWarp": False}),
        ((12, 1, 0), {"guess": 0.5}),
        ((12, 1, 0), {"decodeMs": 60, "guess": 2}),
        ((12, 3, 5), {"guess": 2}),
        ((12, 3, 5), {"guess": 1.04}),
    ],
)
def test_stems_become_clips_at_the_tempo_of_the_set(
    version: tuple[int, int, int], options: dict[str, Any], tmp_path: Path
) -> None:
    with Studio(version, **options) as studio:
        device = linked(studio, tmp_path)
        paths = insert(device, tmp_path)
        track = studio.track(TRACK)
        assert rows(studio) == [0, 1, 2]
        assert track["monitoring"] == 2
        for row, path in enumerate(paths):
            clip = track["slots"][row]
            assert clip["file_path"] == path
            assert (clip["warping"], clip["looping"], clip["loop_start"], clip["loop_end"]) == (1, 1, 0, 16)
            assert (clip["end_marker"], clip["legato"], clip["launch_quantization"], clip["warp_mode"]) == (16, 1, 5, 6)
            first, last = clip["marks"][0], clip["marks"][-1]
            beats_per_s = (last["beat_time"] - first["beat_time"]) / (last["sample_time"] - first["sample_time"])
            assert beats_per_s == pytest.approx(2.0, rel=1e-3)
            assert clip["name"] == f"Bass v{row + 1} - seed {40 + row}"


@pytest.mark.parametrize("version", [(11, 3, 0), (12, 0, 0), (12, 0, 4)])
def test_an_older_live_auditions_in_the_device(version: tuple[int, int, int], tmp_path: Path) -> None:
    with Studio(version) as studio:
        device = linked(studio, tmp_path)
        paths = insert(device, tmp_path, count=2)
        assert device.status == "Preview only: inserting needs Live 12.0.5. Press Fire, or Reveal and drag the files."
        assert [track["name"] for track in studio.set["tracks"]] == ["1-Audio"]
        assert device.look()["sounds"] == {"---v1": paths[0], "---v2": paths[1]}
        device.touch("Fire 2")
        assert set(device.look()["voices"].values()) == {0}, "it waits for the bar line"
        studio.do("clock", name="one", outlet=1, value=9)
        assert device.look()["voices"] == {"1": 0, "2": 1, "3": 0, "4": 0}
        device.touch("Next")
        studio.do("clock", name="one", outlet=1, value=10)
        assert device.look()["voices"]["1"] == 1
        device.touch("Stop")
        assert set(device.look()["voices"].values()) == {0}, "silence does not wait"


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    tracks = [{"name": TRACK, "clips": [1, 4, 6]}]
    with Studio(tracks=tracks, scenes=8, selectedScene=1) as studio:
        device = linked(studio, tmp_path)
        insert(device, tmp_path, count=2)
        assert rows(studio) == [1, 2, 3, 4, 6]
        insert(device, tmp_path, count=4)
        assert rows(studio) == [1, 2, 3, 4, 6, 7, 8, 9, 10]
        assert studio.set["scenes"] == 11
        kept = [studio.track(TRACK)["slots"][row]["file_path"] for row in (1, 4, 6)]
        assert kept == ["/someone/elses.wav"] * 3


@pytest.mark.parametrize(
    ("track", "words"),
    [
        ({"is_frozen": 1}, "frozen"),
        ({"isMidi": True}, "takes no audio clips"),
        ({"is_foldable": 1}, "takes no audio clips"),
    ],
)
def test_a_track_that_takes_no_clips_is_named(track: dict[str, Any], words: str, tmp_path: Path) -> None:
    with Studio(tracks=[{"name": TRACK, **track}]) as studio:
        device = linked(studio, tmp_path)
        insert(device, tmp_path, count=2)
        assert TRACK in device.status
        assert words in device.status
        assert rows(studio) == []
        device.touch("Fire 1")
        studio.do("clock", name="one", outlet=1, value=3)
        assert device.look()["voices"]["1"] == 1, "the stem can still be heard"


def test_a_file_that_live_cannot_read_is_a_sentence(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        request_id, _ = asked(device)
        broken = tmp_path / "broken.wav"
        broken.write_bytes(b"no audio at all")
        give(device, request_id, [str(broken)])
        device.wait_status("Live did not take the clip")
        assert len(device.status) <= 101
        assert rows(studio) == []


def test_changes_that_undo_refuses_are_made_afterwards(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        request_id, _ = asked(device)
        studio.do("option", undoRefuses=1)
        tell_stem(device, request_id, 0, 1, stem_file(tmp_path))
        device.bridge("done", request_id, 1)
        device.wait_status("1 variation on")
        assert rows(studio) == [0]


def test_stems_may_come_in_any_order(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        request_id, _ = asked(device)
        for index in (2, 0, 1):
            tell_stem(device, request_id, index, 3, stem_file(tmp_path, name=f"v{index}"))
        device.bridge("done", request_id, 3)
        device.wait_status("3 variations on")
        names = [Path(clip["file_path"]).stem for clip in studio.track(TRACK)["slots"] if clip]
        assert names == ["v0", "v1", "v2"]


def test_a_newer_request_replaces_the_older_one(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        old, _ = asked(device)
        new, _ = asked(device, 2)
        device.bridge("fail", old, "replaced", "A newer request of the same lane came. Nothing to do.")
        tell_stem(device, old, 0, 1, stem_file(tmp_path, name="old"))
        give(device, new, [stem_file(tmp_path, name="new")])
        device.wait_status("1 variation on")
        assert [Path(clip["file_path"]).stem for clip in studio.track(TRACK)["slots"] if clip] == ["new"]


CUT = {"bars_wanted": 4, "bars": 4, "start_beat": 32.0, "bar_length": 4.0, "tempo": 120.0, "bar_frames": [96_000] * 4}


def test_the_arrangement_gets_a_track_for_each_variation(tmp_path: Path) -> None:
    with Studio((12, 1, 0)) as studio:
        device = linked(studio, tmp_path)
        device.touch("Insert", 1)
        insert(device, tmp_path, count=2, cut=CUT)
        insert(device, tmp_path, count=1, cut=CUT)
        names = [TRACK, f"{TRACK} 2", f"{TRACK} 3"]
        assert [track["name"] for track in studio.set["tracks"][1:]] == names
        for name in names:
            (clip,) = studio.track(name)["arrangement"]
            assert (clip["start_time"], clip["end_marker"], clip["looping"], clip["warping"]) == (32, 16, 0, 1)


def test_take_lanes_where_live_has_them(tmp_path: Path) -> None:
    with Studio((12, 3, 5)) as studio:
        device = linked(studio, tmp_path)
        device.touch("Insert", 2)
        insert(device, tmp_path, count=2, cut=CUT)
        lanes = studio.track(TRACK)["lanes"]
        assert [lane["name"] for lane in lanes] == ["Bass v1 - seed 40", "Bass v2 - seed 41"]
        assert [lane["clips"][0]["start_time"] for lane in lanes] == [32, 32]
    with Studio((12, 1, 0)) as studio:
        device = linked(studio, tmp_path)
        device.touch("Insert", 2)
        insert(device, tmp_path, count=1, cut=CUT)
        assert len(studio.track(TRACK)["arrangement"]) == 1


def test_drums_are_warped_as_beats_and_parts_have_their_own_track(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        device.touch("Part", 1)
        insert(device, tmp_path, count=1)
        (clip,) = [clip for clip in studio.track("Riffbridge Drums")["slots"] if clip]
        assert clip["warp_mode"] == 0


def look(studio: Studio, track: str) -> list[tuple[int, int, int]]:
    """Colour of a track, and colour and warp mode of each of its clips in slots."""
    found = studio.track(track)
    return [(found["color"], clip["color"], clip["warp_mode"]) for clip in found["slots"] if clip]


BLUE, RED = 0x3A7BD0, 0xD04A3A  # of bass and of drums
BASS, DRUMS = (BLUE, BLUE, 6), (RED, RED, 0)


def test_a_stem_looks_like_the_part_that_was_asked_for(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        request_id, _ = asked(device)
        tell_stem(device, request_id, 0, 2, stem_file(tmp_path, name="first"))
        device.touch("Part", 1)
        tell_stem(device, request_id, 1, 2, stem_file(tmp_path, name="second"))
        device.bridge("done", request_id, 2)
        device.wait_status(f"2 variations on '{TRACK}'")
        assert look(studio, TRACK) == [BASS, BASS]


def test_vary_looks_like_what_its_own_request_says(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        insert(device, tmp_path, count=1)
        device.touch("Part", 1)
        device.touch("Vary")
        request_id, content = sent(device, 2)
        assert content["pairs"]["prompt"] == "drums"
        device.touch("Part", 2)
        give(device, request_id, [stem_file(tmp_path, name="varied")])
        device.wait_status("1 variation on 'Riffbridge Drums'")
        assert look(studio, "Riffbridge Drums") == [DRUMS]
        assert look(studio, TRACK) == [BASS]


def test_a_clip_that_does_not_start_is_not_called_missing(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        insert(device, tmp_path, count=2)
        studio.do("option", refuses="fire")
        device.touch("Fire 2")
        device.wait_status("Clip 2 is in its slot, but did not start. Press Fire again, or launch it there.")
        assert len(device.status) <= 101
        studio.do("option", refuses="")
        device.touch("Fire 2")
        device.wait(lambda _: studio.track(TRACK)["playing"] == 1)


def test_a_clip_that_does_not_start_ends_no_inserting(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        request_id, _ = asked(device)
        tell_stem(device, request_id, 0, 2, stem_file(tmp_path, name="first"))
        device.wait(lambda seen: [stem and stem["row"] for stem in state(seen)["stems"]] == [0, None])
        studio.do("option", refuses="fire")
        device.touch("Fire 1")
        device.wait_status("Clip 1 is in its slot")
        tell_stem(device, request_id, 1, 2, stem_file(tmp_path, name="second"))
        device.bridge("done", request_id, 2)
        device.wait_status("2 variations on")
        assert rows(studio) == [0, 1]


def test_a_track_that_does_not_stop_is_named(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        insert(device, tmp_path, count=1)
        studio.do("option", refuses="stop_all_clips")
        device.touch("Stop")
        device.wait_status(f"'{TRACK}' did not stop. Press Stop again")


def test_a_clip_that_could_not_be_finished_is_not_called_missing(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        request_id, _ = asked(device)
        studio.do("option", refuses="set looping")
        give(device, request_id, [stem_file(tmp_path)])
        device.wait_status("The clip is there, but unfinished: check its warping and loop.")
        device.wait(lambda seen: state(seen)["stems"][0]["row"] == 0)
        device.touch("Fire 1")
        device.wait(lambda _: studio.track(TRACK)["playing"] == 0)


def test_fire_finds_a_clip_that_was_moved_and_auditions_one_that_was_deleted(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        insert(device, tmp_path, count=2)
        slots = ("tracks", 1, "clip_slots")
        studio.do("move_clip", track=1, row=0, to=5)
        device.touch("Fire 1")
        device.wait(lambda _: studio.track(TRACK)["playing"] == 5)
        device.wait(lambda seen: seen["says"].get("playing") == "1 plays")
        studio.change(*slots, 1, "clip", value=None)
        device.touch("Fire 2")
        device.wait_status("Auditioning 2")


def test_audition_never_touches_the_set(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        insert(device, tmp_path, count=2)
        device.touch("Audition", 1)
        before = studio.set["writes"]
        device.touch("Fire 2")
        studio.do("clock", name="one", outlet=1, value=4)
        assert device.look()["voices"]["2"] == 1
        assert studio.set["writes"] == before
        device.touch("Audition", 0)
        assert device.look()["voices"]["2"] == 0


def test_a_set_that_is_loaded_launches_nothing(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        insert(device, tmp_path, count=2)
        saved = {**device.look()["saved"], "Variation": 1}
        device.remove()
        again = linked(studio, tmp_path, name="again", saved=saved)
        assert studio.track(TRACK)["playing"] == -2
        again.touch("Variation", 0)
        again.wait(lambda _: studio.track(TRACK)["playing"] == 0)


def test_the_request_says_what_the_performer_set(tmp_path: Path) -> None:
    with Studio(tempo=97.5, numerator=7, denominator=8, beat=3.5 * 5 + 1) as studio:
        device = linked(studio, tmp_path)
        style = stem_file(tmp_path, 1.0, "my style")
        controls = {"Prompt": "808 dusty", "Part": 12, "Bars": 3, "Variations": 3, "Influence": 75, "Quality": 0}
        more = {"Seed Lock": 1, "Seed": 77, "Nudge": -12, "Style File": style}
        for name, value in (controls | more).items():
            device.touch(name, value)
        _, content = asked(device)
        pairs, note = content["pairs"], content["ring"]
        assert (pairs["prompt"], pairs["reference"]) == ("lead, 808 dusty", style)
        assert (pairs["variations"], pairs["seed"], pairs["steps"], pairs["guidance"], pairs["loop"]) == (
            4,
            77,
            2,
            3.0,
            1,
        )
        assert (pairs["tempo"], pairs["beats_per_bar"], pairs["beat_unit"]) == (97.5, 7, 8)
        assert (note["bars"], note["nudge_ms"], note["bar_origin"]) == (8, -12, 17.5)


def test_vary_asks_for_the_chosen_stem_anew_over_the_same_bars(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        device.touch("Vary")
        assert device.status == "Generate first, then vary what plays."
        paths = insert(device, tmp_path)
        for control, value in (("Fire 2", None), ("Strength", 30), ("Seed Lock", 1), ("Vary", None)):
            device.touch(control, value)
        _, second = sent(device, 2)
        first = json.loads(device.heard("generate")[0][2])
        assert (second["pairs"]["init"], second["pairs"]["strength"]) == (paths[1], 0.3)
        assert second["ring"] == first["ring"]
        device.touch("Cancel")
        assert device.heard("cancel")


@pytest.mark.parametrize(
    ("marks", "context"),
    [([(0, 0), (0.5, 1)], (48_000, 96_000)), ([(0, 0), (1, 1), (1.5, 2)], None)],
    ids=["straight", "a tempo that wanders"],
)
def test_the_selected_clip_is_the_context_where_its_tempo_is_one(
    marks: list[tuple[float, float]], context: tuple[int, int] | None, tmp_path: Path
) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        device.touch("Source", 1)
        device.touch("Generate")
        assert device.status == "Select an audio clip first."
        path = stem_file(tmp_path, 4.0)
        studio.do("selected_clip", file=path, loop_start=2, loop_end=6)
        held = [{"sample_time": time, "beat_time": beat} for time, beat in marks]
        studio.change("detailClip", "markers", value=held)
        device.touch("Generate")
        if context is None:
            assert "not straight" in device.status
        else:
            pairs = sent(device, 1)[1]["pairs"]
            assert (pairs["context"], pairs["context_start"], pairs["context_frames"]) == (path, *context)


def test_a_changing_tempo_gets_a_warp_marker_at_every_bar(tmp_path: Path) -> None:
    cut = {"bars": 2, "bars_wanted": 2, "bar_length": 4, "bar_frames": [115_200, 72_000], "start_beat": 0}
    with Studio() as studio:
        device = linked(studio, tmp_path)
        insert(device, tmp_path, 1, seconds=3.9, cut=cut)
        marks = studio.track(TRACK)["slots"][0]["marks"][:-1]
        assert [mark["beat_time"] for mark in marks] == [0, 4, 8]
        assert [mark["sample_time"] for mark in marks] == pytest.approx([0, 2.4, 3.9])


def test_a_request_of_the_last_session_is_taken_up(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        request_id, _ = asked(device)
        saved = device.look()["saved"]
        device.remove()
        again = linked(studio, tmp_path, name="again", saved=saved)
        assert again.heard("resume") == [["resume", request_id]]
        give(again, request_id, [stem_file(tmp_path)])
        again.wait_status("1 variation on 'Riffbridge Bass'")
        assert rows(studio) == [0]


def test_a_request_of_the_last_session_is_what_it_was_when_it_was_asked(tmp_path: Path) -> None:
    with Studio(beat=17.0) as studio:
        device = linked(studio, tmp_path)
        device.touch("Context File", stem_file(tmp_path, name="context"))
        device.touch("Insert", 1)
        request_id, _ = asked(device)
        device.touch("Part", 1)
        saved = device.look()["saved"]
        device.remove()
        studio.change("tempo", value=90)
        studio.change("current_song_time", value=64.0)
        again = linked(studio, tmp_path, name="again", saved=saved)
        give(again, request_id, [stem_file(tmp_path)])
        again.wait_status(f"1 variation on '{TRACK}'")
        (clip,) = studio.track(TRACK)["arrangement"]
        assert (studio.track(TRACK)["color"], clip["color"], clip["warp_mode"]) == BASS
        assert (clip["start_time"], clip["end_marker"]) == (16, 16)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_stem_that_has_its_clip_is_not_inserted_again_after_a_reload(place: int, tmp_path: Path) -> None:
    files = [stem_file(tmp_path, name=name) for name in ("one", "two", "three")]
    with Studio((12, 3, 5)) as studio:
        device = linked(studio, tmp_path)
        device.touch("Insert", place)
        request_id, _ = asked(device)
        tell_stem(device, request_id, 1, 3, files[1])
        device.wait(lambda seen: state(seen)["stems"][1]["row"] == 1 or (place and clip_files(studio)))
        saved = device.look()["saved"]
        device.remove()
        again = linked(studio, tmp_path, name="again", saved=saved)
        give(again, request_id, files)
        again.wait_status(f"3 variations on '{TRACK}'")
        assert sorted(clip_files(studio)) == sorted(files)
        if place == 0:
            assert rows(studio) == [0, 1, 2]


def test_a_bridge_that_was_started_again_tells_a_stem_twice_and_it_is_inserted_once(tmp_path: Path) -> None:
    files = [stem_file(tmp_path, name=name) for name in ("one", "two")]
    with Studio() as studio:
        device = linked(studio, tmp_path)
        request_id, _ = asked(device)
        tell_stem(device, request_id, 0, 2, files[0])
        give(device, request_id, files)
        device.wait_status(f"2 variations on '{TRACK}'")
        assert rows(studio) == [0, 1]
        assert sorted(clip_files(studio)) == sorted(files)


def test_an_open_request_of_an_older_device_is_taken_up(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        request_id, _ = asked(device)
        saved = device.look()["saved"]
        held = state({"saved": saved})
        del held["asked"]
        device.remove()
        again = linked(studio, tmp_path, name="again", saved={**saved, "State": quote(json.dumps(held))})
        give(again, request_id, [stem_file(tmp_path)])
        again.wait_status(f"1 variation on '{TRACK}'")


def test_a_pedal_that_sends_one_and_then_zero_is_one_press(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        device.touch("Generate", 1)
        sent(device, 1)
        device.touch("Generate", 0)
        device.touch("Cancel", 1)
        device.wait(lambda _: device.heard("cancel"))
        assert len(device.heard("generate")) == 1


def test_a_press_without_server_says_what_to_do(tmp_path: Path) -> None:
    with Studio() as studio:
        device = studio.device(ring=rings.ring(tmp_path))
        device.wait(lambda seen: seen["isRecording"])
        device.touch("Generate")
        device.wait_status("The bridge script does not run.")
        device.bridge("ready", "1.0")
        device.wait(lambda _: device.heard("hello"))
        device.bridge("link", "down", "The server is not running. Press Start.")
        device.touch("Fire 1")
        device.wait_status("There is no variation 1 yet.")
        device.touch("Generate")
        device.wait_status("Press Start.")
        device.touch("Start Server")
        assert device.heard("start")
        assert not device.heard("generate")


@pytest.mark.slow
def test_a_capture_that_never_comes_gives_the_recorder_back(tmp_path: Path) -> None:
    with Studio() as studio:
        device = linked(studio, tmp_path)
        studio.do("ring", name="one", ring=None)
        device.touch("Generate")
        device.wait(lambda seen: not seen["isRecording"])
        device.wait_status("The capture was not written.")
        assert device.look()["isRecording"]


@pytest.mark.slow
def test_a_bridge_that_dies_is_started_three_times(tmp_path: Path) -> None:
    with Studio() as studio:
        device = studio.device(bridge="process", state=tmp_path, ring=rings.ring(tmp_path))
        device.wait_told("ready")
        for count in (1, 2, 3):
            pid = device.look()["pid"]
            studio.do("kill_bridge", name="one")
            device.wait(lambda _, count=count: len(device.heard("script")) == count)
            device.wait(lambda seen, pid=pid: seen["pid"] != pid)
            device.wait(lambda _, count=count: len(device.told("ready")) == count + 1)
        studio.do("kill_bridge", name="one")
        device.wait_status("The bridge script does not run.")
