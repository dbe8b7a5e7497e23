"""What the modality-gap bridge must beat: four simple ways from a text's CLAP vector to an audio vector.

Fitted on training pairs, asked for held-out texts `[m, 512]`, all answers `[m, 512]` of length 1 (models.md 5.4).
The mean shift is the essential one: it closes the gap between the cones at no cost, yet gives every text one sound
only. The nearest neighbours cover well what the training songs hold, because their answers are real sounds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.train.clap_pairs import ClapPairs, split

Array = NDArray[np.float32]
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Strengths of ridge regression that are tried, as shares of the texts' mean variance per dimension."""
INNER_SHARE = 0.2
BLOCK = 1024  # texts per block of cosines: 0.4 GB beside 100,000 training pairs


def unit(vectors: NDArray[np.floating]) -> Array:
    """Rows at length 1."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def raw(training: ClapPairs, texts: Array) -> Array:
    """The text vectors themselves, as if there were no gap."""
    return unit(texts)


def mean_shift(training: ClapPairs, texts: Array) -> Array:
    """Text vectors moved by the difference of the mean training sound and the mean training text."""
    return unit(texts + training.audios.mean(0) - training.texts.mean(0))


def nearest_audio(training: ClapPairs, texts: Array) -> Array:
    """The training sound with the largest cosine to the text: retrieval across the gap."""
    return training.audios[_nearest(training.audios, texts)]


def audio_of_nearest_text(training: ClapPairs, texts: Array, seed: int = 0) -> Array:
    """A training sound of the training text nearest to the text, drawn among those of the same text.

    No baseline of models.md, but a strong relative of retrieval: where texts repeat, it draws from real sounds.
    """
    _, first, group = np.unique(training.texts, axis=0, return_index=True, return_inverse=True)
    rows = [np.flatnonzero(group.ravel() == number) for number in range(len(first))]
    rng = np.random.default_rng(seed)
    chosen = [rng.choice(rows[number]) for number in _nearest(training.texts[first], texts)]
    return training.audios[chosen]


def ridge(training: ClapPairs, texts: Array) -> Array:
    """Linear regression with the penalty that serves best on songs set apart from the training ones."""
    fitted, judged = split(training, INNER_SHARE, "ridge")
    cosine = {p: float((_ridge(fitted, judged.texts, p) * judged.audios).sum(1).mean()) for p in PENALTIES}
    return _ridge(training, texts, max(PENALTIES, key=lambda penalty: cosine[penalty]))


BASELINES: dict[str, Callable[[ClapPairs, Array], Array]] = {
    "raw text": raw,
    "mean shift": mean_shift,
    "nearest training audio": nearest_audio,
    "audio of the nearest training text": audio_of_nearest_text,
    "ridge regression": ridge,
}


def _ridge(training: ClapPairs, texts: Array, penalty: float) -> Array:
    """Ridge regression between centred vectors, in float64."""
    text_mean, audio_mean = training.texts.mean(0, np.float64), training.audios.mean(0, np.float64)
    x, y = training.texts - text_mean, training.audios - audio_mean
    gram = x.T @ x
    weight = np.linalg.solve(gram + penalty * np.trace(gram) / len(gram) * np.eye(len(gram)), x.T @ y)
    return unit((texts - text_mean) @ weight + audio_mean)


def _nearest(among: Array, vectors: Array) -> NDArray[np.int64]:
    """For each row of `vectors` the row of `among` with the largest cosine."""
    blocks = [vectors[start : start + BLOCK] @ among.T for start in range(0, len(vectors), BLOCK)]
    return np.concatenate([block.argmax(1) for block in blocks])
