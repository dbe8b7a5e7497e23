"""The server dies at each write of the store in turn, just before it and just after it, until none is left.

This walks through all moments at which a death can change anything, instead of sampling them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import UnknownRequest
from bridge_server.jobs.store import Store
from bridge_server.protocol.messages import Cancelled, Done, Failed, Message, Stem
from tests.jobs.bench import DAW, Bench


class Died(BaseException):
    """The process is gone: nothing may catch this."""


class Fate:
    """Counts the writes of the store and lets the process die at the n-th."""

    def __init__(self, dies_at: int, after: bool) -> None:
        self._left, self._after = dies_at, after
        self.struck = False

    @contextmanager
    def transaction(self, store: Store) -> Iterator[None]:
        strikes = not self.struck and self._left == 1
        self._left -= 1
        self.struck = self.struck or strikes
        if strikes and not self._after:
            raise Died
        with REAL_TRANSACTION(store):
            yield
        if strikes:
            raise Died


REAL_TRANSACTION = Store._transaction

SCRIPT: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = (
    ("ask", ("kept",), {"variations": 2}),
    ("ask", ("unwanted",), {"variations": 2}),
    ("ask", ("older",), {"variations": 2, "lane": "x"}),
    ("beats", (0.3,), {}),
    ("part", (0, 0), {}),
    ("stem", (0, 2), {}),
    ("cancel", ("unwanted",), {}),
    ("ask", ("newer",), {"variations": 2, "lane": "x"}),
    ("dies", (), {}),
    ("ready", (), {}),
    ("stem", (0, 2), {}),
    ("beats", (0.9,), {}),
    ("finish", (), {}),
    ("cancel", ("newer",), {}),
    ("obey", (), {}),
)


def play(bench: Bench, name: str, arguments: tuple[Any, ...], pairs: dict[str, Any]) -> None:
    """One line of the script."""
    if name == "cancel":
        bench.service.cancel(DAW, *arguments)
    elif name == "finish":
        if bench.running is not None:
            finish(bench)
    elif name == "obey":
        if bench.worker.orders[-1]["do"] == "stop":
            bench.says("stopped")
    elif name in ("beats", "part", "stem") and bench.running is None:
        return  # a death changed what the worker has; it has nothing to say then
    else:
        getattr(bench, name)(*arguments, **pairs)


def finish(bench: Bench) -> None:
    """The worker brings its job to the end."""
    bench.stem(0, 2)
    bench.stem(1, 2)
    bench.says("done")


def started(folder: Path) -> Bench:
    """A bench whose first start may itself be a death."""
    try:
        bench = Bench(folder)
    except Died:
        bench = Bench(folder)
    bench.ready()
    return bench


def live_through(bench: Bench) -> int:
    """Play the script; at each death start again and repeat the line, as a client does. Returns the deaths."""
    deaths = 0
    for line in SCRIPT:
        try:
            play(bench, *line)
        except Died:
            deaths += 1
            bench.crash()
            bench.ready()
            if line[0] in ("ask", "cancel"):
                play(bench, *line)
    while bench.running is not None:
        finish(bench)
    return deaths


def end_of(bench: Bench, request_id: str) -> Message:
    """How a request ended; its stems are complete and told once by query."""
    answers = bench.service.query(DAW, request_id)
    if isinstance(answers[-1], Done):
        assert [stem.index for stem in answers if isinstance(stem, Stem)] == [0, 1]
    return answers[-1]


def assert_all_is_well(bench: Bench) -> None:
    assert isinstance(end_of(bench, "kept"), Done)
    assert isinstance(end_of(bench, "unwanted"), Cancelled)
    assert isinstance(end_of(bench, "newer"), Cancelled | Done)
    older = end_of(bench, "older")
    assert isinstance(older, Failed)
    assert older.code == "replaced"
    with pytest.raises(UnknownRequest):
        end_of(bench, "never asked")
    for request_id in ("kept", "unwanted", "older", "newer"):
        told = [m for m in bench.sent.of(request_id) if isinstance(m, Done | Failed | Cancelled)]
        assert len(told) <= 1, f"{request_id} ended more than once"


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_death_at_any_write_loses_no_job_and_ends_none_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    for point in range(1, 1000):
        fate = Fate(point, after)
        monkeypatch.setattr(Store, "_transaction", lambda store, fate=fate: fate.transaction(store))
        bench = started(tmp_path / str(point))
        deaths = live_through(bench)
        assert_all_is_well(bench)
        bench.service.close()
        if not fate.struck:
            break
        assert deaths <= 1
    assert point > 15, "the script should write more often than that"
