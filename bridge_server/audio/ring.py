"""Cut whole bars, exact to the frame, out of a ring that a DAW device has recorded (see `ring_note`).

Nothing in the file says where the recorder stood. Two channels carry the position in the song: the phase is exact to
the frame, the beat's number comes from a slower clock and may be late by some thousand frames, but at the end of a
beat it is always right. From that follow the *passages*: stretches in which the song went on from frame to frame.
Tempo changes stay inside a passage. A loop jump, a stop, the recorder's own position and the hole it leaves while
it writes end one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bridge_server.audio.ring_note import CHANNELS, RingNote
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import FormatNotSupported, TooShort

INDEX_SCALE = 65_536
FASTEST_BPM = 1000.0
LATEST_INDEX_S = 0.1
"""The beat's number settles within this time: 4,096 frames, the largest buffer of an interface, are 0.085 s."""

STOPPED_S = 0.1
"""A break without song position longer than this is a stop, and what was played before it another take."""

LONGEST_HOLE_BEATS = 16
"""Writing the ring takes a second or two, in which nothing is recorded."""

NEAR = 1e-3
"""Of a frame: a position this close to a bar line is on it (float32 phases are good to 0.002 frames at 120 BPM)."""


@dataclass(frozen=True)
class Passage:
    """Frames `start` to `stop` (not included) of the unrolled ring, and the song position of each, in quarters."""

    start: int
    stop: int
    position: NDArray[np.float64]

    @property
    def step(self) -> float:
        """Quarters per frame at the end."""
        return float(self.position[-1] - self.position[-2])

    def frame_at(self, beat: float) -> int:
        """The first frame at or behind a position of the song."""
        return self.start + int(np.searchsorted(self.position, beat - NEAR * self.step))


@dataclass(frozen=True)
class Cut:
    """Whole bars: the audio, how many bars were wanted and found, where in the song they start, frames per bar."""

    audio: Waveform
    bars_wanted: int
    bars: int
    start_beat: float
    bar_length: float
    bar_frames: tuple[int, ...]

    @property
    def tempo(self) -> float:
        """Mean beats (quarters) per minute."""
        return self.bars * self.bar_length * 60 * self.audio.sample_rate / self.audio.frames


def cut_bars(ring: Waveform, note: RingNote) -> Cut:
    """The newest whole bars of a ring, at most `note.bars` of them.

    Raises FormatNotSupported for a file that is no ring, TooShort when not one whole bar was heard.
    """
    if ring.channels != CHANNELS:
        raise FormatNotSupported(
            f"The recorded ring has {ring.channels} channels instead of {CHANNELS}.", "Update the device."
        )
    samples, passages = _unroll(ring, note)
    nudge = round(note.nudge_ms * ring.sample_rate / 1000)
    best: tuple[Passage, list[float]] | None = None
    for passage in _takes(passages, round(STOPPED_S * ring.sample_rate)):
        lines = _bar_lines(passage, note, nudge, samples.shape[1])
        if best is None or len(lines) > len(best[1]):
            best = (passage, lines)
        if len(lines) > note.bars:
            break
    if best is None or len(best[1]) < 2:
        raise TooShort("Not one whole bar was heard.", f"Let Live play at least {note.bars} bars, then press Generate.")
    return _cut(samples, ring.sample_rate, note, nudge, *best)


def _cut(
    samples: NDArray[np.float32], rate: int, note: RingNote, nudge: int, passage: Passage, lines: list[float]
) -> Cut:
    lines = lines[-note.bars - 1 :]
    frames = [passage.frame_at(line) for line in lines]
    audio = np.ascontiguousarray(samples[:2, frames[0] + nudge : frames[-1] + nudge])
    per_bar = tuple(b - a for a, b in pairwise(frames))
    return Cut(Waveform(audio, rate), note.bars, len(lines) - 1, lines[0], note.bar_length, per_bar)


def _bar_lines(passage: Passage, note: RingNote, nudge: int, total: int) -> list[float]:
    """Song positions of the bar lines whose frames lie in the passage, the moved audio inside the ring."""
    near = NEAR * passage.step
    before_first = float(passage.position[0] - (passage.position[1] - passage.position[0]))
    behind_last = float(passage.position[-1]) + passage.step
    first = math.floor((before_first + near - note.bar_origin) / note.bar_length) + 1
    last = math.floor((behind_last + near - note.bar_origin) / note.bar_length)
    lines = [note.bar_origin + number * note.bar_length for number in range(first, last + 1)]
    return [line for line in lines if 0 <= passage.frame_at(line) + nudge <= total]


