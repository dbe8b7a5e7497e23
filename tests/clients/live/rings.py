"""Rings with music in them, as files: what `buffer~ writewave` would leave on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.audio.ring_making import RATE, Stretch, play, ring_of, song
from tests.whole.bounces import chords

RING_FRAMES = 20 * RATE


def ring(folder: Path, stretches: Sequence[Stretch] = (), bpm: float = 120.0) -> dict[str, Any]:
    """Write a ring; returns what the interpreter of the patch needs: file and where the recorder stood."""
    heard = song(stretches or [play(0, 17.3, bpm)])
    music = chords(heard.frames / RATE, RATE, beats_per_minute=bpm)
    heard.channels[:2] = music.astype(np.float32)
    samples, head = ring_of(heard, RING_FRAMES, turned=5_000)
    path = folder / "ring_source.wav"
    soundfile.write(path, samples.T, RATE, subtype="FLOAT")
    return {"file": str(path), "head": head - 0.001}
