"""Kernel distance (KD): unbiased squared maximum mean discrepancy with a cubic kernel (KID, Binkowski et al. 2018).

    k(x, y) = (x.y / d + 1)^3,  mean and standard deviation over random subsets

Unlike the Frechet distance it does not grow when items are few. On unit vectors x.y / d is at most 1/d, so the
kernel is nearly linear and KD is close to (3/d) |mu_x - mu_y|^2: a measure of the shift of the mean, about 1e-3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.evaluate.embeddings import Embeddings, as_pair

SUBSETS = 100
SUBSET_SIZE = 1000
SEED = 1234


@dataclass(frozen=True)
class KernelDistance:
    """Mean and standard deviation over the subsets (around 0: same distribution) with what they depend on."""

    mean: float
    std: float
    subsets: int
    subset_size: int
    seed: int
    reference_items: int
    candidate_items: int


def kernel_distance(
    reference: ArrayLike,
    candidates: ArrayLike,
    subsets: int = SUBSETS,
    subset_size: int = SUBSET_SIZE,
    seed: int = SEED,
) -> KernelDistance:
    """KD of two sets of embeddings `[item, d]`, which must not share items (that would pull it below zero).

    Where `subset_size` is not smaller than the smaller set, subsets are half of that set.
    """
    real, made = as_pair(reference, candidates)
    smaller = min(len(real), len(made))
    size = subset_size if subset_size < smaller else smaller // 2
    if size < 2 or subsets < 1:
        raise ValueError(f"{subsets} subsets of {size} items are too few: the distance needs pairs of items")
    rng = np.random.default_rng(seed)
    values = [
        unbiased_mmd(real[rng.permutation(len(real))[:size]], made[rng.permutation(len(made))[:size]])
        for _ in range(subsets)
    ]
    return KernelDistance(float(np.mean(values)), float(np.std(values)), subsets, size, seed, len(real), len(made))


def unbiased_mmd(first: Embeddings, second: Embeddings) -> float:
    """Unbiased squared MMD of `[n, d]` and `[m, d]`; an item is never compared with itself."""
    return (
        _mean_of_pairs(cubic_kernel(first, first))
        + _mean_of_pairs(cubic_kernel(second, second))
        - 2 * float(cubic_kernel(first, second).mean())
    )


def cubic_kernel(first: Embeddings, second: Embeddings) -> Embeddings:
    """(x.y / d + 1)^3 of all pairs, `[n, m]`."""
    base = first @ second.T / first.shape[1] + 1
    return base * base * base  # ten times faster than ** 3


def _mean_of_pairs(kernel: Embeddings) -> float:
    """Mean without the diagonal."""
    count = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))
