"""Fixtures of the job tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A service whose worker is loading."""
    made = Bench(tmp_path)
    yield made
    made.service.close()


@pytest.fixture
def ready(bench: Bench) -> Bench:
    """A service whose worker is ready."""
    bench.ready()
    return bench
