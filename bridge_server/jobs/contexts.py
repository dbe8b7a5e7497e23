"""Private copies of contexts. People bounce again to the same file while the first job still waits."""

from __future__ import annotations

import logging
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from bridge_server.audio.safe_paths import open_file
from bridge_server.errors import RiffError

log = logging.getLogger(__name__)

LARGEST_BYTES = 512 << 20
"""Longer files are read where they are: copying one takes longer than a user needs to bounce again."""
LEFT_FREE_BYTES = 1 << 30


class Contexts:
    """Copies contexts on a thread of its own, one at a time; 10 s of stereo take about 5 ms.

    A job whose copy is not there when it starts reads the original: it then waited for nothing, so the
    file is still the one that was sent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="contexts", daemon=True)
        self._thread.start()

    def keep(self, number: int, path: str, roots: Sequence[Path] | None) -> None:
        """Copy the context of job `number` soon; `roots` as in `safe_paths.open_file`."""
        self._tasks.put(partial(self._copy, number, path, roots))

    def file_of(self, number: int) -> str:
        """Where the copy is, or an empty string when there is none."""
        path = self._path(number)
        return str(path) if path.exists() else ""

    def drop(self, number: int) -> None:
        """The job is over: its copy is not needed any more. (In turn, so a copy under way goes too.)"""
        self._tasks.put(partial(self._path(number).unlink, missing_ok=True))

    def keep_only(self, numbers: Iterable[int]) -> None:
        """After a start: remove what does not belong to a job that is still open."""
        wanted = {self._path(number).name for number in numbers}
        for path in self._folder.iterdir():
            if path.name not in wanted:
                with suppress(OSError):
                    path.unlink()

    def close(self) -> None:
        """Finish what was asked for and stop the thread."""
        self._tasks.put(None)
        self._thread.join(timeout=5.0)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.wav"

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except (OSError, RiffError) as fault:
                log.warning("a context was not copied, so it will be read in place: %s", fault)

    def _copy(self, number: int, path: str, roots: Sequence[Path] | None) -> None:
        part = self._folder / f"{number}.part"
        try:
            with open_file(path, roots) as source, part.open("wb") as copy:
                before = os.fstat(source.handle.fileno())
                free = shutil.disk_usage(self._folder).free
                if before.st_size > LARGEST_BYTES or before.st_size + LEFT_FREE_BYTES > free:
                    return
                shutil.copyfileobj(source.handle, copy, 1 << 20)
                after = os.fstat(source.handle.fileno())
            if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
                part.replace(self._path(number))
        finally:
            part.unlink(missing_ok=True)
