"""Folders of multitracks as DAWs and data sets leave them, played by the composer."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from models.data.composer import compose, render

SECONDS = 21


@cache
def played(seed: int) -> dict[str, np.ndarray]:
    """Twenty-one seconds of a composed song: family -> [frame, 2] at 48 kHz."""
    rendered = render(compose(seed), 0.0, SECONDS * 48_000)
    return {family: stem.T for family, stem in zip(rendered.families, rendered.stems, strict=True)}


def write(path: Path, audio: np.ndarray, rate: int = 48_000, mono: bool = False) -> None:
    """A track at a rate, with both channels or their mean."""
    path.parent.mkdir(parents=True, exist_ok=True)
    audio = audio.mean(1) if mono else audio
    kind = {"format": "AIFF"} if path.suffix == ".aif" else {}
    soundfile.write(path, audio if rate == 48_000 else soxr.resample(audio, 48_000, rate), rate, **kind)


def reaper(root: Path) -> Path:
    """`$project-$tracknumber-$track.wav` at 44.1 kHz, a mono kick, a vocal, a broken and a silent file."""
    song, stems = root / "Bass Night", played(0)
    write(song / "Bass Night-001-Kick In.wav", stems["drums"], 44_100, mono=True)
    write(song / "Bass Night-002-OH L+R.wav", stems["drums"], 44_100)
    write(song / "Bass Night-003-E Bass DI.wav", stems["bass"], 44_100, mono=True)
    write(song / "Bass Night-004-Organ.wav", stems["organ"])
    write(song / "Bass Night-005-Lead Vox.wav", stems["lead"], 44_100)
    write(song / "Bass Night-006-take.wav", stems["lead"], 44_100)
    write(song / "Bass Night-007-Gtr silent.wav", np.zeros((48_000 * SECONDS, 2)))
    write(song / "Bass Night-008-Grand Piano.wav", stems["piano"])
    broken = song / "Bass Night-008-Grand Piano.wav"
    broken.write_bytes(broken.read_bytes()[:20])
    (song / "Bass Night-001-Kick In.wav.reapeaks").write_bytes(b"peaks")
    return song


def live(root: Path) -> Path:
    """`<project> <track>.aif` with return tracks and the main mix."""
    song, stems = root / "Sketch 3", played(2)
    for name, family in (("1-Bass", "bass"), ("2-Brass Section", "brass"), ("3-Flute", "winds"), ("Keys", "piano")):
        write(song / f"Sketch 3 {name}.aif", stems[family], 44_100)
    write(song / "Sketch 3 A-Reverb.aif", stems["bass"], 44_100)
    write(song / "Sketch 3 Main.aif", stems["bass"], 44_100)
    return song


def musdb(root: Path) -> Path:
    """The five WAVs of MUSDB18-HQ."""
    song, stems = root / "musdb18hq" / "train" / "Artist - Title", played(1)
    for name, family in (("drums", "drums"), ("bass", "bass"), ("other", "bass"), ("vocals", "drums")):
        write(song / f"{name}.wav", stems[family], 44_100)
    write(song / "mixture.wav", sum(stems.values()), 44_100)
    return song


def moises(root: Path) -> Path:
    """MoisesDB's data.json and folders of stems."""
    song, stems = root / "moisesdb_v0.1" / "0b7a-11", played(0)
    tracks = [
        ("drums", "kick drum", "drums"),
        ("guitar", "clean electric guitar", "lead"),
        ("vocals", "lead male singer", "organ"),
        ("other_keys", "organ, electric organ", "organ"),
        ("other", "fx/processed sound", "bass"),
    ]
    listed = []
    for number, (stem, kind, family) in enumerate(tracks):
        write(song / stem / f"id{number}.wav", stems[family], 44_100)
        listed.append({"stemName": stem, "tracks": [{"id": f"id{number}", "trackType": kind, "extension": "wav"}]})
    (song / "data.json").write_text(json.dumps({"song": "A", "stems": listed}))
    return song


def slakh(root: Path) -> Path:
    """Slakh's metadata.yaml and stems as FLAC."""
    song, stems, lines = root / "slakh" / "train" / "Track00001", played(2), ["UUID: 1a", "stems:"]
    for number, (family, program) in enumerate((("bass", 33), ("winds", 73), ("brass", 122))):
        write(song / "stems" / f"S0{number}.flac", stems[family], 44_100)
        lines += [f"  S0{number}:", "    inst_class: Pipe", "    is_drum: false", f"    program_num: {program}"]
    (song / "metadata.yaml").write_text("\n".join([*lines, "target_peak: -1.0"]))
    write(song / "mix.flac", sum(stems.values()), 44_100)
    return song


def lonely(root: Path) -> Path:
    """A song of one stem beside a mix."""
    song = root / "Solo"
    write(song / "Bass.wav", played(1)["bass"])
    write(song / "Mix.wav", played(1)["drums"])
    return song
