"""How multitracks lie in folders: which file of a song is which stem, layout by layout.

A reader gets a song's folder and gives its stems and what it left out. Whether the files can be played is not looked
at here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from models.data.instrument_names import family_of, family_of_program, labels

AUDIO = (".wav", ".flac", ".aif", ".aiff")
OF_DAWS = (".asd", ".reapeaks", ".rpp", ".rpp-bak", ".als")  # what DAWs keep beside audio: not worth a word
MIX_NAMES = ("", "mixture", "mix", "master", "main", "mixdown", "full mix", "bounce")
DEEPEST = 4  # folders below the one named; "datasets/slakh2100/train/Track00001" is three


@dataclass(frozen=True)
class Stem:
    """One stem of a song: its files (summed) and its family, "vocals" included (which is never a target)."""

    name: str
    family: str
    files: tuple[Path, ...]


@dataclass
class Layout:
    """What a song's folder holds: the layout's name, one stem per file, and files left out with the reason."""

    name: str
    stems: list[Stem] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)

    def add(self, path: Path, label: str, family: str | None, reason: str) -> None:
        """A file as a stem of its family, or left out for `reason` where it has none."""
        if family is None:
            self.skipped.append((path, reason))
        else:
            self.stems.append(Stem(label, family, (path,)))


def song_folders(folder: Path, depth: int = 0) -> Iterator[Path]:
    """Folders with metadata or with tracks in them, `folder` itself included; folders inside a song are not songs.

    A folder with nothing but a mix in it is looked into: the tracks may lie in a folder beside the mix.
    """
    inside = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    holds_songs = depth == 0 and any(len(audio_files(p)) > 1 for p in inside)
    if _metadata(folder) or (len(audio_files(folder)) > 1 and not holds_songs):
        yield folder
        return
    found = [song for entry in inside if depth < DEEPEST for song in song_folders(entry, depth + 1)]
    yield from found
    if not found and any(p.is_file() and p.suffix.lower() not in OF_DAWS for p in folder.iterdir()):
        yield folder  # so that what lies there is named in the report


def read_song(song: Path) -> Layout:
    """The stems of a song's folder.

    Raises:
        OSError, ValueError, KeyError, TypeError: its metadata are not what they should be.
    """
    if (song / "metadata.yaml").is_file():
        return _slakh(song)
    return _moises(song) if (song / "data.json").is_file() else _plain(song)


def audio_files(folder: Path) -> list[Path]:
    """Audio files in a folder, by name; none where there is no such folder. Hidden files are no audio (macOS "._x")."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in AUDIO and not p.name.startswith("."))


def _metadata(folder: Path) -> bool:
    return (folder / "metadata.yaml").is_file() or (folder / "data.json").is_file()


def _plain(song: Path) -> Layout:
    """One file per track; MUSDB18's four stems are recognised by their names."""
    files = audio_files(song)
    is_musdb = {"drums", "bass", "other", "vocals"} <= {p.stem.lower() for p in files}
    layout = Layout("MUSDB18" if is_musdb else "one file per track")
    tracks = [p for p in files if p.stem.lower() not in MIX_NAMES]
    short = labels([p.stem for p in tracks], song.name)
    for path in files:
        label = short.get(path.stem, "").lower()
        reason = "a group of instruments" if label == "other" else "no instrument in its name"
        if " ".join(word for word in label.split() if not word.isdigit()) in MIX_NAMES:
            layout.skipped.append((path, "a mix, not a track"))
        else:
            layout.add(path, path.stem, family_of(short[path.stem]), reason)
    layout.skipped += _not_tracks(song)
    return layout


def _not_tracks(song: Path) -> Iterator[tuple[Path, str]]:
    """What lies beside the tracks and is not used."""
    for path in sorted(p for p in song.iterdir() if not p.name.startswith(".")):
        if path.is_dir() and audio_files(path):
            yield path, "a folder inside a song; put its tracks beside the others"
        elif path.name.lower().endswith(".stem.mp4"):
            yield path, "MUSDB18 packed as MP4; take MUSDB18-HQ, which has WAVs"
        elif path.is_file() and path.suffix.lower() not in AUDIO + OF_DAWS:
            yield path, "not WAV, AIFF or FLAC"


def _moises(song: Path) -> Layout:
    """MoisesDB: data.json lists stems, each with tracks; files are <stem name>/<track id>.wav."""
    layout = Layout("MoisesDB")
    for stem in json.loads((song / "data.json").read_text(encoding="utf-8"))["stems"]:
        for track in stem["tracks"]:
            path = song / stem["stemName"] / f"{track['id']}.{track.get('extension', 'wav')}"
            kind, group = (str(text).replace("_", " ") for text in (track.get("trackType", ""), stem["stemName"]))
            label = f"{kind} {group}".strip()
            if path.is_file():
                # The track's own name first: MoisesDB's "other keys" holds organs and synth pads.
                layout.add(path, label, family_of(kind) or family_of(group), f"no family for {label!r}")
            else:
                layout.skipped.append((path, "named in data.json, but not there"))
    return layout


def _slakh(song: Path) -> Layout:
    """Slakh: metadata.yaml names General MIDI program and instrument class of stems/S00.flac and so on."""
    layout = Layout("Slakh")
    files = {path.stem: path for path in audio_files(song / "stems")}
    for name, entry in _slakh_entries((song / "metadata.yaml").read_text(encoding="utf-8")).items():
        label = f"{entry.get('midi_program_name', '')} {entry.get('inst_class', '')}".strip()
        if name in files:
            layout.add(files[name], label, _slakh_family(entry), f"no family for {label!r}")
        else:
            layout.skipped.append((song / "stems" / name, "named in metadata.yaml, but not there"))
    return layout


def _slakh_family(entry: dict[str, str]) -> str | None:
    """By the General MIDI program, in older versions without one by the names."""
    if entry.get("is_drum", "").lower() == "true":
        return "drums"
    if entry.get("program_num", "").isdigit():
        return family_of_program(int(entry["program_num"]))
    return family_of(entry.get("midi_program_name", "")) or family_of(entry.get("inst_class", ""))


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
