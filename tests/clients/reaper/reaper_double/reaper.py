"""A strict double of REAPER: runs the shipped action files in real Lua and notices what the real one would punish.

What it checks by itself, at every call and every turn: names, number and kinds of arguments (`api.txt`), stale
pointers, sources and accessors not given back, undo blocks and held screens that outlive a turn, forms and dialogs that
nobody expected, renders that would ask or overwrite. `fail_at` makes one call raise an error, whichever it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.clients.reaper.engine import SCRIPTS, engine
from tests.clients.reaper.reaper_double import signatures
from tests.clients.reaper.reaper_double.functions import Functions
from tests.clients.reaper.reaper_double.gfx import ESCAPE, Gfx
from tests.clients.reaper.reaper_double.model import Content, Item, Project, Source, Take, Track
from tests.clients.reaper.reaper_double.script import Script
from tests.clients.reaper.reaper_double.signatures import Misuse
from tests.clients.reaper.socket_double import Weather

TURN_S = 1 / 30
Form = Callable[[list[str], list[str]], list[str] | None]


class InjectedFault(Exception):
    """The call that a test wanted to fail."""


class ReaperDouble:
    """One running REAPER with its tabs. `press` starts an action file, `turn` is one turn of its loop.

    - real_time: the clock is the real one and a turn sleeps 5 ms (with a real server); else a turn is 1/30 s.
    - has_sockets: the ReaPack package with LuaSocket is installed.
    - missing: functions that this (older) REAPER does not have.
    - scripts: where the action files lie.
    """

    def __init__(
        self,
        folder: Path,
        version: str = "5.4",
        *,
        real_time: bool = True,
        has_sockets: bool = True,
        missing: tuple[str, ...] = (),
        weather: Weather | None = None,
        scripts: Path = SCRIPTS,
    ) -> None:
        self.version, self.real_time, self.has_sockets, self.missing = version, real_time, has_sockets, set(missing)
        self.weather, self.actions = weather, scripts
        self.resources = folder / "REAPER resources"
        self.resources.mkdir(parents=True)
        self.signatures = signatures.read()
        self.functions = Functions(self)
        self.gfx = Gfx(self)
        self.tabs = [Project(_made(folder / "Music é" / "Song #1"))]
        self.active = self.tabs[0]
        self.scripts: list[Script] = []
        self.ext_state: dict[tuple[str, str], str] = {}
        self.config = {"projrenderlimit": "0"}
        self.device_rate = 44_100
        self.console: list[str] = []
        self.hints: list[str] = []
        self.errors: list[str] = []
        self.expected_forms: list[Form] = []
        self.fate_of_render = ""
        self.renders = 0
        self.ui_held = 0
        self.open_block: tuple[Project, Content] | None = None
        self.peaks_left: dict[Source, int] = {}
        self.calls: list[str] = []
        self.fail_at = 0
        self._virtual_s = 1_000.0
        self._arrays: dict[int, NDArray[np.float64]] = {}

    @property
    def project(self) -> Project:
        """The tab in front."""
        return self.active

    def clock(self) -> float:
        return time.monotonic() if self.real_time else self._virtual_s

    def add_tab(self, folder: Path) -> Project:
        """A further tab, which stays behind."""
        self.tabs.append(Project(_made(folder)))
        return self.tabs[-1]

    def close_tab(self, project: Project) -> None:
        self.tabs.remove(project)
        project.alive = False
        for track in project.tracks:
            track.alive = False
            for item in track.items:
                item.alive = False
        self.active = self.tabs[0] if self.tabs else self.add_tab(project.folder)

    def project_of(self, pointer: Any) -> Project:
        if isinstance(pointer, Track):
            return pointer.project
        return pointer.track.project if isinstance(pointer, Item) else pointer.item.track.project

    # The user

    def press(self, action: str | Path) -> Script | None:
        """The key of an action (its title, or a Lua file). A running script is ended instead, as REAPER 7 does."""
        path = action if isinstance(action, Path) else self.actions / f"Riffbridge_{action}.lua"
        running = next((script for script in self.scripts if script.path == path), None)
        if running is not None:
            assert running.ends_when_pressed_again, "REAPER would ask what to do with the running script"
            running.end()
            return None
        script = Script(self, path, engine(self.version, self.actions))
        self.scripts.append(script)
        script.start()
        return script

    def turn(self) -> None:
        """One turn: everything that was deferred runs, and nothing may be left half done."""
        if self.real_time:
            time.sleep(0.005)
        self._virtual_s += TURN_S
        for script in list(self.scripts):
            script.turn()
        if self.gfx.is_open and self.console and self.gfx.shown and self.gfx.shown in self.console[-1]:
            self.gfx.keys.append(ESCAPE)  # the user has read the message and closes it

    def run_until(self, is_true: Callable[[], Any], limit_s: float = 30.0) -> None:
        """Turn until it holds."""
        end = self.clock() + limit_s
        while not is_true():
            assert self.clock() < end, f"still not after {limit_s} s: {self.gfx.shown}"
            self.turn()

    def run_to_end(self, limit_s: float = 30.0) -> None:
        """Turn until no script runs, and look whether anything was left behind."""
        self.run_until(lambda: not self.scripts, limit_s)
        self.check_nothing_is_held()

    def press_and_wait(self, action: str | Path, limit_s: float = 30.0) -> None:
        self.press(action)
        self.run_to_end(limit_s)

    # Judging

    def check_turn(self) -> None:
        """After every turn of a script."""
        assert self.ui_held == 0, "the screen is held beyond a turn: REAPER looks frozen"
        assert self.open_block is None, "an undo block is open beyond a turn"

    def check_nothing_is_held(self) -> None:
        assert not self.functions.accessors, "an audio accessor was not destroyed"
        assert not self.functions.sources, "a source belongs to no take and was not destroyed"
        assert not self.gfx.is_open, "the window is still open"

    def call(self, name: str, arguments: tuple[Any, ...], function: Callable[..., Any]) -> Any:
        """One call from Lua: counted, failed on purpose, judged, done."""
        self.calls.append(name)
        if len(self.calls) == self.fail_at:
            raise InjectedFault(f"fault in call {self.fail_at}, {name}")
        try:
            if name.startswith("gfx."):
                return function(*arguments)
            judged = signatures.judge(self.signatures[name], arguments, self.active)
            return _as_lua(function(*judged))
        except (Misuse, AssertionError) as misuse:
            self.errors.append(f"{name}: {misuse}")
            raise

    def new_array(self, lua: Any, size: int) -> Any:
        """A reaper.array: a table with `clear` and `table`, of which the double knows the memory."""
        memory = np.full(size, 1e30)  # whoever forgets to clear it hears that

        def clear(value: float = 0.0) -> None:
            memory[:] = value

        def as_table(offset: int = 1, count: int = size) -> Any:
            return lua.table_from(memory[int(offset) - 1 : int(offset) - 1 + int(count)].tolist())

        self._arrays[len(self._arrays) + 1] = memory
        return lua.table_from({b"clear": clear, b"table": as_table, b"number": len(self._arrays)})

    def array_of(self, buffer: Any) -> NDArray[np.float64]:
        return self._arrays[buffer[b"number"]]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _as_lua(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_as_lua(part) for part in value)
    return value.encode("utf-8") if isinstance(value, str) else value


__all__ = ["InjectedFault", "Item", "Project", "ReaperDouble", "Take", "Track"]
