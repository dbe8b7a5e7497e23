"""Where notes begin: an onset envelope that works for a bass as well as for a snare.

The onset envelope of `codec_metrics` compares two versions of the same clip and may be coarse; here a stem is
compared with a grid. Over 20 songs per family the AUC of the real stem on its own grid rose from 0.90 to 0.995
(bass) with mel bands, a window that holds two periods of 47 Hz, and differences over 21 ms.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio, magnitude, mel_filters

WINDOW, HOP = 2048, 256
LAG = 4  # steps (21 ms) over which a band has to rise
BANDS = 40
COMPRESSION = 1000.0  # log(1 + 1000 a): -60 dB and above counts
TIMING_S = 0.015  # how far an onset may be from another and still count: players are human, slots are 85 ms


def onset_strength(audio: Audio) -> Audio:
    """Rise of the log mel spectrum of a clip `[2, frame]`, every 5.3 ms, smoothed by 15 ms: `[step]`."""
    bands = np.sqrt(mel_filters(WINDOW, BANDS) @ magnitude(audio.mean(axis=0), WINDOW, HOP) ** 2)
    levels = np.log1p(COMPRESSION * bands)
    return smooth(np.maximum(levels[:, LAG:] - levels[:, :-LAG], 0).mean(axis=0))


def step_of(time_s: Audio) -> np.ndarray:
    """Step of the envelope at which an attack at a time (seconds from the start of the clip) shows."""
    return np.rint((time_s * SAMPLE_RATE_HZ - WINDOW / 2) / HOP - LAG / 2).astype(int)


def smooth(envelope: Audio) -> Audio:
    """Gaussian blur of TIMING_S."""
    return gaussian_filter1d(np.asarray(envelope, np.float64), TIMING_S * SAMPLE_RATE_HZ / HOP)
