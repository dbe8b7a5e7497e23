"""The file that keeps what a crashed worker said last."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from bridge_server.jobs.crash_file import KEPT_FILES, LINES, keep


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "worker.log"
    path.write_text("of another worker\n" + "".join(f"line {number}\n" for number in range(500)))
    return path


START = len("of another worker\n")


def test_it_holds_the_end_of_the_worker_and_its_last_lines(log: Path) -> None:
    name = keep(log, START, -signal.SIGSEGV)
    first, _, *lines = (log.parent / name).read_text().splitlines()
    assert "SIGSEGV" in first
    assert lines == [f"line {number}" for number in range(500 - LINES, 500)]


def test_words_of_the_worker_before_are_not_taken_for_its_own(log: Path) -> None:
    log.write_text("of another worker\n")
    assert keep(log, START, -signal.SIGSEGV) == ""
    with log.open("a") as more:
        more.write("own\n")
    held = (log.parent / keep(log, START, 3)).read_text()
    assert "exit code 3" in held
    assert "own" in held
    assert "another" not in held


def test_an_end_in_order_and_a_log_that_is_gone_leave_none(log: Path) -> None:
    assert keep(log, START, 0) == ""
    log.unlink()
    assert keep(log, START, 1) == ""
    assert list(log.parent.iterdir()) == []


def test_old_ones_go(log: Path) -> None:
    for number in range(10):
        (log.parent / f"worker-crash-20200101-00000{number}.log").touch()
    name = keep(log, START, 1)
    left = sorted(path.name for path in log.parent.glob("worker-crash-*"))
    assert len(left) == KEPT_FILES
    assert name in left
