"""Audio that every evaluation test may listen to."""

from __future__ import annotations

import numpy as np
import pytest

RATE_HZ = 48_000


@pytest.fixture(scope="session")
def band_clip() -> np.ndarray:
    """Four seconds `[2, frame]` of a small band: a decaying chord and a noise hit on each half second."""
    rng = np.random.default_rng(3)
    beat = np.arange(RATE_HZ // 2) / RATE_HZ
    beats = []
    for root_hz in (110.0, 110.0, 146.8, 146.8, 98.0, 98.0, 130.8, 130.8):
        chord = sum(np.sin(2 * np.pi * root_hz * ratio * beat) for ratio in (1, 2, 2.52, 3, 4.01))
        hit = rng.standard_normal((2, len(beat))) * np.exp(-beat * 40)
        beats.append(0.08 * chord * np.exp(-beat * 4) * np.array([[1.0], [0.7]]) + 0.15 * hit)
    return np.concatenate(beats, axis=1).astype(np.float32)
