"""state.json, stale files, the lock, and the search for a port."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.client import RiffClient, ServerGone
from bridge_server.protocol.table import DEFAULT_PORT, MAJOR, MINOR
from bridge_server.settings import Settings
from bridge_server.transport.delivery import Delivery
from bridge_server.transport.discovery import (
    Announcement,
    ServerLock,
    find_server,
    is_alive,
    new_token,
    read_announcement,
    remember_launcher,
)
from bridge_server.transport.udp import NoFreePort, UdpServer
from tests.transport.conftest import Running
from tests.transport.double import RecordingService


def announcement(**changes: object) -> Announcement:
    told = Announcement("127.0.0.1", 9510, os.getpid(), "boot1", "secret-token", "/music/Riffbridge é", "0.1.0")
    return replace(told, **changes)  # type: ignore[arg-type]


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_is_written_is_found(tmp_path: Path) -> None:
    path = announcement().write(tmp_path / "new" / "state")
    assert find_server(tmp_path / "new" / "state") == announcement()
    assert os.listdir(path.parent) == ["state.json"]
    assert json.loads(path.read_text(encoding="utf-8"))["protocol"] == f"riff/{MAJOR}.{MINOR}"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_state_json_is_for_the_user_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = announcement().write(tmp_path / "state")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_file_of_a_dead_process_is_stale(tmp_path: Path) -> None:
    announcement(pid=dead_pid()).write(tmp_path)
    assert find_server(tmp_path) is None
    assert read_announcement(tmp_path) is not None
    with pytest.raises(ServerGone, match="No server is running"):
        RiffClient.find(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"host": 1}', "\0", '{"port": "9510"}'])
def test_a_broken_state_file_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert read_announcement(tmp_path) is None


@pytest.mark.parametrize("field", ["host", "port", "token", "boot_id"])
def test_a_state_file_with_a_field_of_another_kind_is_none(tmp_path: Path, field: str) -> None:
    path = announcement().write(tmp_path)
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, field: [1]}))
    assert read_announcement(tmp_path) is None


def test_only_ones_own_file_is_removed(tmp_path: Path) -> None:
    announcement(boot_id="newer").write(tmp_path)
    announcement().remove(tmp_path)
    assert read_announcement(tmp_path) is not None
    announcement(boot_id="newer").remove(tmp_path)
    assert read_announcement(tmp_path) is None


def test_the_token_is_128_bits_and_not_shown(tmp_path: Path) -> None:
    assert len(bytes.fromhex(new_token())) == 16
    assert new_token() != new_token()
    assert "secret" not in repr(announcement())


def test_is_alive_tells_living_from_dead() -> None:
    assert is_alive(os.getpid())
    assert not is_alive(dead_pid())
    assert not is_alive(-1 if sys.platform == "win32" else 0)


HOLD_LOCK = """
import sys, pathlib
from bridge_server.transport.discovery import ServerLock
lock = ServerLock(pathlib.Path(sys.argv[1]))
print(lock.take(), flush=True)
sys.stdin.read()
"""


def test_a_second_server_does_not_get_the_lock_until_the_first_is_killed(tmp_path: Path) -> None:
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert first.stdout is not None
    assert first.stdout.readline().strip() == "True"
    second = ServerLock(tmp_path)
    assert not second.take()
    first.kill()
    first.communicate()
    assert second.take()
    second.release()
    assert second.take()
    second.release()


def server(folder: Path, port: int, ports_tried: int) -> UdpServer:
    settings = Settings(port=port, ports_tried=ports_tried, state_folder=folder, exchange_folder=folder)
    delivery = Delivery()
    return UdpServer(settings, RecordingService(delivery), delivery)


def test_the_next_free_port_is_taken(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        host, found = server(tmp_path, port, 21).bind()
        assert host == "127.0.0.1"
        assert port < found <= port + 20


def test_when_all_ports_are_taken_it_says_which(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(NoFreePort, match=str(port)):
            server(tmp_path, port, 1).bind()


def test_the_defaults_are_those_of_the_protocol() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.ports_tried) == ("127.0.0.1", 9510, 21)
    assert DEFAULT_PORT == 9510
    assert settings.exchange_folder.name == "Riffbridge"
    assert not settings.is_remote
    assert replace(settings, host="0.0.0.0").is_remote


def test_a_client_finds_a_running_server(running: Running) -> None:
    folder = running.settings.state_folder
    announcement(port=running.port, token=running.server.token, boot_id=running.server.boot_id).write(folder)
    with RiffClient.find(folder) as client:
        assert client.boot_id == running.server.boot_id
        assert client.generate("abc").request_id == "abc"
        [(told, _)] = running.service.called("generate")
        assert told.granted


def test_how_the_server_was_started_is_left_behind_for_its_user_only(tmp_path: Path) -> None:
    for command in (["python", "-m", "one"], ["python", "-m", "two", "--pack", "a b"]):
        remember_launcher(tmp_path, command)
    path = tmp_path / "launcher.json"
    assert json.loads(path.read_text(encoding="utf-8")) == {"command": command, "folder": os.getcwd()}
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
