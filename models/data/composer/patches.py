"""Which patches a family of instruments may have."""

from __future__ import annotations

from collections.abc import Callable

from models.data.composer import acoustic_patches as acoustic
from models.data.composer import electric_patches as electric
from models.data.composer.dice import Dice
from models.data.composer.patch import Patch

MAKERS: dict[str, Callable[[Dice], Patch]] = {
    "bass": electric.bass,
    "piano": acoustic.piano,
    "electric piano": electric.electric_piano,
    "organ": electric.organ,
    "guitar": acoustic.guitar,
    "strings": acoustic.strings,
    "brass": acoustic.brass,
    "winds": acoustic.winds,
    "mallets": acoustic.mallets,
    "pad": electric.pad,
    "lead": electric.lead,
}


def patch(family: str, dice: Dice) -> Patch:
    """A patch for a family (any of FAMILIES but drums)."""
    return MAKERS[family](dice)
