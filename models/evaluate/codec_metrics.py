"""How far a decoded clip is from its original: seven distances, one function each.

All functions take two clips `[2, frame]` at 48 kHz of equal length, the original first, and return one
number. The definitions are those under which the codec gates were set: a change here means setting the
gates again. A generative decoder invents phase, so nothing but SI-SDR looks at the waveform, and SI-SDR is
reported but never judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Audio = NDArray[np.floating]
SAMPLE_RATE_HZ = 48_000
EDGE_FRAMES = 2048  # cut at both ends: there the codec has no neighbouring chunk, which says nothing about its sound
FLOOR_RATIO = 1e-4  # -80 dB below the loudest bin of the original; quieter differences cannot be heard
BANDS_HZ = ((20, 120), (120, 400), (400, 1500), (1500, 5000), (5000, 10_000), (10_000, 20_000))
MEL_BANDS = 96


def magnitude(audio: Audio, window: int, hop: int) -> Audio:
    """Magnitude spectrogram `[..., bin, frame]`, periodic Hann, no padding; a sine of height 1 reads 0.5."""
    frames = np.lib.stride_tricks.sliding_window_view(np.asarray(audio, np.float32), window, axis=-1)
    windowed = frames[..., ::hop, :] * hann(window)
    return np.swapaxes(np.abs(scipy.fft.rfft(windowed, axis=-1)), -1, -2) * np.float32(2 / window)


def hann(window: int) -> Audio:
    """Periodic Hann window `[window]`."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)


