"""Reads folders of real multitracks: the songs in them, what was left out and why, and their audio.

Layouts (`models.data.layouts`): "one folder per song, one file per track" (as REAPER and Live export), MUSDB18 with
its stems as WAV, MoisesDB and Slakh. Nothing is guessed silently: what cannot be used is listed with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.data.layouts import Stem, audio_files, read_song, song_folders
from models.data.track_files import TrackFile, examine

RATE = 48_000
EDGE = RATE // 10


@dataclass(frozen=True)
class SongFolder:
    """A song found in a folder."""

    name: str
    layout: str
    stems: tuple[Stem, ...]
    folder: Path


@dataclass
class Findings:
    """What a folder holds: songs, what was left out and why (path, reason), and the headers of the files used."""

    songs: list[SongFolder] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    files: dict[Path, TrackFile] = field(default_factory=dict)

    def report(self) -> str:
        """The findings as text, one line per song and per file left out."""
        lines = [f"{len(self.songs)} songs found, {len(self.skipped)} files or folders left out."]
        lines += [f"  {s.name} ({s.layout}): {', '.join(stem.family for stem in s.stems)}" for s in self.songs]
        lines += [f"  left out: {path} ({reason})" for path, reason in self.skipped]
        return "\n".join(lines)


def find_songs(folder: Path) -> Findings:
    """Looks through a folder of multitracks, or one song's folder; opens every file that may be used."""
    findings = Findings()
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    for song in song_folders(folder):
        try:
            layout = read_song(song)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            findings.skipped.append((song, f"its metadata could not be read: {error}"))
            continue
        findings.skipped += layout.skipped
        merged = _merge([stem for stem in layout.stems if _can_be_used(stem, findings)])
        if len(merged) < 2:
            findings.skipped.append((song, _too_few(merged)))
        else:
            findings.songs.append(SongFolder(song.name, layout.name, tuple(merged), song))
    if all(song.folder != folder for song in findings.songs):
        findings.skipped += [(path, "beside the folders of the songs, not in one") for path in audio_files(folder)]
    return findings


def _can_be_used(stem: Stem, findings: Findings) -> bool:
    """Whether a stem's one file can be played and sounds; else a line in the findings."""
    (path,) = stem.files
    seen = examine(path)
    if isinstance(seen, str):
        findings.skipped.append((path, seen))
        return False
    findings.files[path] = seen
    return True


def _too_few(stems: list[Stem]) -> str:
    return f"only {stems[0].family} in it, nothing to play along with" if stems else "no track in it can be used"


def _merge(stems: list[Stem]) -> list[Stem]:
    """Tracks of one family become one stem (kick, snare and overheads are the drums)."""
    merged: dict[str, Stem] = {}
    for stem in stems:
        before = merged.get(stem.family)
        files = (*before.files, *stem.files) if before else stem.files
        merged[stem.family] = Stem(before.name if before else stem.name, stem.family, files)
    return list(merged.values())


def frames_of(song: SongFolder) -> int:
    """Length of a song's longest file in frames at 48 kHz, read from the headers."""
    import soundfile

    headers = [soundfile.info(path) for stem in song.stems for path in stem.files]
    return max(header.frames * RATE // header.samplerate for header in headers)


def load(song: SongFolder, start: int = 0, frames: int | None = None) -> tuple[np.ndarray, list[str]]:
    """Stems [stem, 2, frame] float32 at 48 kHz and their families; shorter files are padded with silence.

    Args:
        start: first frame at 48 kHz; a multiple of 4,800 keeps files of different rates aligned.
        frames: how many frames at 48 kHz, else all.
    """
    parts = [[_read(path, start, frames) for path in stem.files] for stem in song.stems]
    length = frames or max(audio.shape[1] for files in parts for audio in files)
    stems = np.zeros((len(parts), 2, length), np.float32)
    for index, files in enumerate(parts):
        for audio in files:
            stems[index, :, : audio.shape[1]] += audio
    return stems, [stem.family for stem in song.stems]


def _read(path: Path, start: int, frames: int | None) -> np.ndarray:
    """A stretch of a file as [2, frame] float32 at 48 kHz; mono is doubled, further channels are dropped.

    The resampler gets 0.1 s more on both sides, so that an excerpt equals that part of the whole file.
    """
    import soundfile
    import soxr

    lead = min(start, EDGE)
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        file.seek(min((start - lead) * rate // RATE, file.frames))
        wanted = -1 if frames is None else -(-(lead + frames + EDGE) * rate // RATE)
        audio = file.read(wanted, dtype="float32", always_2d=True)
    if rate != RATE and len(audio):
        audio = soxr.resample(audio, rate, RATE, "HQ")
    audio = audio[lead:] if frames is None else audio[lead : lead + frames]
    return np.ascontiguousarray((audio[:, :2] if audio.shape[1] > 1 else np.repeat(audio, 2, axis=1)).T)
