"""What an instrument sounds like, whatever it plays: 64 mel bands of a clip, boiled down to 381 numbers.

Written for the classifier of families and shared with nothing that a model was trained on. Level, key and notes count
little: levels are relative to the loudest moment, and only moments that sound (within 40 dB of it) are looked at.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio, magnitude, mel_filters

WINDOW, HOP = 2048, 1024
BANDS = 64
LOW_HZ, HIGH_HZ = 40.0, 15_000.0  # above, codecs and fonts differ more than instruments
RANGE_DB, SOUNDING_DB = 70.0, 40.0
COARSE = 8  # bands in which modulations are looked at
MODULATION_HZ = (1.0, 2.0, 3.5, 5.0, 7.0, 10.0, 15.0)  # edges: vibrato and tremolo lie at 4 to 8 Hz
PIECE = 64  # columns (1.4 s) in which modulations are looked at
SHARES = (10, 25, 50, 75, 90)
SIZE = 5 * BANDS + COARSE * (len(MODULATION_HZ) - 1) + len(SHARES) + 8
SILENCE = 1e-3  # RMS (-60 dBFS) below which a stem has no timbre


def timbre(audio: Audio) -> NDArray[np.float32]:
    """A clip `[2, frame]` at 48 kHz, 3 s or longer -> `[SIZE]`. ValueError for silence."""
    if float(np.sqrt(np.square(audio, dtype=np.float64).mean())) < SILENCE:
        raise ValueError("a silent clip has no timbre")
    # The mean of the channels' powers, not of the channels: an anti-phase stem would vanish.
    power = (magnitude(audio, WINDOW, HOP) ** 2).mean(axis=0)
    bands = mel_filters(WINDOW, BANDS, LOW_HZ, HIGH_HZ) @ power
    level = 10 * np.log10(bands.sum(axis=0) + 1e-12)
    levels = np.maximum(10 * np.log10(bands + 1e-12) - level.max(), -RANGE_DB)
    sounding = level > level.max() - SOUNDING_DB
    parts = (_per_band(levels, sounding), _modulations(levels), _envelope(level - level.max(), sounding))
    return np.concatenate(parts).astype(np.float32)


def _per_band(levels: Audio, sounding: NDArray[np.bool_]) -> Audio:
    """Mean, spread, spread of the colour (level of the moment taken out), rise and fall of every band in dB."""
    heard = levels[:, sounding]
    change = np.diff(levels, axis=1)
    return np.concatenate(
        [
            heard.mean(axis=1),
            heard.std(axis=1),
            (heard - heard.mean(axis=0)).std(axis=1),
            np.maximum(change, 0).mean(axis=1),
            np.sqrt(np.square(np.minimum(change, 0)).mean(axis=1)),
        ]
    )


def _modulations(levels: Audio) -> Audio:
    """How much eight coarse bands move at six rates: log of the mean modulation power, per band and rate."""
    coarse = levels.reshape(COARSE, -1, levels.shape[1]).mean(axis=1)
    count = coarse.shape[1] // PIECE
    pieces = coarse[:, : count * PIECE].reshape(COARSE, count, PIECE)
    moved = np.abs(np.fft.rfft((pieces - pieces.mean(-1, keepdims=True)) * np.hanning(PIECE))) ** 2
    edges = np.rint(np.array(MODULATION_HZ) * PIECE * HOP / SAMPLE_RATE_HZ).astype(int)
    rates = [moved[..., low:high].mean(axis=(1, 2)) for low, high in pairwise(edges)]
    return np.log10(np.stack(rates) + 1.0).ravel()


def _envelope(level: Audio, sounding: NDArray[np.bool_]) -> Audio:
    """How loud the moments are (percentiles), how many sound, and how fast and how often the level rises and falls."""
    rise = np.diff(level)
    percentiles = np.percentile(level[sounding], SHARES)
    falls = rise[(rise < 0) & sounding[:-1]]
    steps = [np.mean(rise > limit) * 10 for limit in (3.0, 6.0, 12.0)]
    slopes = np.percentile(falls, (10, 50)) if len(falls) else np.zeros(2)
    return np.array([*percentiles, sounding.mean() * 10, rise.max(), *steps, *slopes, np.abs(rise).mean()])
