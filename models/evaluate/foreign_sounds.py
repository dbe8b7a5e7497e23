"""Sounds that are not from the composer, made from a formula: what they show is not learnt from the data.

Each function returns audio `[2, frames]` at 48 kHz, the same for the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft
import scipy.signal

from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio

# First three formants in Hz of a, e, i, o, u of a tenor (rounded textbook values), and their bandwidths.
VOWELS_HZ = ((650, 1080, 2650), (400, 1700, 2600), (290, 1870, 2800), (400, 800, 2600), (350, 600, 2700))
BANDWIDTHS_HZ = (80, 90, 120)
SYLLABLE_S = 0.32


def sweep(frames: int) -> Audio:
    """A sine from 40 Hz to 18 kHz, exponential: lines, aliasing and dead bands show at once."""
    octaves = np.log2(18_000 / 40)
    frequency_hz = 40 * 2 ** (octaves * np.arange(frames) / frames)
    return _both(0.3 * np.sin(2 * np.pi * np.cumsum(frequency_hz) / SAMPLE_RATE_HZ))


def noise_bursts(frames: int) -> Audio:
    """Band-passed stereo noises of 17 to 330 ms with different decays: texture and timing without any pitch."""
    rng, audio, place = np.random.default_rng(5), np.zeros((2, frames)), 0
    while place < frames:
        length = min(int(rng.uniform(800, 16_000)), frames - place)
        burst = _band_noise(rng, length) * np.exp(-np.arange(length) / length * rng.uniform(0, 6))
        audio[:, place : place + length] += 0.085 * burst / (burst.std() + 1e-9)
        place += int(length * rng.uniform(1, 2.5)) + 1
    return np.clip(audio, -0.95, 0.95).astype(np.float32)


def clicks(frames: int) -> Audio:
    """Single samples of 0.8, five a second: nothing but attack."""
    audio = np.zeros((2, frames), np.float32)
    audio[:, SAMPLE_RATE_HZ // 10 :: SAMPLE_RATE_HZ // 5] = 0.8
    return audio


def voice(frames: int) -> Audio:
    """A singing voice of pulses and formants: syllables of vowels with vibrato, each after a short hiss."""
    rng, time_s = np.random.default_rng(11), np.arange(frames) / SAMPLE_RATE_HZ
    syllables = int(frames / SAMPLE_RATE_HZ / SYLLABLE_S) + 1
    pitches_hz = 147 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9], syllables) / 12)
    syllable = np.minimum((time_s / SYLLABLE_S).astype(int), syllables - 1)
    vibrato = 1 + 0.012 * np.sin(2 * np.pi * 5.5 * time_s)
    phase = np.cumsum(pitches_hz[syllable] * vibrato) / SAMPLE_RATE_HZ
    pulses = np.diff(np.floor(phase), prepend=0.0) - pitches_hz[syllable] / SAMPLE_RATE_HZ
    inside_s = time_s % SYLLABLE_S
    sung = _vowels(pulses, syllable, rng.integers(0, len(VOWELS_HZ), syllables))
    sung *= np.clip((inside_s - 0.05) / 0.03, 0, 1) * np.clip((SYLLABLE_S - inside_s) / 0.05, 0, 1)
    hiss = scipy.signal.sosfilt(_high_pass(4000), rng.standard_normal(frames)) * np.exp(
        -(((inside_s - 0.03) / 0.015) ** 2)
    )
    return _both(0.25 * sung / (np.abs(sung).max() + 1e-9) + 0.02 * hiss)


FOREIGN_SOUNDS: dict[str, Callable[[int], Audio]] = {
    "sweep": sweep,
    "noise bursts": noise_bursts,
    "clicks": clicks,
    "synthetic voice": voice,
}


def _vowels(pulses: Audio, syllable: np.ndarray, vowels: np.ndarray) -> Audio:
    """The pulse train through the formant filters of the vowel that each syllable has: `[frame]`."""
    sung = np.zeros(len(pulses))
    for number, formants_hz in enumerate(VOWELS_HZ):
        voiced = sum(
            scipy.signal.lfilter(*_resonance(formant_hz, bandwidth_hz), pulses) / (place + 1)
            for place, (formant_hz, bandwidth_hz) in enumerate(zip(formants_hz, BANDWIDTHS_HZ, strict=True))
        )
        sung += np.where(vowels[syllable] == number, voiced, 0)
    return sung


def _resonance(centre_hz: float, bandwidth_hz: float) -> tuple[list[float], list[float]]:
    """Two-pole resonator with gain about 1 at its centre, as (b, a) for `lfilter`."""
    radius = np.exp(-np.pi * bandwidth_hz / SAMPLE_RATE_HZ)
    angle = 2 * np.pi * centre_hz / SAMPLE_RATE_HZ
    return [(1 - radius) * 2 * np.sin(angle)], [1.0, -2 * radius * np.cos(angle), radius**2]


def _high_pass(cut_hz: float) -> Audio:
    return scipy.signal.butter(2, cut_hz, "highpass", fs=SAMPLE_RATE_HZ, output="sos")


def _band_noise(rng: np.random.Generator, length: int) -> Audio:
    """Stereo noise in a random band of at least half an octave: `[2, length]`."""
    low_hz = rng.uniform(50, 8000)
    high_hz = low_hz * rng.uniform(1.5, 12)
    spectrum = scipy.fft.rfft(rng.standard_normal((2, length)))
    bins_hz = scipy.fft.rfftfreq(length, 1 / SAMPLE_RATE_HZ)
    return scipy.fft.irfft(spectrum * ((bins_hz > low_hz) & (bins_hz < high_hz)), n=length)


def _both(mono: Audio) -> Audio:
    return np.stack([mono, mono]).astype(np.float32)
