"""The bridge at run time: from the CLAP vector of a prompt to CLAP vectors that sounds of it could have.

One text fits many sounds, so every sample is another one; without a text the bridge invents a sound's vector
(models.md section 5). Everything is numpy around one ONNX graph that estimates the clean vector.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, PackError
from models.noise import BRIDGE, gaussian, stream
from models.sampler import heun, heun_sigmas
from models.schedule import STANDARD, Schedule
from models.session import Session, StopSignal

Array = NDArray[np.float32]
Estimate = Callable[[Array, float, str], Array]
"""(noisy, sigma, output) -> the graph's `denoised` or `vector`."""

FILE = "gap_bridge.onnx"
CLAP = 512
STEPS = 30
"""Heun steps, that is 59 evaluations of the graph; 30 to 50 are usual for vectors (models.md 5.3)."""


class GapBridge:
    """A loaded bridge. Not for several threads at once, apart from `stop`."""

    def __init__(self, path: Path, device: str = "cpu", threads: int = 0, stop: StopSignal | None = None) -> None:
        """Load the graph at `path`; PackError when it is no bridge. Such a small graph gains nothing from a GPU."""
        self._session = Session(path, device, threads, stop)
        self.stop = self._session.stop
        shape = self._session.shapes.get("noisy", ())
        if set(self._session.inputs) != {"noisy", "sigma", "text", "given"} or not isinstance(shape[-1], int):
            raise PackError(f"{path.name} is no bridge between text and sound: fetch the pack again.")
        self.components = shape[-1]
        """Numbers per noise vector."""

    def sample(
        self,
        text: Array | None,
        count: int = 1,
        seed: int = 0,
        steps: int = STEPS,
        guidance: float = 1.0,
        best_of: int = 1,
    ) -> Array:
        """Audio vectors `[count, 512]` of length 1; the same arguments give the same bytes on the same machine.

        Sample k of a seed does not depend on `count` (beyond rounding), so more samples may be asked for later.

        Args:
            text: CLAP vector `[512]` of the prompt, any length but 0; None: vectors of any sound at all.
            steps: Heun steps.
            guidance: 1 samples p(audio | text); 0 forgets the text; above 1 exaggerates it, which made the priors
                of image models worse (models.md 5.3).
            best_of: draws so many candidates for each vector and keeps the one nearest to the text: nearer to the
                prompt, less varied.

        Raises:
            ModelError: the text is no vector of 512 numbers.
            ValueError: count, steps or best_of below 1, or best_of above 1 without a text.
        """
        if min(count, steps, best_of) < 1 or (text is None and best_of > 1):
            raise ValueError("count, steps and best_of must be 1 or more, and best_of needs a text to be near to")
        prompt = None if text is None else unit(checked(text))
        noise = self._noise(count, best_of, seed)
        vectors = unit(vectors_from(self._estimator(prompt, guidance), noise, steps))
        return vectors if prompt is None or best_of == 1 else nearest(vectors, prompt, best_of)

    def _noise(self, count: int, best_of: int, seed: int) -> Array:
        """Unit noise `[count * best_of, components]`, the candidates of a vector side by side."""
        places = ((k, candidate) for k in range(count) for candidate in range(best_of))
        return np.stack([gaussian(stream(seed, BRIDGE, *place), (self.components,)) for place in places])

    def _estimator(self, text: Array | None, guidance: float) -> Estimate:
        """The graph with text and guidance filled in: D_0 + w (D_text - D_0), only what is needed of it."""
        if text is None:
            return lambda noisy, sigma, output: self._run(noisy, sigma, np.zeros(CLAP, np.float32), 0.0, output)

        def estimate(noisy: Array, sigma: float, output: str) -> Array:
            if guidance == 1.0:
                return self._run(noisy, sigma, text, 1.0, output)
            free = self._run(noisy, sigma, text, 0.0, output)
            return free + np.float32(guidance) * (self._run(noisy, sigma, text, 1.0, output) - free)

        return estimate

    def _run(self, noisy: Array, sigma: float, text: Array, given: float, output: str) -> Array:
        """One evaluation for a whole batch at one noise level."""
        n = len(noisy)
        levels, flags = np.full(n, sigma, np.float32), np.full(n, given, np.float32)
        texts = np.broadcast_to(text, (n, CLAP)).astype(np.float32)
        return self._session.run({"noisy": noisy, "sigma": levels, "text": texts, "given": flags}, [output])[0]


def vectors_from(estimate: Estimate, noise: Array, steps: int, schedule: Schedule = STANDARD) -> Array:
    """Unit noise -> vectors by Heun's method; the last estimate is taken as `vector`."""
    sigmas = heun_sigmas(steps, schedule)
    x = heun(lambda x, sigma: estimate(x, sigma, "denoised"), noise * np.float32(sigmas[0]), sigmas)
    return estimate(x, sigmas[-1], "vector")


def nearest(vectors: Array, text: Array, group: int) -> Array:
    """Of every `group` neighbouring vectors `[n * group, 512]` the one nearest to `text` by its cosine -> [n, 512]."""
    groups = vectors.reshape(-1, group, CLAP)
    chosen: Array = groups[np.arange(len(groups)), (groups @ text).argmax(1)]
    return chosen


def unit(vectors: Array) -> Array:
    """Vectors `[..., 512]` at length 1; ModelError when one has no length."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if not (np.isfinite(length).all() and (length > 0).all()):
        raise ModelError("A CLAP vector has no direction: all of it is zero, or some of it is no number.")
    return np.asarray(vectors / length, np.float32)


def checked(text: Array) -> Array:
    """The text's vector as float32; ModelError for another shape."""
    if np.shape(text) != (CLAP,):
        raise ModelError(f"The prompt's vector must have {CLAP} numbers, and this one has the shape {np.shape(text)}.")
    return np.asarray(text, np.float32)
