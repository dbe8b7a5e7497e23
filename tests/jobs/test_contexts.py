"""Private copies of contexts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_server.jobs.contexts import Contexts


@pytest.fixture
def bounce(tmp_path: Path) -> Path:
    path = tmp_path / "bounce.wav"
    path.write_bytes(b"first " * 50_000)
    return path


@pytest.fixture
def contexts(tmp_path: Path) -> Iterator[Contexts]:
    made = Contexts(tmp_path / "contexts")
    yield made
    made.close()


def test_the_copy_stays_when_the_bounce_is_overwritten(contexts: Contexts, bounce: Path) -> None:
    contexts.keep(1, str(bounce), None)
    contexts.close()
    bounce.write_bytes(b"second")
    assert Path(contexts.file_of(1)).read_bytes() == b"first " * 50_000


def test_dropping_takes_the_copy_away_even_if_asked_before_it_was_made(contexts: Contexts, bounce: Path) -> None:
    contexts.keep(1, str(bounce), None)
    contexts.drop(1)
    contexts.close()
    assert contexts.file_of(1) == ""


@pytest.mark.parametrize("path", ["/nowhere/bounce.wav", "relative.wav", "/"])
def test_what_cannot_be_copied_is_no_copy_and_the_next_one_is_made(contexts: Contexts, bounce: Path, path: str) -> None:
    contexts.keep(1, path, None)
    contexts.keep(2, str(bounce), None)
    contexts.close()
    assert contexts.file_of(1) == ""
    assert contexts.file_of(2) != ""


def test_a_guests_context_outside_its_roots_is_not_copied(contexts: Contexts, bounce: Path, tmp_path: Path) -> None:
    contexts.keep(1, str(bounce), [tmp_path / "contexts"])
    contexts.close()
    assert contexts.file_of(1) == ""


def test_after_a_start_only_the_copies_of_open_jobs_stay(tmp_path: Path, bounce: Path) -> None:
    folder = tmp_path / "contexts"
    before = Contexts(folder)
    for number in (1, 2):
        before.keep(number, str(bounce), None)
    before.close()
    (folder / "3.part").write_bytes(b"half")
    after = Contexts(folder)
    after.keep_only([2])
    after.close()
    assert [path.name for path in folder.iterdir()] == ["2.wav"]
