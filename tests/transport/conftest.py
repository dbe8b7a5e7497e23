"""A real UDP server on loopback with a recording double behind it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge_server.client import RiffClient
from bridge_server.settings import Limits, Settings
from bridge_server.transport.delivery import Delivery
from bridge_server.transport.udp import UdpServer
from tests.transport.double import RecordingService

# Waits a tenth as long as in earnest, so that tests of repeats take tenths of seconds.
QUICK = Limits(
    resend_s=(0.05, 0.1, 0.2),
    heartbeat_s=0.1,
    messages_per_s=1e6,
    burst_messages=1e6,
    guest_replies_per_s=1e6,
    inbox_poll_s=0.02,
)


@dataclass
class Running:
    """The parts of a running server."""

    server: UdpServer
    service: RecordingService
    delivery: Delivery
    settings: Settings
    host: str
    port: int

    def client(self, *, name: str = "daw", token: str | None = None) -> RiffClient:
        """A greeted client; with the right token unless another is given."""
        client = RiffClient(self.host, self.port, token=self.server.token if token is None else token, name=name)
        client.hello()
        return client


def started(folder: Path, limits: Limits = QUICK, **settings: object) -> Iterator[Running]:
    """Start a server, hand it out, stop it."""
    chosen = Settings(port=0, state_folder=folder / "state", exchange_folder=folder / "exchange", limits=limits)
    chosen = replace(chosen, **settings)  # type: ignore[arg-type]
    delivery = Delivery(limits)
    service = RecordingService(delivery)
    server = UdpServer(chosen, service, delivery)
    _, port = server.bind()
    thread = threading.Thread(target=server.run, name="transport")
    thread.start()
    yield Running(server, service, delivery, chosen, "127.0.0.1", port)
    server.stop()
    thread.join(5)
    assert not thread.is_alive()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A server with quick times and no rate limit."""
    yield from started(tmp_path)


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Running]:
    """A server with the limits that ship."""
    yield from started(tmp_path, Limits())
