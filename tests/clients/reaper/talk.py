"""The plain-Lua core of the client, driven as `defer` would drive it, against a real server."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from typing import Any

from tests.clients.reaper.engine import engine, module, plain, table
from tests.clients.reaper.socket_double import LuaSocketDouble, Weather
from tests.whole.real_server import RealServer

TICK_S = 0.01


def list_files(folder: bytes) -> list[bytes]:
    """Names in a folder, none when it is not there."""
    return os.listdir(folder) if os.path.isdir(folder) else []


class Talk:
    """One door, link and job in a Lua state of its own."""

    def __init__(self, version: str, server: RealServer, door: str = "udp", weather: Weather | None = None) -> None:
        self.lua = engine(version)
        self.server = server
        self.sockets = LuaSocketDouble(self.lua, weather)
        self._clock = time.monotonic
        name = f"reaper-test-{secrets.token_hex(3)}".encode()
        self._door = module(self.lua, "riff.doors")[b"open"](
            self.sockets.module() if door == "udp" else None, name, secrets.token_hex(4).encode(), self._list, time.time
        )
        announcement = self._find()
        self._door[b"aim"](self._door, announcement)
        options = {b"name": name, b"announcement": announcement, b"find": self._find, b"now": self._clock}
        self.link = module(self.lua, "riff.link")[b"new"](self._door, self.lua.table_from(options))
        self.job: Any = None

    def close(self) -> None:
        """Let the door go, and nothing may stay open."""
        self._door[b"close"](self._door)
        assert self.sockets.open_sockets == 0

    def greet(self, limit_s: float = 6.0) -> dict[str, Any]:
        """Tick until the server said welcome."""
        self._until(lambda: self.link[b"welcome"] is not None, lambda: self.link[b"tick"](self.link, b""), limit_s)
        return dict(plain(self.link[b"welcome"]))

    def ask(self, optional: tuple[str, ...] = (), request_id: bytes = b"", **pairs: Any) -> None:
        """Begin a request."""
        request_id = request_id or secrets.token_hex(16).encode()
        given, may_be_refused = table(self.lua, pairs), table(self.lua, list(optional))
        new = module(self.lua, "riff.job")[b"new"]
        self.job = new(self.link, request_id, given, self._clock, may_be_refused)

    def follow(self, limit_s: float = 30.0, each_tick: Callable[[], None] = lambda: None) -> str:
        """Tick until the request is over; the state it ended in."""

        def tick() -> None:
            self.job[b"tick"](self.job)
            each_tick()

        self._until(lambda: self.job[b"is_over"](self.job), tick, limit_s)
        return self.state

    def follow_until(self, state: str, limit_s: float = 30.0) -> None:
        """Tick until the request is in this state."""
        self._until(lambda: self.state == state, lambda: self.job[b"tick"](self.job), limit_s)

    def heard_after_another_hello(self, wait_s: float) -> list[dict[str, Any]]:
        """What the server still has to say about the request: it repeats what was not acked at each hello."""
        self.link[b"forget"](self.link)
        self.link[b"say_hello"](self.link)
        end, heard = time.monotonic() + wait_s, []
        while time.monotonic() < end:
            arrived = self.link[b"tick"](self.link, self.job[b"request_id"])
            heard += [plain(message) for message in arrived.values()]
            time.sleep(TICK_S)
        return heard

    @property
    def state(self) -> str:
        """Of the job."""
        return str(plain(self.job[b"state"]))

    @property
    def stems(self) -> list[dict[str, Any]]:
        """What the job has of its stems."""
        return list(plain(self.job[b"stems"]))

    @property
    def failure(self) -> dict[str, str]:
        """Code, message and hint."""
        return dict(plain(self.job[b"failure"]))

    def _until(self, is_true: Callable[[], Any], tick: Callable[[], Any], limit_s: float) -> None:
        end = time.monotonic() + limit_s
        while not is_true():
            assert time.monotonic() < end, "the client waits for ever"
            tick()
            time.sleep(TICK_S)

    def _find(self) -> Any:
        discovery = module(self.lua, "riff.discovery")
        folders = table(self.lua, [str(self.server.state)])
        return discovery[b"find"](folders, discovery[b"read_file"])

    def _list(self, folder: bytes) -> Any:
        return self.lua.table_from(list_files(folder))
