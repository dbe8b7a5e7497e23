"""`riffbridge` as typed in a terminal: every command a process of its own, every stem from the real pack."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bridge_server.transport.discovery import find_server
from tests.whole.asking import files
from tests.whole.real_server import PACK, RealServer, riffbridge


@pytest.fixture
def nobody(tmp_path: Path) -> Iterator[RealServer]:
    """Folders in which no server runs yet; one that a command left running is ended."""
    server = RealServer(tmp_path)
    yield server
    left = find_server(server.state)
    if left is not None:
        psutil.Process(left.pid).terminate()


def test_generate_asks_the_server_that_runs_and_prints_where_the_stems_are(
    server: RealServer, context: str, tmp_path: Path
) -> None:
    own = server.announced
    out = tmp_path / "é stems"
    wishes = ("--prompt", "bass", "--variations", 2, "--seed", 5, "--format", "wav16", "--out-dir", out)
    ran = riffbridge("generate", context, *wishes, *server.folders)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    stems = sorted(out.glob("*.wav"))
    assert len(stems) == 2
    for stem, seed in zip(stems, (5, 6), strict=True):
        assert f"{stem}  seed {seed}" in ran.stdout
    assert re.search(r"2 stems in \d+\.\d s on (cpu|cuda)", ran.stdout)
    assert server.announced == own


def test_status_shows_the_server_and_never_its_token(server: RealServer) -> None:
    ran = riffbridge("status", "--state", server.state)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = server.announced
    for shown in (f"{found.host}:{found.port}", str(found.pid), "ready", "device", "free disk", "answers in"):
        assert shown in ran.stdout
    assert re.search(r"provider +(CPU|CUDA)ExecutionProvider", ran.stdout)
    assert found.token not in ran.stdout + ran.stderr


def test_doctor_verifies_the_pack_plays_a_second_and_finds_all_well(server: RealServer) -> None:
    ran = riffbridge("doctor", *server.folders)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for subject in ("program", "runtime", "pack", "folders", "server", "playing"):
        assert any(line.split()[:2] == ["ok", subject] for line in ran.stdout.splitlines()), ran.stdout
    assert "verified in" in ran.stdout
    assert re.search(r"(cpu \(CPU|cuda \(CUDA)ExecutionProvider\) with \d+ threads", ran.stdout)
    assert f"process {server.announced.pid}" in ran.stdout
    assert "All is well." in ran.stdout


def test_generate_starts_a_server_keeps_it_and_stop_ends_it(nobody: RealServer, context: str) -> None:
    ran = riffbridge(
        "generate", "--seconds", 1, "--prompt", "pad", "--keep", "--out-dir", nobody.folder, *nobody.folders
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(list(nobody.folder.glob("*.wav"))) == 1
    processes = [psutil.Process(nobody.announced.pid), *psutil.Process(nobody.announced.pid).children()]
    stopped = riffbridge("stop", "--state", nobody.state)
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert "has stopped" in stopped.stdout
    assert find_server(nobody.state) is None
    assert "state.json" not in files(nobody.state)
    assert psutil.wait_procs(processes, timeout=5)[1] == []
    assert riffbridge("status", "--state", nobody.state).returncode == 1


def test_serve_with_a_pack_whose_bytes_changed_refuses_jobs_with_a_sentence(nobody: RealServer) -> None:
    pack = Path(shutil.copytree(PACK, nobody.folder / "pack"))
    changed = bytearray((pack / "null_clap.npy").read_bytes())
    changed[-1] ^= 1
    (pack / "null_clap.npy").write_bytes(changed)
    folders = ("--state", nobody.state, "--exchange", nobody.exchange, "--pack", pack)
    for command in (("generate", "--seconds", 1, "--out-dir", nobody.folder), ("doctor", "--port", 0)):
        ran = riffbridge(*command, *folders)
        assert ran.returncode == 1
        printed = ran.stdout + ran.stderr
        assert "null_clap.npy is not the file that the manifest describes" in printed
        assert printed.count("`riffbridge doctor`") <= 1
        assert "Traceback" not in printed
    assert find_server(nobody.state) is None
