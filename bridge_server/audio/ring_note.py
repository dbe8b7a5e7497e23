"""The note beside a ring: what a DAW device knows about the last minute it has recorded.

The Max for Live device never stops recording into a ring of four channels: left, right, the phase of the running beat
(0 to 1) and that beat's number / 65536. On request the ring is written to a WAV as it lies in memory, and this note
goes with it. `audio.ring` cuts whole bars out of the two; here only the note is read and judged (standard library
only: the server process does it, too).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bridge_server.audio import safe_paths
from bridge_server.errors import BadArguments

CHANNELS = 4
LARGEST_BYTES = 16_384
RANGES: dict[str, tuple[float, float]] = {
    "bars": (1, 64),
    "beats_per_bar": (1, 64),
    "beat_unit": (1, 64),
    "tempo": (10, 1000),
    "nudge_ms": (-1000, 1000),
    "bar_origin": (-1e6, 1e6),
    "head": (-1, 1),
    "song_beat": (-1e6, 1e7),
}
HINT = "Update the device and riffbridge, so that both are of one version."


@dataclass(frozen=True)
class RingNote:
    """One ring. Positions in the song count quarter notes, as Live does.

    - bars: wanted, the newest whole ones. - beats_per_bar, beat_unit: the metre, 7 and 8 for 7/8.
    - tempo: beats per minute at the request; only an estimate is made from it.
    - nudge_ms: the audio is this much later than the beat channels (plug-in delays of other tracks).
    - bar_origin: a position at which a bar starts. - head: where the recorder stood, as a fraction of the
      ring, roughly; below 0 = unknown. - song_beat: position of the song at the request.
    """

    bars: int
    beats_per_bar: int = 4
    beat_unit: int = 4
    tempo: float = 120.0
    nudge_ms: float = 0.0
    bar_origin: float = 0.0
    head: float = -1.0
    song_beat: float = 0.0

    @property
    def bar_length(self) -> float:
        """Quarter notes in a bar."""
        return self.beats_per_bar * 4 / self.beat_unit

    @property
    def seconds(self) -> float:
        """Length of the wanted bars, if the tempo does not change."""
        return self.bars * self.bar_length * 60 / self.tempo


def read_note(path: str, roots: Sequence[Path] | None = None) -> RingNote:
    """Read the note that a request names; what it holds besides (key, scale, set) is for people.

    Raises PathNotAllowed, or BadArguments with the name of what is wrong.
    """
    with safe_paths.open_file(path, roots) as file:
        text = file.handle.read(LARGEST_BYTES + 1)
    try:
        held = json.loads(text.decode("utf-8")) if len(text) <= LARGEST_BYTES else None
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        raise BadArguments("The note beside the recorded ring is not readable.", HINT)
    given = {field.name: field.type == "int" for field in fields(RingNote) if field.name in held}
    if "bars" not in given:
        raise BadArguments("The note beside the recorded ring does not say how many bars.", HINT)
    return RingNote(**{name: _number(held[name], name, is_whole) for name, is_whole in given.items()})


def _number(value: Any, name: str, is_whole: bool) -> Any:
    lowest, highest = RANGES[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not lowest <= value <= highest or (is_whole and value != int(value)):
        raise BadArguments(f"The note beside the recorded ring has no usable {name!r}.", HINT)
    return int(value) if is_whole else float(value)
