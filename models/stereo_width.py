"""Makes a decoded spectrogram as wide as the sketch tells (numpy twin of `models/nets/stereo_width.py`).

Band by band the energy is shared between the sum and the difference of the channels: as told where that is narrow, and
elsewhere between what is told and what decoding has made, two guesses that err by themselves. What is told to be nearly
mono becomes mono. The energy of both together stays.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Phasors = NDArray[np.complex64]

EDGES = (0, 6, 16, 64, 192, 448, 1024)
"""First bins of the bands and the end of the last: to 141, 375, 1500, 4500, 10500 Hz and the top."""
BANDS = len(EDGES) - 1

NEARLY_MONO = (-4.6, -4.1)
"""Width below which the side is taken away, and above which it is left; -40 and -36 dB."""
NARROW = (-4.5, -3.5)
"""Width below which what is told is believed wholly, and above which as far as TRUST says; -39 and -30 dB."""
TRUST = np.float32(0.35)
"""How far wide sounds get the width that is told. By 0, .25, .5, .75, 1: width error .81, .76, .80, .85, .94 dB (24
mixes from 9,150,000, pack 0.6.0)."""
NOT_TOLD = np.float32(0.1)
"""What the told width lacks: it is a mean of logarithms, which lies below that of the energies; nepers."""
LOUDEST, SOFTEST = np.float32(1.4), np.float32(-9.0)
"""Largest and smallest ln of a gain: 12 dB up, 78 dB down."""

_SILENCE = np.float32(1e-12)
_CENTRES = np.log([(first + end) / 2 for first, end in pairwise(EDGES)])
_AT_BINS = np.log(np.arange(EDGES[-1]) + 0.5)


def as_wide_as(told: Array, middle: Phasors, side: Phasors) -> tuple[Phasors, Phasors]:
    """Half sum and half difference of the channels `[1024, n]`, brought to the width `[6, n]`."""
    side_energy, middle_energy = _bands(side) + _SILENCE, _bands(middle) + _SILENCE
    whole = side_energy + middle_energy
    wanted, made = 2 * np.minimum(told + NOT_TOLD, -1e-3), np.log(side_energy / whole)
    trust = TRUST + (1 - TRUST) * (1 - _above(NARROW, told))
    share = np.exp(made + trust * (wanted - made)) * _above(NEARLY_MONO, told)
    louder = np.log(np.maximum(share * whole / side_energy, 1e-20)) / 2
    softer = np.log((1 - share) * whole / middle_energy) / 2
    return _with_gain(middle, softer), _with_gain(side, louder)


def _above(limits: tuple[float, float], width: Array) -> Array:
    """0 below the first limit, 1 above the second, a line between them."""
    low, high = limits
    return np.asarray(np.clip((width - low) / (high - low), 0, 1), np.float32)


def _with_gain(phasors: Phasors, gain: Array) -> Phasors:
    """Phasors `[1024, n]` times exp(gain) of their band `[6, n]`, which goes over into that of the next band."""
    gain = np.clip(gain, SOFTEST, LOUDEST)
    at_bins = np.stack([np.interp(_AT_BINS, _CENTRES, frame) for frame in gain.T], 1)
    return np.asarray(phasors * np.exp(at_bins), np.complex64)


def _bands(phasors: Phasors) -> Array:
    """Energy per band `[6, n]`."""
    energy = np.square(np.abs(phasors))
    return np.stack([energy[first:end].sum(0) for first, end in pairwise(EDGES)])
