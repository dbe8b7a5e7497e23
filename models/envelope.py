"""Gives decoded audio the temporal envelope that the sketch tells (numpy twin of `models/nets/envelope.py`).

The levels of four bands, every 2.7 ms, move as told instead of as they happen to: attacks get sharp, and what sounds
before them (pre-echo) is taken away. Only the detail within 88 ms changes, nothing below 280 Hz.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.spectrogram import HOP as STFT_HOP

Array = NDArray[np.float32]

WINDOW, HOP = 512, 128
EDGES = (3, 24, 64, 133, 257)
"""First bins of the bands and the end of the last, 93.75 Hz each: 281, 2250, 6000, 12469 Hz and the top."""
BANDS = len(EDGES) - 1
AROUND = 33
FLOOR = np.float32(1e-4)
STEPS_PER_STFT_FRAME = STFT_HOP // HOP

STRENGTH = np.float32(0.85)
"""How far the levels go towards what is told."""
LIMIT = np.float32(1.25)
"""Largest change of a level, nepers (10.9 dB)."""

REACH_FRAMES = (AROUND // 2 + WINDOW // HOP) * HOP
"""How far away audio can matter for a frame, in whole steps: the mean around a step, and the windows over the frame."""

_WIN: Array = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
_OVERLAP = WINDOW // HOP


class EnvelopeShaper:
    """Shapes audio that comes in pieces, in the memory of two chunks; gives it out 2,560 frames later."""

    def __init__(self) -> None:
        self._audio: Array = np.zeros((2, 0), np.float32)
        self._told: Array = np.zeros((BANDS, 0), np.float32)
        self._given = 0  # frames of the audio held that were given out

    def push(self, audio: Array, told: Array) -> Array:
        """The next audio `[2, frame]` and detail of the envelope `[4, step]`, which may be ahead -> shaped audio."""
        self._audio = np.concatenate([self._audio, audio], axis=1)
        self._told = np.concatenate([self._told, told], axis=1)
        return self._give(self._audio.shape[1] - REACH_FRAMES)

    def finish(self, audio: Array) -> Array:
        """The last audio `[2, frame]`, a whole number of steps in all -> what is left of the shaped audio."""
        self._audio = np.concatenate([self._audio, audio], axis=1)
        return self._give(self._audio.shape[1])

    def _give(self, upto: int) -> Array:
        upto -= upto % HOP
        if upto <= self._given:
            return np.zeros((2, 0), np.float32)
        steps = self._audio.shape[1] // HOP
        heard = shaped(self._audio[:, : steps * HOP], self._told[:, :steps])[:, self._given : upto]
        done = max(upto - REACH_FRAMES, 0)
        self._audio, self._told = self._audio[:, done:], self._told[:, done // HOP :]
        self._given = upto - done
        return heard


def shaped(audio: Array, told: Array) -> Array:
    """Audio `[2, 128 n]` with the detail `[4, n]` in its envelope; silence lies outside."""
    frames = audio.shape[1]
    padded = np.pad(audio, ((0, 0), (WINDOW - HOP, WINDOW)))  # the first window is centred on the step before the first
    spectra = np.fft.rfft(_windows(padded), axis=-1).astype(np.complex64)  # channel, step, bin
    inside = slice(1, told.shape[1] + 1)
    levels = _levels(spectra[:, inside])
    change = np.clip(STRENGTH * (told - (levels - _mean_around(levels))), -LIMIT, LIMIT)
    gain = np.ones(spectra.shape[1:], np.float32)
    for band, (first, end) in enumerate(pairwise(EDGES)):
        gain[inside, first:end] = np.exp(change[band])[:, None]
    return _overlap_added(np.fft.irfft(spectra * gain, axis=-1).astype(np.float32) * _WIN, frames)


def shaped_ring(audio: Array, told: Array) -> Array:
    """A ring of audio `[2, 128 n]` with the detail `[4, n]` in its envelope: before its start lies its end."""
    steps, reach = told.shape[1], REACH_FRAMES // HOP
    around = np.arange(-reach, steps + reach)
    frames = np.arange(-REACH_FRAMES, audio.shape[1] + REACH_FRAMES)
    whole = shaped(np.take(audio, frames, axis=1, mode="wrap"), np.take(told, around, axis=1, mode="wrap"))
    return whole[:, REACH_FRAMES:-REACH_FRAMES]


def _windows(audio: Array) -> Array:
    """Windowed pieces `[2, step, 512]`, 128 frames apart."""
    windows: Array = np.lib.stride_tricks.sliding_window_view(audio, WINDOW, axis=-1)[:, ::HOP] * _WIN
    return windows


def _levels(spectra: NDArray[np.complex64]) -> Array:
    """Mean log magnitude of each band `[4, step]`."""
    log = np.log(np.abs(spectra) * np.float32(2 / WINDOW) + FLOOR).mean(0)
    return np.stack([log[:, first:end].mean(1) for first, end in pairwise(EDGES)]).astype(np.float32)


def _mean_around(levels: Array) -> Array:
    """The mean of the 33 steps around each step, of fewer at the ends."""
    half, steps = AROUND // 2, levels.shape[1]
    sums = np.cumsum(np.pad(levels.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    first = np.maximum(np.arange(steps) - half, 0)
    end = np.minimum(np.arange(steps) + half + 1, steps)
    return np.asarray((sums[:, end] - sums[:, first]) / (end - first), np.float32)


def _overlap_added(pieces: Array, frames: int) -> Array:
    """Pieces `[2, step, 512]` whose first begins 384 frames early -> audio `[2, frames]`; their windows add up to 2."""
    hops = pieces.reshape(2, -1, _OVERLAP, HOP)
    summed = np.zeros((2, hops.shape[1] + _OVERLAP - 1, HOP), np.float32)
    for place in range(_OVERLAP):
        summed[:, place : place + hops.shape[1]] += hops[:, :, place]
    return summed.reshape(2, -1)[:, WINDOW - HOP : WINDOW - HOP + frames] / np.float32(2)
