"""What the sketch of a chunk knows better than the denoised estimate, and so has the last word on.

Decoding starts from a sketch (`models/phase.py`), and a denoising step makes an estimate from it. The step draws what
is right in kind and not in place: it knows where a sound stands between left and right, while when it begins, how loud
each bin is and how one chunk goes on in the next is known better by the sketch. Here the two are joined.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.spectrogram import COMPAND_POWER, compand, expand
from models.stereo_width import as_wide_as

Array = NDArray[np.float32]
Phasors = NDArray[np.complex64]

EDGE = np.array([1.0, 0.7, 0.3], np.float32)
"""Part of the sketch in the STFT frames next to a border between chunks.

The phases of the sketch go on from chunk to chunk, those of the network do not: in held tones a border ranked .78 among
other places of a stem by its spectral step, with these .50, as in a real stem (8 clips of piano, pad, strings, guitar).
"""

TURN = np.float32(0.85)
"""How far the phases of an estimate, both channels alike, turn to those of the sketch.

By 0, .5, .85, 1: onset correlation .670, .688, .694, .694, log-mel 3.33, 3.29, 3.27, 3.27 dB (16 mixes from 9,150,000,
pack 0.4.2, everything else as here)."""

NOISE_LOSS_DB = np.float32(2.5)
"""What noise lacks when its magnitudes are what is most probable, beside a tone, which lacks nothing.

A predicted magnitude is a median, and that of noise lies 1.6 dB below its power; besides, overlapping windows whose
phases do not agree cancel, some of them after a round of Griffin-Lim, too. How much of a bin is noise, the length of
its advance tells. With that round, by 2, 2.5, 3: log-mel 3.00, 3.01, 3.05 dB, band error 1.70, 1.66, 1.65 dB (12 mixes
from 9,150,000, pack 0.10.0), with an unheard sound font 3.92, 3.90, 3.89 and 2.38, 2.29, 2.22 dB."""

SIDE_LOSS_DB = np.float32(3.2)
"""What the difference of the channels lacks, since what is not known about them makes them alike.

By 0, 1.6, 3.2: width error 3.4, 1.8, .8 dB (the same mixes but one, which is nearly mono)."""

QUIET = np.float32(1e-9)
"""Companded magnitude that counts as silence where magnitudes are divided."""


def finished(
    estimate: Array, sketch: Array, predicted: Array, noise: Array, pull: float, width: Array | None = None
) -> Array:
    """The spectrogram of a chunk as it is heard, `[4, bin, frame]` like estimate and sketch.

    predicted `[2, bin, frame]`: square root of the companded magnitudes of left and right; noise `[bin, 1]`: what
    `noisiness` gives; pull: how far magnitudes go to the predicted ones (0: as estimated, 1: all of the way); width
    `[6, frame]`: of the sketches that tell it.
    """
    drawn, told = _phasors(estimate), _phasors(sketch)
    apart = np.angle((told * drawn.conj()).sum(0))
    made, wanted = _companded_magnitude(estimate), np.square(predicted.clip(0))
    louder = ((wanted + QUIET) / (made + QUIET)) ** np.float32(pull / COMPAND_POWER)
    joined = drawn * np.exp(1j * TURN * apart).astype(np.complex64) * louder
    joined = with_edges_of(told, joined)
    gain = 10 ** (NOISE_LOSS_DB * noise / 20)
    middle, side = (joined[0] + joined[1]) * gain / 2, (joined[0] - joined[1]) * (gain * 10 ** (SIDE_LOSS_DB / 20)) / 2
    if width is not None:
        middle, side = as_wide_as(width, middle, side)
    heard = np.stack([middle + side, middle - side])
    return compand(np.stack([heard.real, heard.imag], 1).reshape(estimate.shape))


def noisiness(phase: Array) -> Array:
    """How much of each bin is noise, `[1024, 1]`, from the relations `[10, 1024, 32]`: a tone's advance is sure.

    One number for the whole chunk, because an attack is unsure, too, and no louder for it.
    """
    lengths = np.sqrt(np.square(phase[0:4:2]) + np.square(phase[1:4:2]))
    return np.asarray(1 - np.minimum(lengths, 1).mean((0, 2)), np.float32)[:, None]


def with_edges_of(sketch: Phasors, estimate: Phasors) -> Phasors:
    """The estimate `[..., frame]`, which goes over into the sketch in its first and last frames."""
    share = np.zeros(estimate.shape[-1], np.float32)
    share[: len(EDGE)], share[-len(EDGE) :] = EDGE, EDGE[::-1]
    return estimate + share * (sketch - estimate)


def _phasors(planes: Array) -> Phasors:
    """Planes `[4, ...]` -> complex `[2, ...]` before companding (which bends angles), but for the pre-emphasis."""
    parts = expand(planes)
    return np.asarray(parts[0::2] + 1j * parts[1::2], np.complex64)


def _companded_magnitude(planes: Array) -> Array:
    """Companded magnitude `[2, ...]` of planes `[4, ...]`."""
    return np.asarray(np.hypot(planes[0::2], planes[1::2]), np.float32)
