"""Pitch classes heard in audio, sharp enough for the low notes of a bass."""

from __future__ import annotations

import numpy as np

from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio, magnitude

WINDOW, HOP = 16_384, 4096  # 341 ms: bins of 2.9 Hz, one column per latent slot
LOW_HZ, HIGH_HZ = 38.0, 2500.0  # from E1 up; above, partials of low notes are no longer chord tones
PEAK_RANGE_DB = 40.0  # peaks weaker than this below the strongest of their column are noise


def chroma(audio: Audio) -> Audio:
    """Chroma `[12, column]` of a clip `[2, frame]`, C first, in amplitude; column k is centred on `column_times`.

    Only local maxima of the spectrum count, each at its interpolated frequency (parabola through three log
    magnitudes): a semitone at 41 Hz is 2.4 Hz, less than one bin, yet a single peak is found to about 0.3 Hz.
    """
    spectrum = magnitude(audio.mean(axis=0), WINDOW, HOP) + 1e-9
    bins, columns = _peaks(spectrum)
    frequencies_hz = (bins + _peak_offset(spectrum, bins, columns)) * SAMPLE_RATE_HZ / WINDOW
    pitch_classes = np.rint(12 * np.log2(frequencies_hz / 440.0) + 69).astype(int) % 12
    result = np.zeros((12, spectrum.shape[1]), np.float32)
    np.add.at(result, (pitch_classes, columns), spectrum[bins, columns])
    return result


def column_times(columns: int) -> Audio:
    """Seconds of the centres of chroma columns from the start of the clip, `[column]`."""
    return (np.arange(columns) * HOP + WINDOW / 2) / SAMPLE_RATE_HZ


def _peaks(spectrum: Audio) -> tuple[np.ndarray, np.ndarray]:
    """Bin and column of every local maximum in range that is not too far below its column's strongest."""
    first, last = (round(hz * WINDOW / SAMPLE_RATE_HZ) for hz in (LOW_HZ, HIGH_HZ))
    middle = spectrum[first:last]
    floor = middle.max(axis=0) * 10 ** (-PEAK_RANGE_DB / 20)
    rising = (middle > spectrum[first - 1 : last - 1]) & (middle >= spectrum[first + 1 : last + 1])
    bins, columns = np.nonzero(rising & (middle > floor) & (middle > 1e-6))
    return bins + first, columns


def _peak_offset(spectrum: Audio, bins: np.ndarray, columns: np.ndarray) -> Audio:
    """Distance (-0.5 to 0.5 bins) of the parabola's top from the highest bin."""
    left, top, right = (np.log(spectrum[bins + shift, columns]) for shift in (-1, 0, 1))
    return 0.5 * (left - right) / np.minimum(left - 2 * top + right, -1e-9)
