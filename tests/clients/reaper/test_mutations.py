"""The tests' own test: each of these changes to a copy of the scripts must be noticed."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.reaper import lone
from tests.clients.reaper.engine import SCRIPTS, engine, module, table
from tests.clients.reaper.reaper_double import ReaperDouble
from tests.clients.reaper.socket_double import LuaSocketDouble
from tests.whole import bounces

Check = Callable[[Path, Path], None]


def a_bounce(scripts: Path, folder: Path) -> None:
    """Changes nothing, and renders what was asked for."""
    reaper = ReaperDouble(folder / "reaper", real_time=False, scripts=scripts)
    project = reaper.project
    project.add_item(project.add_track("Keys"), bounces.bounce(folder / "keys.wav", seconds=6.0), 0.0)
    before = project.state
    reaper.press_and_wait(lone.bounce(folder, folder / "out.wav", "{ muted = { host.tracks(project)[1] } }"))
    assert reaper.errors == []
    assert reaper.console == []
    assert project.state == before


def an_insertion(scripts: Path, folder: Path) -> None:
    """One undo step of one turn, which takes everything back; no loop; the first variation is heard."""
    reaper = ReaperDouble(folder / "reaper", real_time=False, scripts=scripts)
    project, before = reaper.project, reaper.project.state
    stems = [Path(bounces.bounce(folder / f"stem_{place}.wav", seconds=3.0)) for place in range(2)]
    reaper.press_and_wait(lone.insertion(folder, stems))
    assert reaper.errors == []
    (item,) = project.items
    assert item.values["B_LOOPSRC"] == 0
    assert item.values["D_POSITION"] * 48_000 == pytest.approx(round(item.values["D_POSITION"] * 48_000), abs=1e-6)
    assert item.active == 0
    reaper.functions.Undo_DoUndo2(project)
    assert project.state == before


def a_failed_insertion(scripts: Path, folder: Path) -> None:
    """Leaves the project as it was."""
    reaper = ReaperDouble(folder / "reaper", real_time=False, scripts=scripts)
    before = reaper.project.state
    reaper.press_and_wait(lone.insertion(folder, [folder / "gone.wav"]))
    assert reaper.errors == []
    assert reaper.project.state == before


def a_large_datagram(scripts: Path, folder: Path) -> None:
    """Arrives whole."""
    lua = engine("5.4", scripts)
    sockets = LuaSocketDouble(lua)
    door = module(lua, "riff.udp_door")[b"open"](sockets.module())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        door[b"aim"](door, table(lua, {"host": "127.0.0.1", "port": server.getsockname()[1]}))
        door[b"send"](door, b"hello")
        server.sendto(bytes(20_000), server.recvfrom(100)[1])
        assert [len(packet) for packet in door[b"receive"](door).values()] == [20_000]
    sockets.close()


BUT = "if key ~= '{}' then set(of, key, before) end"

MUTATIONS: dict[str, tuple[Check, str, str, str]] = {
    "the undo block spans two turns": (
        an_insertion,
        "host",
        "local end_block = restore:later(function()",
        "local end_block = (function(f) return function() reaper.defer(f) end end)(function()",
    ),
    "the screen stays held": (an_insertion, "host", "reaper.PreventUIRefresh(-1)", "reaper.PreventUIRefresh(0)"),
    "no undo step at all": (an_insertion, "host", "  reaper.Undo_BeginBlock2(project)\n", ""),
    "a render setting is not restored": (a_bounce, "bounce", "set(of, key, before)", BUT.format("RENDER_TAILMS")),
    "a mute is not restored": (a_bounce, "bounce", "set(of, key, before)", BUT.format("B_MUTE")),
    "a render setting is forgotten": (a_bounce, "bounce", '{ "RENDER_ADDTOPROJ", 0 },', ""),
    "the user's second format is rendered, too": (a_bounce, "bounce", '{ "RENDER_FORMAT2", "" },', ""),
    "24 bits instead of float": (a_bounce, "bounce", "ZXZhdyADAA==", "ZXZhdxgAAA=="),
    "the range is not on the samples": (a_bounce, "range", "start_s = first / rate", "start_s = start_s"),
    "the receive default is back": (a_large_datagram, "udp_door", "receivefrom(LARGEST_DATAGRAM)", "receivefrom()"),
    "sockets wait": (a_large_datagram, "udp_door", "assert(udp:settimeout(0))", ""),
    "the source loops": (an_insertion, "insertion", 'host.set_item(item, "B_LOOPSRC", 0)', ""),
    "the last variation is heard": (an_insertion, "insertion", "first = first or take", "first = take"),
    "a failed step is not undone": (a_failed_insertion, "host", "reaper.Undo_DoUndo2(project)", ""),
}  # fmt: skip


@pytest.mark.parametrize("check", [a_bounce, an_insertion, a_failed_insertion, a_large_datagram])
def test_unchanged_scripts_pass(check: Check, tmp_path: Path) -> None:
    check(SCRIPTS, tmp_path)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_for_the_worse_is_noticed(name: str, tmp_path: Path) -> None:
    check, file, right, wrong = MUTATIONS[name]
    scripts = Path(shutil.copytree(SCRIPTS, tmp_path / "scripts"))
    path = scripts / "riff" / f"{file}.lua"
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1, "the mutation does not fit the script any more"
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(AssertionError):
        check(scripts, tmp_path)
