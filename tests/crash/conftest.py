"""A real server process with the double player, in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.double_server import ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Started; whatever the test leaves running is ended."""
    process = ServerProcess(tmp_path).start()
    yield process
    process.end()
