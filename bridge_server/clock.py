"""Time as an object, so that leases, resends and deadlines are tested without waiting."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the server asks about time."""

    def monotonic(self) -> float:
        """Seconds that only grow; for leases, resends and deadlines."""
        ...

    def wall(self) -> float:
        """Seconds since 1970; for what is stored or shown."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The computer's own time."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
