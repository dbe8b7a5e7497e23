"""Real servers: one for all modules that leave it alive, one for those that kill it; and bounces to play along with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_server.client import RiffClient
from tests.whole import bounces
from tests.whole.real_server import RealServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Started once; its worker must be the same process to the end, and it must end in order."""
    server = RealServer(tmp_path_factory.mktemp("whole")).start()
    worker = server.worker().pid
    yield server
    try:
        assert server.worker().pid == worker, "the worker died on the way"
    finally:
        assert server.end() == 0


@pytest.fixture(scope="session")
def mortal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Started once for the modules that kill it or its worker; they leave it running, or able to start again."""
    server = RealServer(tmp_path_factory.mktemp("mortal")).start()
    yield server
    server.end()


@pytest.fixture
def client(server: RealServer) -> Iterator[RiffClient]:
    """A greeted client with the token."""
    with server.client() as client:
        yield client


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A good bounce of usual length."""
    return bounces.bounce(tmp_path_factory.mktemp("context") / "bounce.wav")


@pytest.fixture
def out_dir(tmp_path: Path) -> str:
    """A folder for the stems that is not there yet."""
    return str(tmp_path / "stems")
