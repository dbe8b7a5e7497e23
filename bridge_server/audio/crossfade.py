"""Put new audio between old without a click: short cross-fades inside the new part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_server.audio.waveform import Samples

FADE_S = 0.015
"""Long enough for the period of a low bass note (67 Hz), too short to be heard as a fade."""

LEAST_CORRELATION = -0.7
"""Waves that nearly cancel each other are lifted by no more than 5 dB."""


def put_between(kept: Samples, new: Samples, start: int, rate: int) -> Samples:
    """`kept` `[channel, frame]` with `new` in place of what begins at `start`.

    The fades lie inside the new part; where it begins with the first or ends with the last frame there is none. What
    lies outside comes back bit for bit.
    """
    end = start + new.shape[1]
    result, old = kept.copy(), kept[:, start:end]
    middle, fade = new.copy(), min(round(FADE_S * rate), new.shape[1] // 4)
    if start > 0:
        middle[:, :fade] = crossfade(old[:, :fade], new[:, :fade])
    if end < kept.shape[1]:
        middle[:, -fade:] = crossfade(new[:, -fade:], old[:, -fade:])
    result[:, start:end] = middle
    return result


def crossfade(one: Samples, other: Samples) -> Samples:
    """From `one` to `other`, both `[channel, frame]`, at equal power whatever they have in common."""
    angle = (np.arange(one.shape[1]) + 0.5) / one.shape[1] * np.pi / 2
    fall, rise = np.cos(angle), np.sin(angle)
    power = 1 + 2 * fall * rise * _correlation(one, other)
    return np.asarray((one * fall + other * rise) / np.sqrt(power), np.float32)


def _correlation(one: Samples, other: Samples) -> float:
    a, b = _wide(one), _wide(other)
    return float(np.clip(np.vdot(a, b) / (np.sqrt(np.vdot(a, a) * np.vdot(b, b)) + 1e-12), LEAST_CORRELATION, 1.0))


def _wide(samples: Samples) -> NDArray[np.float64]:
    return samples.astype(np.float64)
