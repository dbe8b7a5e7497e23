"""The worker as the server sees it: one child process, orders in, events out."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from bridge_server.jobs import crash_file

log = logging.getLogger(__name__)

WORKER_COMMAND = (sys.executable, "-m", "bridge_server.jobs.worker")
LOG_BYTES = 2 << 20
"""worker.log is begun anew, with one older copy kept, when it is longer than this at a start."""

Event = Mapping[str, Any]


class WorkerProcess:
    """One running worker. `on_event(self, event)` is called on this object's own thread.

    The last event is `gone`, with `exit` (the process's code) and `crash_file` (see `crash_file.keep`).
    """

    def __init__(
        self, command: Sequence[str], log_path: Path, on_event: Callable[[WorkerProcess, Event], None]
    ) -> None:
        self._on_event = on_event
        self._log_path = log_path
        with _open_log(log_path) as log_file:
            self._log_start = log_file.seek(0, 2)
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                start_new_session=sys.platform != "win32",  # a Ctrl-C at the terminal is for the server alone
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        threading.Thread(target=self._read, name="worker events", daemon=True).start()

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    def order(self, **order: Any) -> None:
        """Send one order; a worker that is already dead hears nothing, its `gone` is on the way."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            log.warning("the worker is gone; order %s not delivered", order.get("do"))

    def kill(self) -> None:
        """End the process now; `gone` follows."""
        self._process.kill()

    def close(self, patience_s: float = 2.0) -> None:
        """End the process by closing its stdin, by force after `patience_s`; returns when it is dead."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except OSError:
            log.debug("the worker had closed its stdin")
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = _parsed(line)
            if event is not None:
                self._on_event(self, event)
        exit_code = self._process.wait()
        kept = crash_file.keep(self._log_path, self._log_start, exit_code)
        self._on_event(self, {"is": "gone", "exit": exit_code, "crash_file": kept})


def _parsed(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        log.warning("the worker said something unreadable: %r", line[:200])
        return None
    return event if isinstance(event, dict) and "is" in event else None


def _open_log(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name(path.name + ".old"))
    return path.open("ab")
