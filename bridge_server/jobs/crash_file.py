"""What a worker said last before it crashed, kept apart from worker.log, where the next worker writes on."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from pathlib import Path

LINES = 200
LARGEST_BYTES = 64 << 10
KEPT_FILES = 5
"""Older ones go; a pack that crashes every worker must not fill the folder."""


def keep(log_path: Path, start: int, exit_code: int) -> str:
    """Copy the last lines that the log holds from byte `start` on into a file of their own beside it.

    Returns the name of that file; an empty string for an exit in order, and for a worker that said nothing
    (killed from outside) or whose words could not be written.
    """
    if exit_code == 0:
        return ""
    with suppress(OSError):
        words = _last_lines(log_path, start)
        if words:
            name = time.strftime("worker-crash-%Y%m%d-%H%M%S.log")
            text = f"The worker ended with {_told(exit_code)}. Its last lines:\n\n{words}\n"
            log_path.with_name(name).write_text(text, encoding="utf-8")
            _drop_old(log_path.parent)
            return name
    return ""


def _last_lines(log_path: Path, start: int) -> str:
    with log_path.open("rb") as log_file:
        end = log_file.seek(0, 2)
        log_file.seek(max(start, end - LARGEST_BYTES))
        lines = log_file.read(LARGEST_BYTES).decode("utf-8", "replace").strip().splitlines()
    return "\n".join(lines[-LINES:])


def _told(exit_code: int) -> str:
    """POSIX tells a signal as its negative number; Windows an exception as a large code."""
    if exit_code < 0:
        with suppress(ValueError):
            return signal.Signals(-exit_code).name
    return f"exit code {exit_code}" if abs(exit_code) < 1 << 16 else f"exit code {exit_code:#x}"


def _drop_old(folder: Path) -> None:
    for path in sorted(folder.glob("worker-crash-*.log"))[:-KEPT_FILES]:
        path.unlink(missing_ok=True)
