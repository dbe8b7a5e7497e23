"""Figures of the transport: `python -m tests.figures.transport`. A few seconds; loopback, limits lifted.

What to compare with: python-osc's blocking server handled 64% of 20,000 messages a second and 12% of a burst of
20,000 on two cores; 14 of 150,000 mutated packets made it hang.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
import socket
import statistics
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from bridge_server.client import RiffClient
from bridge_server.protocol import messages as m
from bridge_server.protocol.wire import read_packet, write_packet
from bridge_server.settings import Limits, Settings
from bridge_server.transport.delivery import Delivery
from bridge_server.transport.udp import UdpServer
from tests.hostile.test_mutations import run_mutations
from tests.transport.double import RecordingService

LIFTED = replace(Limits(), messages_per_s=1e9, burst_messages=1e9)
REQUEST = m.Generate("abc", (("context", "/music/bounce.wav"), ("variations", 2), ("tempo", 120.0)))


def reading() -> None:
    """Valid requests and mutated packets through the reader alone."""
    packet = write_packet(REQUEST)
    start = time.perf_counter()
    for _ in range(20_000):
        [raw] = read_packet(packet)
        m.parse(raw.address, raw.values)
    each_s = (time.perf_counter() - start) / 20_000
    print(f"valid generate, read and checked       {1 / each_s:10,.0f} /s")
    start = time.perf_counter()
    read, times = run_mutations(100_000)
    took = time.perf_counter() - start
    print(f"mutated packets, 100,000               {100_000 / took:10,.0f} /s, {read:,} readable, 0 escapes")
    print(f"  time each: median {statistics.median(times) * 1e6:.1f} us, p99.9 {times[99_900] * 1e6:.0f} us")


class Counting(RecordingService):
    """The double without its memory: counts."""

    handled = 0

    def _record(self, name: str, arguments: object) -> None:
        self.handled += 1


def flood(port: int, rate: int, count: int) -> None:
    """Send queries at a rate, in a process of its own."""
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packet = write_packet(m.Query("abc"))
    start = time.perf_counter()
    for k in range(count):
        while k > (time.perf_counter() - start) * rate:
            time.sleep(0.0005)
        plain.sendto(packet, ("127.0.0.1", port))


def serving(folder: Path) -> None:
    """Messages a second without loss, and answers there and back, through the real socket."""
    for rate in (5_000, 10_000, 20_000):
        delivery = Delivery(LIFTED)
        service = Counting(delivery)
        server = UdpServer(Settings(port=0, exchange_folder=folder, limits=LIFTED), service, delivery)
        _, port = server.bind()
        thread = threading.Thread(target=server.run)
        thread.start()
        count = rate * 2
        sender = multiprocessing.get_context("spawn").Process(target=flood, args=(port, rate, count))
        sender.start()
        sender.join()
        time.sleep(0.5)
        print(f"queries sent at {rate:6,}/s for 2 s        {100 * service.handled / count:9.1f} % handled")
        if rate == 5_000:
            answering(port, server)
        server.stop()
        thread.join()


def answering(port: int, server: UdpServer) -> None:
    """Round trips of ping and generate against an idle server."""
    with RiffClient("127.0.0.1", port, token=server.token) as client:
        client.hello()
        pings = sorted(client.ping() for _ in range(1000))
        starts = [time.perf_counter()]
        for _ in range(1000):
            client.generate(f"job{random.randrange(10**9)}", seed=1)
            starts.append(time.perf_counter())
    asks = sorted(after - before for before, after in itertools.pairwise(starts))
    for name, times in (("ping", pings), ("generate", asks)):
        print(f"{name + ' there and back':38s} p50 {times[500] * 1e3:.2f} ms, p99 {times[990] * 1e3:.2f} ms")


if __name__ == "__main__":
    reading()
    with tempfile.TemporaryDirectory() as folder:
        serving(Path(folder))
