"""Any order of asking, repeating, cancelling, dying, acking and restarting, against a small model of what must hold.

The store, the scheduler and the transport's delivery are the real ones; the worker is played by the machine.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge_server.errors import IdReused, UnknownRequest
from bridge_server.protocol.messages import (
    Accepted,
    Cancelled,
    Done,
    Failed,
    Message,
    Part,
    Progress,
    Stem,
    request_id_of,
)
from bridge_server.transport.clients import Leases, Place, UdpPlace, named
from bridge_server.transport.delivery import Delivery
from bridge_server.transport.service import Client
from tests.jobs.bench import Bench

CLIENTS = (Client("daw", "daw", True), Client("phone", "phone", True))
IDS = ("a", "b", "c", "d")
ENDINGS = (Done, Failed, Cancelled)


@dataclass
class Expected:
    """What the model knows of one accepted request."""

    pairs: dict[str, object]
    cancelled: bool = False
    ended_as: type[Message] | None = None
    told_endings: int = 0
    fraction: float = 0.0
    stems: set[int] = field(default_factory=set)
    parts: set[tuple[int, int]] = field(default_factory=set)


class Wire:
    """The outbox of the service: the real delivery over one lease per client, everything posted kept."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.delivery = Delivery()
        self.leases = Leases(bench.settings.limits)
        self.posted: list[tuple[Place, Message]] = []
        for port, client in enumerate(CLIENTS, 1):
            place = UdpPlace("127.0.0.1", port)
            self.leases.greet(place, named(client.name, True), place, bench.clock.monotonic())

    def send(self, client_key: str, message: Message) -> None:
        self.delivery.send(client_key, message)
        self.flush()

    def flush(self) -> None:
        self.delivery.flush(self.leases, self._post, self._bench.clock.monotonic())

    def _post(self, place: Place, message: Message) -> None:
        self.posted.append((place, message))


