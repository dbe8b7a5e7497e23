"""Change of sample rate by soxr's very-high-quality filter, with an exact number of frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr

from bridge_server.audio import Check, go_on
from bridge_server.audio.waveform import Samples, Waveform

BLOCK_FRAMES = 1 << 18


def frames_at(frames: int, from_rate: int, to_rate: int) -> int:
    """Length of `frames` at another rate, rounded half up in whole numbers (no float error after hours of audio)."""
    return (2 * frames * to_rate + from_rate) // (2 * from_rate)


def resample(waveform: Waveform, to_rate: int, frames: int | None = None, check: Check = go_on) -> Waveform:
    """The same audio at `to_rate` Hz, `frames` long (default: the exact length, rounded).

    Same input, same bytes out: soxr runs single-threaded without dither, always in the same blocks. Missing frames
    at the end (the filter may give one less than the rounded length) are silent, surplus ones are cut. `check` is
    called between blocks.
    """
    length = frames_at(waveform.frames, waveform.sample_rate, to_rate) if frames is None else frames
    samples, at = np.zeros((waveform.channels, length), dtype=np.float32), 0
    for block in resampled_blocks(waveform, to_rate, check):
        kept = block[: max(length - at, 0)]
        samples[:, at : at + len(kept)] = kept.T
        at += len(kept)
    return Waveform(samples, to_rate)


def resampled_blocks(waveform: Waveform, to_rate: int, check: Check) -> Iterator[Samples]:
    """Blocks `[frame, channel]` at the new rate; `check` is called before each."""
    stream = ResampleStream(waveform.sample_rate, to_rate, waveform.channels)
    for first in range(0, waveform.frames, BLOCK_FRAMES):
        check()
        is_last = first + BLOCK_FRAMES >= waveform.frames
        yield stream.push(waveform.samples[:, first : first + BLOCK_FRAMES], is_last).T


class ResampleStream:
    """Changes the rate of audio that comes piece by piece."""

    def __init__(self, from_rate: int, to_rate: int, channels: int) -> None:
        self._channels, self._stream = channels, None
        if to_rate != from_rate:
            self._stream = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality="VHQ")

    def push(self, piece: Samples, is_last: bool = False) -> Samples:
        """What the piece `[channel, frame]` completes at the new rate, `[channel, frame]`; may be empty."""
        block = np.ascontiguousarray(piece.T)
        if self._stream is not None:
            block = self._stream.resample_chunk(block, last=is_last).reshape(-1, self._channels)
        return block.T
