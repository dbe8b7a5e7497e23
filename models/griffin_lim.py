"""A round of Griffin-Lim while chunks become audio: phases agree where windows overlap, magnitudes stay as told.

Chunks come with magnitudes and phases that do not quite fit together, and where windows overlap, what does not fit
cancels. So the audio is looked at once more: its STFT has phases that fit, and gets the magnitudes back (Griffin and
Lim 1984, "Signal estimation from modified short-time Fourier transform"; a round there is one here). The phases of the
lowest bins were predicted, others move the bass's loud and silent moments: they stay.

With it noise is made 2.5 dB louder instead of 3 (`models/sketch.py`). Both, 12 composed mixes from 9,150,000 and 12
with an unheard sound font, pack 0.10.0: log-mel 3.03 -> 3.01 and 3.94 -> 3.90 dB, band error 1.71 -> 1.66 and 2.37 ->
2.30 dB, onset correlation .748 -> .745 and .784 -> .785; a second round makes log-mel up to .01 dB worse again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.ring import ring_of_bins
from models.spectrogram import BINS, EDGE, HOP, Bins, OverlapAdd, expanded_bins, linear_bins

Array = NDArray[np.float32]

FIRST_BIN = 24
"""The phases below it, 562 Hz, stay. With none that stay the bass envelope correlates .928 instead of .929."""
_SILENCE = np.float32(1e-12)


class GriffinLim:
    """Turns chunks into audio one after another, in the memory of two, as `OverlapAdd` does, with a round in between.

    Gives audio out 1,024 frames later than `OverlapAdd`, since a window must have all its audio before it is looked at.
    """

    def __init__(self) -> None:
        self._first, self._second = OverlapAdd(), OverlapAdd()
        self._told: Bins = np.zeros((2, 0, BINS), np.complex64)
        self._audio: Array = np.zeros((2, EDGE), np.float32)  # from where the window of the first frame told begins

    def push(self, chunk: Array) -> Array:
        """Chunk `[4, 1024, n]` -> the audio `[2, frame]` that it completes, none if it is too short."""
        told = expanded_bins(chunk)
        self._told = np.concatenate([self._told, told], axis=1)
        return self._heard(self._first.push_bins(told))

    def finish(self) -> Array:
        """The last audio `[2, frame]`."""
        rest = np.pad(self._first.finish(), ((0, 0), (0, EDGE)))
        return np.concatenate([self._heard(rest), self._second.finish()], axis=1)

    def _heard(self, audio: Array) -> Array:
        self._audio = np.concatenate([self._audio, audio], axis=1)
        ready = min(self._audio.shape[1] // HOP - 1, self._told.shape[1])
        if ready < 1:
            return np.zeros((2, 0), np.float32)
        fitting = in_phase_with(linear_bins(self._audio[:, : (ready + 1) * HOP]), self._told[:, :ready])
        self._audio, self._told = self._audio[:, ready * HOP :], self._told[:, ready:]
        return self._second.push_bins(fitting)


def griffin_lim_ring(planes: Array) -> Array:
    """A ring of STFT frames `[4, 1024, n]` -> its audio `[2, 1024 n]`, with a round in between."""
    told, frames = expanded_bins(planes), planes.shape[-1]
    audio = np.pad(ring_of_bins([told], frames), ((0, 0), (EDGE, EDGE)), mode="wrap")
    return ring_of_bins([in_phase_with(linear_bins(audio), told)], frames)


def in_phase_with(heard: Bins, told: Bins) -> Bins:
    """Bins `[2, n, 1024]` with the magnitudes of `told` and, from `FIRST_BIN` on, the phases of `heard`."""
    low, phases = told[..., :FIRST_BIN], heard[..., FIRST_BIN:]
    louder = np.abs(told[..., FIRST_BIN:]) / np.maximum(np.abs(phases), _SILENCE)
    return np.concatenate([low, phases * louder], axis=-1)
