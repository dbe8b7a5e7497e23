"""Leases: who counts as present, for how long, and how many."""

from __future__ import annotations

import pytest

from bridge_server.settings import Limits
from bridge_server.transport.clients import FilePlace, Leases, UdpPlace, guest, named


def place(port: int) -> UdpPlace:
    return UdpPlace("127.0.0.1", port)


def test_any_message_renews_a_lease_and_silence_ends_it() -> None:
    leases = Leases(Limits())
    leases.greet(place(1), named("daw", True), place(1), 0)
    leases.hear(place(1), 14)
    leases.expire(29)
    assert [lease.client.key for lease in leases.of("daw")] == ["daw"]
    leases.expire(29.1)
    assert leases.of("daw") == []


def test_a_client_without_the_token_has_another_key() -> None:
    assert named("daw", True).key == "daw"
    assert named("daw", False).key == guest(FilePlace("daw")).key == "guest/daw"
    assert guest(place(7)).key == "guest/127.0.0.1:7"


def test_a_new_sending_socket_with_the_same_reply_port_replaces_the_old_lease() -> None:
    leases = Leases(Limits())
    for port in (1, 2, 3):
        leases.greet(place(port), named("max", True), place(9000), port)
    assert [lease.source for lease in leases.of("max")] == [place(3)]


def test_one_client_has_at_most_four_leases_the_newest() -> None:
    leases = Leases(Limits())
    for port in range(10):
        leases.greet(place(port), named("daw", True), place(port), port)
    assert [lease.reply for lease in leases.of("daw")] == [place(port) for port in (6, 7, 8, 9)]


def test_a_flood_of_guests_does_not_push_a_client_out() -> None:
    leases = Leases(Limits(leases=8))
    leases.greet(place(1), named("daw", True), place(1), 0)
    leases.greet(place(2), named("phone", False), place(2), 0)
    for port in range(100, 1100):
        leases.hear(place(port), port)
    assert len(leases.all()) == 8
    assert leases.of("daw")
    assert leases.of("guest/phone")


@pytest.mark.parametrize("token_first", [True, False])
def test_a_second_hello_changes_who_is_at_a_place(token_first: bool) -> None:
    leases = Leases(Limits())
    leases.greet(place(1), named("daw", token_first), place(1), 0)
    leases.greet(place(1), named("daw", not token_first), place(1), 1)
    assert [lease.client.granted for lease in leases.all()] == [not token_first]
