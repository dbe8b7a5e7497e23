"""How loud audio is to the ear (ITU-R BS.1770-4), and the gain that makes a stem sit under its context."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_server.audio import Check, go_on
from bridge_server.audio.waveform import Waveform

BLOCK_S = 0.4
UNDER_CONTEXT_DB = 6.0
"""One instrument of a finished mix lies 4 to 10 LU below the whole of it; 6 is heard at once and drowns nothing."""

MOST_GAIN_DB = 12.0
"""A stem that is nearly silent (a player that rests) must not be blown up to noise."""

PEAK_LIMIT = 10 ** (-0.3 / 20)
"""Stems never exceed -0.3 dBFS: the integer formats would clip, and resampling later overshoots a little."""

SILENCE_LUFS = -70.0


def loudness_lufs(waveform: Waveform, check: Check = go_on) -> float:
    """Integrated loudness in LUFS by blocks of 400 ms with both gates; -70 for silence.

    The K-weighting is applied to the power spectrum of each block (Parseval) instead of by two filters in time,
    which needs no loop over samples; the two differed by 0.16 LU on brown noise (the worst case).
    """
    powers = _block_powers(waveform, check)
    loud = powers[_lufs(powers) > SILENCE_LUFS]
    if not loud.size:
        return SILENCE_LUFS
    gated = loud[_lufs(loud) > _lufs(loud.mean()) - 10.0]
    return float(_lufs(gated.mean()))


def match_gain(stem: Waveform, context_lufs: float, check: Check = go_on) -> float:
    """Linear gain that puts `stem` 6 LU under its context, bounded by the peak limit and by +12 dB."""
    wished_db = context_lufs - UNDER_CONTEXT_DB - loudness_lufs(stem, check)
    return min(10 ** (min(wished_db, MOST_GAIN_DB) / 20), peak_gain(stem))


def peak_gain(stem: Waveform) -> float:
    """The largest gain that keeps the stem under the peak limit (infinite for silence)."""
    return PEAK_LIMIT / stem.peak if stem.peak > 0 else float("inf")


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    """BS.1770 loudness of a weighted mean square."""
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-12)))


def _block_powers(waveform: Waveform, check: Check) -> NDArray[np.float64]:
    """K-weighted mean square, summed over the channels, of every 400 ms block (hop 100 ms) `[block]`."""
    length = round(BLOCK_S * waveform.sample_rate)
    samples = waveform.samples
    if samples.shape[1] < length:
        samples = np.pad(samples, ((0, 0), (0, length - samples.shape[1])))
    weights = _k_weights(length, waveform.sample_rate)
    starts = range(0, samples.shape[1] - length + 1, length // 4)
    return np.array([_weighted_power(samples[:, start : start + length], weights, check) for start in starts])


def _weighted_power(block: NDArray[np.float32], weights: NDArray[np.float64], check: Check) -> float:
    check()
    spectrum = np.fft.rfft(block, axis=1)
    return float(((spectrum.real**2 + spectrum.imag**2) * weights).sum())


def _k_weights(length: int, rate: int) -> NDArray[np.float64]:
    """|K(f)|^2 on the bins of a real FFT, scaled so that their weighted sum is the mean square of the block."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(length, 1 / rate) / 48_000)
    z[np.fft.rfftfreq(length, 1 / rate) > 24_000] = -1  # the filters are defined at 48 kHz, up to its Nyquist
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    weights = 2 * np.abs(shelf * high_pass) ** 2 / length**2
    weights[0] /= 2
    if length % 2 == 0:
        weights[-1] /= 2
    return np.asarray(weights)
