"""Folders of real multitracks: each layout is read, families are named, and what is left out is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.data.multitracks import family_of, find_songs, load


def _tone(path: Path, hertz: float = 220.0, seconds: float = 0.5, rate: int = 44_100, channels: int = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = 0.2 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)
    soundfile.write(path, np.repeat(wave[:, None], channels, axis=1), rate)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("03_Kick In", "drums"),
        ("Bass DI", "bass"),
        ("BassGuitar", "bass"),
        ("Elec Gtr L", "guitar"),
        ("01 Rhodes", "electric piano"),
        ("Grand Piano", "piano"),
        ("Lead Vox", "vocals"),
        ("Tenor Sax", "winds"),
        ("Synth Lead", "lead"),
        ("Warm Pad", "pad"),
        ("take 7", None),
        ("other", None),
    ],
)
def test_family_of_a_track_name(name: str, family: str | None) -> None:
    assert family_of(name) == family


def test_one_folder_per_song(tmp_path: Path) -> None:
    song = tmp_path / "My Song"
    _tone(song / "Kick.wav", 60)
    _tone(song / "Snare.wav", 180, seconds=0.25)
    _tone(song / "Bass.flac", 80, rate=48_000, channels=1)
    _tone(song / "mixdown.wav")
    _tone(song / "take 7.wav")
    (song / "notes.txt").write_text("a text")
    findings = find_songs(tmp_path)
    stems, families = load(findings.songs[0])
    assert sorted(families) == ["bass", "drums"]
    assert stems.shape == (2, 2, 24_000)
    reasons = {path.name: reason for path, reason in findings.skipped}
    assert set(reasons) == {"mixdown.wav", "take 7.wav", "notes.txt"}
    assert "no instrument in its name" in findings.report()


def test_resampled_and_summed(tmp_path: Path) -> None:
    _tone(tmp_path / "song" / "Kick.wav", 1000)
    _tone(tmp_path / "song" / "Snare.wav", 1000)
    _tone(tmp_path / "song" / "Bass.wav", 80)
    stems, families = load(find_songs(tmp_path).songs[0])
    drums = stems[families.index("drums"), 0]
    spectrum = np.abs(np.fft.rfft(drums[4800:19_200]))
    assert np.argmax(spectrum) / 0.3 == pytest.approx(1000, abs=4)
    assert np.abs(drums[4800:19_200]).max() == pytest.approx(0.4, abs=0.01)


def test_musdb18(tmp_path: Path) -> None:
    for name in ("mixture", "drums", "bass", "other", "vocals"):
        _tone(tmp_path / "train" / "Artist - Title" / f"{name}.wav")
    findings = find_songs(tmp_path)
    assert findings.songs[0].layout == "musdb18"
    assert {stem.family for stem in findings.songs[0].stems} == {"drums", "bass", "vocals"}


def test_moisesdb(tmp_path: Path) -> None:
    song = tmp_path / "0a1b"
    stems = [
        {"stemName": "guitar", "tracks": [{"id": "g1", "trackType": "distorted_guitar", "extension": "wav"}]},
        {"stemName": "drums", "tracks": [{"id": "d1", "trackType": "kick_drum"}, {"id": "d2", "trackType": "toms"}]},
        {"stemName": "piano", "tracks": [{"id": "gone", "trackType": "grand_piano"}]},
    ]
    (song / "guitar").mkdir(parents=True)
    (song / "data.json").write_text(json.dumps({"stems": stems}))
    _tone(song / "guitar" / "g1.wav")
    _tone(song / "drums" / "d1.wav")
    _tone(song / "drums" / "d2.wav")
    findings = find_songs(tmp_path)
    assert {stem.family: len(stem.files) for stem in findings.songs[0].stems} == {"guitar": 1, "drums": 2}
    assert findings.skipped == [(song / "piano" / "gone.wav", "named in data.json, but not there")]


SLAKH = """UUID: 1a
stems:
  S00:
    inst_class: Guitar
    is_drum: false
    midi_program_name: Acoustic Guitar (steel)
  S01:
    inst_class: Drums
    is_drum: true
    midi_program_name: Drums
  S02:
    inst_class: Sound Effects
    is_drum: false
    midi_program_name: Seashore
target_peak: -1.0
"""


def test_slakh(tmp_path: Path) -> None:
    song = tmp_path / "Track00001"
    for name in ("S00", "S01", "S02"):
        _tone(song / "stems" / f"{name}.flac")
    (song / "metadata.yaml").write_text(SLAKH)
    findings = find_songs(tmp_path)
    assert [stem.family for stem in findings.songs[0].stems] == ["guitar", "drums"]
    assert findings.skipped[0][0].name == "S02.flac"


def test_broken_metadata_is_reported_not_raised(tmp_path: Path) -> None:
    (tmp_path / "song").mkdir()
    (tmp_path / "song" / "data.json").write_text("{")
    findings = find_songs(tmp_path)
    assert not findings.songs
    assert "could not be read" in findings.skipped[0][1]


def test_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        find_songs(tmp_path / "nowhere")
