"""How far a run is: by wall time, because GPU time is what there is a budget of, or by steps.

Wall time starts after the first steps (compilation does not count) and goes on where it stopped when a run is
resumed, so that learning rate and schedules end well whatever the machine.
"""

from __future__ import annotations

import time

from models.train.run_settings import RunSettings

WARM_UP_STEPS = 4  # compiled steps before the clock starts
SHORTEST_S = 1e-3
_PROCESS_STARTED = time.monotonic()


class Clock:
    """Steps done, seconds spent, and how much of the schedule is left."""

    def __init__(self, settings: RunSettings) -> None:
        self.settings = settings
        self.step = 0
        self.earlier_s = 0.0  # training time of the calls before this one
        self.seconds, self.total_s = settings.seconds, settings.total_seconds or settings.seconds
        self._made, self._warm_at = time.monotonic(), None

    @property
    def is_running(self) -> bool:
        """True once compilation is over."""
        return self._warm_at is not None

    @property
    def elapsed_s(self) -> float:
        """Seconds of this call since compilation."""
        return time.monotonic() - self._warm_at if self._warm_at is not None else 0.0

    @property
    def trained_s(self) -> float:
        """Seconds of the whole run, without compilation."""
        return self.earlier_s + self.elapsed_s

    @property
    def compile_s(self) -> float:
        """Seconds from the making of the clock to its start."""
        return (self._warm_at or time.monotonic()) - self._made

    @property
    def progress(self) -> float:
        """0 at the start of the schedule, 1 at its end."""
        if self.settings.steps is not None:
            return min(1.0, self.step / max(1, self.settings.steps))
        return min(1.0, self.trained_s / self.total_s)

    def is_over(self) -> bool:
        """True when the budget of this call is used up."""
        if time.monotonic() - _PROCESS_STARTED >= self.settings.stop_at_s:
            return True
        if self.settings.steps is not None:
            return self.step >= self.settings.steps
        return self.elapsed_s >= self.seconds or self.progress >= 1

    def start(self) -> None:
        """Compilation is over; a run that ends at a time of day knows only now how long it may take."""
        self._warm_at = time.monotonic()
        if self.settings.until is not None:
            self.seconds = max(SHORTEST_S, self.settings.until - time.time())
            self.total_s = self.earlier_s + self.seconds
