"""An existing piece under the new one: how far a variation leaves it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Underlay:
    """Latents of a piece to vary, `[chunk, 8, 64]` (of a loop `[slot, 64]`), and how far: 0 keeps it, 1 ignores it.

    Between the two sampling starts from the piece under noise (SDEdit, Meng et al., arXiv 2108.01073).
    """

    latents: Array
    strength: float

    @property
    def keeps_all(self) -> bool:
        """Nothing is sampled."""
        return self.strength <= 0

    @property
    def ignores_all(self) -> bool:
        """As if the piece were not there."""
        return self.strength >= 1

    @property
    def index(self) -> float:
        """Noise index at which sampling starts."""
        return strength_index(self.strength)


LOWEST_INDEX, INDEX_SPAN = 0.15, 0.65


def strength_index(strength: float) -> float:
    """Noise index of a strength between 0 and 1.

    Below index 0.15 nothing changes that the codec would not change; above 0.8 hardly anything is left. Correlation of
    mel spectrograms with the original at strength 0, .2, .4, .6, .8 and 1, with the fourth starter pack: .98, .97, .86,
    .66, .58, .56; at each next strength 20, 20, 20, 18 and 14 of 20 stems are less alike (5 songs of 4 families;
    `models.evaluate.variation_table`).
    """
    return LOWEST_INDEX + strength * INDEX_SPAN
