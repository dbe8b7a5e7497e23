"""Density and coverage (Naeem et al. 2020): do candidates lie where real items are, and is every real item met?

Each reference item has a ball that reaches to its k-th nearest other reference item (Euclidean).
Density: in how many balls a candidate lies on average, over k; about 1 for the same distribution, and above 1
when the candidates crowd in the dense places. Coverage: share of balls with a candidate inside. Coverage depends
strongly on k and on both counts, so the value expected of a perfect generator stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluate.embeddings import Embeddings, as_pair

NEIGHBOURS = 5
BLOCK = 512  # reference items per block: 20 MB of distances for 5,000 items


@dataclass(frozen=True)
class DensityCoverage:
    """Density (0 upwards) and coverage (0 to 1) with what they depend on."""

    density: float
    coverage: float
    expected_coverage: float  # of candidates from the reference's own distribution
    neighbours: int
    reference_items: int
    candidate_items: int


def density_coverage(reference: ArrayLike, candidates: ArrayLike, neighbours: int = NEIGHBOURS) -> DensityCoverage:
    """Density and coverage of candidates `[m, d]` among references `[n, d]`."""
    real, made = as_pair(reference, candidates)
    if not 1 <= neighbours < len(real):
        raise ValueError(f"{neighbours} neighbours need more than {neighbours} reference items, got {len(real)}")
    inside = np.concatenate([ball.sum(1) for ball in _candidates_inside(real, made, neighbours)])
    return DensityCoverage(
        density=float(inside.sum() / (neighbours * len(made))),
        coverage=float((inside > 0).mean()),
        expected_coverage=expected_coverage(len(real), len(made), neighbours),
        neighbours=neighbours,
        reference_items=len(real),
        candidate_items=len(made),
    )


def inside_balls(reference: ArrayLike, candidates: ArrayLike, neighbours: int = NEIGHBOURS) -> NDArray[np.bool_]:
    """Which candidate lies in which reference item's ball, `[n, m]`; for resampling, since balls do not move."""
    return np.concatenate(list(_candidates_inside(*as_pair(reference, candidates), neighbours)))


def expected_coverage(reference_items: int, candidate_items: int, neighbours: int = NEIGHBOURS) -> float:
    """Coverage when both sets come from one distribution: 1 - prod_{j=1..k} (N - j) / (M + N - j).

    A ball stays empty when the k items nearest to its centre, of all N - 1 + M others, are references.
    """
    total = reference_items + candidate_items
    return 1 - math.prod((reference_items - j) / (total - j) for j in range(1, neighbours + 1))


def _candidates_inside(real: Embeddings, made: Embeddings, neighbours: int) -> Iterator[NDArray[np.bool_]]:
    """Whether each candidate is inside each ball, block by block of reference items."""
    centre = real.mean(0)  # distances between points far from the origin would lose digits
    real, made = real - centre, made - centre
    for start in range(0, len(real), BLOCK):
        block = real[start : start + BLOCK]
        between = _squared_distances(block, real)
        between[np.arange(len(block)), start + np.arange(len(block))] = np.inf  # its own centre is no neighbour
        radius = np.partition(between, neighbours - 1, axis=1)[:, neighbours - 1]
        yield _squared_distances(block, made) < radius[:, None]


def _squared_distances(first: Embeddings, second: Embeddings) -> Embeddings:
    """`[n, m]`, never below zero."""
    cross = first @ second.T
    return np.maximum(np.square(first).sum(1)[:, None] + np.square(second).sum(1) - 2 * cross, 0)
