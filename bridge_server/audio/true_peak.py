"""True peak: the highest level between the samples, as a converter or a lossy encoder meets it.

ITU-R BS.1770-4, annex 2: the audio is oversampled to at least 192 kHz (here by soxr) and its largest sample taken.
"""

from __future__ import annotations

import numpy as np

from bridge_server.audio import Check, go_on
from bridge_server.audio.resample import resampled_blocks
from bridge_server.audio.waveform import Waveform

OVERSAMPLED_HZ = 192_000

LIMIT_DBTP = -1.0
MARGIN_DB = 0.05
"""Meters differ in their filters, and 16-bit dither comes on top: stems are turned down to -1.05 dBTP by ours."""


def true_peak(waveform: Waveform, check: Check = go_on) -> float:
    """The largest absolute level of the oversampled audio, full scale 1.0; never below the largest sample.

    Memory is one block, whatever the length. `check` is called between blocks.
    """
    factor = max(1, -(-OVERSAMPLED_HZ // waveform.sample_rate))
    if factor == 1 or waveform.frames == 0:
        return waveform.peak
    blocks = resampled_blocks(waveform, factor * waveform.sample_rate, check)
    return max(waveform.peak, *(float(np.abs(block).max(initial=0.0)) for block in blocks))


def limit_gain(waveform: Waveform, check: Check = go_on) -> float:
    """The largest gain that keeps the audio under -1 dBTP (infinite for silence)."""
    peak = true_peak(waveform, check)
    return 10 ** ((LIMIT_DBTP - MARGIN_DB) / 20) / peak if peak > 0 else float("inf")
