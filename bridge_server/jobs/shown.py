"""What the client of the running job was told last, and what it is told next."""

from __future__ import annotations

import math
from dataclasses import dataclass

PROGRESS_EVERY_S = 0.1
"""Clients draw at most this often; a step of the models may be shorter."""
FRACTION_STEPS = 20
"""The fraction is on disk in steps of 1/20, rounded up, so that it never falls after a restart either."""
SAYS_SOMETHING = 0.05
"""Until a try has done this much of a job itself, the time left is taken from the estimate."""


@dataclass
class Shown:
    """Progress of one try of one job; `fraction` starts where an earlier try was.

    - estimate_s: for the whole job. - inherited: part of it that earlier tries left on disk as finished stems.
    - reached: where this try itself is; an earlier one may have been further.
    """

    fraction: float
    started_s: float
    estimate_s: float
    inherited: float = 0.0
    reached: float = 0.0
    stage: str = "starting"
    told_at_s: float = -math.inf

    def take(self, fraction: float, stage: str, now_s: float) -> bool:
        """Take in a beat of the worker; True when the client shall hear of it now."""
        self.reached = max(self.reached, min(1.0, fraction))
        self.fraction = max(self.fraction, self.reached)
        due = stage != self.stage or now_s - self.told_at_s >= PROGRESS_EVERY_S
        self.stage = stage
        if due:
            self.told_at_s = now_s
        return due

    @property
    def kept_fraction(self) -> float:
        """The fraction as it is put on disk."""
        return math.ceil(self.fraction * FRACTION_STEPS) / FRACTION_STEPS

    def eta_s(self, now_s: float) -> float:
        """Seconds left: by the pace of this try when that says something, before that by the estimate."""
        spent, own = now_s - self.started_s, self.reached - self.inherited
        if own > SAYS_SOMETHING:
            return max(0.0, spent * (1.0 - self.reached) / own)
        return max(0.0, self.estimate_s * (1.0 - self.inherited) - spent)
