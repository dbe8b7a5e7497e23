"""Audio and spectrograms without ends: what a loop needs so that its end meets its start.

A ring of n STFT frames has 1024 n audio frames; frame k is centred on audio frame 1024 k + 512 and the last one
overlaps the first. The phases of a spectrogram are built from frame to frame (`models/phase.py`) and arrive, after one
round, at others than those they began with: heard as a tick in everything that sounds on over the seam. What is missing
is made up for by turning the last frames a little, which is a change of pitch of at most 0.73 Hz for 0.7 s.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.spectrogram import (
    BINS,
    COMPAND_POWER,
    EDGE,
    HOP,
    PLANES,
    Bins,
    expanded_bins,
    overlapping_pieces,
    overlapping_weight,
)

Array = NDArray[np.float32]

CLOSING_FRAMES = 32
"""STFT frames (0.7 s) over which what is missing at the seam is spread. In half as many the pitch bends twice as far;
in many more the music is another one than at the seam, and neighbouring partials are pulled apart."""


def turned_around(audio: Array, before: int, frames: int) -> Array:
    """A ring of audio `[2, n]` unrolled: `frames` frames, of which `before` lie before its start."""
    return np.take(audio, np.arange(-before, frames - before), axis=1, mode="wrap")


def unrolled(slots: int, first: int, count: int) -> NDArray[np.intp]:
    """Numbers `[count]` of the slots of a ring from `first` on, round and round."""
    return (first + np.arange(count)) % slots


def ring_audio(chunks: Iterable[Array], frames: int) -> Array:
    """Audio `[2, 1024 frames]` of a ring of STFT frames that come in chunks `[4, 1024, any]`; surplus ones are left."""
    return ring_of_bins((expanded_bins(chunk) for chunk in chunks), frames)


def ring_of_bins(chunks: Iterable[Bins], frames: int) -> Array:
    """The same of linear bins `[2, any, 1024]`."""
    audio, at = np.zeros((2, (frames + 1) * HOP), np.float32), 0
    for chunk in chunks:
        for piece in overlapping_pieces(chunk[:, : frames - at]).swapaxes(0, 1):
            audio[:, at * HOP : (at + 2) * HOP] += piece
            at += 1
    audio[:, :HOP] += audio[:, -HOP:]
    ring = audio[:, :-HOP].reshape(2, frames, HOP) / overlapping_weight()
    return np.roll(ring.reshape(2, -1), -EDGE, axis=1)


def closed(planes: Array, seam: int, start: Array) -> Array:
    """The frames `[4, 1024, n]` about the seam of a ring, turned so that frame `seam` is `start` `[4, 1024]` in phase.

    Up to the seam the turn grows from frame to frame, after it it stays.
    """
    missing = missing_turn(_phasors(planes[..., seam]), _phasors(start))
    share = np.minimum((np.arange(planes.shape[-1]) + 1) / (seam + 1), 1)
    return turn(planes, missing[..., None] * share)


def turn(planes: Array, angle: NDArray[np.float64]) -> Array:
    """Planes `[4, 1024, n]` with the phases of both channels turned by `angle` `[2, 1024, n]`; magnitudes stay."""
    wide = planes.reshape(2, 2, BINS, -1)
    radius = np.hypot(wide[:, 0], wide[:, 1])
    phasors = _phasors(planes) * np.exp(1j * angle)
    parts = np.stack([phasors.real, phasors.imag], 1)
    bent = np.copysign(np.abs(parts) ** COMPAND_POWER, parts)
    length = np.maximum(np.hypot(bent[:, 0], bent[:, 1]), 1e-12)
    return np.asarray(bent * (radius / length)[:, None], np.float32).reshape(PLANES, BINS, -1)


def missing_turn(arrived: NDArray[np.complex128], start: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Angle `[2, 1024]` from `arrived` to `start`, both `[2, 1024]` linear bins.

    All bins of a peak, of both channels, turn the same way round: were each to take its own shorter way, a sound in the
    middle would come apart half-way.
    """
    difference = start * arrived.conj()
    power = np.abs(difference).sum(0)
    common = np.zeros(BINS, np.complex128)
    np.add.at(common, owners := _nearest_peak(power), difference.sum(0))
    shared = np.angle(common[owners])
    rest = np.angle(difference * np.exp(-1j * shared))
    return np.asarray(shared + rest)


def _nearest_peak(power: NDArray[np.float64]) -> NDArray[np.intp]:
    """For each bin the bin of the nearest peak of `power` `[1024]`."""
    padded = np.pad(power, 1, constant_values=-1.0)
    peaks = np.flatnonzero((power >= padded[:-2]) & (power > padded[2:]))
    if not peaks.size:
        return np.zeros(len(power), np.intp)
    return peaks[np.searchsorted((peaks[1:] + peaks[:-1]) / 2, np.arange(len(power)))]


def _phasors(planes: Array) -> NDArray[np.complex128]:
    """Linear bins `[2, 1024, ..]` of companded planes `[4, 1024, ..]`, of some magnitude but the right phase."""
    wide = planes.reshape(2, 2, *planes.shape[1:]).astype(np.float64)
    linear = np.copysign(np.abs(wide) ** (1 / COMPAND_POWER), wide)
    return np.asarray(linear[:, 0] + 1j * linear[:, 1])
