"""From magnitudes and phase relations to a coherent complex spectrogram (numpy twin of `models/nets/phase.py`).

The phase of an STFT bin is arbitrary, its relations to the neighbours are not, so they can be predicted: by how much a
partial turns from frame to frame (its frequency), from bin to bin (when within the window a sound begins) and from the
right channel to the left (where it stands). Here they are joined again. Phase derivatives that a network predicts and
that are then integrated: Masuyama et al. 2020 (arXiv 2002.05832). Loud bins decide: Prusa, Balazs and Sondergaard 2017
("A noniterative method for reconstruction of phase from STFT magnitude"), who walk from the loudest bin outwards where
we let the bins of a frame agree in a few rounds.

The relation of two bins a and b is the phasor a conj(b) / |a b| of the linear spectrogram X `[bin k, STFT frame t]`.
What is predicted is its mean, whose direction is the most probable relation and which is shorter the less is known
(length 0 to 1). Slopes that are all probable make a click in the middle of every window out of steady noise, so slopes
and the relation of the channels are drawn from the spread that the length tells; the advance is taken as it is, for a
drawn one only blurs what is tonal. The ten planes `[10, 1024, 32]` of a chunk are real and imaginary part of

    advance   left 0, 1, right 2, 3    (-1)^k X[k, t] conj(X[k, t - 1])
    slope     left 4, 5, right 6, 7    -X[k, t] conj(X[k - 1, t])          (nothing for k = 0)
    between   8, 9                     X_left[k, t] conj(X_right[k, t])

Relations leave open by how much all of it is turned. Above a few hundred hertz nobody hears that; below, a window holds
a period or two, and the turn moves the loud and the silent moments of a bass: of a perfect copy whose lows are turned
by an eighth, the bass envelope correlates .83, by a quarter .68 (6 songs). So the phases of the lowest bins are
predicted, too: the anchor `[4, bins, 32]`, mean phasors (left re, im, right re, im) that pull as far as they are sure.

The signs take out what windows and hop alone cause, which is no news about the sound. A window is counted from its
first frame and is symmetric about its middle, N/2 audio frames later, so a sine of d bins above bin k has
X[k, t] = |X| exp(i (its phase at the middle of window t - pi k)) in the main lobe (|d| < 2): half a turn per bin,
whatever the sine. A hop is N/2, too, in which the sine makes (k + d) / 2 turns. Hence slope = 1 and
advance = exp(i pi d), which is 1 for a sine on the bin, the same at all heights, and no checkerboard over the bins.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.spectrogram import BINS, COMPAND_POWER, PLANES

Array = NDArray[np.float32]
Phasors = NDArray[np.complex64]
_Maps = TypeVar("_Maps", Array, Phasors)

CHANNELS = 2
DRAWS = 7
"""Random numbers per bin and frame: four pull at the phases (left re, im, right re, im), two draw the slopes, one the
relation of the channels."""
ITERATIONS = 24
"""Half rounds in which the bins of a frame agree; training takes fewer. By 8, 16, 24, 32: onset correlation .677, .692,
.694, .694 (16 mixes from 9,150,000, pack 0.4.2); 16 more take 0.2 s for 10.24 s on two cores."""
LOOSE = np.float32(0.05)
"""Pull of a random phase against that of a relation: it begins the first frame and the first one after silence."""
ANCHOR_PULL = np.float32(2.0)
"""Pull of an anchor that is sure, against that of a relation of the same loudness. By 1, 2, 4, 8: bass envelope .909,
.910, .908, .904 (24 mixes from 9,150,000, pack 0.6.0)."""
_FAINT = np.float32(1e-6)  # squared magnitude: the random pull stays above zero in silence, too
_UNSURE, _SURE = np.float32(0.02), np.float32(0.999)  # lengths of mean phasors between which their spread is computed

_SIGN: Array = (1 - 2 * (np.arange(BINS) % 2)).astype(np.float32)
_CHECKERED = np.stack([_SIGN, -_SIGN]) > 0
_TURNS = (~_CHECKERED, _CHECKERED)
"""Which bins `[2, 1024]` move in the half rounds 0, 2 .. and 1, 3 .."""


class PhaseBuilder:
    """Builds the spectrograms of chunks one after another, in order; carries the last STFT frame only.

    What is drawn contradicts itself, so a difference of 1e-6 in the predictions (another batch in the network is
    enough) grows from chunk to chunk: within 8 chunks up to 1e-3 with relations of length 0.6, and with length 0.3 to
    other phases, which fit as well. The same sound needs the same bytes here.
    """

    def __init__(self) -> None:
        self._phasors: Phasors = np.zeros((CHANNELS, BINS), np.complex64)
        self._magnitude: Array = np.zeros((CHANNELS, BINS), np.float32)

    def push(self, magnitude: Array, phase: Array, random: Array, anchor: Array | None = None) -> Array:
        """The next chunk (32 STFT frames, or any number) as a companded, pre-emphasised spectrogram `[4, 1024, 32]`.

        magnitude `[2, 1024, 32]`: square root of the companded, pre-emphasised magnitude of left and right, negative
        ones count as 0. phase `[10, 1024, 32]`: the relations, of which the first advance leads from the last frame
        of the chunk before. random `[7, 1024, 32]`: standard normal. anchor `[4, bins, 32]`: of the lowest bins.
        """
        now, random = _frames_first(np.maximum(magnitude, 0)), _frames_first(random)
        before = np.concatenate([self._magnitude[None], now[:-1]])
        relation: Phasors = _frames_first(phase[0::2] + 1j * phase[1::2])
        slope, between = _drawn(relation[:, 2:4], random[:, 4:6]), _drawn(relation[:, 4], random[:, 6])
        carry = _unit(relation[:, 0:2]) * (_SIGN * before * now)
        power = np.square(now)
        loose = (random[:, 0:4:2] + 1j * random[:, 1:4:2]) * (LOOSE * (power + _FAINT))
        if anchor is not None:
            held = _frames_first(anchor[0::2] + 1j * anchor[1::2])
            loose[..., : held.shape[-1]] += ANCHOR_PULL * power[..., : held.shape[-1]] * held
        rise = slope[..., 1:] * (-now[..., 1:] * now[..., :-1])
        across = np.stack([between, between.conj()], 1) * (now[:, :1] * now[:, 1:])
        phasors = np.empty_like(carry)
        for frame in range(len(now)):
            self._phasors = _agree(self._phasors * carry[frame] + loose[frame], rise[frame], across[frame])
            phasors[frame] = self._phasors
        self._magnitude = now[-1].copy()
        return _companded(phasors, power)


def _agree(pull: Phasors, rise: Phasors, across: Phasors) -> Phasors:
    """Phasors `[2, 1024]` of a frame that follow `pull` and each other, each by the weight of the relation.

    rise `[2, 1023]`: weight times phasor from a bin to the next one; across `[2, 1024]`: from the other channel. Bins
    and channels are a chessboard: the neighbours of a black field are white, so one colour moves at once, and then the
    other from where the first stands now. If all moved at once, each colour would only hear of the other's old phases.
    Log-spectral distance and onset correlation with true relations turned by 0.6 rad, all at once and so: plucked notes
    4.10 dB, .62 and 3.13 dB, .65; one drum part 3.84 dB, .68 and 3.60 dB, .72; eleven composed drum parts 3.09 dB, .83
    and 3.01 dB, .84; eleven mixes 3.22 dB, .87 and 3.21 dB, .87. Relations as exact as no network predicts them are
    better off all at once (the mixes: 1.77 dB, .95 and 2.04 dB, .92).
    """
    phasors, fall = _unit(pull), rise.conj()
    for half in range(ITERATIONS):
        total = across * phasors[::-1] + pull
        total[:, 1:] += phasors[:, :-1] * rise
        total[:, :-1] += phasors[:, 1:] * fall
        np.copyto(phasors, _unit(total), where=_TURNS[half % 2])
    return phasors


def _companded(phasors: Phasors, radius: Array) -> Array:
    """Phasors and companded magnitudes, both `[32, 2, 1024]` -> planes `[4, 1024, 32]`.

    Companding takes real and imaginary part separately, so it bends the angle as well; the magnitude after it is
    exactly the given one, and nothing has to be expanded.
    """
    parts = np.stack([phasors.real, phasors.imag], 2)  # STFT frame, channel, re/im, bin
    bent = np.copysign(np.abs(parts) ** np.float32(COMPAND_POWER), parts)
    length = np.maximum(np.sqrt(np.square(bent).sum(2, keepdims=True)), np.float32(1e-12))
    planes = bent * (radius[:, :, None] / length)
    return np.ascontiguousarray(planes.transpose(1, 2, 3, 0)).reshape(PLANES, BINS, -1)


def _frames_first(maps: _Maps) -> _Maps:
    """`[..., 1024, 32]` -> `[32, ..., 1024]`: what the loop reads lies together."""
    return np.ascontiguousarray(np.moveaxis(maps, -1, 0))


def _drawn(means: Phasors, random: Array) -> Phasors:
    """Phasors of length 1 in the direction of the means, turned by as much as their lengths leave open.

    An angle of normal distribution with the variance -2 ln(R) has a mean phasor of length R.
    """
    angle = random * np.sqrt(-2 * np.log(np.clip(np.abs(means), _UNSURE, _SURE)))
    return np.asarray(_unit(means) * (np.cos(angle) + 1j * np.sin(angle)), np.complex64)


def _unit(phasors: Phasors) -> Phasors:
    """Phasors of length 1; 0 stays 0."""
    return np.asarray(phasors * (1 / np.maximum(np.abs(phasors), np.float32(1e-12))), np.complex64)
