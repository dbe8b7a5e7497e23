"""The companded complex spectrogram that the codec reads and writes (numpy twin of `models/nets/spectrogram.py`).

Window 2048 (periodic Hann), hop 1024, Nyquist bin dropped. Audio of n chunks (32,768 n frames) gets 512 zeros on
both sides and gives exactly 32 n STFT frames; frame k is centred on audio frame 1024 k + 512. The planes of a
chunk `[4, 1024, 32]` are left real, left imaginary, right real, right imaginary.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Bins = NDArray[np.complex64]

SAMPLE_RATE = 48_000
WINDOW = 2048
HOP = 1024
BINS = 1024
PLANES = 4
CHUNK_STFT_FRAMES = 32
CHUNK_FRAMES = CHUNK_STFT_FRAMES * HOP
SLOTS = 8
SLOT_FRAMES = CHUNK_FRAMES // SLOTS
EDGE = (WINDOW - HOP) // 2
CHUNK_SHAPE = (PLANES, BINS, CHUNK_STFT_FRAMES)

COMPAND_POWER = 0.65
COMPAND_SCALE = 0.34

_HANN: Array = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
_WEIGHT: Array = np.square(_HANN).reshape(2, HOP)


def pre_emphasis() -> Array:
    """Gain per bin `[1024]` that brings the spread of companded music near 0.5 at all frequencies."""
    frequency_hz = np.arange(BINS) * (SAMPLE_RATE / WINDOW)
    spread = 0.11 + 1.64 / (1 + (frequency_hz / 750) ** 1.3)
    return np.asarray((spread / 0.5) ** -0.5, np.float32)


_GAIN: Array = pre_emphasis()[:, None]


def compand(value: Array) -> Array:
    """v -> 0.34 sign(v) |v|^0.65, elementwise."""
    companded: Array = np.float32(COMPAND_SCALE) * np.abs(value) ** np.float32(COMPAND_POWER)
    return np.copysign(companded, value, out=companded)


def expand(value: Array) -> Array:
    """Inverse of `compand`."""
    expanded: Array = np.abs(value / np.float32(COMPAND_SCALE)) ** np.float32(1 / COMPAND_POWER)
    return np.copysign(expanded, value, out=expanded)


def stft(audio: Array) -> Array:
    """Audio `[2, 1024 (n + 1)]` -> companded spectrogram `[4, 1024, n]`, no padding."""
    bins = linear_bins(audio)
    planes = np.stack([bins.real, bins.imag], 1).astype(np.float32)
    return compand(planes.transpose(0, 1, 3, 2).reshape(PLANES, BINS, -1)) * _GAIN


def linear_bins(audio: Array) -> Bins:
    """Audio `[2, 1024 (n + 1)]` -> its STFT `[2, n, 1024]`, neither companded nor pre-emphasised, no padding."""
    frames = np.lib.stride_tricks.sliding_window_view(audio, WINDOW, axis=-1)[:, ::HOP]
    return np.asarray(np.fft.rfft(frames * _HANN)[..., :BINS], np.complex64)


def expanded_bins(planes: Array) -> Bins:
    """Companded spectrogram `[4, 1024, n]` -> linear bins `[2, n, 1024]`."""
    parts = expand(planes / _GAIN).reshape(2, 2, BINS, -1)
    return np.asarray((parts[:, 0] + 1j * parts[:, 1]).transpose(0, 2, 1), np.complex64)


def chunk_spectrograms(audio: Array, first: int, count: int) -> Array:
    """Chunks `first` to `first + count` of audio `[2, frame]` -> `[count, 4, 1024, 32]`; silence lies outside."""
    begin, end = first * CHUNK_FRAMES - EDGE, (first + count) * CHUNK_FRAMES + EDGE
    inside = audio[:, max(begin, 0) : end]
    before = max(-begin, 0)
    padded = np.pad(inside, ((0, 0), (before, end - begin - before - inside.shape[1])))
    return split_chunks(stft(padded))


def split_chunks(spectrogram: Array) -> Array:
    """`[4, 1024, 32 n]` -> `[n, 4, 1024, 32]`."""
    chunks = spectrogram.reshape(PLANES, BINS, -1, CHUNK_STFT_FRAMES)
    return np.ascontiguousarray(chunks.transpose(2, 0, 1, 3))


class OverlapAdd:
    """Turns chunks into audio one after another, in the memory of one chunk.

    Windowed overlap-add divided by the sum of the squared windows; at both outer edges one window alone covers
    512 audio frames, and the 512 frames of padding beyond are cut off.
    """

    def __init__(self) -> None:
        self._tail: Array | None = None

    def push(self, chunk: Array) -> Array:
        """Chunk `[4, 1024, n]` -> the audio `[2, frame]` that it completes: 1024 n frames, of the first 512 less."""
        return self.push_bins(expanded_bins(chunk))

    def push_bins(self, bins: Bins) -> Array:
        """The same with linear bins `[2, n, 1024]`."""
        pieces = overlapping_pieces(bins)
        hops = pieces[:, :, :HOP]
        hops[:, 1:] += pieces[:, :-1, HOP:]
        weight = np.tile(overlapping_weight(), (bins.shape[1], 1))
        first = self._tail is None
        if self._tail is None:
            weight[0] = np.maximum(_WEIGHT[0], 1e-2)
        else:
            hops[:, 0] += self._tail
        self._tail = pieces[:, -1, HOP:].copy()
        audio: Array = (hops / weight).reshape(2, -1)
        return audio[:, EDGE:] if first else audio

    def finish(self) -> Array:
        """The last 512 frames `[2, 512]`."""
        if self._tail is None:
            return np.zeros((2, 0), np.float32)
        last: Array = self._tail / np.maximum(_WEIGHT[1], 1e-2)
        return last[:, :EDGE]


def chunk_audio(chunks: Array) -> Array:
    """Chunks `[n, 4, 1024, 32]` -> audio `[2, 32768 n]`; inverse of `chunk_spectrograms`."""
    adder = OverlapAdd()
    return np.concatenate([*[adder.push(chunk) for chunk in chunks], adder.finish()], axis=1)


def overlapping_pieces(bins: Bins) -> Array:
    """Windowed pieces of audio `[2, n, 2048]`, 1024 frames apart, of linear bins `[2, n, 1024]`."""
    return np.fft.irfft(np.pad(bins, ((0, 0), (0, 0), (0, 1))), n=WINDOW).astype(np.float32) * _HANN


def overlapping_weight() -> Array:
    """What two overlapping pieces weigh together, frame by frame `[1024]`."""
    weight: Array = _WEIGHT.sum(0)
    return weight
