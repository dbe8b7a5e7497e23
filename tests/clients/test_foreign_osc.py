"""OSC hosts that know nothing of us do whole jobs: Pure Data with our example patch, liblo's oscsend."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.identity_pack import identity_pack
from tests.whole import bounces
from tests.whole.real_server import RealServer, wait_for

PATCH = Path(__file__).parents[2] / "reaper_scripts" / "examples" / "riffbridge.pd"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    folder = tmp_path_factory.mktemp("foreign")
    server = RealServer(folder, identity_pack(folder / "pack")).start()
    yield server
    assert server.end() == 0


@pytest.fixture
def bounce(server: RealServer) -> str:
    """In the exchange folder, since a foreign client has no token."""
    return bounces.bounce(server.exchange / "bounce.wav")


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: {package})")
    return found


def test_pure_data_does_a_whole_job_with_the_example_patch(server: RealServer, bounce: str) -> None:
    sends = f"riff-port {server.announced.port}; riff-context symbol {bounce}; riff-id symbol pd-{time.time_ns()}"
    command = [program("pd", "puredata-core"), "-nogui", "-noaudio", "-nomidi", "-stderr"]
    process = subprocess.Popen(
        [*command, "-open", str(PATCH), "-send", sends],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        printed = []
        for line in process.stderr:
            printed.append(line)
            if line.startswith(("done:", "failed:", "refused:")) or "error" in line:
                break
        time.sleep(0.6)  # were the acks not right, everything would come again now
    finally:
        process.terminate()
        printed += process.communicate(timeout=10)[1].splitlines(keepends=True)
    assert any(line.startswith("done:") for line in printed), printed
    stems = [line.split() for line in printed if line.startswith("stem:")]
    assert [(words[3], words[4]) for words in stems] == [("0", "2"), ("1", "2")]
    assert all(bounces.read(words[5]).shape == (bounces.FRAMES, 2) for words in stems)
    assert sum(line.startswith("done:") for line in printed) == 1, "the ack did not arrive"


def test_oscsend_gets_its_stem(server: RealServer, bounce: str) -> None:
    wishes = ("liblo-job-1", "prompt", "bass", "seed", "5", "context", bounce, "name", "liblo")
    command = [program("oscsend", "liblo-tools"), "127.0.0.1", str(server.announced.port), "/riff/generate"]
    subprocess.run([*command, "ssssissss", *wishes], check=True, timeout=10)
    stem = server.exchange / "liblo_liblo-jo_v0.wav"
    wait_for(stem.with_suffix(".json").exists)
    assert bounces.read(stem).shape == (bounces.FRAMES, 2)
