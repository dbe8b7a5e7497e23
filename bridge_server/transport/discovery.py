"""How clients find the server: `state.json` in the state folder; and how a second server is kept away: a lock."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from bridge_server.protocol.table import MAJOR, MINOR

STATE_FILE = "state.json"
LOCK_FILE = "server.lock"
LAUNCHER_FILE = "launcher.json"


@dataclass(frozen=True)
class Announcement:
    """What state.json holds. The token proves that a client runs as the same user, so the file is 0600."""

    host: str
    port: int
    pid: int
    boot_id: str
    token: str
    exchange_folder: str
    version: str
    protocol: str = f"riff/{MAJOR}.{MINOR}"

    def __repr__(self) -> str:
        """Without the token, so that it does not end up in a log."""
        return f"Announcement({self.host}:{self.port}, pid {self.pid}, boot {self.boot_id})"

    def write(self, state_folder: Path) -> Path:
        """Write state.json: temporary file with mode 0600, fsync, rename."""
        state_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        final = state_folder / STATE_FILE
        part = state_folder / f".{STATE_FILE}.{self.boot_id}"
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2)
            file.flush()
            os.fsync(handle)
        os.replace(part, final)
        return final

    def remove(self, state_folder: Path) -> None:
        """Remove state.json if it is still this server's."""
        current = read_announcement(state_folder)
        if current is not None and current.boot_id == self.boot_id:
            (state_folder / STATE_FILE).unlink(missing_ok=True)


def read_announcement(state_folder: Path) -> Announcement | None:
    """What state.json says, whether or not that server still lives; None when there is none or it is broken."""
    try:
        held = json.loads((state_folder / STATE_FILE).read_text(encoding="utf-8"))
        kinds = {name: type(held[name]) for name in Announcement.__dataclass_fields__}
        if kinds.pop("port") is not int or kinds.pop("pid") is not int or set(kinds.values()) != {str}:
            return None
        return Announcement(**{name: held[name] for name in Announcement.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find_server(state_folder: Path) -> Announcement | None:
    """The announcement of a server whose process lives; a stale file (its process is gone) counts as none."""
    announcement = read_announcement(state_folder)
    return announcement if announcement and is_alive(announcement.pid) else None


def remember_launcher(state_folder: Path, command: Sequence[str]) -> None:
    """Leave behind how this server was started, so that a client's Start button can do it again."""
    handle = os.open(state_folder / LAUNCHER_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        json.dump({"command": list(command), "folder": os.getcwd()}, file)  # options may be relative paths


def new_token() -> str:
    """128 bits as text."""
    return secrets.token_hex(16)


def new_boot_id() -> str:
    """Different at every start."""
    return secrets.token_hex(8)


class ServerLock:
    """Held by the one server of a state folder; the system lets go of it when the process dies, however."""

    def __init__(self, state_folder: Path) -> None:
        self._path = state_folder / LOCK_FILE
        self._file: IO[bytes] | None = None

    def take(self) -> bool:
        """Whether the lock is ours now; False when another live process has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = open(self._path, "a+b")  # noqa: SIM115 - held open as long as the server lives
        try:
            _lock(file)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let go."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import ctypes
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def is_alive(pid: int) -> bool:
        """Whether a process with this id exists. (os.kill(pid, 0) would end it on Windows.)"""
        still_active, query = 259, 0x1000
        handle = ctypes.windll.kernel32.OpenProcess(query, False, pid)
        if not handle:
            return False
        code = ctypes.c_ulong()
        ctypes.windll.kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
        ctypes.windll.kernel32.CloseHandle(handle)
        return code.value == still_active

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def is_alive(pid: int) -> bool:
        """Whether a process with this id exists."""
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            return True
        return pid > 0
