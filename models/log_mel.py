"""The log-mel spectrogram that the starter CLAP hears (numpy twin of `models/nets/log_mel.py`).

Exactly 10 s of mono audio at 48 kHz (480,000 frames; longer inputs are never cropped at random, see
LAION-AI/CLAP issue 166) -> 96 mel bands x 500 columns, 20 ms apart. The loudness of the window is set to one level
first: how loud a stem is mixed says nothing about what plays. Mel scale: O'Shaughnessy, 2595 log10(1 + f / 700).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

SAMPLE_RATE = 48_000
CLAP_FRAMES = 480_000
WINDOW = 2048
HOP = 960
COLUMNS = CLAP_FRAMES // HOP
EDGE = (COLUMNS - 1) * HOP + WINDOW - CLAP_FRAMES  # zeros needed outside, half on either side
BANDS = 96
LOWEST_HZ, HIGHEST_HZ = 30.0, 18_000.0
LEVEL = 0.1  # RMS that every window is brought to
QUIETEST = 1e-4  # RMS (-80 dBFS) below which a window counts as silence and is not raised further
FLOOR = 1e-4  # added to mel power before the logarithm; about -75 dB below a loud band
MEAN, SPREAD = -1.7, 2.3  # of log10 power over 25 composed stems


@cache
def mel_filters() -> Array:
    """Triangles `[96, 1025]` of equal width on the mel scale, each with peak 1."""
    edges = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2)
    edges_hz = 700 * (10 ** (edges / 2595) - 1)
    bins_hz = np.arange(WINDOW // 2 + 1) * (SAMPLE_RATE / WINDOW)
    # In the low bands a triangle is narrower than a bin: half a bin more on both sides, so that none is empty.
    half = SAMPLE_RATE / WINDOW / 2
    low, middle, high = edges_hz[:-2, None] - half, edges_hz[1:-1, None], edges_hz[2:, None] + half
    rise, fall = (bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle)
    return np.asarray(np.maximum(0, np.minimum(rise, fall)), np.float32)


def hann() -> Array:
    """The periodic Hann window `[2048]`."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW), np.float32)


def log_mel(audio: Array) -> Array:
    """Mono audio `[480000]` -> `[96, 500]`, about zero mean and unit spread. ValueError for another length."""
    if audio.shape != (CLAP_FRAMES,):
        raise ValueError(f"a window has {CLAP_FRAMES} frames of mono audio, not the shape {audio.shape}")
    rms = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
    padded = np.pad(audio * np.float32(LEVEL / max(rms, QUIETEST)), (EDGE // 2, EDGE - EDGE // 2))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * hann()
    bins = np.fft.rfft(pieces)
    power = (bins.real**2 + bins.imag**2).astype(np.float32) @ mel_filters().T
    return np.ascontiguousarray(((np.log10(power + FLOOR) - MEAN) / SPREAD).T, dtype=np.float32)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))
