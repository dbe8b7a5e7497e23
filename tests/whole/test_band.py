"""A whole arrangement by `riffbridge band`, with the identity pack: what a player heard is what it plays."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import rpp
from numpy.typing import NDArray

from tests.identity_pack import identity_pack
from tests.whole import bounces
from tests.whole.asking import hash_of
from tests.whole.real_server import RIFFBRIDGE, ROOT, RealServer, riffbridge, wait_for

PARTS = "drums; bass; rhodes; pad"
NAMES = ["drums", "bass", "rhodes", "pad"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """With the identity pack."""
    folder = tmp_path_factory.mktemp("band")
    server = RealServer(folder, identity_pack(folder / "pack")).start()
    yield server
    assert server.end() == 0


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three seconds at 44.1 kHz, faded at both ends."""
    audio = bounces.chords(3.0, 44_100)[:, None].repeat(2, axis=1)
    audio *= np.hanning(len(audio))[:, None] ** 0.25
    return bounces.write(tmp_path_factory.mktemp("context") / "bounce.wav", audio, 44_100)


def play(server: RealServer, context: str, out_dir: Path, *more: object) -> subprocess.CompletedProcess[str]:
    words = ("band", context, "--parts", PARTS, "--out-dir", out_dir, "--seed", 20, "--tempo", 121.5, *more)
    return riffbridge(*words, *server.folders)


def stem_of(folder: Path, name: str) -> Path:
    (path,) = folder.glob(f"{name}_*_v0.wav")
    return path


def audio_of(path: Path) -> NDArray[np.float64]:
    return bounces.read(path)


@pytest.fixture(scope="module")
def made(server: RealServer, context: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an arrangement."""
    folder = tmp_path_factory.mktemp("made") / "my band"
    ran = play(server, context, folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


def test_each_player_hears_the_context_and_all_who_played_before(made: Path, context: str) -> None:
    together = audio_of(Path(context))
    for name in NAMES:
        stem = audio_of(stem_of(made, name))
        gain = np.vdot(stem, together) / np.vdot(together, together)
        assert 20 * np.log10(gain) == pytest.approx(-6.0, abs=0.2)
        assert np.abs(stem - gain * together).max() < 1e-3, f"{name} heard something else"
        together = together + stem


def test_the_mix_is_the_sum_of_everything_at_equal_gain(made: Path, context: str) -> None:
    wished = audio_of(Path(context)) + sum(audio_of(stem_of(made, name)) for name in NAMES)
    mix = audio_of(made / "mix.wav")
    gain = np.vdot(mix, wished) / np.vdot(wished, wished)
    assert 0.3 < gain <= 1.0
    assert np.abs(mix - gain * wished).max() < 1e-4
    assert np.abs(mix).max() < 10 ** (-1 / 20)


def test_the_project_opens_with_everything_on_named_tracks(made: Path) -> None:
    (path,) = made.glob("*.RPP")
    project = rpp.loads(path.read_text(encoding="utf-8"))
    tracks = project.findall("TRACK")
    assert [line[1] for track in tracks for line in track if line[0] == "NAME"] == ["context", *NAMES, "mix (muted)"]
    files = [line[1] for track in tracks for line in track.find("ITEM").find("SOURCE") if line[0] == "FILE"]
    assert all((made / file).is_file() for file in files), "the folder can be moved as a whole"
    assert [round(float(line[1]) * 44_100) for t in tracks for line in t.find("ITEM") if line[0] == "LENGTH"] == [
        3 * 44_100
    ] * 6
    assert [line for line in project if line[0] == "TEMPO"] == [["TEMPO", "121.5", "4", "4"]]


def test_the_same_command_again_makes_nothing_anew_and_leaves_a_changed_project_alone(
    server: RealServer, context: str, made: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*.*")}
    ran = play(server, context, made)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("was there already") == 4
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*.*")} == before
    project = made / "band.RPP"
    project.write_text("worked on for hours")
    assert play(server, context, made).returncode == 0
    assert project.read_text() == "worked on for hours"
    (made / "band_2.RPP").replace(project)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_an_interrupted_band_goes_on_where_it_was_with_the_same_bytes(
    how: signal.Signals, server: RealServer, context: str, made: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cut short"
    words = ("band", context, "--parts", PARTS, "--out-dir", folder, "--seed", 20, "--tempo", 121.5, *server.folders)
    process = subprocess.Popen(
        [*RIFFBRIDGE, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Whoever runs the tests in the background of a shell hands an ignored Ctrl-C down to every process.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    wait_for(lambda: list(folder.glob("drums_*.json")))
    process.send_signal(how)
    assert process.wait(timeout=20) != 0
    assert not list(folder.glob("*.RPP"))
    ran = play(server, context, folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "drums was there already" in ran.stdout
    for name in (*NAMES, "mix"):
        theirs = [hash_of(str(path)) for path in made.glob(f"{name}*.wav")]
        assert sorted({hash_of(str(path)) for path in folder.glob(f"{name}*.wav")}) == theirs


def test_a_stem_of_a_band_can_be_replayed(server: RealServer, made: Path, tmp_path: Path) -> None:
    recipe = stem_of(made, "rhodes").with_suffix(".json")
    ran = riffbridge("replay", recipe, "--out-dir", tmp_path, "--pack", server.pack)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "The same bytes" in ran.stdout


@pytest.mark.parametrize(
    ("parts", "said"),
    [("", "0 were named"), (" ; ;", "0 were named"), ("; ".join(["bass"] * 17), "17 were named")],
)
def test_too_few_and_too_many_parts_are_refused_before_anything_is_written(
    parts: str, said: str, server: RealServer, context: str, tmp_path: Path
) -> None:
    ran = riffbridge("band", context, "--parts", parts, "--out-dir", tmp_path / "none", *server.folders)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert not (tmp_path / "none").exists()


def test_a_context_that_is_missing_or_silent_is_said_in_a_sentence(server: RealServer, tmp_path: Path) -> None:
    silence = bounces.write(tmp_path / "silence.wav", np.zeros((48_000, 2)))
    for context, said in ((tmp_path / "nowhere.wav", "There is no file"), (silence, "context is silent")):
        ran = riffbridge("band", context, "--parts", "bass", "--out-dir", tmp_path / "out", *server.folders)
        assert ran.returncode == 1
        assert said in ran.stderr
        assert not list(tmp_path.rglob("*.RPP"))


def test_two_parts_of_one_prompt_are_told_apart(server: RealServer, context: str, tmp_path: Path) -> None:
    words = ("band", context, "--parts", "guitar; guitar", "--out-dir", tmp_path, "--seed", 1)
    ran = riffbridge(*words, *server.folders)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(list(tmp_path.glob("guitar_*_v0.wav"))) == 1
    assert len(list(tmp_path.glob("guitar 2_*_v0.wav"))) == 1
