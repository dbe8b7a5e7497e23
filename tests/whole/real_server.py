"""A server started as a user starts it: the command line in a process of its own, with the real worker and pack."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

import psutil

from bridge_server.client import RiffClient
from bridge_server.settings import default_pack_folder
from bridge_server.transport.discovery import Announcement, find_server

ROOT = Path(__file__).resolve().parents[2]
RIFFBRIDGE = (sys.executable, "-m", "bridge_server.cli")
PACK = default_pack_folder()

Held = TypeVar("Held")


def wait_for(condition: Callable[[], Held], limit_s: float = 30.0) -> Held:
    """Look until the condition holds; what it returned."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if held := condition():
            return held
        time.sleep(0.01)
    raise AssertionError("what was waited for did not come")


def riffbridge(*words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run one command of `riffbridge` to its end, with a terminal wide enough for long paths."""
    command = [*RIFFBRIDGE, *map(str, words)]
    wide = {"COLUMNS": "500", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **wide}, capture_output=True, encoding="utf-8", timeout=120, check=False
    )


class RealServer:
    """Starts, kills and restarts a server in its folder; only ever touches processes that it started."""

    def __init__(self, folder: Path, pack: Path = PACK) -> None:
        self.folder, self.pack = folder, pack
        self.state, self.exchange = folder / "state", folder / "exchange"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def folders(self) -> tuple[str, ...]:
        """Options that let a command find this server and its pack."""
        return ("--state", str(self.state), "--exchange", str(self.exchange), "--pack", str(self.pack))

    @property
    def announced(self) -> Announcement:
        """What state.json says."""
        found = find_server(self.state)
        assert found is not None
        return found

    def start(self) -> Self:
        """Start on any free port and wait until the models are loaded."""
        command = [*RIFFBRIDGE, "serve", "--port", "0", *self.folders]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        own = self._process.pid
        wait_for(lambda: (found := find_server(self.state)) is not None and found.pid == own)
        with self.client("starter") as client:
            wait_for(lambda: client.status()["ready"])
        return self

    def client(self, name: str = "daw") -> RiffClient:
        """A greeted client with the token."""
        return RiffClient.find(self.state, name=name)

    def guest(self, token: str = "", name: str = "patch") -> RiffClient:
        """A client that has not said hello and has this token, none by default."""
        found = self.announced
        return RiffClient(found.host, found.port, token=token, name=name)

    def worker(self) -> psutil.Process:
        """The process that plays: the one child of the server."""
        assert self._process is not None
        (child,) = psutil.Process(self._process.pid).children()
        return child

    def kill(self) -> None:
        """kill -9, and wait until the worker has noticed and is gone, too."""
        assert self._process is not None
        worker = self.worker()
        self._process.kill()
        self._process.wait()
        worker.wait(timeout=10)

    def end(self) -> int:
        """SIGTERM, and wait; returns the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=20)
