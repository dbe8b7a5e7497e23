"""Rings as a device would record them, made from an exact song, so that the right cut is known without the cutter.

A song is a list of stretches; each frame of it has an exact position (a Fraction, in quarters), a phase as
`plugphasor~` puts it out, a beat number that comes late, and audio that counts the frames.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

RATE = 8_000
"""Low, so that a minute is small; nothing depends on it but the number of frames."""


@dataclass(frozen=True)
class Stretch:
    """The song plays from `start` (quarters) for `frames` frames at `bpm`; 0 BPM = it stands still."""

    start: Fraction
    frames: int
    bpm: Fraction

    @property
    def step(self) -> Fraction:
        """Quarters per frame."""
        return self.bpm / 60 / RATE

    @property
    def end(self) -> Fraction:
        """Position one frame behind the last."""
        return self.start + self.frames * self.step


def play(start: float | Fraction, beats: float | Fraction, bpm: float) -> Stretch:
    """A stretch of about so many beats: up to, not including, the frame that reaches its end."""
    tempo, begin = Fraction(bpm).limit_denominator(1000), Fraction(start)
    frames = -((-Fraction(beats) * 60 * RATE) // tempo)
    return Stretch(begin, int(frames), tempo)


def stand(frames: int) -> Stretch:
    """The transport is stopped."""
    return Stretch(Fraction(0), frames, Fraction(0))


@dataclass(frozen=True)
class Song:
    """Everything the device heard, oldest first."""

    channels: NDArray[np.float32]
    stretches: tuple[Stretch, ...]

    @property
    def frames(self) -> int:
        """How much was heard."""
        return int(self.channels.shape[1])

    @property
    def end(self) -> Fraction:
        """Position one frame behind the last."""
        return self.stretches[-1].end

    def frame_at(self, beat: float) -> int:
        """The last frame at which the song reached `beat`; one behind the last if it would there. Exact."""
        behind = self.frames
        for stretch in reversed(self.stretches):
            behind -= stretch.frames
            if stretch.step:
                frame = math.ceil((Fraction(beat) - stretch.start) / stretch.step)
                if 0 <= frame <= stretch.frames:
                    return behind + frame
        raise AssertionError(f"the song never reaches {beat}")


def song(stretches: Sequence[Stretch], lag_frames: int = 64) -> Song:
    """Render stretches; the number of each beat is told `lag_frames` late, also behind jumps."""
    parts = [_phases_and_numbers(stretch) for stretch in stretches]
    phases, numbers = (np.concatenate(part) for part in zip(*parts, strict=True))
    told = np.concatenate([np.full(lag_frames, numbers[0]), numbers])[: len(numbers)]
    count = np.arange(len(numbers))
    audio = [(count % 4096) / 4096, (count // 4096) / 4096]  # the two channels number every frame exactly
    return Song(np.array([*audio, phases, told / 65_536], dtype=np.float32), tuple(stretches))


def _phases_and_numbers(stretch: Stretch) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """In whole numbers of a common denominator, so that nothing is rounded before the last step."""
    if not stretch.step:
        return np.zeros(stretch.frames), np.zeros(stretch.frames, np.int64)
    one = math.lcm(stretch.start.denominator, stretch.step.denominator)
    position = int(stretch.start * one) + np.arange(stretch.frames) * int(stretch.step * one)
    return (position % one) / one, position // one


def number_of(frame: NDArray[np.float32]) -> int:
    """Which frame of the song this is, from its audio."""
    return round(float(frame[0]) * 4096) + 4096 * round(float(frame[1]) * 4096)


def ring_of(heard: Song, ring_frames: int, turned: int = 0) -> tuple[NDArray[np.float32], float]:
    """The ring after the song: `[channel, frame]` in file order, and where the recorder stood (0 to 1).

    `turned`: frames it had run before the song began, so that its seam can be anywhere.
    """
    total = heard.channels.shape[1]
    ring = np.zeros((4, ring_frames), dtype=np.float32)
    kept = heard.channels[:, max(0, total - ring_frames) :]
    where = (np.arange(total - kept.shape[1], total) + turned) % ring_frames
    ring[:, where] = kept
    return ring, (total + turned) % ring_frames / ring_frames
