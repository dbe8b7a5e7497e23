"""The bounce: what it plays, that it leaves nothing behind whatever fails, and what it says when it did not work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.clients.reaper import lone
from tests.clients.reaper.reaper_double import ReaperDouble, Track
from tests.clients.reaper.reaper_double.model import Audio

RATE = 48_000
TONES_HZ = {"Drums": 110.0, "Keys": 440.0, "Bus": 0.0, "Voice": 1_000.0}


@pytest.fixture
def reaper(tmp_path: Path) -> Iterator[ReaperDouble]:
    """A tone on each track; Keys and Voice lie in the folder Bus, Voice is the last in it."""
    reaper = ReaperDouble(tmp_path / "reaper", real_time=False)
    for name, tone_hz in TONES_HZ.items():
        depth = {"Bus": 1.0, "Voice": -1.0}.get(name, 0.0)
        track = reaper.project.add_track(name, I_FOLDERDEPTH=depth)
        if tone_hz:
            path = tmp_path / f"{name}.wav"
            tone = 0.2 * np.sin(2 * np.pi * tone_hz * np.arange(8 * RATE) / RATE)
            soundfile.write(path, tone, RATE, subtype="FLOAT")
            reaper.project.add_item(track, path, 0.0)
    reaper.project.tracks[1], reaper.project.tracks[2] = reaper.project.tracks[2], reaper.project.tracks[1]
    yield reaper
    assert reaper.errors == []
    reaper.check_nothing_is_held()


def named(reaper: ReaperDouble, name: str) -> Track:
    return next(track for track in reaper.project.tracks if track.texts["P_NAME"] == name)


def heard(path: Path) -> set[str]:
    """Names of the tracks whose tones are in a bounce."""
    samples: Audio = soundfile.read(path)[0][:RATE, 0]
    spectrum = np.abs(np.fft.rfft(samples)) / RATE
    return {name for name, tone_hz in TONES_HZ.items() if tone_hz and spectrum[round(tone_hz)] > 0.01}


def bounced(reaper: ReaperDouble, folder: Path, tracks: str) -> set[str]:
    out = folder / "out.wav"
    out.unlink(missing_ok=True)
    before = reaper.project.state
    reaper.press_and_wait(lone.bounce(folder, out, tracks))
    assert reaper.project.state == before
    assert reaper.console == []
    assert soundfile.info(out).frames == round(5.00002 * RATE) - round(2.00001 * RATE)
    assert soundfile.info(out).subtype == "FLOAT"
    return heard(out)


def in_lua(*places: int) -> str:
    """Tracks by their number from 0."""
    return "{" + ", ".join(f"host.tracks(project)[{place + 1}]" for place in places) + "}"


def test_everything_is_heard_that_the_user_hears(reaper: ReaperDouble, tmp_path: Path) -> None:
    assert bounced(reaper, tmp_path, "{}") == {"Drums", "Keys", "Voice"}
    named(reaper, "Keys").values["B_MUTE"] = 1.0
    assert bounced(reaper, tmp_path, "{}") == {"Drums", "Voice"}
    named(reaper, "Drums").values["I_SOLO"] = 1.0
    assert bounced(reaper, tmp_path, "{}") == {"Drums"}


def test_the_target_is_left_out(reaper: ReaperDouble, tmp_path: Path) -> None:
    assert bounced(reaper, tmp_path, f"{{ muted = {in_lua(0)} }}") == {"Keys", "Voice"}
    assert bounced(reaper, tmp_path, f"{{ muted = {in_lua(1)} }}") == {"Drums"}, "a folder takes its children along"


def test_the_selected_tracks_alone_whatever_the_user_soloed(reaper: ReaperDouble, tmp_path: Path) -> None:
    named(reaper, "Drums").values["I_SOLO"] = 2.0
    assert bounced(reaper, tmp_path, f"{{ soloed = {in_lua(2)} }}") == {"Keys"}
    assert bounced(reaper, tmp_path, f"{{ soloed = {in_lua(0, 3)} }}") == {"Drums", "Voice"}


def test_after_a_fault_at_any_call_nothing_is_left_behind_and_the_next_bounce_works(
    reaper: ReaperDouble, tmp_path: Path
) -> None:
    named(reaper, "Drums").values["I_SOLO"] = 5.0
    reaper.project.play_state = 1
    before = {**reaper.project.state}
    tracks = f"{{ muted = {in_lua(0)}, soloed = {in_lua(2, 3)} }}"
    reaper.press_and_wait(lone.bounce(tmp_path, tmp_path / "sound.wav", tracks))
    calls = len(reaper.calls)
    assert calls > 80
    for number in range(1, calls + 1):
        reaper.calls.clear()
        reaper.fail_at = number
        reaper.project.play_state = 1
        reaper.press_and_wait(lone.bounce(tmp_path, tmp_path / f"faulty {number}.wav", tracks))
        assert reaper.project.state == before, f"left behind after a fault in call {number}"
    reaper.fail_at = 0
    reaper.console.clear()
    reaper.press_and_wait(lone.bounce(tmp_path, tmp_path / "again.wav", tracks))
    assert reaper.console == []
    assert heard(tmp_path / "again.wav") == {"Keys", "Voice"}


@pytest.mark.parametrize(("fate", "sentence"), [("cancelled", "was cancelled"), ("disk full", "72000 frames")])
def test_a_bounce_that_is_not_whole_is_said_and_leaves_nothing(
    reaper: ReaperDouble, tmp_path: Path, fate: str, sentence: str
) -> None:
    reaper.fate_of_render = fate
    before = reaper.project.state
    reaper.press_and_wait(lone.bounce(tmp_path, tmp_path / "out.wav"))
    assert reaper.project.state == before
    assert len(reaper.console) == 1
    assert sentence in reaper.console[0]


def test_a_folder_with_a_wildcard_is_refused_before_rendering(reaper: ReaperDouble, tmp_path: Path) -> None:
    before = reaper.project.state
    reaper.functions.GetSetProjectInfo_String = _expanding(reaper.functions.GetSetProjectInfo_String)  # type: ignore[method-assign]
    reaper.press_and_wait(lone.bounce(tmp_path, tmp_path / "$project" / "out.wav"))
    assert reaper.renders == 0
    assert "instead of" in reaper.console[0]
    assert reaper.project.state == before


def _expanding(told: object) -> object:
    """As if REAPER expanded wildcards in the folder, too."""

    def info(project: object, name: str, value: str, is_set: bool) -> tuple[bool, str]:
        ok, text = told(project, name, value, is_set)  # type: ignore[operator]
        return ok, text.replace("$project", "Song #1") if name == "RENDER_TARGETS" else text

    return info


def test_the_dry_bounce_is_the_render_of_tracks_without_effects(reaper: ReaperDouble, tmp_path: Path) -> None:
    named(reaper, "Voice").values.update(D_VOL=0.5, D_PAN=-0.25)
    named(reaper, "Bus").values.update(D_VOL=0.8)
    wet, dry = tmp_path / "wet.wav", tmp_path / "dry.wav"
    tracks = f"{{ muted = {in_lua(0)} }}"
    reaper.press_and_wait(lone.bounce(tmp_path, wet, tracks))
    work = f'require("riff.dry_bounce").render(host, project, range, [[{dry}]], {tracks}, restore)'
    reaper.press_and_wait(lone.script(tmp_path, work))
    assert reaper.console == []
    np.testing.assert_allclose(soundfile.read(dry)[0], soundfile.read(wet)[0], atol=1e-7)


def test_silence_in_a_dry_bounce_is_silence(reaper: ReaperDouble, tmp_path: Path) -> None:
    for item in reaper.project.items:
        item.values["D_LENGTH"] = 0.5
    dry = tmp_path / "dry.wav"
    work = f'require("riff.dry_bounce").render(host, project, range, [[{dry}]], {{}}, restore)'
    reaper.press_and_wait(lone.script(tmp_path, work))
    assert not soundfile.read(dry)[0].any()
    assert soundfile.info(dry).frames == 144_001
