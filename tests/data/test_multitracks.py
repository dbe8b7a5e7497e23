"""Folders of real multitracks: each layout is read, families are named, and what is left out is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.data.instrument_names import family_of, family_of_program, labels
from models.data.multitracks import find_songs, load
from models.families import FAMILIES


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
        ("Lead Gtr", "guitar"),
        ("Bass Drum", "drums"),
        ("OH_L", "drums"),
        ("Violins", "strings"),
        ("Synth Bass 2", "bass"),
        ("Synth Keys", "piano"),
        ("Soprano Saxes", "winds"),
        ("pitched percussion (mallets, glockenspiel, ...)", "mallets"),
        ("reeds (saxophone, clarinets, oboe, english horn, bagpipe)", "winds"),
        ("human choir", "vocals"),
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
    assert findings.songs[0].layout == "MUSDB18"
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


def test_slakh_programs_decide_over_names(tmp_path: Path) -> None:
    song = tmp_path / "slakh" / "train" / "Track00002"
    entries = {"S00": (10, "Music Box", "Chromatic Percussion"), "S01": (52, "Choir Aahs", "Strings (continued)")}
    entries["S02"] = (81, "Lead 2 (sawtooth)", "Synth Lead")
    lines = ["stems:"]
    for name, (program, words, kind) in entries.items():
        _tone(song / "stems" / f"{name}.flac")
        lines += [f"  {name}:", f"    inst_class: {kind}", "    is_drum: false", f"    midi_program_name: {words}"]
        lines += [f"    program_num: {program}"]
    (song / "metadata.yaml").write_text("\n".join(lines))
    (found,) = find_songs(tmp_path).songs
    assert [stem.family for stem in found.stems] == ["mallets", "vocals", "lead"]


def test_every_program_is_a_family_that_can_be_asked_for() -> None:
    named = [family_of_program(program) for program in range(128)]
    assert {*FAMILIES, "vocals", None} == set(named)
    assert [named[i] for i in (0, 4, 12, 16, 33, 47, 56, 73, 81, 89, 127)] == [
        "piano", "electric piano", "mallets", "organ", "bass", "drums", "brass", "winds", "lead", "pad", None,
    ]  # fmt: skip


def test_the_projects_name_before_each_track_names_no_instrument(tmp_path: Path) -> None:
    song = tmp_path / "Bass Song"
    for name in ("-001-Kick", "-002-Rhodes", "-003-take", "", " Master"):
        _tone(song / f"Bass Song{name}.wav")
    findings = find_songs(tmp_path)
    assert [stem.family for stem in findings.songs[0].stems] == ["drums", "electric piano"]
    assert {path.name: reason for path, reason in findings.skipped} == {
        "Bass Song-003-take.wav": "no instrument in its name",
        "Bass Song.wav": "a mix, not a track",
        "Bass Song Master.wav": "a mix, not a track",
    }
    assert labels(["Guitar L", "Guitar R"], "Duo") == {"Guitar L": "Guitar L", "Guitar R": "Guitar R"}


def test_a_song_itself_and_tracks_in_a_folder_beside_the_mix(tmp_path: Path) -> None:
    song = tmp_path / "Deep" / "My Song"
    _tone(song / "My Song.wav")
    _tone(song / "Stems" / "Kick.wav")
    _tone(song / "Stems" / "Bass.aiff")
    (song / "Stems" / "Bass.aiff").rename(song / "Stems" / "Bass.aif")  # as Live names them
    _tone(tmp_path / "loose.wav")
    for folder in (tmp_path, song, song / "Stems"):
        assert [s.folder for s in find_songs(folder).songs] == [song / "Stems"], folder
    skipped = dict(find_songs(tmp_path).skipped)
    assert skipped == {tmp_path / "loose.wav": "beside the folders of the songs, not in one"}


def test_files_that_cannot_be_played_are_left_out_one_by_one(tmp_path: Path) -> None:
    song = tmp_path / "song"
    for name in ("Kick", "Bass"):
        _tone(song / f"{name}.wav")
    soundfile.write(song / "Organ.wav", np.zeros((44_100, 2)), 44_100)
    soundfile.write(song / "Flute.wav", np.full(44_100, np.nan, np.float32), 44_100, "FLOAT")
    soundfile.write(song / "Pad.wav", np.zeros((0, 2)), 44_100)
    (song / "Piano.wav").write_bytes(b"RIFF\x10\0\0\0WAVEnothing")
    (song / "Old.stem.mp4").write_bytes(b"")
    (song / "Kick.wav.asd").write_bytes(b"")
    findings = find_songs(tmp_path)
    assert [stem.family for stem in findings.songs[0].stems] == ["bass", "drums"]
    reasons = {path.name: reason.split(":")[0] for path, reason in findings.skipped}
    assert reasons == {
        "Organ.wav": "silent from beginning to end",
        "Flute.wav": "holds samples that are not numbers",
        "Pad.wav": "holds no audio",
        "Piano.wav": "could not be read",
        "Old.stem.mp4": "MUSDB18 packed as MP4; take MUSDB18-HQ, which has WAVs",
    }
    assert findings.files[song / "Kick.wav"].seconds == pytest.approx(0.5)


def test_broken_metadata_is_reported_not_raised(tmp_path: Path) -> None:
    (tmp_path / "song").mkdir()
    (tmp_path / "song" / "data.json").write_text("{")
    findings = find_songs(tmp_path)
    assert not findings.songs
    assert "could not be read" in findings.skipped[0][1]


def test_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        find_songs(tmp_path / "nowhere")
