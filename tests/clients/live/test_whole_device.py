"""The built device with both its scripts, the real server and the real pack: from the button to the clips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import soundfile

from tests.audio.ring_making import RATE, play, stand
from tests.clients.live import rings
from tests.clients.live.studio import Device, Studio
from tests.whole.bounces import bounce
from tests.whole.real_server import RealServer


def generate(device: Device, **controls: Any) -> str:
    """Set controls, press Generate, wait until the clips lie there; the last status."""
    for name, value in controls.items():
        device.touch(name.replace("_", " "), value)
    device.touch("Generate")
    return device.wait_status("Press Fire")


def clips(studio: Studio, track: str = "Riffbridge Bass") -> list[dict[str, Any]]:
    """The clips of a track, in order of their slots."""
    return [clip for clip in studio.track(track)["slots"] if clip]


def test_a_press_of_generate_gives_clips_in_time(studio: Studio, device: Device) -> None:
    status = generate(device, Bars=1, Variations=1, Seed_Lock=1, Seed=4711, Quality=1)
    assert status == "2 variations on 'Riffbridge Bass'. Press Fire."
    found = clips(studio)
    assert [clip["name"] for clip in found] == ["Bass v1 - seed 4711", "Bass v2 - seed 4712"]
    for clip in found:
        assert (clip["warping"], clip["looping"], clip["legato"], clip["launch_quantization"]) == (1, 1, 1, 5)
        assert (clip["loop_start"], clip["loop_end"], clip["end_marker"]) == (0, 8, 8)
        assert clip["sample_length"] == 2 * 2 * RATE  # two bars at 120 BPM, to the frame
        recipe = json.loads(Path(clip["file_path"]).with_suffix(".json").read_text(encoding="utf-8"))
        assert recipe["cut"]["bars"] == 2
        assert recipe["cut"]["start_beat"] == 8
        assert recipe["request"]["prompt"] == "bass"
        samples, rate = soundfile.read(clip["file_path"])
        assert (len(samples), rate) == (clip["sample_length"], RATE)
        assert abs(samples).max() > 0.01
    seen = device.look()
    assert [seen["sounds"][f"---v{k}"] for k in (1, 2)] == [clip["file_path"] for clip in found]
    assert seen["isRecording"]
    fractions = [text for text in seen["statuses"] if "%" in text]
    assert fractions


def test_fire_next_and_stop_launch_the_clips(studio: Studio, device: Device) -> None:
    generate(device, Bars=0, Variations=1)
    row = next(k for k, clip in enumerate(studio.track("Riffbridge Bass")["slots"]) if clip)
    device.touch("Fire 2")
    device.wait(lambda seen: seen["says"].get("playing") == "2 plays")  # Live says so, not the button
    assert studio.track("Riffbridge Bass")["playing"] == row + 1
    device.touch("Next")
    device.wait(lambda seen: seen["says"].get("playing") == "1 plays")
    assert studio.track("Riffbridge Bass")["playing"] == row
    device.touch("Stop")
    device.wait(lambda _: studio.track("Riffbridge Bass")["playing"] == -2)


def test_fewer_bars_than_wanted_are_used_and_said(device: Device, studio: Studio, tmp_path: Path) -> None:
    heard = [play(0, 12, 120), stand(RATE), play(16, 4.5, 120)]
    studio.do("ring", name="one", ring=rings.ring(tmp_path, heard))
    assert generate(device, Bars=3, Variations=0).startswith("Only 1 of 8 bars was heard.")
    assert clips(studio)[0]["loop_end"] == 4


def test_a_refusal_is_one_line_with_the_next_step(device: Device, studio: Studio, tmp_path: Path) -> None:
    studio.do("ring", name="one", ring=rings.ring(tmp_path, [stand(3 * RATE)]))
    device.touch("Generate")
    assert device.wait_status("Not one whole bar was heard.").endswith("then press Generate.")
    studio.do("ring", name="one", ring=rings.ring(tmp_path))
    device.touch("Style File", str(tmp_path / "missing.wav"))
    device.touch("Generate")
    device.wait(lambda _: len(device.told("fail")) == 2)
    (_, _, code, text) = device.told("fail")[-1]
    assert code in ("bad-arguments", "path-not-allowed")
    assert len(text.split()) > 6
    assert device.status.startswith(text[:60])
    device.touch("No Style")
    assert "Press Fire" in generate(device, Bars=0, Variations=0)


@pytest.mark.slow
def test_a_tempo_that_changes_gets_a_warp_marker_at_every_bar(device: Device, studio: Studio, tmp_path: Path) -> None:
    slow = play(0, 8, 100)
    heard = [slow, play(slow.end, 5, 160)]
    studio.do("ring", name="one", ring=rings.ring(tmp_path, heard))
    generate(device, Bars=1, Variations=0)
    (clip,) = clips(studio)
    beats = [mark["beat_time"] for mark in clip["marks"][:-1]]
    times = [mark["sample_time"] for mark in clip["marks"][:-1]]
    assert beats == [0, 4, 8]
    assert times == pytest.approx([0, 2.4, 3.9], abs=2 / RATE)


@pytest.mark.slow
def test_vary_sends_the_chosen_stem_over_the_same_bars(device: Device, studio: Studio) -> None:
    generate(device, Bars=0, Variations=1)
    first = clips(studio)
    device.touch("Fire 2")
    device.touch("Strength", 30)
    device.touch("Vary")
    device.wait(lambda seen: len(device.heard("generate")) == 2)
    one, two = (json.loads(atoms[2]) for atoms in device.heard("generate"))
    assert two["pairs"]["init"] == first[1]["file_path"]
    assert two["pairs"]["strength"] == pytest.approx(0.3)
    assert two["ring"] == one["ring"]
    device.wait(lambda seen: not json.loads(_decoded(seen))["pending"])  # stems, or the server's sentence


def _decoded(seen: dict[str, Any]) -> str:
    return unquote(seen["saved"]["State"])


@pytest.mark.slow
def test_two_devices_at_once_share_a_track_and_nothing_else(studio: Studio, server: RealServer, tmp_path: Path) -> None:
    one = studio.device("one", bridge="process", state=server.state, ring=rings.ring(tmp_path))
    one.wait_status("Ready")
    saved = one.look()["saved"]  # copied and pasted: the id comes along
    two = studio.device("two", bridge="process", state=server.state, ring=rings.ring(tmp_path), saved=saved)
    two.wait_status("Ready")
    ids = [json.loads(_decoded(device.look()))["uuid"] for device in (one, two)]
    assert len(set(ids)) == 2
    for device, seed in ((one, 100), (two, 200)):
        controls = {"Bars": 0, "Variations": 1, "Seed Lock": 1, "Seed": seed, "Quality": 0}
        for name, value in controls.items():
            device.touch(name, value)
        device.touch("Generate")
    for device in (one, two):
        device.wait_status("Press Fire")
    names = sorted(clip["name"].split()[-1] for clip in clips(studio))
    assert names == ["100", "101", "200", "201"]
    assert len(one.told("stem")) == len(two.told("stem")) == 2


def test_a_saved_set_keeps_its_stems_and_its_place(server: RealServer, tmp_path: Path) -> None:
    project = tmp_path / "Séance 1 Project"
    project.mkdir()
    with Studio(project=str(project / "Séance.als")) as studio:
        device = studio.device(bridge="process", state=server.state, ring=rings.ring(tmp_path))
        device.touch("Prompt", "808 warm, été")
        device.wait_status("Ready")
        generate(device, Bars=0, Variations=0)
        (clip,) = clips(studio)
        assert Path(clip["file_path"]).parents[2] == project / "Samples" / "Generated"
        saved = device.look()["saved"]
        device.remove()
        studio.do("reload")
        again = studio.device("again", bridge="process", state=server.state, saved=saved)
        again.wait_status("Ready")
        assert again.look()["sounds"]["---v1"] == clip["file_path"]
        assert json.loads(_decoded(again.look()))["uuid"] == json.loads(_decoded({"saved": saved}))["uuid"]
        again.touch("Fire 1")
        again.wait(lambda seen: seen["says"].get("playing") == "1 plays")


@pytest.mark.slow
def test_a_request_that_was_open_when_live_was_closed_is_found_again(server: RealServer, tmp_path: Path) -> None:
    with Studio() as studio:
        device = studio.device(bridge="process", state=server.state, ring=rings.ring(tmp_path))
        device.wait_status("Ready")
        for name, value in (("Bars", 0), ("Variations", 1), ("Generate", None)):
            device.touch(name, value)
        device.wait_told("accepted")
        saved = device.look()["saved"]
        device.remove()
        again = studio.device("again", bridge="process", state=server.state, saved=saved)
        again.wait_status("Press Fire")
        assert len(clips(studio)) == 2


def test_cancel_stops_the_job(device: Device) -> None:
    device.touch("Variations", 3)
    device.touch("Bars", 2)
    device.touch("Generate")
    device.wait_told("accepted")
    device.touch("Cancel")
    device.wait_status("Cancelled.")
    assert device.told("cancelled")


@pytest.mark.slow
def test_a_device_that_is_removed_during_its_job_harms_nobody(
    studio: Studio, device: Device, server: RealServer, tmp_path: Path
) -> None:
    device.touch("Bars", 0)
    device.touch("Generate")
    device.wait_told("accepted")
    device.remove()
    other = studio.device("other", bridge="process", state=server.state, ring=rings.ring(tmp_path))
    other.wait_status("Ready")
    assert "Press Fire" in generate(other, Bars=0, Variations=0)


@pytest.mark.slow
def test_a_server_that_dies_during_a_job_finishes_it_after_its_restart(tmp_path: Path) -> None:
    server = RealServer(tmp_path / "mortal").start()
    with Studio() as studio:
        device = studio.device(bridge="process", state=server.state, ring=rings.ring(tmp_path))
        device.wait_status("Ready")
        for name, value in (("Bars", 0), ("Variations", 3), ("Quality", 0), ("Generate", None)):
            device.touch(name, value)
        device.wait_told("stem")
        server.kill()
        device.wait_status("The server stopped", limit_s=10)
        device.touch("Start Server")  # the device's own button, with the command that the server left behind
        device.wait_status("4 variations", limit_s=60)
        assert len(clips(studio)) == 4
        assert len(device.told("stem")) == 4
    with server.client("undertaker") as client:
        client.quit()


def test_the_self_test_writes_what_it_found(device: Device) -> None:
    device.touch("Self-test")
    path = device.wait_told("reported")[1]
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    assert report["live"] == "12.3.5"
    assert report["engine"] == "v8"
    assert report["capture_bytes"] > 4 * 4 * rings.RING_FRAMES
    assert report["slot_knows_create_audio_clip"]
    assert report["facts"]["tempo"] == 120
    assert device.status.startswith("Self-test written")


def test_a_context_can_be_dropped(device: Device, studio: Studio, server: RealServer, tmp_path: Path) -> None:
    path = bounce(tmp_path / "Début.wav", seconds=2.0, beats_per_minute=120)
    device.touch("Context File", path)
    assert generate(device, Variations=0).startswith("1 variation on")
    (clip,) = clips(studio)
    assert clip["loop_end"] == pytest.approx(4)
    assert json.loads(device.heard("generate")[-1][2])["ring"] is None


@pytest.mark.slow
def test_the_context_can_be_the_selected_clip(device: Device, studio: Studio, tmp_path: Path) -> None:
    path = bounce(tmp_path / "loop.wav", seconds=4.0, beats_per_minute=120)
    studio.do("selected_clip", file=path, loop_start=2, loop_end=6)
    device.touch("Source", 1)
    generate(device, Variations=0)
    pairs = json.loads(device.heard("generate")[-1][2])["pairs"]
    assert (pairs["context"], pairs["context_start"], pairs["context_frames"]) == (path, 48_000, 96_000)
    (clip,) = clips(studio)
    assert (clip["loop_end"], clip["sample_length"]) == (4, 96_000)
