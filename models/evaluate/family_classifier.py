"""Which of the twelve instrument families is this? A small network of our own that judges what the models play.

It is independent of what it judges: other features than CLAP (`timbre.py`), other songs (seeds from 5,000,000), its
own weights. How they were made, and how well they hear held-out songs and a sound font that they never met, stands in
this folder's README; `family_training.py` makes them, `family_table.py` measures them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.evaluate.codec_metrics import Audio
from models.evaluate.timbre import SILENCE, SIZE, timbre
from models.families import FAMILIES

Array = NDArray[np.float32]
WEIGHTS = Path(__file__).with_name("family_classifier.npz")
LIMIT = 4.0  # features beyond so many standard deviations say no more than that


class FamilyClassifier:
    """Networks of two layers whose answers are averaged."""

    def __init__(self, weights: dict[str, Array]) -> None:
        """weights: `mean` and `spread` `[SIZE]`; of each network `first` `[n, SIZE, hidden]`, `second`, and biases."""
        if weights["first"].shape[1] != SIZE or weights["second"].shape[2] != len(FAMILIES):
            raise ValueError("these weights are of another classifier: train them again")
        self._weights = {name: value.astype(np.float32) for name, value in weights.items()}

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> FamilyClassifier:
        """The weights that ship, or those of another file."""
        with np.load(path, allow_pickle=False) as stored:
            return cls({name: stored[name] for name in stored.files})

    def log_probabilities(self, features: Array) -> Array:
        """Timbres `[clip, SIZE]` -> log probability of each family `[clip, 12]`."""
        w = self._weights
        x = np.clip((features - w["mean"]) / w["spread"], -LIMIT, LIMIT)
        hidden = np.maximum(np.einsum("cs,nsh->nch", x, w["first"]) + w["first_bias"][:, None], 0)
        logits = (np.einsum("nch,nhf->ncf", hidden, w["second"]) + w["second_bias"][:, None]).mean(axis=0)
        shifted = logits - logits.max(axis=1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@cache
def shipped() -> FamilyClassifier:
    """The classifier that ships, loaded once."""
    return FamilyClassifier.load()


def hear_family(stem: Audio) -> Array:
    """Log probability of each family `[12]` for a stem `[2, frame]`; silence could be any of them."""
    if float(np.sqrt(np.square(stem, dtype=np.float64).mean())) < SILENCE:
        return np.full(len(FAMILIES), -np.log(len(FAMILIES)), np.float32)
    return shipped().log_probabilities(timbre(stem)[None])[0]
