"""When a worker counts as stuck. Time is an argument, so that nothing here waits or is late by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

MIN_SILENCE_S = 30.0
LOADING_SILENCE_S = 180.0
"""Loading and warming up the models gives no beats; a cold disk and two slow cores took under a minute."""
SILENCE_PER_ESTIMATE = 5.0
GRACE_S = 2.0
"""From the stop signal to the kill. A running ONNX graph stops within 10 ms of the signal (measured)."""


class Verdict(Enum):
    """What is to be done with the worker now."""

    FINE = auto()
    STOP = auto()
    KILL = auto()


@dataclass
class Watchdog:
    """Watches one try of one job. A worker is late when it has said nothing for 5 estimates (at least 30 s)."""

    silence_s: float
    last_beat_s: float
    stopping_since_s: float | None = None

    @classmethod
    def over(cls, estimate_s: float, now_s: float, loading: bool = False) -> Watchdog:
        """A watchdog for a job of this estimate that starts now."""
        least = LOADING_SILENCE_S if loading else MIN_SILENCE_S
        return cls(max(least, SILENCE_PER_ESTIMATE * estimate_s), now_s)

    def beat(self, now_s: float) -> None:
        """The worker said something about this job."""
        self.last_beat_s = now_s

    def stopping(self, now_s: float) -> None:
        """A stop signal was sent: from here the worker has GRACE_S to obey."""
        if self.stopping_since_s is None:
            self.stopping_since_s = now_s

    def judge(self, now_s: float) -> Verdict:
        """STOP once the worker is late, KILL when it did not obey a stop signal, else FINE."""
        if self.stopping_since_s is not None:
            return Verdict.KILL if now_s - self.stopping_since_s > GRACE_S else Verdict.FINE
        return Verdict.STOP if now_s - self.last_beat_s > self.silence_s else Verdict.FINE


@dataclass
class RestartBackoff:
    """How long to wait before a dead worker is started again: 0, 1, 2, 4 .. 30 s.

    Back to 0 after a minute without a death, or after a job that was done.
    """

    crashes: int = 0
    last_crash_s: float = float("-inf")
    FIRST_S = 1.0
    LONGEST_S = 30.0
    CALM_S = 60.0

    def crashed(self, now_s: float) -> None:
        """Count a death of the worker."""
        self.crashes = 1 if now_s - self.last_crash_s > self.CALM_S else self.crashes + 1
        self.last_crash_s = now_s

    def worked(self) -> None:
        """A job was done, so the worker is not broken for good."""
        self.crashes = 0

    def may_start(self, now_s: float) -> bool:
        """True when enough time has gone by since the last death."""
        return now_s >= self.last_crash_s + self._wait_s()

    def _wait_s(self) -> float:
        if self.crashes < 2:
            return 0.0
        return float(min(self.LONGEST_S, self.FIRST_S * 2 ** (self.crashes - 2)))
