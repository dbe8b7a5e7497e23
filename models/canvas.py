"""Latents in the making, slot by slot: which are written, which context lies beside them, and one window more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from models.guidance import Guidance
from models.joins import held, sigmas_to_go_on
from models.latent_graph import LatentGraph
from models.noise import latents_stream
from models.recall import recalled
from models.sampler import sample
from models.schedule import Schedule

Array = NDArray[np.float32]
Slots = NDArray[np.intp]
OnStep = Callable[[int, int], None]
Heard = Callable[[int], Array]
"""Gives the context `[slot, 64]` up to a slot or further: one that is encoded while the piece is played."""


class Canvas:
    """`latents` `[slot, 64]`, of which those in `known` `[slot]` are written.

    Those known from the start never change, others may yield to a window that goes on from them (`models/joins.py`).
    """

    def __init__(
        self,
        graph: LatentGraph,
        schedule: Schedule,
        latents: Array,
        known: NDArray[np.bool_],
        context: Array | Heard | None,
        style: Array | None,
        guidance: Guidance,
    ) -> None:
        """context: latents `[slot, 64]`, or what gives them, or None for no context."""
        self.latents, self.known, self.schedule = latents.copy(), known.copy(), schedule
        self._graph, self._given = graph, known.copy()
        self._hear = context if callable(context) else lambda end: context
        self._style, self._guidance = style, guidance

    def denoise(self, order: Slots, noisy: Array, sigma: float, last: float) -> Array:
        """One evaluation on the slots `order`: noisy `[1, slot, 64]` -> estimate; unguided at sigma `last`."""
        context = self._context(order)
        given = None if context is None else context[order][None]
        return self._graph.denoiser(given, self._style, self._guidance, last)(noisy, sigma)

    def write_windows(
        self,
        plan: Sequence[Slots],
        levels: Sequence[float],
        start: Array | None,
        seed: int,
        attempt: int,
        on_step: OnStep | None = None,
    ) -> Iterator[Slots]:
        """Write window after window, each of which goes on from the ones before, and give its slots when it is there.

        Args:
            plan: the slots of each window.
            levels: noise levels of the first; the others begin lower (`models/joins.py`).
            start: a piece `[slot, 64]` to vary; a window shows it unless it begins at less noise than the piece would.
            on_step: counts the steps of all windows.
        """
        going_on = sigmas_to_go_on(levels, self.schedule)
        shows, done, total = levels[0] <= going_on[0], 0, len(levels) + (len(plan) - 1) * len(going_on)
        for place, order in enumerate(plan):
            below = self.gone_on(order) if self.known.any() else None
            if start is not None and (shows or not place):
                below = start[order]
            sigmas = going_on if place else levels
            step = None if on_step is None else _shifted(on_step, done, total)
            self._write(order, sigmas, latents_stream(seed, place, attempt), below, step)
            done += len(sigmas)
            yield order

    def settle(self, order: Slots, latents: Array) -> None:
        """Take these latents for the slots `order` that were not given, in the range of the training."""
        self.latents[order] = np.where(
            self._given[order][:, None], self.latents[order], np.clip(latents, -self._graph.limit, self._graph.limit)
        )
        self.known[order] = True

    def _write(
        self,
        order: Slots,
        sigmas: Sequence[float],
        rng: np.random.Generator,
        start: Array | None,
        on_step: OnStep | None,
    ) -> None:
        """Write a window, each slot once; start `[slot, 64]`: a first estimate under the first noise."""
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

    def gone_on(self, order: Slots) -> Array:
        """A first estimate of the slots `order`: what is known, and in its gap what fits from elsewhere."""
        latents, gap = self.latents[order].copy(), np.flatnonzero(~self.known[order])
        latents[gap] = recalled(self.latents, self.known, self._context(order), int(order[gap[0]]), len(gap))
        return latents

    def _context(self, order: Slots) -> Array | None:
        """The context as far as a window needs it."""
        return self._hear(int(order.max()) + 1)


def _shifted(on_step: OnStep, before: int, of: int) -> OnStep:
    """Steps of one window counted among the steps of all."""
    return lambda done, _: on_step(before + done, of)
