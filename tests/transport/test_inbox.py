"""The file door: the same conversation with files instead of datagrams."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from bridge_server.protocol import messages as m
from bridge_server.protocol.wire import read_packet, write_bundle, write_packet
from bridge_server.settings import Limits
from bridge_server.transport.clients import FilePlace
from bridge_server.transport.inbox import FileDoor
from tests.fake_clock import FakeClock
from tests.transport.conftest import Running


def put(exchange: Path, name: str, packet: bytes) -> Path:
    """Write as a client should: another ending first, then renamed."""
    part = exchange / "inbox" / f"{name}.part"
    part.write_bytes(packet)
    return part.rename(exchange / "inbox" / f"{name}.osc")


def answers(exchange: Path, client: str, count: int, timeout_s: float = 3) -> list[m.Message]:
    """The first so many answers in order, without heartbeats."""
    folder = exchange / "outbox" / client
    end = time.monotonic() + timeout_s
    while True:
        names = sorted(p.name for p in folder.glob("*.osc") if p.name != "heartbeat.osc")
        if len(names) >= count or time.monotonic() > end:
            break
        time.sleep(0.01)
    found = []
    for name in names:
        [raw] = read_packet((folder / name).read_bytes())
        found.append(m.parse(raw.address, raw.values))
    return found


def test_a_whole_job_through_files(running: Running) -> None:
    exchange = running.settings.exchange_folder
    hello = m.Hello("reaper", 1, 0, 0, running.server.token)
    file = put(exchange, "reaper.0001", write_bundle([hello, m.Generate("abc", (("seed", 3),))]))
    assert [type(x).__name__ for x in answers(exchange, "reaper", 2)] == ["Welcome", "Accepted"]
    assert not file.exists()
    running.service.finish("reaper", "abc", stems=2)
    got = answers(exchange, "reaper", 5)
    assert [type(x).__name__ for x in got[2:]] == ["Stem", "Stem", "Done"]
    for message in got[2:]:
        put(exchange, f"reaper.ack{message.sequence}", write_packet(m.Ack("abc", message.sequence)))  # type: ignore[attr-defined]
    put(exchange, "reaper.ping", write_packet(m.Ping(4)))
    assert answers(exchange, "reaper", 6)[-1] == m.Pong(4)
    assert running.delivery.unacked_count() == 0


def test_without_a_token_a_file_client_is_a_guest(running: Running) -> None:
    exchange = running.settings.exchange_folder
    put(exchange, "pd.1", write_packet(m.Generate("abc")))
    assert answers(exchange, "pd", 1) == [m.Accepted("abc", 0, 1.5)]
    [(told, _)] = running.service.called("generate")
    assert (told.key, told.granted) == ("guest/pd", False)


def test_one_heartbeat_file_is_replaced_each_beat(running: Running) -> None:
    exchange = running.settings.exchange_folder
    put(exchange, "pd.1", write_packet(m.Hello("pd", 1, 0, 0, "")))
    answers(exchange, "pd", 1)
    beat = exchange / "outbox" / "pd" / "heartbeat.osc"
    end = time.monotonic() + 3
    while not beat.exists() and time.monotonic() < end:
        time.sleep(0.01)
    [raw] = read_packet(beat.read_bytes())
    assert raw.address == "/riff/heartbeat"
    time.sleep(0.3)
    assert [p.name for p in beat.parent.glob("heart*")].count("heartbeat.osc") == 1


def test_a_malformed_file_is_removed_and_refused(running: Running) -> None:
    exchange = running.settings.exchange_folder
    file = put(exchange, "lua.1", b"no osc at all")
    [refused] = answers(exchange, "lua", 1)
    assert isinstance(refused, m.Refused)
    assert refused.code == "bad-arguments"
    assert not file.exists()


def test_a_giant_file_is_refused_without_reading_it_all(running: Running) -> None:
    exchange = running.settings.exchange_folder
    file = put(exchange, "lua.1", bytes(50_000_000))
    [refused] = answers(exchange, "lua", 1)
    assert isinstance(refused, m.Refused)
    assert "8001 bytes" in refused.message
    assert not file.exists()


@pytest.fixture
def door(tmp_path: Path) -> FileDoor:
    """A file door alone."""
    door = FileDoor(tmp_path, FakeClock(), Limits(outbox_files=50))
    door.open()
    return door


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
def test_links_pipes_and_folders_are_not_read(door: FileDoor, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(write_packet(m.Ping(1)))
    (tmp_path / "inbox" / "a.osc").symlink_to(secret)
    os.mkfifo(tmp_path / "inbox" / "b.osc")
    (tmp_path / "inbox" / "c.osc").mkdir()
    (tmp_path / "inbox" / "d.osc").symlink_to("/dev/zero")
    assert door.look() == []
    assert door.look() == []
    assert secret.exists()
    assert sorted(os.listdir(tmp_path / "inbox")) == ["c.osc"]


def test_unfinished_files_are_left_alone_and_order_is_by_name(door: FileDoor, tmp_path: Path) -> None:
    for name in ("b.2.osc", "a.1.osc", "c.part", "notes.txt"):
        (tmp_path / "inbox" / name).write_bytes(b"x")
    assert [path.name for _, _, path in door.look()] == ["a.1.osc", "b.2.osc"]


@pytest.mark.parametrize("name", ["..osc", ".osc", "...x.osc", "nul.osc", "a b .1.osc", "x" * 80 + ".osc"])
def test_a_file_name_cannot_lead_out_of_the_outbox(door: FileDoor, tmp_path: Path, name: str) -> None:
    (tmp_path / "inbox" / name).write_bytes(write_packet(m.Ping(1)))
    [(place, _, _)] = door.look()
    assert place == FilePlace("unnamed")


def test_a_client_that_never_reads_does_not_fill_the_disk(door: FileDoor, tmp_path: Path) -> None:
    for k in range(400):
        door.post(FilePlace("lua"), m.Pong(k))
    left = sorted((tmp_path / "outbox" / "lua").iterdir())
    assert 50 <= len(left) < 150
    [raw] = read_packet(left[-1].read_bytes())
    assert raw.values == (399,)


def test_answers_sort_in_the_order_they_were_made(door: FileDoor, tmp_path: Path) -> None:
    for k in range(40):
        door.post(FilePlace("lua"), m.Pong(k))
    files = sorted((tmp_path / "outbox" / "lua").iterdir())
    assert [read_packet(file.read_bytes())[0].values[0] for file in files] == list(range(40))
