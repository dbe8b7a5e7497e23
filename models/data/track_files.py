"""One audio file of a multitrack: its header, and whether anything in it can be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

SILENT_RMS = 10 ** (-60 / 20)


@dataclass(frozen=True)
class TrackFile:
    """What the header of an audio file says."""

    frames: int
    rate: int
    channels: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.frames / self.rate


def examine(path: Path) -> TrackFile | str:
    """The header of a file that can be used, or the reason why it cannot.

    Reads until the first 100 ms that sound (above -60 dBFS RMS): as a rule the first second, of silent files all.
    """
    try:
        with soundfile.SoundFile(path) as file:
            header = TrackFile(file.frames, file.samplerate, file.channels)
            trouble = _trouble(file)
    except (OSError, RuntimeError) as error:
        return f"could not be read: {error}"
    return trouble or header


def _trouble(file: soundfile.SoundFile) -> str:
    """Why an open file is of no use; empty when it sounds."""
    if file.frames == 0:
        return "holds no audio"
    for block in file.blocks(file.samplerate // 10, dtype="float32", always_2d=True):
        power = float(np.mean(np.square(block)))
        if not np.isfinite(power):
            return "holds samples that are not numbers"
        if power > SILENT_RMS**2:
            return ""
    return "silent from beginning to end"
