"""Mutated and exhaustive packets: nothing but NotOsc leaves the reader, nothing at all leaves the router."""

from __future__ import annotations

import itertools
import random
import time
import tracemalloc
from pathlib import Path

import pytest

from bridge_server.protocol.wire import NotOsc, read_packet
from bridge_server.settings import Limits, Settings
from bridge_server.transport.clients import UdpPlace
from bridge_server.transport.delivery import Delivery
from bridge_server.transport.router import Router
from tests.fake_clock import FakeClock
from tests.hostile.packets import CORPUS
from tests.protocol.test_wire import GOLDEN
from tests.transport.double import RecordingService

SEEDS = [bytes.fromhex(packet) for packet in GOLDEN.values()]
INTERESTING = [0, 1, 3, 4, 0x23, 0x2A, 0x2C, 0x2F, 0x62, 0x73, 0x7F, 0x80, 0xFF]


def mutated(packet: bytes, rng: random.Random) -> bytes:
    """One to four random edits: set, cut, double, insert, swap in a piece of another packet."""
    data = bytearray(packet)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        edit = rng.randrange(5)
        if edit == 0 and at < len(data):
            data[at] = rng.choice(INTERESTING)
        elif edit == 1:
            del data[at : at + 4 * rng.randint(1, 3)]
        elif edit == 2:
            data[at:at] = data[at : at + 4 * rng.randint(1, 8)]
        elif edit == 3:
            data[at:at] = bytes(rng.choice(INTERESTING) for _ in range(4))
        else:
            other = rng.choice(SEEDS)
            data[at : at + 8] = other[at : at + 8]
    return bytes(data)


def judge(packet: bytes) -> tuple[bool, float]:
    """Whether the packet was read, and the CPU seconds that took; anything but NotOsc escapes and fails."""
    start = time.thread_time()
    try:
        read_packet(packet)
    except NotOsc:
        return False, time.thread_time() - start
    return True, time.thread_time() - start


def run_mutations(count: int) -> tuple[int, list[float]]:
    rng = random.Random(4711)
    corpus = SEEDS + [packet for packet in CORPUS.values() if len(packet) < 2000]
    outcomes = [judge(mutated(rng.choice(corpus), rng)) for _ in range(count)]
    return sum(read for read, _ in outcomes), sorted(took for _, took in outcomes)


def test_mutated_packets_never_escape_the_reader() -> None:
    read, times = run_mutations(60_000)
    assert 0 < read < 60_000  # both sides of the judgement were reached
    assert times[int(len(times) * 0.999)] < 0.001


@pytest.mark.slow
def test_two_million_mutated_packets_never_escape_the_reader() -> None:
    run_mutations(2_000_000)


def test_every_4_byte_packet_over_12_letters() -> None:
    letters = b"/#,ifsb\0\1\4\x80\xff"
    for packet in itertools.product(letters, repeat=4):
        judge(bytes(packet))


def test_every_8_byte_packet_over_5_letters_behind_a_bundle_head_and_alone() -> None:
    head = b"#bundle\0" + bytes(8)
    for packet in itertools.product(b"/,\0\4\xff", repeat=8):
        judge(bytes(packet))
        if packet[0] == 0:  # as size and body of an element
            judge(head + bytes(packet))


@pytest.fixture
def router(tmp_path: Path) -> Router:
    """A router without sockets; what it would send is dropped."""
    limits = Limits(messages_per_s=1e9, burst_messages=1e9, guest_replies_per_s=1e9)
    delivery = Delivery(limits)
    settings = Settings(exchange_folder=tmp_path, state_folder=tmp_path, limits=limits)
    service = RecordingService(delivery)
    return Router(settings, service, delivery, lambda place, message: None, FakeClock(), token="0" * 32, boot_id="b")


def test_mutated_packets_never_escape_the_router_and_memory_stays_flat(router: Router) -> None:
    rng = random.Random(815)
    corpus = SEEDS + [packet for packet in CORPUS.values() if len(packet) < 2000]

    def feed(count: int) -> None:
        for k in range(count):
            router.handle(UdpPlace("127.0.0.1", 1024 + k % 3000), mutated(rng.choice(corpus), rng))

    feed(8_000)  # fills what is bounded: leases, buckets
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    feed(8_000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 5 << 20
    assert len(router.leases.all()) <= 64
