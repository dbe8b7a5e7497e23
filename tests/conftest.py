"""How many processes share the tests."""

from __future__ import annotations

import os

import pytest


@pytest.hookimpl(optionalhook=True)  # tests run without pytest-xdist, too
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, and not more than four: tests of servers and clients wait a good deal."""
    return min(4, (os.cpu_count() or 1) + 1)
