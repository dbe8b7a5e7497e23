"""A real server for the devices, and the set in which they live."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.live import rings
from tests.clients.live.studio import Device, Studio
from tests.whole.real_server import RealServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """One for all tests that leave it alive; its folder has accents and spaces, as users' folders do."""
    server = RealServer(tmp_path_factory.mktemp("live") / "Müsik für Zoë").start()
    yield server
    assert server.end() == 0


@pytest.fixture
def studio() -> Iterator[Studio]:
    """An empty set in the newest Live."""
    with Studio() as studio:
        yield studio


@pytest.fixture
def device(studio: Studio, server: RealServer, tmp_path: Path) -> Device:
    """A device with both scripts, linked to the server, on a bus where four bars at 120 BPM were played."""
    device = studio.device(bridge="process", state=server.state, ring=rings.ring(tmp_path))
    device.touch("Quality", 0)  # two steps: these tests are not about the sound
    device.wait_status("Ready")
    return device
