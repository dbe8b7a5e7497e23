"""Tells a musician what riffbridge can learn from in a folder of multitracks: `riffbridge data check FOLDER`.

    python -m models.data.check FOLDER

The same code finds songs and leaves files out when a pool is filled (`models.data.multitrack_excerpts`). The exit
status is 1 when nothing can be used.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from models.data.multitrack_excerpts import held_out, usable_songs
from models.data.multitracks import RATE, Findings, SongFolder, frames_of
from models.data.track_files import TrackFile
from models.families import FAMILIES

REASONS_IN_FULL = 20  # files left out for one reason; of more than these, a few are named and the rest counted


def report(folder: Path, findings: Findings) -> str:
    """What was found, in plain sentences."""
    lines = [_summary(folder, findings)]
    for song in findings.songs:
        lines += ["", *_song(song, findings.files)]
    lines += ["", *_left_out(folder, findings)] if findings.skipped else []
    lines += ["", *_totals(findings)] if findings.songs else []
    return "\n".join(lines)


def _summary(folder: Path, findings: Findings) -> str:
    count = len(findings.songs)
    if not count:
        return (
            f"Nothing in {folder} can be used. A song is a folder with one WAV, AIFF or FLAC per track, at least two"
            " of them named after instruments, and at least 20.48 s long."
        )
    length = _length(sum(frames_of(song) for song in findings.songs) / RATE)
    return f"{_count(count, 'song')} in {folder} can be used, {length} of music."


def _song(song: SongFolder, files: dict[Path, TrackFile]) -> Iterator[str]:
    """The song, then a line for every family with its files."""
    tracks = sum(len(stem.files) for stem in song.stems)
    yield f"{song.name}: {_length(frames_of(song) / RATE)}, {_count(tracks, 'track')} ({song.layout})"
    for stem in song.stems:
        parts = [f"{path.name} ({_format(files[path])})" for path in stem.files]
        yield f"  {stem.family}: {', '.join(parts)}"


def _format(file: TrackFile) -> str:
    channels = {1: "mono", 2: "stereo"}.get(file.channels, f"{file.channels} channels, the first two used")
    return f"{_length(file.seconds)}, {file.rate / 1000:g} kHz, {channels}"


def _left_out(folder: Path, findings: Findings) -> Iterator[str]:
    """Files and folders that are not used, by reason."""
    by_reason = defaultdict(list)
    for path, reason in findings.skipped:
        by_reason[reason].append(str(path.relative_to(folder)) if path != folder else path.name)
    yield "Left out:"
    for reason, names in by_reason.items():
        shown, rest = names[:REASONS_IN_FULL], len(names) - REASONS_IN_FULL
        yield f"  {reason}: {', '.join(shown)}" + (f" and {rest} more" if rest > 0 else "")


def _totals(findings: Findings) -> Iterator[str]:
    """Songs per family, families there are none of, and what is kept for validation."""
    counted = Counter(stem.family for song in findings.songs for stem in song.stems)
    yield "In all: " + ", ".join(f"{name} in {_count(counted[name], 'song')}" for name in FAMILIES if counted[name])
    missing = [name for name in FAMILIES if not counted[name]]
    if missing:
        yield f"Nothing of: {', '.join(missing)}. What the pack knows of these may fade in training."
    if len(findings.songs) == 1:
        yield "With one song only, the figures in the log are of the song that was trained on."
    else:
        kept = [song.name for song in held_out(findings.songs)]
        yield f"Kept for validation and never trained on: {', '.join(kept)}."


def _length(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d} min" if whole >= 60 else f"{seconds:.1f} s"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def main(arguments: list[str] | None = None) -> None:
    """Prints the report; exit status 1 when nothing can be used."""
    parser = argparse.ArgumentParser(prog="riffbridge data check", description="Looks through a folder of multitracks.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    try:
        findings = usable_songs(folder)
    except OSError as error:
        raise SystemExit(str(error)) from None
    print(report(folder, findings))
    raise SystemExit(0 if findings.songs else 1)


if __name__ == "__main__":
    main()
