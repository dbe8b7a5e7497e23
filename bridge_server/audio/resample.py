"""Change of sample rate by soxr's very-high-quality filter, with an exact number of frames."""

from __future__ import annotations

import numpy as np
import soxr

from bridge_server.audio.waveform import Waveform


def frames_at(frames: int, from_rate: int, to_rate: int) -> int:
    """Length of `frames` at another rate, rounded half up in whole numbers (no float error after hours of audio)."""
    return (2 * frames * to_rate + from_rate) // (2 * from_rate)


def resample(waveform: Waveform, to_rate: int, frames: int | None = None) -> Waveform:
    """The same audio at `to_rate` Hz, `frames` long (default: the exact length, rounded).

    Same input, same bytes out: soxr runs single-threaded without dither. Missing frames at the end (the filter may
    give one less than the rounded length) are silent, surplus ones are cut.
    """
    length = frames_at(waveform.frames, waveform.sample_rate, to_rate) if frames is None else frames
    samples = waveform.samples
    if to_rate != waveform.sample_rate and waveform.frames:
        interleaved = np.ascontiguousarray(samples.T)
        samples = soxr.resample(interleaved, waveform.sample_rate, to_rate, quality="VHQ").T
    return Waveform(_fit(samples, length), to_rate)


def _fit(
    samples: np.ndarray[tuple[int, ...], np.dtype[np.float32]], frames: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """`samples` [channel, frame] cut, or filled with silence, to `frames`."""
    if samples.shape[1] < frames:
        samples = np.pad(samples, ((0, 0), (0, frames - samples.shape[1])))
    return np.ascontiguousarray(samples[:, :frames], dtype=np.float32)
