"""The commands, as a person types them. The models are doubles; server, worker process, files and sockets are real."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from bridge_server import cli
from bridge_server.accompany import pipeline
from bridge_server.audio import wav_file
from bridge_server.commands import at_hand, demo, doctor
from bridge_server.demo import supplied
from bridge_server.transport.discovery import find_server
from tests.accompany.conftest import write_context
from tests.accompany.double_generator import DoubleGenerator, double_pack

Riffbridge = Callable[..., tuple[int, str]]


@pytest.fixture
def riffbridge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Riffbridge]:
    """Runs a command line with folders of its own; returns the exit code and what was printed."""
    folders = {"--state": "state", "--exchange": "exchange", "--pack": "pack"}
    double_pack(tmp_path / "pack")
    monkeypatch.setattr(pipeline, "Generator", DoubleGenerator)
    monkeypatch.setattr(at_hand, "SERVE_COMMAND", (sys.executable, "-m", "tests.accompany.double_cli", "serve"))
    monkeypatch.setattr(cli, "console", Console(width=300, highlight=False))
    monkeypatch.setattr(cli, "troubles", Console(width=300, highlight=False, stderr=True))

    def run(*words: object, uses: tuple[str, ...] = ("--state", "--exchange", "--pack")) -> tuple[int, str]:
        places = [part for option in uses for part in (option, tmp_path / folders[option])]
        monkeypatch.setattr(sys, "argv", ["riffbridge", *map(str, [*words, *places])])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    yield run
    if find_server(tmp_path / "state") is not None:
        run("stop", uses=("--state",))


def test_generate_starts_a_server_and_ends_it(riffbridge: Riffbridge, tmp_path: Path) -> None:
    context = write_context(tmp_path)
    out = tmp_path / "é stems"
    code, printed = riffbridge(
        "generate", context, "--prompt", "bass", "--variations", 2, "--seed", 5, "--out-dir", out
    )
    assert code == 0, printed
    assert len(list(out.glob("stem_*_v?.wav"))) == 2
    assert len(list(out.glob("stem_*_v?.json"))) == 2
    assert "seed 5" in printed
    assert "seed 6" in printed
    assert find_server(tmp_path / "state") is None


def test_generate_status_stop_with_a_server_that_stays(riffbridge: Riffbridge, tmp_path: Path) -> None:
    context = write_context(tmp_path)
    assert riffbridge("generate", context, "--keep", "--out-dir", tmp_path / "out")[0] == 0
    first = find_server(tmp_path / "state")
    assert first is not None
    assert riffbridge("generate", context, "--prompt", "pad", "--out-dir", tmp_path / "out")[0] == 0
    assert find_server(tmp_path / "state") == first
    code, printed = riffbridge("status", uses=("--state",))
    assert code == 0
    assert f"127.0.0.1:{first.port}" in printed
    assert first.token not in printed
    assert riffbridge("stop", uses=("--state",))[0] == 0
    assert find_server(tmp_path / "state") is None


def test_without_a_server_status_and_stop_say_so(riffbridge: Riffbridge) -> None:
    assert riffbridge("status", uses=("--state",)) == (1, riffbridge("stop", uses=("--state",))[1])
    assert "No server is running" in riffbridge("stop", uses=("--state",))[1]


REFUSALS = [
    (("missing.wav", "--prompt", "bass"), "missing.wav. Name the WAV"),
    (("{context}", "--seconds", "3"), "leave it away"),
    (("--prompt", "bass"), "give --seconds"),
    (("{context}", "--context-frames", "100"), "needs at least 0.5 s"),
    (("{context}", "--out-dir", "/proc/nowhere"), "cannot write into the folder"),
]


def test_refusals_are_sentences(riffbridge: Riffbridge, tmp_path: Path) -> None:
    context = str(write_context(tmp_path))
    for words, sentence in REFUSALS:
        code, printed = riffbridge("generate", *(word.format(context=context) for word in words), "--keep")
        assert (code, sentence in printed, "Traceback" in printed) == (1, True, False), printed


def test_a_missing_pack_is_said_by_generate_and_doctor(riffbridge: Riffbridge, tmp_path: Path) -> None:
    (tmp_path / "pack" / "manifest.json").unlink()
    for command in (("generate", write_context(tmp_path)), ("doctor",)):
        code, printed = riffbridge(*command)
        assert code == 1
        assert "manifest.json is missing" in printed
        assert "Traceback" not in printed


def test_replay_compares_the_bytes(riffbridge: Riffbridge, tmp_path: Path) -> None:
    out = tmp_path / "out"
    riffbridge("generate", write_context(tmp_path), "--prompt", "bass", "--out-dir", out)
    (recipe,) = out.glob("*.json")
    again = ("--out-dir", tmp_path / "again")
    code, printed = riffbridge("replay", recipe, *again, uses=("--pack",))
    assert (code, "The same bytes" in printed) == (0, True)
    (stem,) = out.glob("*.wav")
    assert (tmp_path / "again" / stem.name).read_bytes() == stem.read_bytes()

    held = json.loads(recipe.read_text(encoding="utf-8"))
    recipe.write_text(json.dumps({**held, "sha256": "0" * 64}), encoding="utf-8")
    code, printed = riffbridge("replay", recipe, *again, uses=("--pack",))
    assert (code, "Not the same bytes" in printed) == (1, True)


def test_replay_of_something_else_is_a_sentence(riffbridge: Riffbridge, tmp_path: Path) -> None:
    context = write_context(tmp_path)
    for path, sentence in ((context, "is not a recipe"), (tmp_path / "missing.json", "cannot use a file")):
        code, printed = riffbridge("replay", path, uses=("--pack",))
        assert (code, sentence in printed, "Traceback" in printed) == (1, True, False)


def test_doctor_looks_at_everything(riffbridge: Riffbridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.CHECKS, "pack", lambda settings: doctor.Finding("pack", True, "a double has no files"))
    code, printed = riffbridge("doctor", "--port", 0)
    assert code == 0, printed
    for subject in ("program", "runtime", "pack", "folders", "server", "playing"):
        assert f"ok   {subject}" in printed
    assert "cpu (DoubleExecutionProvider) with" in printed
    assert "1 s of stem in" in printed


def test_doctor_names_what_fails_and_goes_on(riffbridge: Riffbridge, tmp_path: Path) -> None:
    (tmp_path / "exchange").write_text("a file where the folder should be")
    code, printed = riffbridge("doctor", "--port", 0)
    assert code == 1
    assert "no   folders" in printed
    assert "ok   playing" in printed


def test_version_and_unknown_commands(riffbridge: Riffbridge) -> None:
    from bridge_server import __version__

    assert __version__ in riffbridge("--version", uses=())[1]
    assert riffbridge("dance", uses=())[0] == 2
    assert riffbridge("generate", "--variations", 9)[0] == 2


@pytest.fixture
def demo_folder(tmp_path: Path) -> Path:
    """A stand-in for the supplied context: two bars of plucked notes."""
    folder = tmp_path / "demo"
    folder.mkdir()
    write_context(folder, seconds=4.0, rate=48_000, channels=2).rename(folder / f"{supplied.NAME}.wav")
    facts = {"tempo_bpm": 120.0, "beats_per_bar": 4, "key": "A minor", "downbeats": [0.0, 2.0]}
    (folder / f"{supplied.NAME}.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def test_demo_leaves_stems_a_mix_and_a_picture(
    riffbridge: Riffbridge, tmp_path: Path, demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.demo, "__defaults__", (demo_folder,))
    out = tmp_path / "demo_out"
    out.mkdir()
    (out / "bass_0000_v0.wav").write_text("of an earlier demo")
    (out / "mine.wav").write_text("not the demo's")
    code, printed = riffbridge("demo", "--out-dir", out, uses=("--pack",))
    assert code == 0, printed
    assert "real-time factor" in printed
    names = sorted(path.name.split("_")[0] for path in out.glob("*.wav"))
    assert names == ["bass", "bass", "context.wav", "mine.wav", "mix.wav", "pad"]
    assert (out / "picture.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    mix, context = wav_file.read_file(out / "mix.wav"), wav_file.read_file(out / "context.wav")
    assert mix.frames == context.frames == 192_000
    assert np.abs(mix.samples - context.samples).max() > 0.01
    assert not (tmp_path / "state").exists()


def test_demo_without_its_context_says_so(
    riffbridge: Riffbridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.demo, "__defaults__", (tmp_path / "nowhere",))
    code, printed = riffbridge("demo", "--out-dir", tmp_path / "demo_out", uses=("--pack",))
    assert code == 1
    assert "demo's context is missing" in printed
