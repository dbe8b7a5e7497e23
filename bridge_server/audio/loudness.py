"""How loud audio is to the ear (ITU-R BS.1770), and the gain that makes a stem sit under its context.

The rule for stems of `loudness match`: 6 LU below the integrated loudness of their context, at most 12 dB louder than
the models made them, and never above -1 dBTP (true peak, see `true_peak`).
"""

from __future__ import annotations

import math

import loudness as meter
import numpy as np

from bridge_server.audio import Check, go_on
from bridge_server.audio.true_peak import limit_gain
from bridge_server.audio.waveform import Waveform

UNDER_CONTEXT_DB = 6.0
"""One instrument of a finished mix lies 4 to 10 LU below the whole of it; 6 is heard at once and drowns nothing."""

MOST_GAIN_DB = 12.0
"""A stem that is nearly silent (a player that rests) must not be blown up to noise."""

BLOCK_S = 0.4
"""The gating block; shorter audio is followed by silence up to this length."""

SILENCE_LUFS = -70.0
"""The absolute gate: what lies below it counts as nothing."""


def loudness_lufs(waveform: Waveform, check: Check = go_on) -> float:
    """Integrated loudness in LUFS by BS.1770, both gates; -70 for silence.

    Measured by libloudness (package `loudness`), whose classes of 0.1 LU make it right to 0.05 LU; EBU Tech 3341 allows
    0.1. 60 s of stereo take 0.08 s, in one call that cannot be ended.
    """
    check()
    samples, shortest = waveform.samples, math.ceil(BLOCK_S * waveform.sample_rate)
    if waveform.frames < shortest:
        samples = np.pad(samples, ((0, 0), (0, shortest - waveform.frames)))
    measured = float(meter.integrated_loudness(np.ascontiguousarray(samples.T), waveform.sample_rate))
    return measured if measured > SILENCE_LUFS else SILENCE_LUFS  # silence measures -inf


def match_gain(stem: Waveform, context_lufs: float, check: Check = go_on) -> float:
    """Linear gain that puts `stem` 6 LU under its context, bounded by +12 dB and by -1 dBTP."""
    wished_db = context_lufs - UNDER_CONTEXT_DB - loudness_lufs(stem, check)
    return min(10 ** (min(wished_db, MOST_GAIN_DB) / 20), limit_gain(stem, check))
