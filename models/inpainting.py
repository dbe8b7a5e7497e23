"""A region of a piece made anew between what is kept (inpainting by overwriting: Lugmayr et al., arXiv 2201.09865)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.generator import Generator
from models.guidance import UNGUIDED, Guidance
from models.joins import OVERLAP_CHUNKS, sigmas_from
from models.spectrogram import SLOTS
from models.underlay import Underlay

Array = NDArray[np.float32]
OnStep = Callable[[int, int], None]

OVERLAP = OVERLAP_CHUNKS * SLOTS

NEW_INDEX = 0.7
"""Noise index (sigma 12) at which a region begins that is wholly new, with what was played elsewhere underneath.

From pure noise its level was 2.8 dB off what it had been and from here 0.7 dB, with as much that is new (correlation
with the old latents .62 and .65; 8 regions of 3.4 s, 4 families).
"""


def inpaint(
    generator: Generator,
    latents: Array,
    known: NDArray[np.bool_],
    context: Array | None,
    style: Array | None = None,
    seed: int = 0,
    steps: int | None = None,
    on_step: OnStep | None = None,
    attempt: int = 0,
    guidance: Guidance = UNGUIDED,
    strength: float = 1.0,
) -> Array:
    """Latents `[slot, 64]` of whole chunks with those that are not `known` `[slot]` made anew.

    strength: how far the new ones may leave the old (1: as if they had not been there). Else as `Generator.write`.
    """
    under = Underlay(latents, strength)
    if under.keeps_all or known.all():
        return latents
    canvas = generator.canvas(latents, known, context, style, guidance)
    levels, start = generator.beginning(steps, under)
    if start is None and known.any():
        levels = sigmas_from(levels, canvas.schedule.sigma(NEW_INDEX))
    plan = gap_windows(known, generator.pack.manifest.dimensions.window_chunks * SLOTS, OVERLAP)
    for _ in canvas.write_windows(plan, levels, start, seed, attempt, on_step):
        pass
    return canvas.latents


def gap_windows(known: NDArray[np.bool_], window: int, overlap: int) -> list[NDArray[np.intp]]:
    """Windows `[slot]` that cover what is not known.

    One with the gap in its middle where that leaves `overlap` slots on both sides (or the piece ends); for a longer gap
    windows that go on from each other.
    """
    gap = np.flatnonzero(~known)
    first, end, slots = int(gap[0]), int(gap[-1]) + 1, len(known)
    window = min(window, slots)
    if end - first <= window - 2 * overlap or window == slots:
        starts = [(first + end - window) // 2]
    else:
        starts = [first - overlap]
        while starts[-1] + window < end:
            starts.append(min(starts[-1] + window - overlap, end + overlap - window))
    return [min(max(start, 0), slots - window) + np.arange(window) for start in starts]
