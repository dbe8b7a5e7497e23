"""Latents in the making, slot by slot: which are written, which context lies beside them, and one window more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.generator import Generator
from models.guidance import Guidance
from models.joins import held
from models.recall import recalled
from models.sampler import sample

Array = NDArray[np.float32]
Slots = NDArray[np.intp]
OnStep = Callable[[int, int], None]


class Canvas:
    """`latents` `[slot, 64]`, of which those in `known` `[slot]` are written.

    Those known from the start never change, others may yield to a window that goes on from them (`models/joins.py`).
    """

    def __init__(
        self,
        generator: Generator,
        latents: Array,
        known: NDArray[np.bool_],
        context: Array | None,
        style: Array | None,
        guidance: Guidance,
    ) -> None:
        """context: latents `[slot, 64]`, or None for no context. The other arguments are as in `Generator.generate`."""
        self.latents, self.known = latents.copy(), known.copy()
        self._given = known.copy()
        self.schedule = generator.schedule
        self._generator, self._context = generator, context
        self._style, self._guidance = style, guidance
        self._limit = generator.pack.manifest.latent_limit

    def denoise(self, order: Slots, noisy: Array, sigma: float, last: float) -> Array:
        """One evaluation on the slots `order`: noisy `[1, slot, 64]` -> estimate; unguided at sigma `last`."""
        given = None if self._context is None else self._context[order][None]
        return self._generator.denoiser(given, self._style, self._guidance, last)(noisy, sigma)

    def write(
        self,
        order: Slots,
        sigmas: Sequence[float],
        rng: np.random.Generator,
        start: Array | None = None,
        on_step: OnStep | None = None,
    ) -> None:
        """Write the slots `order` (a window of whole chunks, each slot once); afterwards they are known.

        start `[slot, 64]`: a first estimate under the first noise; without one there is noise alone.
        """
        weights, tokens = held(self.known[order], self._given[order]), self.latents[order][None]
        drawn = sample(
            lambda noisy, sigma: self.denoise(order, noisy, sigma, sigmas[-1]),
            tokens.shape,
            sigmas,
            rng,
            (tokens, weights[None, :, None]),
            on_step,
            self.schedule,
            None if start is None else start[None],
        )
        self.settle(order, drawn[0])

    def settle(self, order: Slots, latents: Array) -> None:
        """Take these latents for the slots `order` that were not given, in the range of the training."""
        self.latents[order] = np.where(
            self._given[order][:, None], self.latents[order], np.clip(latents, -self._limit, self._limit)
        )
        self.known[order] = True

    def gone_on(self, order: Slots) -> Array:
        """A first estimate of the slots `order`: what is known, and in its gap what fits from elsewhere."""
        latents, gap = self.latents[order].copy(), np.flatnonzero(~self.known[order])
        latents[gap] = recalled(self.latents, self.known, self._context, int(order[gap[0]]), len(gap))
        return latents
