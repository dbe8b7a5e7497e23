"""Sounds from General MIDI sound fonts through tinysoundfont's low-level class (no PyAudio needed).

Load before forking: a 40 MB sf3 unpacks once and is then shared by all workers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.data.composer.song import Note
from models.data.composer.wavetable import RATE

MAX_VOICES = 96
FADE_FRAMES = RATE // 10
_fonts: list[Any] = []


def load(paths: list[Path]) -> None:
    """Loads sound fonts for this process and all it forks; replaces those loaded before."""
    if not paths:
        _fonts.clear()
        return
    from tinysoundfont import _tinysoundfont as tsf

    fresh = []
    for path in paths:
        font = tsf.SoundFont(str(path))
        font.set_output(tsf.OutputMode.StereoInterleaved, RATE, -6.0)
        font.set_max_voices(MAX_VOICES)
        fresh.append(font)
    _fonts[:] = fresh


def available() -> int:
    """Number of sound fonts loaded."""
    return len(_fonts)


def render(font: int, program: int, drums: bool, notes: list[Note], frames: int) -> np.ndarray:
    """Audio [2, frames] of the notes with a General MIDI program (or drum kit); starts are not negative."""
    synth = _fonts[font % len(_fonts)]
    _silence(synth)
    synth.channel_set_preset_number(0, program, drums)
    events = [(int(note.start_s * RATE), 1, note.pitch, note.velocity) for note in notes]
    events += [(int((note.start_s + note.duration_s) * RATE), 0, note.pitch, 0.0) for note in notes]
    events.sort(key=lambda event: event[:3])
    buffer = np.zeros(2 * frames, np.float32)
    view = memoryview(buffer).cast("B")
    position = 0
    for frame, on, pitch, velocity in events:
        if frame >= frames:
            break
        if frame > position:
            synth.render(view[position * 8 : frame * 8])
            position = frame
        if on:
            synth.channel_note_on(0, pitch, velocity)
        else:
            synth.channel_note_off(0, pitch)
    synth.render(view[position * 8 :])
    return np.ascontiguousarray(buffer.reshape(frames, 2).T)


def _silence(synth: Any) -> None:
    """Ends all voices. A reset only fades them out, so the fade is rendered away: the last track must not leak."""
    synth.reset()
    synth.render(memoryview(np.zeros(2 * FADE_FRAMES, np.float32)).cast("B"))
    synth.reset()
