"""`riffbridge data check` on folders as DAWs and data sets leave them, as a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from models.data.multitracks import find_songs, load
from tests.data import user_folders


def data_check(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "bridge_server.cli", "data", "check", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One song of every layout, and one that cannot be used."""
    root = tmp_path_factory.mktemp("user")
    for make in (user_folders.reaper, user_folders.live, user_folders.musdb, user_folders.moises, user_folders.slakh):
        make(root)
    user_folders.lonely(root)
    return root


@pytest.fixture(scope="module")
def checked(folder: Path) -> tuple[int, str]:
    """What the command says of the folder, which it leaves as it is."""
    return data_check(folder)


def test_every_layout_is_reported_in_sentences(folder: Path, checked: tuple[int, str]) -> None:
    code, said = checked
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == f"5 songs in {folder} can be used, 1:45 min of music."
    for line in (
        "Bass Night: 21.0 s, 4 tracks (one file per track)",
        "  drums: Bass Night-001-Kick In.wav (21.0 s, 44.1 kHz, mono), Bass Night-002-OH L+R.wav (21.0 s, 44.1 kHz,"
        " stereo)",
        "  bass: Bass Night-003-E Bass DI.wav (21.0 s, 44.1 kHz, mono)",
        "  organ: Bass Night-004-Organ.wav (21.0 s, 48 kHz, stereo)",
        "Sketch 3: 21.0 s, 4 tracks (one file per track)",
        "Artist - Title: 21.0 s, 2 tracks (MUSDB18)",
        "0b7a-11: 21.0 s, 3 tracks (MoisesDB)",
        "Track00001: 21.0 s, 2 tracks (Slakh)",
        "  winds: S01.flac (21.0 s, 44.1 kHz, stereo)",
        "In all: drums in 3 songs, bass in 4 songs, piano in 1 song, organ in 2 songs, guitar in 1 song, brass in 1"
        " song, winds in 2 songs",
        "Nothing of: electric piano, strings, mallets, pad, lead. What the pack knows of these may fade in training.",
    ):
        assert line in lines


def test_what_is_left_out_is_named_with_the_reason(checked: tuple[int, str]) -> None:
    _, said = checked
    left_out = said[said.index("Left out:") :]
    reasons = {line.split(": ")[0].strip(): line for line in left_out.splitlines()[1:] if line.startswith("  ")}
    assert "Kick In.wav.reapeaks" not in said
    for reason, names in {
        "no instrument in its name": ("Bass Night-006-take.wav", "Sketch 3 A-Reverb.aif"),
        "could not be read": ("Bass Night-008-Grand Piano.wav",),
        "silent from beginning to end": ("Bass Night-007-Gtr silent.wav",),
        "a mix, not a track": ("Sketch 3 Main.aif", "mixture.wav", "Mix.wav"),
        "a group of instruments": ("other.wav",),
        "vocals are never made, so not learnt": ("Lead Vox.wav", "vocals.wav", "id2.wav"),
        "no family for 'fx/processed sound other'": ("id4.wav",),
        "no family for 'Pipe'": ("S02.flac",),
        "only bass in it, nothing to play along with": ("Solo",),
    }.items():
        assert all(name in reasons[reason] for name in names), (reason, left_out)


def test_stems_are_what_was_exported(folder: Path) -> None:
    """Mono and stereo, 44.1 and 48 kHz: the sum of the drum files is twice the drums at 48 kHz."""
    song = next(s for s in find_songs(folder).songs if s.name == "Bass Night")
    stems, families = load(song)
    wanted = user_folders.played(0)["drums"].T
    got = stems[families.index("drums")][:, : wanted.shape[1]]
    expected = wanted + wanted.mean(0)
    middle = slice(4_800, wanted.shape[1] - 4_800)
    error = ((got - expected)[:, middle] ** 2).mean() / (expected[:, middle] ** 2).mean()
    assert error < 0.01  # what lies above 22 kHz, and 16 bits


def test_nothing_usable_is_status_1_with_a_sentence(tmp_path: Path) -> None:
    for make in (lambda root: None, user_folders.lonely):
        make(tmp_path)
        code, said = data_check(tmp_path)
        assert (code, said.splitlines()[0].startswith(f"Nothing in {tmp_path} can be used.")) == (1, True)
    assert "Solo" in said
    code, said = data_check(tmp_path / "nowhere")
    assert (code, said.strip()) == (1, f"There is no folder {tmp_path / 'nowhere'}.")
