"""How alike two stems are, heard in three ways: where there is energy, when something begins, which pitches sound."""

from __future__ import annotations

import numpy as np

from models.evaluate.codec_metrics import Audio, correlation, magnitude, mel_filters
from models.evaluate.musical import hear_stem

LIKENESSES = ("mel spectrogram", "onsets", "pitch classes")


def likeness(one: Audio, other: Audio) -> dict[str, float]:
    """Correlation (1: the same, 0: nothing in common) of two stems `[2, frame]` in each of the three ways."""
    a, b = hear_stem(one), hear_stem(other)
    pairs = ((_mel(one), _mel(other)), (a.onsets, b.onsets), (a.chroma, b.chroma))
    return {name: correlation(x.ravel(), y.ravel()) for name, (x, y) in zip(LIKENESSES, pairs, strict=True)}


def _mel(audio: Audio) -> Audio:
    """Mel spectrogram in dB `[96, frame]`, floor 70 dB below full scale."""
    power = np.square(mel_filters(2048, 96) @ magnitude(audio, 2048, 1024)).mean(0)
    return np.asarray(10 * np.log10(power + 1e-7), np.float32)
