"""A server for a command: the one that runs, or one started for it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console

from bridge_server.client import RiffClient, ServerGone
from bridge_server.errors import ModelMissing, RiffError
from bridge_server.settings import Settings
from bridge_server.transport.discovery import find_server

SERVE_COMMAND = (sys.executable, "-m", "bridge_server.cli", "serve")
START_LIMIT_S = 20.0
LOAD_LIMIT_S = 120.0


@contextmanager
def client_of(settings: Settings, console: Console, keep: bool = False) -> Iterator[RiffClient]:
    """A greeted client of a server whose models are loaded.

    A server that runs with this state folder is used as it is. Otherwise one is started and, unless `keep`,
    ended when the block ends.
    """
    if find_server(settings.state_folder) is not None:
        with RiffClient.find(settings.state_folder) as client:
            yield client
        return
    process = _start(settings)
    try:
        with console.status("starting a server and loading the models"):
            client = _wait_until_ready(settings, process)
        with client:
            try:
                yield client
            finally:
                if not keep:
                    _ask_to_stop(client, process)
    finally:
        if not keep:
            _end(process)


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    """A server detached from this terminal: Ctrl-C here must not stop jobs of other clients there."""
    settings.state_folder.mkdir(parents=True, exist_ok=True)
    command = [*SERVE_COMMAND, "--host", settings.host, "--port", str(settings.port), "--device", settings.device]
    command += ["--state", str(settings.state_folder), "--exchange", str(settings.exchange_folder)]
    command += ["--pack", str(settings.pack_folder)]
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    with (settings.state_folder / "start.log").open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **detached)


def _wait_until_ready(settings: Settings, process: subprocess.Popen[bytes]) -> RiffClient:
    """A client, once the server says that its models are loaded; ModelMissing with its reason when they never are."""
    client = _wait_until_found(settings, process)
    deadline = time.monotonic() + LOAD_LIMIT_S
    while time.monotonic() < deadline:
        status = client.status()
        if status.get("ready"):
            return client
        if status.get("trouble"):
            client.quit()
            # The trouble is sentence and hint in one; the error brings the usual hint again.
            raise ModelMissing(str(status["trouble"]).removesuffix(ModelMissing.usual_hint).rstrip())
        time.sleep(0.1)
    raise ServerGone("The server started, but its models did not load in two minutes.", "See worker.log.")


def _wait_until_found(settings: Settings, process: subprocess.Popen[bytes]) -> RiffClient:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(RiffError):
            return RiffClient.find(settings.state_folder)
        time.sleep(0.05)
    log = settings.state_folder / "start.log"
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise ServerGone("The server did not start. " + " ".join(last), f"See {log}")


def _ask_to_stop(client: RiffClient, process: subprocess.Popen[bytes]) -> None:
    """The polite way, which lets the server close its files."""
    with suppress(RiffError, subprocess.TimeoutExpired):
        client.quit()
        process.wait(timeout=5.0)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The other ways, when it still lives (Ctrl-C while it was starting)."""
    for insist in (process.terminate, process.kill):
        if process.poll() is None:
            insist()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5.0)