class Jobs(RuleBasedStateMachine):
    """Rules are what clients, workers and fate can do."""

    @initialize()
    def begin(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.bench = Bench(Path(self._folder.name))
        self.expected: dict[tuple[str, str], Expected] = {}
        self._join()
        self.bench.ready()

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        self._finish_everything()
        self.bench.service.close()
        self._folder.cleanup()

    # clients

    @rule(client=st.sampled_from(CLIENTS), request_id=st.sampled_from(IDS), steps=st.integers(1, 2), lane=st.booleans())
    def generate(self, client: Client, request_id: str, steps: int, lane: bool) -> None:
        pairs: dict[str, object] = {"steps": steps, "variations": 2, **({"lane": "x"} if lane else {})}
        known = self.expected.get((client.key, request_id))
        try:
            self.bench.ask(request_id, client, **pairs)
        except IdReused:
            assert known is not None
            assert known.pairs != pairs
        else:
            assert known is None or known.pairs == pairs
            self.expected.setdefault((client.key, request_id), Expected(pairs))

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        key, request_id = data.draw(st.sampled_from(sorted(self.expected)))
        client = next(client for client in CLIENTS if client.key == key)
        self.bench.ask(request_id, client, **self.expected[key, request_id].pairs)

    @rule(client=st.sampled_from(CLIENTS), request_id=st.sampled_from(IDS))
    def cancel(self, client: Client, request_id: str) -> None:
        known = self.expected.get((client.key, request_id))
        try:
            self.bench.service.cancel(client, request_id)
        except UnknownRequest:
            assert known is None
        else:
            assert known is not None
            known.cancelled = True

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def ack(self, data: st.DataObject) -> None:
        acked = [(place, m) for place, m in self.wire.posted if m.row.acked]
        if acked:
            place, message = data.draw(st.sampled_from(acked))
            lease = self.wire.leases.at(place)
            assert lease is not None
            self.wire.delivery.ack(lease.client.key, request_id_of(message), message.sequence)  # type: ignore[attr-defined]

    # the worker

    @precondition(lambda self: self.bench.running)
    @rule(fraction=st.floats(0, 1))
    def beat(self, fraction: float) -> None:
        self.bench.clock.now += 0.2
        self.bench.beats(fraction)

    @precondition(lambda self: self.bench.running)
    @rule(index=st.integers(0, 1))
    def stem(self, index: int) -> None:
        self.bench.stem(index, 2)

    @precondition(lambda self: self.bench.running)
    @rule(index=st.integers(0, 1), part=st.integers(0, 2))
    def part(self, index: int, part: int) -> None:
        self.bench.part(index, part)

    @precondition(lambda self: self.bench.running)
    @rule()
    def finish(self) -> None:
        self.bench.stem(0, 2)
        self.bench.stem(1, 2)
        self.bench.says("done")

    @precondition(lambda self: self.bench.running)
    @rule(obeys=st.booleans())
    def cancel_running(self, obeys: bool) -> None:
        job = self.bench.service._store.job(self.bench.running)
        self.cancel(next(client for client in CLIENTS if client.key == job.client), job.request_id)
        if obeys:
            self.bench.says("stopped")

    @precondition(lambda self: self.bench.running)
    @rule()
    def worker_dies(self) -> None:
        self.bench.dies()
        self.bench.passes(61.0)
        self.bench.ready()

    # fate

    @precondition(lambda self: self.expected)
    @rule(seconds=st.sampled_from([0.1, 3.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.bench.passes(seconds)
        if self.bench.worker.killed:
            self.bench.dies()
            self.bench.passes(61.0)
            self.bench.ready()

    @precondition(lambda self: self.expected)
    @rule(in_order=st.booleans())
    def server_starts_again(self, in_order: bool) -> None:
        if in_order:
            self.bench.restart()
        else:
            self.bench.crash()
        self._join()
        self.bench.ready()

    # what must hold

    @invariant()
    def everything_told_was_right(self) -> None:
        if not hasattr(self, "bench"):
            return
        for key, message in self.bench.sent.messages:
            self._check(self.expected[key, request_id_of(message)], message)
        self.bench.sent.messages.clear()

    @invariant()
    def every_accepted_job_is_known_and_an_end_stays(self) -> None:
        for (key, request_id), expected in getattr(self, "expected", {}).items():
            client = next(client for client in CLIENTS if client.key == key)
            answers = self.bench.service.query(client, request_id)
            kind = type(answers[-1])
            assert kind in (Accepted, Progress, *ENDINGS)
            assert expected.ended_as in (None, kind)
            if kind in ENDINGS:
                expected.ended_as = kind
            if kind is Done:
                assert [stem.index for stem in answers if isinstance(stem, Stem)] == [0, 1]

    @invariant()
    def the_worker_has_at_most_the_oldest_open_job(self) -> None:
        if not hasattr(self, "bench"):
            return
        running, waiting = self.bench.service._store.running(), self.bench.service._store.queued()
        assert [job.number for job in running] == ([self.bench.running] if self.bench.running else [])
        assert all(job.number > self.bench.running for job in waiting if self.bench.running)
        runs = [order["job"] for order in self.bench.worker.orders if order["do"] == "run"]
        assert self.bench.running is None or self.bench.running == runs[-1], "this worker was never given the job"

    def _check(self, expected: Expected, message: Message) -> None:
        if isinstance(message, ENDINGS):
            expected.told_endings += 1
            assert expected.told_endings == 1, "an end was told twice"
            return
        assert expected.told_endings == 0, "something was told after the end"
        assert not expected.cancelled, "something was told after the cancel"
        if isinstance(message, Progress):
            assert message.fraction >= expected.fraction
            expected.fraction = message.fraction
        if isinstance(message, Part):
            assert message.index not in expected.stems, "a part was told after its stem"
            assert (message.index, message.part) not in expected.parts, "a part was told twice"
            expected.parts.add((message.index, message.part))
        if isinstance(message, Stem):
            assert message.index not in expected.stems, "a stem was told twice"
            expected.stems.add(message.index)

    def _join(self) -> None:
        """The service speaks to the bench's list and to the real delivery, which is new with every server."""
        self.wire = Wire(self.bench)
        keep, pass_on = self.bench.sent.send, self.wire.send

        def both(client_key: str, message: Message) -> None:
            keep(client_key, message)
            pass_on(client_key, message)

        self.bench.service._scheduler._send = both

    def _finish_everything(self) -> None:
        """Whatever happened before, every job ends when the worker just works."""
        for _ in range(2 * len(self.expected) + 2):
            if self.bench.running is None:
                break
            self.bench.stem(0, 2)
            self.bench.stem(1, 2)
            self.bench.says("done")
        self.everything_told_was_right()
        self.every_accepted_job_is_known_and_an_end_stays()
        assert all(expected.ended_as for expected in self.expected.values())
        for expected in self.expected.values():
            assert expected.ended_as is not Done or not expected.cancelled or expected.told_endings == 1


TestJobs = Jobs.TestCase
TestJobs.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
