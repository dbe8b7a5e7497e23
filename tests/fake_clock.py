"""A clock that stands still until a test moves it."""

from __future__ import annotations


class FakeClock:
    """The `Clock` of tests that own time; sleeping moves it."""

    def __init__(self, start: float = 1000.0) -> None:
        self._now = start

    def monotonic(self) -> float:
        """Seconds."""
        return self._now

    def wall(self) -> float:
        """Seconds since 1970, in step with `monotonic`."""
        return 1_800_000_000.0 + self._now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._now += seconds