def _takes(passages: list[Passage], stopped_frames: int) -> list[Passage]:
    """The newest passage and those before it that belong to the same take, newest first."""
    takes: list[Passage] = []
    for passage in reversed(passages):
        if takes and not _goes_on(passage, takes[-1], stopped_frames):
            break
        takes.append(passage)
    return takes


def _goes_on(old: Passage, new: Passage, stopped_frames: int) -> bool:
    """Whether the song did not stop in between and looped back, or lost a few beats while the ring was written."""
    if new.start - old.stop > stopped_frames:
        return False
    left, met = float(old.position[-1]), float(new.position[0])
    is_loop = float(old.position[0]) - LONGEST_HOLE_BEATS <= met <= left
    return is_loop or met - left <= LONGEST_HOLE_BEATS


def _unroll(ring: Waveform, note: RingNote) -> tuple[NDArray[np.float32], list[Passage]]:
    """The ring from its oldest frame to its newest, and the passages in it in that order."""
    phase, index = _channels(ring.samples)
    breaks, told_late = _breaks(phase, index, ring.sample_rate)
    head = _head(breaks, index + phase, note)
    head = told_late.get(head, head)
    samples = np.roll(ring.samples, -head, axis=1)
    starts = np.zeros(ring.frames, bool)
    starts[(breaks - head) % ring.frames] = True
    edges = np.concatenate([[0], np.flatnonzero(starts[1:]) + 1, [ring.frames]])
    return samples, _passages(samples, edges, ring.sample_rate)


def _channels(samples: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Phase and number of the beat in each frame."""
    return samples[2].astype(np.float64), np.rint(samples[3].astype(np.float64) * INDEX_SCALE).astype(np.int64)


def _passages(samples: NDArray[np.float32], edges: NDArray[np.int64], rate: int) -> list[Passage]:
    phase, index = _channels(samples)
    long_enough = np.flatnonzero(np.diff(edges) > round(LATEST_INDEX_S * rate))
    found = (_passage(int(edges[i]), int(edges[i + 1]), phase, index) for i in long_enough)
    return [passage for passage in found if passage is not None]


def _passage(start: int, stop: int, phase: NDArray[np.float64], index: NDArray[np.int64]) -> Passage | None:
    """None without the end of a beat: at its end every beat knows its number, before it might not."""
    wraps = start + 1 + np.flatnonzero(np.diff(phase[start:stop]) < -0.5)
    if len(wraps) == 0:
        return None
    told = np.sort(index[wraps - 1] - np.arange(len(wraps)))  # the first beat, as each beat's end tells it
    beats_on = np.searchsorted(wraps, np.arange(start, stop), side="right")
    return Passage(start, stop, float(told[len(told) // 2]) + beats_on + phase[start:stop])


def _breaks(
    phase: NDArray[np.float64], index: NDArray[np.int64], rate: int
) -> tuple[NDArray[np.int64], dict[int, int]]:
    """Frames that do not follow from the frame before them (the last frame is before the first).

    Second: of the breaks at a beat's start, known by a number that jumped behind it, where the number jumped.
    """
    step = phase - np.roll(phase, 1)
    wrapped = step < -0.5
    step[wrapped] += 1.0
    stands = (step <= 0) | (step > FASTEST_BPM / 60 / rate)
    change = index - np.roll(index, 1)
    jumps = np.flatnonzero((change != 0) & (change != 1) & ~stands)
    starts = np.flatnonzero(wrapped | stands)
    latest = round(LATEST_INDEX_S * rate)
    at = [_start_of(int(jump), starts, latest, len(phase)) for jump in jumps]
    late = {start: int(jump) for start, jump in zip(at, jumps, strict=True) if start != jump and not stands[start]}
    is_break = stands.copy()  # marked, not sorted: while the transport stands every frame is a break
    is_break[np.asarray(at, np.int64)] = True
    return np.flatnonzero(is_break), late


def _start_of(jump: int, starts: NDArray[np.int64], latest: int, total: int) -> int:
    """A number that jumps shortly behind the start of a beat or passage has jumped there and was told late."""
    if len(starts) == 0:
        return jump
    start = int(starts[np.searchsorted(starts, jump, side="right") - 1])  # -1: the last one, the ring is round
    return start if (jump - start) % total <= latest else jump


def _head(breaks: NDArray[np.int64], position: NDArray[np.float64], note: RingNote) -> int:
    """Where the recorder stood: the break nearest to where it said it was, or whose song position fits best.

    If the break is a number that came late, either the song looped there or the recorder stood between the two.
    """
    total = len(position)
    if len(breaks) == 0:
        return 0
    if note.head >= 0:
        away = np.abs((breaks - note.head * total + total / 2) % total - total / 2)
        return int(breaks[np.argmin(away)])
    ends = (breaks - 1) % total
    return int(breaks[np.argmin(np.abs(position[ends] - note.song_beat))])
