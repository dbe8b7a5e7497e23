"""The engine of our own synthesis: evolving wavetables.

A tone is given as harmonic amplitudes at a few key times. Each key time becomes one period of sound by an
inverse FFT (so nothing aliases), and the oscillator cross-fades from one to the next while it reads. Filter
sweeps, plucked strings, organs and brass swells are all such sequences. Reading costs about 5 ns a sample.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

RATE = 48_000
SMALLEST_BITS, LARGEST_BITS = 11, 14
TOP_HZ = 19_000.0


def harmonic_count(frequency: float, limit: int = 400) -> int:
    """Number of harmonics below 19 kHz (at least one, at most `limit`)."""
    return int(min(max(TOP_HZ / frequency, 1), limit))


def tables(amplitudes: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Periods [key, point] float32 from harmonic amplitudes [key, harmonic] and phases [harmonic] in radians.

    At least 32 points for the period of the highest harmonic: reading the nearest point is then 50 dB clean.
    """
    keys, harmonics = amplitudes.shape
    points = 1 << min(max((32 * harmonics - 1).bit_length(), SMALLEST_BITS), LARGEST_BITS)
    spectrum = np.zeros((keys, points // 2 + 1), np.complex64)
    spectrum[:, 1 : harmonics + 1] = amplitudes * np.exp(1j * phases)
    return scipy.fft.irfft(spectrum, axis=1) * np.float32(points / 2)


def phase_ramp(frequency: float, frames: int, start: float) -> np.ndarray:
    """Phase [frame] as uint32 (2**32 is one period), from `start` in 0..1."""
    increment = np.uint32(frequency / RATE * 2**32)
    return np.arange(frames, dtype=np.uint32) * increment + np.uint32(int(start * (2**32 - 1)))


def bend_phase(phase: np.ndarray, cycles: np.ndarray) -> np.ndarray:
    """Adds an offset [frame] in periods (vibrato, FM) to a phase."""
    return phase + (cycles * np.float32(2**32)).astype(np.int64).astype(np.uint32)


def read(periods: np.ndarray, key_frames: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Reads periods [key, point] at key frames [key] (first is 0) along a phase: audio [frame] float32."""
    bits = periods.shape[1].bit_length() - 1
    index = (phase >> np.uint32(32 - bits)).astype(np.intp)
    if len(periods) == 1:
        return periods[0].take(index)
    out = np.empty(len(phase), np.float32)
    for key in range(len(periods)):
        first = int(key_frames[key])
        last = int(key_frames[key + 1]) if key + 1 < len(periods) else len(phase)
        segment = index[first:last]
        if not len(segment):
            break
        now = periods[key].take(segment)
        if key + 1 < len(periods):
            ramp = np.linspace(0, 1, last - first, endpoint=False, dtype=np.float32)[: len(segment)]
            now += (periods[key + 1].take(segment) - now) * ramp
        out[first:last] = now
    return out


def sine(phase: np.ndarray) -> np.ndarray:
    """Sine of a uint32 phase, float32 [frame]."""
    return np.sin(phase.view(np.int32).astype(np.float32) * np.float32(np.pi / 2**31))
