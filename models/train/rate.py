"""The learning rate over a run, the same for all networks."""

from __future__ import annotations

import math

LAST = 0.02  # of the peak, where a run ends


def learning_rate(peak: float, progress: float, step: int, warm_up: int, hold: float = 0.0) -> float:
    """Linear warm-up in steps, then flat until the share `hold` of the budget, then half a cosine down to 2 %.

    Args:
        progress: share of the budget that is over, 0..1; a budget may be a time, whose steps nobody knows.
        warm_up: steps.
    """
    fall = max(0.0, (progress - hold) / (1 - hold))
    warm = min(1.0, (step + 1) / warm_up)
    return peak * warm * (LAST + (1 - LAST) * 0.5 * (1 + math.cos(math.pi * fall)))
