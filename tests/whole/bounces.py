"""Contexts as a DAW bounces them. Written and read with soundfile, so that our own reader and writer are judged."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

SECONDS = 1.3
"""Two chunks of the models, hence one join; stems take two thirds of the time that those of three chunks take."""
FRAMES = round(SECONDS * 48_000)
"""Of a bounce at the usual rate."""


def chords(seconds: float, rate: int, root_hz: float = 220.0, beats_per_minute: float = 120.0) -> NDArray[np.float64]:
    """Plucked minor chords, one on each beat: `[frame]`, peak 0.5."""
    time_s = np.arange(round(seconds * rate)) / rate
    since_beat_s = time_s % (60.0 / beats_per_minute)
    tones = sum(np.sin(2 * np.pi * root_hz * ratio * time_s) for ratio in (1.0, 6 / 5, 3 / 2))
    return np.asarray(tones * np.exp(-6 * since_beat_s) / 6)


def bounce(
    path: Path,
    seconds: float = SECONDS,
    rate: int = 48_000,
    channels: int = 2,
    subtype: str = "PCM_24",
    root_hz: float = 220.0,
    beats_per_minute: float = 120.0,
) -> str:
    """Write a WAV of chords; returns its path as text."""
    samples = np.repeat(chords(seconds, rate, root_hz, beats_per_minute)[:, None], channels, axis=1)
    return write(path, samples, rate, subtype)


def write(path: Path, samples: NDArray[np.float64], rate: int = 48_000, subtype: str = "PCM_24") -> str:
    """Write samples `[frame, channel]`; returns the path as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype, format="WAV")
    return str(path)


def claiming(path: Path, seconds: float, on_disk_s: float) -> str:
    """A header of 48 kHz, 24 bits, stereo that claims `seconds`, over a file with holes `on_disk_s` long."""
    frame_bytes, rate = 6, 48_000
    data_bytes = round(seconds * rate) * frame_bytes
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, rate, rate * frame_bytes, frame_bytes, 24)
    head = struct.pack("<4sI4s", b"RIFF", 36 + data_bytes, b"WAVE") + fmt + struct.pack("<4sI", b"data", data_bytes)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + round(on_disk_s * rate) * frame_bytes)
    return str(path)


def make_old(path: str, age_s: float = 60.0) -> None:
    """As if nobody had written to the file for a while."""
    then = time.time() - age_s
    os.utime(path, (then, then))


def read(path: str | Path) -> NDArray[np.float64]:
    """Samples `[frame, channel]`."""
    samples, _ = soundfile.read(path, always_2d=True)
    return np.asarray(samples)
