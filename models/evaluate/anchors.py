"""Three cheap codecs that every table shows beside ours, so that a number can be read.

`low_pass` is a decoder that loses only the highs, `coarse_mel` spends the same 750 numbers a second as our
latents and finds a phase by Griffin-Lim (Griffin and Lim 1984), `mean_spectrum_noise` keeps the long-term
colour and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft

from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio, hann, magnitude, mel_filters

WINDOW, HOP = 2048, 512
MEL_BANDS = 32  # x 2 channels x 11.72 Hz = 750 numbers per second, as many as 11.72 latents of 64
FRAMES_PER_NUMBER = 8  # 8 x 512 = 4,096 audio frames, the time grid of the latents
GRIFFIN_LIM_ROUNDS = 32


def low_pass(audio: Audio, seed: int = 0, cut_hz: float = 8000.0) -> Audio:
    """The clip `[2, frame]` with everything above the cut removed; the seed is not used."""
    spectrum = scipy.fft.rfft(audio, axis=-1)
    spectrum[:, scipy.fft.rfftfreq(audio.shape[-1], 1 / SAMPLE_RATE_HZ) >= cut_hz] = 0
    return scipy.fft.irfft(spectrum, n=audio.shape[-1], axis=-1).astype(np.float32)


def mean_spectrum_noise(audio: Audio, seed: int = 0) -> Audio:
    """Stationary noise `[2, frame]` with the clip's mean power spectrum per channel and its overall level."""
    length = audio.shape[-1]
    mean = np.sqrt(np.square(magnitude(audio, WINDOW, HOP)).mean(axis=-1))
    bins = np.linspace(0, 1, length // 2 + 1)
    gains = np.stack([np.interp(bins, np.linspace(0, 1, mean.shape[-1]), channel) for channel in mean])
    noise = scipy.fft.rfft(np.random.default_rng(seed).standard_normal((2, length)), axis=-1)
    shaped = scipy.fft.irfft(noise * gains, n=length, axis=-1)
    return (shaped * (audio.std() / (shaped.std() + 1e-12))).astype(np.float32)


def coarse_mel(audio: Audio, seed: int = 0) -> Audio:
    """32 mel bands per channel every 4,096 frames, with a phase from Griffin-Lim: `[2, frame]`."""
    target = _unfold(_mel_numbers(audio), audio)
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi, target.shape)
    spectrum = (target * np.exp(1j * phase)).astype(np.complex64)
    for _ in range(GRIFFIN_LIM_ROUNDS):
        consistent = _analyse(_synthesise(spectrum, audio.shape[-1]))
        spectrum = target * consistent / (np.abs(consistent) + 1e-8)
    return _synthesise(spectrum, audio.shape[-1])


ANCHORS: dict[str, Callable[[Audio, int], Audio]] = {
    "8 kHz low-pass of the original": low_pass,
    "coarse mel (750 numbers/s) + Griffin-Lim": coarse_mel,
    "noise with the clip's mean spectrum": mean_spectrum_noise,
}


def _mel_numbers(audio: Audio) -> Audio:
    """The 750 numbers per second: mean mel power `[2, 32, step]`, the last step filled by repetition."""
    power = mel_filters(WINDOW, MEL_BANDS) @ np.swapaxes(np.abs(_analyse(audio)) ** 2, -1, -2)
    missing = -power.shape[-1] % FRAMES_PER_NUMBER
    padded = np.pad(power, ((0, 0), (0, 0), (0, missing)), mode="edge")
    return padded.reshape(2, MEL_BANDS, -1, FRAMES_PER_NUMBER).mean(axis=-1)


def _unfold(numbers: Audio, audio: Audio) -> Audio:
    """Magnitudes `[2, frame, bin]` from mel numbers: interpolated in time, spread over bins, levelled."""
    filters = mel_filters(WINDOW, MEL_BANDS)
    steps = 1 + audio.shape[-1] // HOP
    positions = (np.arange(steps) + 0.5) / FRAMES_PER_NUMBER - 0.5
    grid = np.arange(numbers.shape[-1])
    bands = np.stack([[np.interp(positions, grid, band) for band in channel] for channel in numbers])
    spread = (filters / filters.sum(axis=1, keepdims=True)).T
    power = spread @ bands / np.maximum((filters > 0).sum(axis=0), 1)[:, None]
    loss = bands.sum(axis=1).mean(axis=-1) / ((filters @ power).sum(axis=1).mean(axis=-1) + 1e-9)
    return np.swapaxes(np.sqrt(np.maximum(power * loss[:, None, None], 0)), -1, -2).astype(np.float32)


def _analyse(audio: Audio) -> Audio:
    """Centred STFT `[2, frame, bin]`, reflected at the ends."""
    padded = np.pad(np.asarray(audio, np.float32), ((0, 0), (WINDOW // 2, WINDOW // 2)), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=-1)[:, ::HOP]
    return scipy.fft.rfft(frames * hann(WINDOW), axis=-1)


def _synthesise(spectrum: Audio, length: int) -> Audio:
    """Inverse of `_analyse`: windowed overlap-add over the summed squared windows, `[2, length]`."""
    pieces = scipy.fft.irfft(spectrum, n=WINDOW, axis=-1) * hann(WINDOW)
    weights = np.broadcast_to(hann(WINDOW) ** 2, pieces.shape[1:])[None]
    total = _overlap_add(pieces) / np.maximum(_overlap_add(weights), 1e-8)
    return total[:, WINDOW // 2 : WINDOW // 2 + length].astype(np.float32)


def _overlap_add(pieces: Audio) -> Audio:
    """Pieces `[channel, frame, WINDOW]` laid HOP apart and summed: `[channel, sample]`."""
    overlap = WINDOW // HOP
    channels, count = pieces.shape[:2]
    parts = pieces.reshape(channels, count, overlap, HOP)
    total = np.zeros((channels, count + overlap - 1, HOP), np.float32)
    for part in range(overlap):
        total[:, part : part + count] += parts[:, :, part]
    return total.reshape(channels, -1)
