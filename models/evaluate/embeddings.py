"""What every distribution metric asks of its input, and the split that gives the real-vs-real floor.

An embedding is one row of `[item, dimension]`, for example 512 numbers of CLAP per 10 s of audio. The metrics
compare two such sets, the reference (real) first, and never look at single items.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Embeddings = NDArray[np.float64]


def as_embeddings(values: ArrayLike) -> Embeddings:
    """`[item, dimension]` as float64, refused unless there are two items or more and every value is finite."""
    embeddings = np.asarray(values, np.float64)
    if embeddings.ndim != 2 or embeddings.shape[0] < 2 or embeddings.shape[1] < 1:
        raise ValueError(f"embeddings must be [item, dimension] with two items or more, got {embeddings.shape}")
    if not np.isfinite(embeddings).all():
        raise ValueError("embeddings contain values that are no numbers; was one of the clips silent or empty?")
    return embeddings


def as_pair(reference: ArrayLike, candidates: ArrayLike) -> tuple[Embeddings, Embeddings]:
    """Both sets as float64, refused unless they have the same dimension."""
    first, second = as_embeddings(reference), as_embeddings(candidates)
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"both sets need the same dimension, got {first.shape[1]} and {second.shape[1]}")
    return first, second


def real_halves(embeddings: ArrayLike, candidates: int, seed: int) -> tuple[Embeddings, Embeddings]:
    """(reference, candidates): real items drawn apart without overlap, whose distance is a metric's floor.

    Distances depend on the number of items, so `candidates` must be the count of the set that is judged.
    """
    real = as_embeddings(embeddings)
    if not 2 <= candidates <= len(real) - 2:
        raise ValueError(f"{candidates} of {len(real)} items cannot be set apart: two must stay on either side")
    order = np.random.default_rng(seed).permutation(len(real))
    return real[order[candidates:]], real[order[:candidates]]
