"""The second layer: stand-alone Lua with the real LuaSocket, where the system has them (Debian: lua5.4, lua-socket)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.reaper.engine import SCRIPTS
from tests.whole import bounces
from tests.whole.real_server import RealServer

PROGRAM = Path(__file__).with_name("whole_job.lua")


def interpreter(version: str) -> str:
    """A Lua of this version that has LuaSocket; skips the test when there is none."""
    found = shutil.which(f"lua{version}")
    if found is None:
        pytest.skip(f"lua{version} is not installed")
    tried = subprocess.run([found, "-e", "require('socket.core')"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"LuaSocket for lua{version} is not installed")
    return found


@pytest.mark.parametrize("door", ["udp", "files"])
@pytest.mark.parametrize("lua", ["5.3", "5.4"])
def test_one_whole_job_without_any_double(
    lua: str, door: str, identity_server: RealServer, bounce: str, tmp_path: Path
) -> None:
    command = [interpreter(lua), str(PROGRAM), str(SCRIPTS), str(identity_server.state), door, bounce, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    state, *stems = ran.stdout.splitlines()
    assert state == "done"
    assert [line.split("\t")[:2] for line in stems] == [["11", f"{bounces.FRAMES}"], ["12", f"{bounces.FRAMES}"]]
    assert all(bounces.read(line.split("\t")[2]).shape == (bounces.FRAMES, 2) for line in stems)
