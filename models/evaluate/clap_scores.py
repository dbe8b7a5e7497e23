"""CLAP scores of single items (arXiv 2410.23005, section 4.4): what was asked for, heard in what was made.

CSAA: cosine of the CLAP vectors of the made stem and of the true sound, which is the prompt where a sound prompts,
else the stem that the song has there. CSAT: cosine of the made stem's vector and of the caption's. Both depend on the
encoder: compare values of one CLAP only. 1 is the same sound (CSAA); real stems and their own captions are the ceiling
of CSAT.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def clap_scores(made: ArrayLike, asked: ArrayLike) -> NDArray[np.float64]:
    """Cosine of each made vector `[item, d]` with what was asked for `[item, d]` -> `[item]`.

    ValueError for other shapes, and for a vector without a direction.
    """
    first, second = np.asarray(made, np.float64), np.asarray(asked, np.float64)
    if first.ndim != 2 or first.shape != second.shape:
        raise ValueError(f"vectors must be [item, dimension] and as many of either kind: {first.shape}, {second.shape}")
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise ValueError("a vector has no direction: all of it is zero, or some of it is no number")
    return (first * second).sum(axis=1) / lengths
