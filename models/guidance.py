"""Classifier-free guidance with one weight per condition (Ho and Salimans, arXiv 2207.12598; Diff-A-Riff's two knobs).

    D = D_none + w_context (D_context - D_none) + w_prompt (D_both - D_context)

The order keeps the context primary: the prompt's weight acts on what it adds beside the context. Gathered by
network evaluation that is (1 - w_c) D_none + (w_c - w_p) D_context + w_p D_both, and evaluations whose weight is 0
are left out: with equal weights D_context (the joint form), with both at 1 all but D_both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NOTHING = 1e-9
"""Weights below are rounding errors of sums that are 0."""


@dataclass(frozen=True)
class Term:
    """One evaluation: its weight, and which conditions it sees."""

    weight: float
    context: bool
    prompt: bool


@dataclass(frozen=True)
class Guidance:
    """How strongly each condition is followed; 1: as trained, above: exaggerated. ValueError for no such weight.

    Above noise level `above_sigma` only: of a consistency model's five steps 1.0 takes the first three, the later ones
    would only exaggerate what is decided by then. For an EDM model, which Diff-A-Riff guides everywhere, choose 0.
    """

    context: float = 1.0
    prompt: float = 1.0
    above_sigma: float = 1.0

    def __post_init__(self) -> None:
        for name in ("context", "prompt", "above_sigma"):
            if not (math.isfinite(value := getattr(self, name)) and value >= 0):
                raise ValueError(f"guidance {name} is {value}; it must be a finite number from 0 up")

    def terms(self, sigma: float, has_context: bool = True, has_prompt: bool = True) -> list[Term]:
        """The evaluations that a step at noise level `sigma` needs; their weights sum to 1.

        A condition that is absent everywhere (`has_...` false) takes its evaluations together with the others.
        """
        if sigma <= self.above_sigma:
            return [Term(1.0, has_context, has_prompt)]
        total: dict[tuple[bool, bool], float] = {}
        for weight, context, prompt in (
            (1 - self.context, False, False),
            (self.context - self.prompt, True, False),
            (self.prompt, True, True),
        ):
            seen = (context and has_context, prompt and has_prompt)
            total[seen] = total.get(seen, 0.0) + weight
        return [Term(weight, *seen) for seen, weight in total.items() if abs(weight) > NOTHING]


UNGUIDED = Guidance()


def mix(terms: Sequence[Term], estimates: Sequence[Any]) -> Any:
    """Weighted sum of what the evaluations gave, arrays or tensors alike; a single one comes back as it is."""
    if len(terms) == 1:
        return estimates[0]
    total: Any = 0.0
    for term, estimate in zip(terms, estimates, strict=True):
        total = total + term.weight * estimate
    return total
