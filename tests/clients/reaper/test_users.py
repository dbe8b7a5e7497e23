"""The user goes on working while the server plays: tabs, deleted tracks, closed projects, Esc, the key again."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.reaper.conftest import studio
from tests.clients.reaper.reaper_double import ReaperDouble
from tests.clients.reaper.reaper_double.model import kill_track
from tests.identity_pack import identity_pack
from tests.whole import bounces
from tests.whole.asking import files
from tests.whole.real_server import RealServer, wait_for

ACTION = "Generate bass on a new track"


@pytest.fixture
def busy(reaper: ReaperDouble, tmp_path: Path) -> ReaperDouble:
    """Something is asked for that takes seconds."""
    reaper.project.add_item(reaper.project.tracks[0], bounces.bounce(tmp_path / "long.wav", seconds=30.0), 0.0)
    reaper.project.selection = (0.0, 30.0)
    reaper.ext_state["riffbridge", "setting.variations"] = "8"
    return reaper


def until_playing(reaper: ReaperDouble) -> None:
    reaper.run_until(lambda: "playing" in reaper.gfx.shown or "decoding" in reaper.gfx.shown)


def press_escape(reaper: ReaperDouble) -> None:
    reaper.gfx.keys.append(27)


def close_window(reaper: ReaperDouble) -> None:
    reaper.gfx.keys.append(-1)


def press_again(reaper: ReaperDouble) -> None:
    reaper.press(ACTION)


def press_cancel(reaper: ReaperDouble) -> None:
    reaper.press("Cancel")


@pytest.mark.parametrize("how", [press_escape, close_window, press_again, press_cancel])
def test_cancelling_ends_at_once_and_leaves_nothing(
    busy: ReaperDouble, identity_server: RealServer, how: Callable[[ReaperDouble], None]
) -> None:
    before = busy.project.state
    busy.press(ACTION)
    until_playing(busy)
    how(busy)
    busy.run_to_end(10.0)  # the job itself would take a minute
    with identity_server.client() as other:
        wait_for(lambda: other.status()["queue_length"] == 0, limit_s=10.0)
    assert busy.project.state == before
    assert busy.console == []
    assert not (busy.project.folder / "riffbridge" / "tmp").exists()
    assert files(busy.project.folder / "riffbridge") == []
    assert busy.errors == []


def test_stems_that_were_finished_before_the_cancel_are_removed_too(busy: ReaperDouble) -> None:
    folder = busy.project.folder / "riffbridge"
    busy.press(ACTION)
    busy.run_until(lambda: "2 of 8" in busy.gfx.shown)
    assert list(folder.glob("*_v0.wav"))
    press_escape(busy)
    busy.run_to_end(1.0)
    assert files(folder) == []


def test_the_cancel_action_of_before_does_not_stop_what_comes_after(reaper: ReaperDouble) -> None:
    reaper.press_and_wait("Cancel")
    reaper.press_and_wait(ACTION)
    assert len(reaper.project.tracks) == 2


def test_two_actions_at_once_both_arrive(reaper: ReaperDouble) -> None:
    reaper.ext_state["riffbridge", "setting.progress"] = "line"
    reaper.press(ACTION)
    reaper.press("Generate drums on a new track")
    reaper.run_to_end()
    assert sorted(track.texts["P_NAME"] for track in reaper.project.tracks) == ["AI bass", "AI drums", "Keys"]
    assert reaper.console == []


def test_what_is_set_meanwhile_is_for_the_next_press(reaper: ReaperDouble) -> None:
    reaper.press(ACTION)
    until_playing_or_over(reaper)
    reaper.ext_state["riffbridge", "setting.fade_ms"] = "700"
    reaper.ext_state["riffbridge", "setting.variations"] = "1"
    reaper.ext_state["riffbridge", "prompt"] = "strings"
    reaper.project.selection = (0.0, 1.0)
    reaper.run_to_end()
    (item,) = reaper.project.tracks[-1].items
    assert reaper.project.tracks[-1].texts["P_NAME"] == "AI bass"
    assert (item.values["D_POSITION"], item.values["D_FADEINLEN"], len(item.takes)) == (2.0, 0.005, 2)
    assert reaper.console == []


def test_the_stem_comes_into_its_own_project_when_another_tab_is_in_front(reaper: ReaperDouble, tmp_path: Path) -> None:
    song = reaper.project
    reaper.press(ACTION)
    reaper.active = reaper.add_tab(tmp_path / "Other song")
    reaper.run_to_end()
    assert len(song.tracks) == 2
    assert reaper.project.tracks == []
    assert reaper.project.undo_points == []


def test_a_track_that_was_deleted_meanwhile_gets_a_new_one_and_a_word(reaper: ReaperDouble) -> None:
    target = reaper.project.add_track("Target", I_SELECTED=1.0)
    reaper.press("Generate bass on the selected track")
    until_playing_or_over(reaper)
    reaper.project.tracks.remove(target)
    kill_track(target)
    reaper.run_to_end()
    assert [track.texts["P_NAME"] for track in reaper.project.tracks] == ["Keys", "AI bass"]
    assert "deleted meanwhile" in reaper.console[0]


def test_an_item_that_was_deleted_meanwhile_is_made_anew(reaper: ReaperDouble) -> None:
    reaper.press_and_wait(ACTION)
    track = reaper.project.tracks[1]
    track.items[0].values["B_UISEL"] = 1.0
    reaper.press("Regenerate as further takes")
    until_playing_or_over(reaper)
    track.items.pop().alive = False
    reaper.run_to_end()
    assert len(track.items) == 1
    assert "deleted meanwhile" in reaper.console[0]


def test_a_project_that_was_closed_meanwhile_is_said_and_reaper_lives(reaper: ReaperDouble) -> None:
    song = reaper.project
    reaper.press(ACTION)
    until_playing_or_over(reaper)
    reaper.close_tab(song)
    reaper.run_to_end()
    assert "closed meanwhile" in reaper.console[0]
    assert "stems are in" in reaper.console[0]
    assert len(files(song.folder / "riffbridge")) == 4


def until_playing_or_over(reaper: ReaperDouble) -> None:
    """The context is bounced and nothing is inserted yet."""
    reaper.run_until(lambda: reaper.renders)


def test_the_users_selection_cursor_and_view_are_as_before(reaper: ReaperDouble) -> None:
    project = reaper.project
    project.tracks[0].values["I_SELECTED"] = 1.0
    before = (project.selection, project.cursor_s, project.view, dict(project.numbers), dict(project.texts))
    reaper.press_and_wait(ACTION)
    assert (project.selection, project.cursor_s, project.view, project.numbers, project.texts) == before
    assert [track.values["I_SELECTED"] for track in project.tracks] == [1.0, 0.0]


@pytest.mark.parametrize("has_sockets", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["sockets", "files"])
def test_a_server_that_was_killed_and_started_again_finishes_the_job(tmp_path: Path, has_sockets: bool) -> None:
    server = RealServer(tmp_path / "server", identity_pack(tmp_path / "pack")).start()
    reaper = studio(tmp_path, server, has_sockets=has_sockets)
    keys = reaper.project.add_track("Keys")
    reaper.project.add_item(keys, bounces.bounce(tmp_path / "keys.wav", seconds=30.0), 0.0)
    reaper.project.selection = (0.0, 30.0)
    reaper.press(ACTION)
    until_playing(reaper)
    server.kill()
    server.start()
    reaper.run_to_end(60)
    assert server.end() == 0
    assert reaper.console == []
    assert len(reaper.project.tracks[1].items[0].takes) == 2
    assert reaper.errors == []


def test_a_server_that_died_without_a_trace_is_said(identity_server: RealServer, tmp_path: Path) -> None:
    """state.json is there and nobody answers."""
    reaper = studio(tmp_path, None, real_time=False)
    left = tmp_path / "nobody here" / "state.json"
    left.parent.mkdir()
    told = json.loads((identity_server.state / "state.json").read_text())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        left.write_text(json.dumps({**told, "port": nobody.getsockname()[1]}))
        reaper.project.add_track("Keys")
        reaper.project.selection = (0.0, 3.0)
        reaper.press_and_wait(ACTION, 5)
    assert "is not running" in reaper.console[0]
    assert reaper.renders == 0, "nobody waits for a bounce that leads nowhere"
