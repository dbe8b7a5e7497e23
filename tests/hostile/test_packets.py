"""Every packet of the corpus, through the reader and through a real socket."""

from __future__ import annotations

import contextlib
import socket
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_server.protocol import messages as m
from bridge_server.protocol.wire import NotOsc, read_packet, write_packet
from tests.hostile.packets import CORPUS, MALFORMED, ONE_PACKET_KILLS, WELL_FORMED
from tests.transport.conftest import Running, started


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A real server with a double as job side."""
    yield from started(tmp_path)


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) == len(ONE_PACKET_KILLS) + len(MALFORMED) + len(WELL_FORMED) >= 100


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_packets_are_refused(name: str) -> None:
    with pytest.raises(NotOsc) as caught:
        read_packet(MALFORMED[name])
    assert caught.value.code == "bad-arguments"


@pytest.mark.parametrize("name", WELL_FORMED)
def test_well_formed_packets_are_read(name: str) -> None:
    for raw in read_packet(WELL_FORMED[name]):
        assert raw.address.startswith("/")


@pytest.mark.parametrize("name", CORPUS)
def test_each_packet_is_judged_within_milliseconds_and_little_memory(name: str) -> None:
    tracemalloc.start()
    start = time.thread_time()
    with contextlib.suppress(NotOsc):
        read_packet(CORPUS[name])
    took, (_, peak) = time.thread_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 0.1  # the worst takes 2 ms under tracemalloc on a busy machine; a hang takes for ever
    assert peak < 1 << 20


@pytest.mark.parametrize("name", CORPUS)
def test_the_server_survives_each_packet(running: Running, name: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.settimeout(2)
        plain.sendto(CORPUS[name], (running.host, running.port))
        plain.sendto(write_packet(m.Ping(77)), (running.host, running.port))
        assert any(pong_of(plain.recv(65535)) == 77 for _ in range(100))
    assert not running.service.quit_asked.is_set()
    assert not running.service.called("generate")


def pong_of(packet: bytes) -> int | None:
    [raw] = read_packet(packet)
    message = m.parse(raw.address, raw.values)
    return message.number if isinstance(message, m.Pong) else None


def test_what_is_refused_is_answered_with_a_sentence(running: Running) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.settimeout(2)
        plain.sendto(MALFORMED["bundle element of size 0"], (running.host, running.port))
        [raw] = read_packet(plain.recv(65535))
        refused = m.parse(raw.address, raw.values)
        assert isinstance(refused, m.Refused)
        assert refused.code == "bad-arguments"
        assert "impossible size" in refused.message
