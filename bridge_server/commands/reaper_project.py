"""A REAPER project as text: named tracks with one item each, at the music's tempo.

Structure and field order as REAPER itself writes them (ReaTeam's "State Chunk Definitions" documents the fields). What
is left out takes REAPER's default when the project is opened.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

INDENT = "  "
QUOTES = ('"', "'", "`")


@dataclass(frozen=True)
class Track:
    """A track with one audio item from the start of the project; `file` is relative to the project's folder."""

    name: str
    file: PurePath
    seconds: float
    is_muted: bool = False


@dataclass(frozen=True)
class Meter:
    """Tempo and time signature."""

    tempo: float = 120.0
    beats_per_bar: int = 4
    beat_unit: int = 4


def project(tracks: Sequence[Track], meter: Meter, sample_rate: int) -> str:
    """The text of an .RPP file. Equal tracks give equal text: ids are made of the names and not by chance."""
    longest_s = max(track.seconds for track in tracks)
    lines = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        f"{INDENT}SAMPLERATE {sample_rate} 1 0",
        f"{INDENT}TEMPO {_number(meter.tempo)} {meter.beats_per_bar} {meter.beat_unit}",
        f"{INDENT}SELECTION 0 {_number(longest_s)}",
        *_indented(line for place, track in enumerate(tracks) for line in _track(track, place)),
        ">",
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A string as REAPER quotes it: in the first kind of quotes that it does not hold, without line breaks."""
    line = " ".join(text.split())
    quote = next((quote for quote in QUOTES if quote not in line), None)
    return f"{quote}{line}{quote}" if quote else "`" + line.replace("`", "'") + "`"


def _track(track: Track, place: int) -> list[str]:
    own = _id(f"track {place} {track.name}")
    return [
        f"<TRACK {own}",
        f"{INDENT}NAME {quoted(track.name)}",
        f"{INDENT}MUTESOLO {int(track.is_muted)} 0 0",
        f"{INDENT}TRACKID {own}",
        *_indented(_item(track, place)),
        ">",
    ]


def _item(track: Track, place: int) -> list[str]:
    return [
        "<ITEM",
        f"{INDENT}POSITION 0",
        f"{INDENT}LENGTH {_number(track.seconds)}",
        f"{INDENT}LOOP 0",
        f"{INDENT}FADEIN 1 0 0 1 0 0 0",
        f"{INDENT}FADEOUT 1 0 0 1 0 0 0",
        f"{INDENT}IGUID {_id(f'item {place} {track.name}')}",
        f"{INDENT}NAME {quoted(track.name)}",
        f"{INDENT}SOFFS 0",
        f"{INDENT}PLAYRATE 1 1 0 -1 0 0.0025",
        f"{INDENT}GUID {_id(f'take {place} {track.name}')}",
        f"{INDENT}<SOURCE WAVE",
        f"{INDENT * 2}FILE {quoted(track.file.as_posix())}",
        f"{INDENT}>",
        ">",
    ]


def _indented(lines: Iterable[str]) -> list[str]:
    return [INDENT + line for line in lines]


def _number(value: float) -> str:
    """Enough digits for a frame of ten minutes at 192 kHz."""
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _id(name: str) -> str:
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"riffbridge/{name}")).upper() + "}"
