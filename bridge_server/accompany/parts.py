"""Parts of a stem that is still being made: WAVs that follow each other without a gap, each whole when it is told.

The first part is short, so that it comes early; each next one is twice as long, so that it is there before the one
before it has been heard, wherever a second of stem takes less than half a second to make. The stem itself is made and
written as without parts, bit for bit, and replaces them. Under `loudness match` the level of the parts is that of what
was made when the first one was written; the stem's, which counts all of it, may differ by a few dB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bridge_server.accompany.draws import is_silent
from bridge_server.accompany.levels import gain_of, require_numbers
from bridge_server.accompany.request import StemRequest
from bridge_server.accompany.variations import Variation
from bridge_server.audio import Check, true_peak, wav_file
from bridge_server.audio.resample import ResampleStream, frames_at
from bridge_server.audio.waveform import Samples, Waveform

FIRST_S, LONGEST_S = 2.5, 20.0
SHORTEST_STEM_S = 8.0
"""A shorter stem is there itself before its first part would have been heard."""
LEAST_LEFT_S = 1.0
"""No part is shorter than this: the last one takes what is left."""
FOLDER_ENDING = "_parts"
"""Parts lie in a folder of their own, beside the stem."""


@dataclass(frozen=True)
class PartResult:
    """One part, as the client hears of it; `start` is its first frame in the stem."""

    index: int
    part: int
    path: str
    start: int
    frames: int
    stem_frames: int
    sample_rate: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


OnPart = Callable[[PartResult], None]


@dataclass(frozen=True)
class PartsOf:
    """The stem whose parts are told: `frames` at `rate` Hz in `folder`, under a context of so many LUFS."""

    request: StemRequest
    variation: Variation
    folder: Path
    frames: int
    rate: int
    context_lufs: float | None


class PartWriter:
    """Takes one stem as the models make it, 48 kHz `[2, frame]`, and writes its parts.

    Nothing is written before something sounds: what stays silent as a whole is played again (`draws`), and no part of
    a try that is thrown away may be told. `wanted` is false when no parts were asked for or the stem is short.
    """

    def __init__(self, stem: PartsOf, model_rate: int, on_part: OnPart | None, check: Check) -> None:
        self._stem, self._on_part, self._check = stem, on_part, check
        is_long = stem.frames >= SHORTEST_STEM_S * stem.rate
        self.wanted = bool(on_part is not None and stem.request.stream and is_long)
        self._resampler = ResampleStream(model_rate, stem.rate, 2) if self.wanted else None
        self._model_frames_left = frames_at(stem.frames, stem.rate, model_rate)
        self._held: list[Samples] = []
        self._start, self._part, self._gain = 0, 0, 1.0
        self._length_s, self._sounds = FIRST_S, False

    def take(self, piece: Samples) -> None:
        """The next piece of the stem; writes a part when enough has come together."""
        require_numbers(piece)
        self._sounds = self._sounds or not is_silent(piece[:, : max(self._model_frames_left, 0)])
        self._model_frames_left -= piece.shape[1]
        self._held.append(piece if self._resampler is None else self._resampler.push(piece))
        held, rate = sum(each.shape[1] for each in self._held), self._stem.rate
        left = self._stem.frames - self._start - held
        if self._sounds and held >= self._length_s * rate and left >= LEAST_LEFT_S * rate:
            self._write()

    def finish(self) -> None:
        """The stem has been made: the last part, unless nothing sounded."""
        if self._resampler is not None and self._sounds:
            self._held.append(self._resampler.push(np.zeros((2, 0), np.float32), is_last=True))
            self._write()

    def _write(self) -> None:
        stem, number = self._stem, self._part
        audio = np.concatenate(self._held, axis=1)[:, : stem.frames - self._start]
        part = self._leveled(Waveform(np.ascontiguousarray(audio), stem.rate))
        folder = stem.folder / f"{stem.variation.name}{FOLDER_ENDING}"
        folder.mkdir(exist_ok=True)
        name, dither = f"{stem.variation.name}_part{number}", stem.variation.seed + number
        path = wav_file.write_stem(folder, name, part, stem.request.format, dither, self._check).path
        told = PartResult(stem.variation.index, number, str(path), self._start, part.frames, stem.frames, stem.rate)
        self._held, self._part, self._start = [], number + 1, self._start + part.frames
        self._length_s = min(2 * self._length_s, LONGEST_S)
        if self._on_part is not None:
            self._on_part(told)

    def _leveled(self, part: Waveform) -> Waveform:
        """At the level of the first part, or lower where -1 dBTP demands it."""
        request = self._stem.request
        part = part.to_mono() if request.channels == 1 else part
        if self._part == 0:
            self._gain = gain_of(request, self._stem.context_lufs, part, self._check)
        gain = self._gain
        if request.loudness != "raw":
            gain = min(gain, true_peak.limit_gain(part, self._check))
        return Waveform(part.samples * np.float32(gain), part.sample_rate)
