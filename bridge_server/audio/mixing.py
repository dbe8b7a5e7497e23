"""Several pieces of audio heard together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge_server.audio.true_peak import limit_gain
from bridge_server.audio.waveform import Waveform


def summed(parts: Sequence[Waveform]) -> Waveform:
    """The sum at equal gain on two channels, as loud as it is: above full scale, too (float files hold that).

    All parts have the same rate and length.
    """
    total = np.zeros((2, parts[0].frames), np.float32)
    for part in parts:
        if (part.sample_rate, part.frames) != (parts[0].sample_rate, parts[0].frames):
            raise ValueError("parts of a mix need the same rate and length")
        total += part.to_stereo().samples
    return Waveform(total, parts[0].sample_rate)


def mixed(*parts: Waveform) -> Waveform:
    """The sum at equal gain, turned down as a whole where it would exceed -1 dBTP."""
    mix = summed(parts)
    return Waveform(mix.samples * np.float32(min(1.0, limit_gain(mix))), mix.sample_rate)