def mel_filters(window: int, bands: int, low_hz: float = 20.0, high_hz: float = 20_000.0) -> Audio:
    """Triangles of height 1, evenly spaced on the mel scale (2595 log10(1 + f/700)): `[band, bin]`."""
    low_mel, high_mel = 2595 * np.log10(1 + np.array([low_hz, high_hz]) / 700)
    edges_hz = 700 * (10 ** (np.linspace(low_mel, high_mel, bands + 2) / 2595) - 1)
    left, centre, right = (edge[:, None] for edge in (edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]))
    bins_hz = np.arange(window // 2 + 1) * SAMPLE_RATE_HZ / window
    triangles = np.minimum((bins_hz - left) / (centre - left), (right - bins_hz) / (right - centre))
    return np.maximum(triangles, 0).astype(np.float32)


def log_spectral_distance(original: Audio, decoded: Audio) -> float:
    """LSD in dB: root mean square over bins, then the mean over time, channels and three windows."""
    distances = []
    for window in (512, 2048, 8192):
        a, b = (magnitude(_inside(clip), window, _LSD_HOP[window]) for clip in (original, decoded))
        distances.append(np.sqrt(np.square(_decibel_difference(a, b)).mean(axis=-2)).mean())
    return float(np.mean(distances))


_LSD_HOP = {512: 256, 2048: 512, 8192: 2048}


def log_mel_difference(original: Audio, decoded: Audio) -> float:
    """Log-mel L1 in dB: mean absolute difference of 96 mel bands (power summed per band)."""
    filters = mel_filters(2048, MEL_BANDS)
    a, b = (np.sqrt(filters @ magnitude(_inside(clip), 2048, 512) ** 2) for clip in (original, decoded))
    return float(np.abs(_decibel_difference(a, b)).mean())


def band_error(original: Audio, decoded: Audio) -> float:
    """Mean absolute difference in dB of the energy of six wide bands, every 10.7 ms, channels joined."""
    a, b = (magnitude(_inside(clip), 2048, 512) ** 2 for clip in (original, decoded))
    floor = 1e-7 * a.sum(axis=-2).mean(axis=0).max() + 1e-20
    pairs = [(_band_energy(a, band), _band_energy(b, band)) for band in BANDS_HZ]
    return float(np.mean([np.abs(10 * np.log10((ea + floor) / (eb + floor))).mean() for ea, eb in pairs]))


def onset_envelope(audio: Audio) -> Audio:
    """Spectral flux `[frame]` every 2.7 ms: mean rise of the log magnitude, all bins and channels."""
    rise = np.diff(np.log(magnitude(audio, 512, 128) + 1e-4), axis=-1)
    return np.maximum(rise, 0).mean(axis=(0, 1))


def bass_envelope(audio: Audio) -> Audio:
    """Log energy below about 230 Hz (the first three bins of window 512) every 2.7 ms, `[frame]`."""
    return np.log(np.square(magnitude(audio, 512, 128)[:, :3]).sum(axis=1) + 1e-8).mean(axis=0)


def onset_correlation(original: Audio, decoded: Audio) -> float:
    """Pearson correlation (-1 to 1) of the onset envelopes: are attacks where they were, and as sharp?"""
    return correlation(onset_envelope(_inside(original)), onset_envelope(_inside(decoded)))


def bass_envelope_correlation(original: Audio, decoded: Audio) -> float:
    """Pearson correlation (-1 to 1) of the bass envelopes: do kick and bass come and go at the right time?"""
    return correlation(bass_envelope(_inside(original)), bass_envelope(_inside(decoded)))


def width_error(original: Audio, decoded: Audio) -> float:
    """Absolute difference in dB of side energy over mid energy (stereo width) of the whole clip."""
    return abs(_side_over_mid_db(_inside(original)) - _side_over_mid_db(_inside(decoded)))


def si_sdr(original: Audio, decoded: Audio) -> float:
    """Scale-invariant signal-to-distortion ratio in dB of the mono sum; -40 dB is normal here."""
    target, estimate = _inside(original).mean(axis=0), _inside(decoded).mean(axis=0)
    wanted = target * (target @ estimate) / (target @ target + 1e-9)
    error = estimate - wanted
    return float(10 * np.log10((wanted @ wanted) / (error @ error + 1e-9) + 1e-9))


def correlation(a: Audio, b: Audio) -> float:
    """Pearson correlation of two envelopes `[frame]`; 0 when one of them does not move."""
    a, b = a.astype(np.float64) - a.mean(), b.astype(np.float64) - b.mean()
    return float((a @ b) / (np.sqrt((a @ a) * (b @ b)) + 1e-9))


@dataclass(frozen=True)
class Metric:
    """One column of the codec table, with the two gates it has to pass (None: reported only)."""

    label: str
    function: Callable[[Audio, Audio], float]
    higher_is_better: bool
    go_on: float | None
    ship: float | None

    def passes(self, value: float, bar: float | None) -> bool:
        """True when the value is on the right side of the bar; a metric without a bar always passes."""
        return bar is None or (value > bar if self.higher_is_better else value < bar)


METRICS = (
    Metric("LSD dB", log_spectral_distance, False, 10.0, 8.0),
    Metric("log-mel L1 dB", log_mel_difference, False, 5.8, 3.5),
    Metric("band error dB", band_error, False, 3.7, 2.5),
    Metric("onset corr.", onset_correlation, True, 0.40, 0.70),
    Metric("bass env. corr.", bass_envelope_correlation, True, 0.70, 0.90),
    Metric("width error dB", width_error, False, 3.0, 1.5),
    Metric("SI-SDR dB", si_sdr, True, None, None),
)


def measure(original: Audio, decoded: Audio) -> dict[str, float]:
    """Every metric of one clip by its label."""
    if original.shape != decoded.shape or original.shape[0] != 2:
        raise ValueError(f"two stereo clips of equal length are needed, got {original.shape} and {decoded.shape}")
    return {metric.label: metric.function(original, decoded) for metric in METRICS}


def _inside(audio: Audio) -> Audio:
    """The clip without its edges, float32."""
    return np.asarray(audio, np.float32)[:, EDGE_FRAMES:-EDGE_FRAMES]


def _decibel_difference(a: Audio, b: Audio) -> Audio:
    """20 log10(a / b) where both are raised to 80 dB below the maximum of a, channel by channel."""
    floor = np.maximum(a.max(axis=(-2, -1), keepdims=True) * FLOOR_RATIO, 1e-6)
    return 20 * np.log10(np.maximum(a, floor) / np.maximum(b, floor))


def _band_energy(power: Audio, band_hz: tuple[int, int]) -> Audio:
    """Energy `[frame]` between two frequencies of a power spectrogram `[2, 1025, frame]`."""
    bins_hz = np.arange(power.shape[-2]) * SAMPLE_RATE_HZ / 2048
    inside = (bins_hz >= band_hz[0]) & (bins_hz < band_hz[1])
    return power[:, inside].sum(axis=1).mean(axis=0)


def _side_over_mid_db(audio: Audio) -> float:
    side, mid = np.square(audio[0] - audio[1]).mean(), np.square(audio[0] + audio[1]).mean()
    return float(10 * np.log10((side + 1e-7) / (mid + 1e-7)))
