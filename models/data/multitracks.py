"""Reads folders of real multitracks: which layout, which song, which stem is which instrument family.

Layouts: "one folder per song, one WAV or FLAC per track" (as REAPER and Live export), MUSDB18 with its stems as WAV,
MoisesDB (song/data.json with stems/tracks), Slakh (song/metadata.yaml with stems/S00.flac). Nothing is guessed
silently: what cannot be used is listed with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

RATE = 48_000
EDGE = RATE // 10
AUDIO = (".wav", ".flac")
MIX_NAMES = ("mixture", "mix", "master", "mixdown", "full mix", "bounce")
# Whole words in a file name; the first row that matches wins, so longer names stand first.
WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("vocals", ("vocals", "vocal", "vox", "voice", "singer", "choir", "lead vocal", "backing vocals", "bgv", "rap")),
    ("electric piano", ("electric piano", "e piano", "epiano", "rhodes", "wurlitzer", "wurli", "clavinet", "clav",
                        "ep")),
    ("bass", ("bass guitar", "synth bass", "double bass", "upright bass", "sub", "bass", "bassline", "808")),
    ("drums", ("drums", "drum", "kick", "snare", "hat", "hihat", "hi hat", "cymbal", "cymbals", "tom", "toms",
               "overhead", "overheads", "percussion", "perc", "conga", "congas", "shaker", "tambourine",
               "clap", "ride", "beat")),
    ("organ", ("organ", "hammond", "accordion", "harmonium")),
    ("strings", ("strings", "violin", "viola", "cello", "contrabass", "orchestra", "bowed strings", "harp")),
    ("brass", ("brass", "trumpet", "trombone", "horn", "horns", "tuba")),
    ("winds", ("winds", "wind", "woodwind", "woodwinds", "flute", "sax", "saxophone", "clarinet", "oboe", "bassoon",
               "recorder", "whistle", "reed", "pipe")),
    ("mallets", ("mallets", "marimba", "vibraphone", "vibes", "xylophone", "glockenspiel", "bells", "kalimba",
                 "chromatic percussion", "celesta")),
    ("pad", ("pad", "pads", "synth pad", "atmosphere", "drone", "texture")),
    ("lead", ("synth lead", "lead synth", "synth", "arp", "pluck", "lead")),
    ("piano", ("piano", "grand", "keys", "upright", "harpsichord")),
    ("guitar", ("guitar", "guitars", "gtr", "acoustic", "banjo", "ukulele", "mandolin", "sitar")),
)  # fmt: skip


@dataclass(frozen=True)
class Stem:
    """One stem of a song: its files (summed) and its family, "vocals" included (which is never a target)."""

    name: str
    family: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class SongFolder:
    """A song found in a folder."""

    name: str
    layout: str
    stems: tuple[Stem, ...]


@dataclass
class Findings:
    """What a folder holds: songs, and what was left out and why (path, reason)."""

    songs: list[SongFolder] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)

    def report(self) -> str:
        """The findings as text, one line per song and per file left out."""
        lines = [f"{len(self.songs)} songs found, {len(self.skipped)} files or folders left out."]
        lines += [f"  {s.name} ({s.layout}): {', '.join(stem.family for stem in s.stems)}" for s in self.songs]
        lines += [f"  left out: {path} ({reason})" for path, reason in self.skipped]
        return "\n".join(lines)


def family_of(name: str) -> str | None:
    """The family (or "vocals") a track name speaks of, or None: "03_Kick In.wav" -> "drums"."""
    words = " " + " ".join(re.findall(r"[a-z]+|808", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())) + " "
    for family, synonyms in WORDS:
        if any(f" {synonym} " in words for synonym in synonyms):
            return family
    return None


def find_songs(folder: Path) -> Findings:
    """Looks through a folder of multitracks, two levels deep (MUSDB18's train/ and test/ included)."""
    findings = Findings()
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    for song in _song_folders(folder):
        read = _slakh if (song / "metadata.yaml").is_file() else _moises if (song / "data.json").is_file() else _plain
        try:
            layout, stems = read(song, findings)
        except (OSError, ValueError, KeyError, TypeError) as error:
            findings.skipped.append((song, f"its metadata could not be read: {error}"))
            continue
        merged = _merge(stems)
        if len(merged) < 2:
            findings.skipped.append((song, "fewer than two usable tracks"))
        else:
            findings.songs.append(SongFolder(song.name, layout, tuple(merged)))
    return findings


def _song_folders(folder: Path) -> Iterator[Path]:
    """Folders that hold a song: those with audio or metadata in them, at the first or second level."""
    for entry in sorted(p for p in folder.iterdir() if p.is_dir()):
        if _audio(entry) or (entry / "metadata.yaml").is_file() or (entry / "data.json").is_file():
            yield entry
        else:
            yield from sorted(p for p in entry.iterdir() if p.is_dir())


def _audio(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in AUDIO) if folder.is_dir() else []


def _plain(song: Path, findings: Findings) -> tuple[str, list[Stem]]:
    """One file per track; MUSDB18's four stems are recognised by their names."""
    stems = []
    files = _audio(song)
    names = {p.stem.lower() for p in files}
    for path in files:
        if path.stem.lower() in MIX_NAMES:
            findings.skipped.append((path, "a mix, not a track"))
        elif (family := family_of(path.stem)) is None:
            reason = "a group of instruments" if path.stem.lower() == "other" else "no instrument in its name"
            findings.skipped.append((path, reason))
        else:
            stems.append(Stem(path.stem, family, (path,)))
    for path in song.iterdir():
        if path.is_file() and path.suffix.lower() not in AUDIO:
            findings.skipped.append((path, "not WAV or FLAC"))
    return ("musdb18" if {"drums", "bass", "other", "vocals"} <= names else "folder"), stems


def _moises(song: Path, findings: Findings) -> tuple[str, list[Stem]]:
    """MoisesDB: data.json lists stems, each with tracks; files are <stem name>/<track id>.wav."""
    stems = []
    for stem in json.loads((song / "data.json").read_text())["stems"]:
        for track in stem["tracks"]:
            path = song / stem["stemName"] / f"{track['id']}.{track.get('extension', 'wav')}"
            label = f"{track.get('trackType', '')} {stem['stemName']}".replace("_", " ")
            family = family_of(label)
            if not path.is_file():
                findings.skipped.append((path, "named in data.json, but not there"))
            elif family is None:
                findings.skipped.append((path, f"no family for {label.strip()!r}"))
            else:
                stems.append(Stem(label.strip(), family, (path,)))
    return "moisesdb", stems


def _slakh(song: Path, findings: Findings) -> tuple[str, list[Stem]]:
    """Slakh: metadata.yaml names instrument class and program of stems/S00.flac and so on."""
    stems = []
    for name, entry in _slakh_entries((song / "metadata.yaml").read_text()).items():
        path = next((p for p in _audio(song / "stems") if p.stem == name), None)
        program = entry.get("midi_program_name", "")
        label = "drums" if entry.get("is_drum") == "true" else f"{program} {entry.get('inst_class', '')}"
        family = family_of(program) or family_of(label)
        if path is None:
            findings.skipped.append((song / "stems" / name, "named in metadata.yaml, but not there"))
        elif family is None:
            findings.skipped.append((path, f"no family for {label.strip()!r}"))
        else:
            stems.append(Stem(label.strip(), family, (path,)))
    return "slakh", stems


def _slakh_entries(text: str) -> dict[str, dict[str, str]]:
    """The `stems:` block of Slakh's metadata.yaml, read by indentation (plain scalars only)."""
    entries: dict[str, dict[str, str]] = {}
    inside, current = False, ""
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip())
        key, _, value = line.strip().partition(":")
        if depth == 0:
            inside = key == "stems"
        elif inside and depth == 2:
            current = key
            entries[current] = {}
        elif inside and current:
            entries[current][key] = value.strip().strip("'\"")
    return entries


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
