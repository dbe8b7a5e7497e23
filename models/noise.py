"""All randomness of the runtime: PCG64 of the user's seed, with one independent stream per purpose and place.

A place (a chunk, a window) has its own stream, so that what is drawn there depends neither on how the work is
split into batches nor on how long the rest of the audio is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LATENTS = 1
"""Purpose: the latent sampler; the place is the window, and from the second attempt on the attempt, too."""
DECODE = 2
"""Purpose: the codec's decoder; the places are chunk and step."""
PHASE = 3
"""Purpose: the phases that the codec's decoder starts from; the place is the chunk."""
BRIDGE = 4
"""Purpose: the bridge from text to sound; the places are sample and candidate."""


def stream(seed: int, purpose: int, *place: int) -> np.random.Generator:
    """Generator for one purpose and place; `seed` is any integer from 0 to 2^63 - 1."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose, *place))))


def latents_stream(seed: int, window: int, attempt: int = 0) -> np.random.Generator:
    """Generator for the latents of a window; every attempt (0, 1 ..) at a stem has other noise of the same seed."""
    return stream(seed, LATENTS, window, *([attempt] if attempt else []))


def gaussian(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal float32 noise."""
    return rng.standard_normal(shape, dtype=np.float32)
