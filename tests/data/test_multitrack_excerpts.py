"""A pool filled from real multitracks: what is drawn, at which level, what is left out, and that this is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.data import pool
from models.data.multitrack_excerpts import MultitrackExcerpts
from models.data.multitracks import find_songs, load
from models.data.pool import FRAMES, HELD_OUT, STEMS, PoolReader
from models.families import FAMILIES

SECONDS = 34


def write_track(path: Path, level: float, seconds: float = SECONDS, rate: int = 44_100, silent_s: float = 0) -> None:
    """White noise below 2 kHz or so in mono, with a silent beginning; the name and level make its seed."""
    rng = np.random.default_rng(sum(path.stem.encode()) + int(level * 1000))
    wave = np.convolve(rng.standard_normal(int(seconds * rate)), np.ones(20) / 20**0.5, "same")
    wave[: int(silent_s * rate)] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, level * wave, rate, "FLOAT")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two songs of two stems (quiet, and too loud), vocals and a file without an instrument beside them."""
    root = tmp_path_factory.mktemp("multitracks")
    write_track(root / "Quiet" / "Bass.wav", 0.02)
    write_track(root / "Quiet" / "Kick.wav", 0.04, rate=48_000)
    write_track(root / "Quiet" / "Lead Vox.wav", 0.1)
    write_track(root / "Quiet" / "take 7.wav", 0.1)
    write_track(root / "Too loud" / "Rhodes.wav", 0.4)
    write_track(root / "Too loud" / "Guitar.wav", 0.4)
    return root


def families_of(names: np.ndarray) -> list[str]:
    return [FAMILIES[index] for index in names if index >= 0]


def test_seeds_decide_and_songs_of_validation_are_never_trained_on(folder: Path) -> None:
    source = MultitrackExcerpts(folder)
    kinds, first = set(), []
    for seed in (1, 2, HELD_OUT, 2 * HELD_OUT):
        audio, families = source(seed)
        again, same = MultitrackExcerpts(folder)(seed)
        np.testing.assert_array_equal(audio, again)
        np.testing.assert_array_equal(families, same)
        kinds.add((seed % HELD_OUT == 0, *families_of(families)))
        first.append(audio[0].tobytes())
    assert kinds == {(True, "bass", "drums"), (False, "guitar", "electric piano")}
    assert len(set(first)) == 4


def test_stems_are_as_in_the_song_and_vocals_are_left_out(folder: Path) -> None:
    audio, families = MultitrackExcerpts(folder)(0)
    assert audio.shape == (STEMS, 2, FRAMES)
    assert families.tolist() == [FAMILIES.index("bass"), FAMILIES.index("drums"), -1, -1, -1, -1]
    assert not audio[2:].any()
    quiet = next(song for song in find_songs(folder).songs if song.name == "Quiet")
    whole, names = load(quiet)
    starts = np.arange(0, whole.shape[2] - FRAMES + 1, 4800)
    for place, name in enumerate(("bass", "drums")):
        track = whole[names.index(name)]
        off = [np.abs(track[:, s : s + FRAMES : 7] - audio[place, :, ::7] / 32_767).max() for s in starts]
        assert min(off) < 1e-4
        assert sorted(off)[1] > 0.02


def test_the_sum_of_a_song_that_is_too_loud_stays_below_full_scale_in_balance(folder: Path) -> None:
    audio, _ = MultitrackExcerpts(folder)(1)
    assert 0.95 < np.abs(audio.astype(np.int32).sum(0)).max() / 32_768 < 1
    level = np.sqrt(np.mean(audio[:2].astype(np.float64) ** 2, axis=(1, 2)))
    assert level[0] / level[1] == pytest.approx(1, abs=0.05)


def test_at_most_six_stems_that_sound_and_no_silent_excerpt(tmp_path: Path) -> None:
    names = ("Kick", "Bass", "Piano", "Organ", "Guitar", "Violin", "Trumpet", "Flute")
    for name in names:
        write_track(tmp_path / "Orchestra" / f"{name}.wav", 0.02, rate=16_000, silent_s=9)
    write_track(tmp_path / "Orchestra" / "Marimba.wav", 0.02, seconds=0.05, rate=16_000)
    source = MultitrackExcerpts(tmp_path)
    drawn = [source(seed)[1] for seed in range(6)]
    assert all((families >= 0).all() and len(set(families)) == STEMS for families in drawn)
    assert len({tuple(families) for families in drawn}) > 1


def test_a_seed_without_a_sounding_excerpt_is_refused(tmp_path: Path) -> None:
    for name in ("Kick", "Bass"):  # a tenth of a second at the end sounds: too little of any excerpt
        write_track(tmp_path / "Silence" / f"{name}.wav", 0.004, seconds=21, rate=16_000, silent_s=20.9)
    with pytest.raises(ValueError, match="Fewer than two stems sound in 24 excerpts drawn for seed 3"):
        MultitrackExcerpts(tmp_path)(3)


def test_what_cannot_be_used_is_named(folder: Path, tmp_path: Path) -> None:
    write_track(tmp_path / "Short" / "Kick.wav", 0.1, seconds=2)
    write_track(tmp_path / "Short" / "Bass.wav", 0.1, seconds=2)
    write_track(tmp_path / "Broken" / "Kick.wav", 0.1, seconds=2)
    (tmp_path / "Broken" / "Bass.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match=r"No song in .* has two instruments and 20\.48 s") as refusal:
        MultitrackExcerpts(tmp_path)
    assert "Short (shorter than 20.48 s)" in str(refusal.value)
    assert "Bass.wav (could not be read" in str(refusal.value)
    assert "Broken (only drums in it, nothing to play along with)" in str(refusal.value)
    reasons = {path.name: reason for path, reason in MultitrackExcerpts(folder).findings.skipped}
    assert reasons == {
        "Lead Vox.wav": "vocals are never made, so not learnt",
        "take 7.wav": "no instrument in its name",
    }


def test_the_command_fills_a_pool_and_says_once_what_it_leaves_out(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["--path", tmp_path / "songs", "--slots", 3, "--workers", 2, "--seconds", 3, "--first-seed", 31]
    pool.main([str(word) for word in (*command, "--multitracks", folder)])
    reader = PoolReader(tmp_path / "songs")
    assert (reader.serials() > 0).all()
    source = MultitrackExcerpts(folder)
    for slot in range(3):
        audio, families, serial = reader.read(slot)
        expected, known = source(serial - 1)
        np.testing.assert_array_equal(audio, expected)
        np.testing.assert_array_equal(families, known)
    said = capfd.readouterr().out
    assert said.count("2 songs found, 2 files or folders left out.") == 1
    assert said.count("take 7.wav (no instrument in its name)") == 1


def test_a_folder_without_songs_ends_the_command_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        pool.main(["--path", str(tmp_path / "songs"), "--multitracks", str(tmp_path / "nowhere")])
    assert "There is no folder" in capsys.readouterr().err
    assert not (tmp_path / "songs.serial").exists()
