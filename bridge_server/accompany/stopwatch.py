"""Where the time of a stem goes: seconds for each stage, as the recipe tells them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class StageWatch:
    """Seconds spent in each stage of one stem; a report marks the end of a step, so time goes to the stage it names."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.stage = ""
        self._seconds = seconds
        self._since = time.perf_counter()

    def enter(self, stage: str) -> None:
        """Time since the last call belongs to `stage`."""
        now = time.perf_counter()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._since
        self.stage, self._since = stage, now

    def leave(self) -> None:
        """Count what is left to the last stage."""
        self.enter(self.stage)


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """The block is `stage`."""
    began = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - began
