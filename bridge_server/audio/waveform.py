"""One piece of audio in memory: samples `[channel, frame]` and their rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SILENT_PEAK = 1e-4
"""-80 dBFS. A track of dither or of a noisy, muted interface lies below it; the quietest music does not."""


@dataclass(frozen=True)
class Waveform:
    """Float32 samples `[channel, frame]`, full scale 1.0, at `sample_rate` Hz."""

    samples: Samples
    sample_rate: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise ValueError(f"expected float32 [channel, frame], got {self.samples.dtype} {self.samples.shape}")

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        """Length in frames (one frame holds a sample of every channel)."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    @property
    def peak(self) -> float:
        """Largest absolute sample, without making a copy of the audio."""
        if self.samples.size == 0:
            return 0.0
        return float(max(self.samples.max(), -self.samples.min()))

    @property
    def is_silent(self) -> bool:
        """True below -80 dBFS everywhere."""
        return self.peak < SILENT_PEAK

    def to_stereo(self) -> Waveform:
        """The same audio on two channels; mono is put on both."""
        if self.channels == 2:
            return self
        if self.channels != 1:
            raise ValueError(f"cannot make stereo of {self.channels} channels")
        return Waveform(np.repeat(self.samples, 2, axis=0), self.sample_rate)

    def to_mono(self) -> Waveform:
        """Both channels at half their level on one: a sound in the middle keeps its peak."""
        return self if self.channels == 1 else Waveform(self.samples.mean(axis=0, keepdims=True), self.sample_rate)
