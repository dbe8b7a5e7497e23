"""Numbering, repeating and acking, with a clock that the test moves."""

from __future__ import annotations

import itertools
import threading

import pytest

from bridge_server.protocol import messages as m
from bridge_server.settings import Limits
from bridge_server.transport.clients import FilePlace, Leases, Place, UdpPlace, named
from bridge_server.transport.delivery import Delivery

DAW = UdpPlace("127.0.0.1", 5001)
LUA = FilePlace("lua")


class Desk:
    """A delivery with one greeted client, and what was posted at which time."""

    def __init__(self, limits: Limits | None = None, place: Place = DAW) -> None:
        limits = limits or Limits()
        self.delivery = Delivery(limits)
        self.leases = Leases(limits)
        self.posted: list[tuple[float, Place, m.Message]] = []
        self.now = 100.0
        self.lease = self.leases.greet(place, named("daw", True), place, self.now)

    def post(self, place: Place, message: m.Message) -> None:
        self.posted.append((self.now, place, message))

    def turn(self) -> None:
        self.delivery.flush(self.leases, self.post, self.now)
        self.delivery.repeat(self.leases, self.post, self.now)

    def run(self, seconds: float, step: float = 0.05) -> None:
        for _ in range(round(seconds / step)):
            self.turn()
            self.now += step

    def messages(self) -> list[m.Message]:
        return [message for _, _, message in self.posted]


def test_an_unacked_message_is_repeated_after_the_protocols_waits_and_no_more() -> None:
    desk = Desk()
    desk.delivery.send("daw", m.Cancelled("r"))
    desk.run(60)
    times = [time - 100 for time, _, _ in desk.posted]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps == pytest.approx([0.25, 0.5, 1, 2, 4, 8], abs=0.06)
    assert len({message for _, _, message in desk.posted}) == 1


def test_an_acked_message_is_not_repeated() -> None:
    desk = Desk()
    desk.delivery.send("daw", m.Cancelled("r"))
    desk.turn()
    desk.delivery.ack("daw", "r", 1)
    desk.run(20)
    assert len(desk.posted) == 1
    assert desk.delivery.unacked_count() == 0


@pytest.mark.parametrize(("key", "request_id", "sequence"), [("x", "r", 1), ("daw", "x", 1), ("daw", "r", 2)])
def test_an_ack_of_something_else_changes_nothing(key: str, request_id: str, sequence: int) -> None:
    desk = Desk()
    desk.delivery.send("daw", m.Cancelled("r"))
    desk.turn()
    desk.delivery.ack(key, request_id, sequence)
    assert desk.delivery.unacked_count() == 1


def test_a_message_to_an_absent_client_waits_for_its_hello_or_is_dropped() -> None:
    desk = Desk()
    desk.delivery.send("away", m.Progress("r", 0, 0.1, "sampling", 1))
    desk.delivery.send("away", m.Cancelled("r"))
    desk.run(30)
    assert desk.posted == []
    lease = desk.leases.greet(UdpPlace("127.0.0.1", 5002), named("away", True), DAW, desk.now)
    desk.delivery.greet(lease, desk.post)
    assert desk.messages() == [m.Cancelled("r", 2)]


def test_sequence_numbers_count_within_each_request() -> None:
    desk = Desk()
    for request_id in ("a", "b", "a"):
        desk.delivery.send("daw", m.Progress(request_id, 0, 0.5, "", 0))
    desk.turn()
    assert [(x.request_id, x.sequence) for x in desk.messages()] == [("a", 1), ("b", 1), ("a", 2)]  # type: ignore[attr-defined]


def test_the_fraction_never_falls() -> None:
    desk = Desk()
    for fraction in (0.2, 0.6, 0.0, 0.3, 0.7):  # the worker died after the second and began anew
        desk.delivery.send("daw", m.Progress("r", 0, fraction, "", 0))
    desk.turn()
    told = [message.fraction for message in desk.messages()]  # type: ignore[attr-defined]
    assert told == pytest.approx([0.2, 0.6, 0.6, 0.6, 0.7])


def test_a_message_asked_for_again_keeps_its_number_until_it_is_acked() -> None:
    desk = Desk()
    for _ in range(2):
        desk.delivery.send("daw", m.Cancelled("r"))
        desk.turn()
    assert desk.messages() == [m.Cancelled("r", 1)] * 2
    desk.delivery.ack("daw", "r", 1)
    desk.delivery.send("daw", m.Cancelled("r"))
    desk.turn()
    assert desk.messages()[-1] == m.Cancelled("r", 2)


def test_files_are_written_once() -> None:
    desk = Desk(place=LUA)
    desk.delivery.send("daw", m.Cancelled("r"))
    desk.run(20)
    assert len(desk.posted) == 1


def test_what_is_remembered_is_bounded() -> None:
    desk = Desk(Limits(unacked_per_client=10, unacked_clients=3, requests_followed=20))
    for k in range(100):
        desk.delivery.send("daw", m.Cancelled(f"r{k}"))
        desk.delivery.send(f"client{k}", m.Cancelled("r"))
    desk.turn()
    assert desk.delivery.unacked_count() <= 30


def test_sending_is_safe_from_many_threads() -> None:
    desk = Desk()
    woken = threading.Event()
    desk.delivery.on_send(woken.set)

    def send(worker: int) -> None:
        for _ in range(500):
            desk.delivery.send("daw", m.Progress(f"r{worker}", 0, 0.5, "", 0))

    threads = [threading.Thread(target=send, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        desk.turn()
    desk.turn()
    assert woken.is_set()
    for k in range(4):
        numbers = [x.sequence for x in desk.messages() if x.request_id == f"r{k}"]  # type: ignore[attr-defined]
        assert numbers == list(range(1, 501))
