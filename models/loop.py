"""Loops: latents written and decoded on a ring, so that the end goes on into the start.

Every step of the sampler sees the ring unrolled to a full window (a loop of 4 s two and a half times), cut open at
another place, and keeps one round from its middle; so no slot stays at an edge of what the network sees. Each round has
noise of its own, which the network would otherwise take for music, and chunks lie where they will be decoded. With both
the borders of chunks rank .64 instead of .82 among other places by their spectral step, and the seam .80 instead of .88
(a real stem cut at the same place .95; 30 loops of 1.4 and 4.1 s, 5 families).

A ring longer than a window is written window after window like any piece, and the last window knows what lies on both
of its sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.canvas import Canvas
from models.generator import Generator, OnProgress
from models.guidance import UNGUIDED, Guidance
from models.joins import OVERLAP_CHUNKS
from models.noise import gaussian, latents_stream
from models.ring import unrolled
from models.spectrogram import SLOT_FRAMES, SLOTS
from models.underlay import Underlay

Array = NDArray[np.float32]
OnStep = Callable[[int, int], None]

TURN = 0.382
"""Part of the ring by which the cut moves from step to step: the golden section keeps five cuts far apart."""

OVERLAP = OVERLAP_CHUNKS * SLOTS


def slots_for(frames: int) -> int:
    """Slots (85 ms) of a loop that is `frames` long at 48 kHz, rounded: it is played that much slower or faster."""
    return max(1, round(frames / SLOT_FRAMES))


class Looper:
    """Plays loops with a generator's models."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._window = generator.pack.manifest.dimensions.window_chunks * SLOTS

    def encode(self, audio: Array, on_step: OnStep | None = None) -> Array:
        """A loop `[2, 4096 slots]` at 48 kHz -> latents `[slot, 64]`."""
        return self._generator.codec.encode_ring(audio, on_step)

    def generate(
        self,
        context_latents: Array | None,
        slots: int,
        style: Array | None = None,
        seed: int = 0,
        steps: int | None = None,
        on_progress: OnProgress | None = None,
        attempt: int = 0,
        guidance: Guidance = UNGUIDED,
        under: Underlay | None = None,
    ) -> Array:
        """One loop `[2, 4096 slots]` at 48 kHz, else as `Generator.generate`; the context is a loop as well."""
        report = on_progress or (lambda fraction, stage: None)

        def play(done: int, of: int) -> None:
            report(0.2 * done / of, "playing")

        latents = self.write(context_latents, slots, style, seed, steps, play, attempt, guidance, under)
        codec = self._generator.codec
        return codec.decode_ring(latents, seed, lambda done, of: report(0.2 + 0.8 * done / of, "decoding"))

    def write(
        self,
        context_latents: Array | None,
        slots: int,
        style: Array | None = None,
        seed: int = 0,
        steps: int | None = None,
        on_step: OnStep | None = None,
        attempt: int = 0,
        guidance: Guidance = UNGUIDED,
        under: Underlay | None = None,
    ) -> Array:
        """Latents `[slot, 64]` of one loop."""
        if under is not None and under.keeps_all:
            return under.latents
        empty = np.zeros((slots, self._generator.pack.manifest.dimensions.latent), np.float32)
        canvas = self._generator.canvas(empty, np.zeros(slots, bool), context_latents, style, guidance)
        levels, start = self._generator.beginning(steps, under)
        if slots <= self._window:
            self._write_at_once(canvas, levels, start, latents_stream(seed, 0, attempt), on_step)
        else:
            plan = [unrolled(slots, first, self._window) for first in ring_windows(slots, self._window, OVERLAP)]
            for _ in canvas.write_windows(plan, levels, start, seed, attempt, on_step):
                pass
        return canvas.latents

    def _write_at_once(
        self,
        canvas: Canvas,
        levels: Sequence[float],
        start: Array | None,
        rng: np.random.Generator,
        on_step: OnStep | None,
    ) -> None:
        """A ring that fits into a window: all of it in every step."""
        slots, size = len(canvas.latents), canvas.latents.shape[1]
        first, estimate = _whole_chunks((self._window - slots) / 2), canvas.latents if start is None else start
        for step, sigma in enumerate(levels):
            order = unrolled(slots, _whole_chunks(step * TURN * slots) - first, self._window)
            noise = gaussian(rng, (self._window, size))
            noisy = estimate[order] + np.float32(canvas.schedule.renoise(sigma)) * noise
            window = canvas.denoise(order, noisy[None], sigma, levels[-1])[0]
            estimate = np.empty_like(estimate)
            estimate[order[first : first + slots]] = window[first : first + slots]
            if on_step is not None:
                on_step(step + 1, len(levels))
        canvas.settle(np.arange(slots), estimate)


def _whole_chunks(slots: float) -> int:
    """Slots of the whole chunks in so many slots."""
    return int(slots // SLOTS) * SLOTS


def ring_windows(slots: int, window: int, overlap: int) -> list[int]:
    """First slots of the windows over a ring longer than a window.

    Each keeps `overlap` slots or more of the one before; the last one fills a gap of at most `overlap` slots, in its
    middle.
    """
    plan, written = [0], window
    while (left := slots - written) > 0:
        if left <= overlap:
            plan.append(written - (window - left) // 2)
            break
        new = min(window - overlap, left - overlap // 2)
        plan.append(written + new - window)
        written += new
    return plan
