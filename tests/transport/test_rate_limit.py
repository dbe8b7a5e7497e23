"""How often one source is heard and may guess; floods through the real socket with the limits that ship."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from bridge_server import errors
from bridge_server.client import RiffClient
from bridge_server.protocol import messages as m
from bridge_server.protocol.wire import read_packet, write_bundle, write_packet
from bridge_server.settings import Limits, Settings
from bridge_server.transport.clients import Place, UdpPlace
from bridge_server.transport.delivery import Delivery
from bridge_server.transport.rate_limit import BucketPerSource, GuessGuard, TokenBucket
from bridge_server.transport.router import Router
from tests.fake_clock import FakeClock
from tests.transport.conftest import Running
from tests.transport.double import RecordingService

TOKEN = "5a" * 16


def test_a_bucket_allows_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(rate=200, burst=400, now=0)
    assert sum(bucket.take(0) for _ in range(1000)) == 400
    assert sum(bucket.take(0.5) for _ in range(1000)) == 100
    assert sum(bucket.take(1000) for _ in range(1000)) == 400


def test_sources_do_not_share_a_bucket_and_are_bounded() -> None:
    buckets = BucketPerSource(rate=1, burst=1, sources=3)
    assert all(buckets.take(source, 0) for source in range(100))
    assert not buckets.take(99, 0)
    assert buckets.take(0, 0)  # forgotten, so it begins anew


def test_after_four_wrong_tokens_each_further_one_waits_longer() -> None:
    guard = GuessGuard(tries=4)
    for _ in range(3):
        guard.wrong("host", 0)
        assert not guard.must_wait("host", 0)
    now = 0.0
    for wait in (1, 2, 3, 4, 4):
        guard.wrong("host", now)
        assert guard.must_wait("host", now + wait - 0.01)
        now += wait
        assert not guard.must_wait("host", now)
    guard.right("host")
    guard.wrong("host", now)
    assert not guard.must_wait("host", now)


class Desk:
    """A router whose answers land in a list and whose clock the test moves."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self.clock = FakeClock()
        self.answers: list[m.Message] = []
        limits = Limits()
        delivery = Delivery(limits)
        self.service = RecordingService(delivery)
        settings = Settings(host=host, state_folder=folder, exchange_folder=folder, limits=limits)
        self.router = Router(settings, self.service, delivery, self.post, self.clock, token=TOKEN, boot_id="boot")

    def post(self, place: Place, message: m.Message) -> None:
        self.answers.append(message)

    def say(self, message: m.Message, port: int = 4000, host: str = "127.0.0.1") -> m.Message | None:
        self.answers.clear()
        self.router.handle(UdpPlace(host, port), write_packet(message, 8000))
        return self.answers[-1] if self.answers else None


def hello(token: str) -> m.Hello:
    return m.Hello("daw", 1, 0, 0, token)


def test_a_guesser_waits_even_with_the_right_token(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for _ in range(4):
        answer = desk.say(hello("wrong"))
        assert isinstance(answer, m.Welcome)
        assert answer.granted == 0
    answer = desk.say(hello(TOKEN))
    assert isinstance(answer, m.Refused)
    assert answer.code == "rate-limited"
    desk.clock.advance(1.01)
    answer = desk.say(hello(TOKEN))
    assert isinstance(answer, m.Welcome)
    assert answer.granted == 1


def test_a_guest_gets_few_answers_and_a_greeted_client_all(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    answered = sum(desk.say(m.Ping(k)) is not None for k in range(100))
    assert answered == 20
    desk.say(hello(""))
    assert all(desk.say(m.Ping(k)) == m.Pong(k) for k in range(100))


def test_a_bundle_counts_as_many_messages_as_it_holds(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.say(hello(TOKEN))
    desk.answers.clear()
    for _ in range(20):
        desk.router.handle(UdpPlace("127.0.0.1", 4000), write_bundle([m.Ping(1)] * 60))
    pongs = [answer for answer in desk.answers if isinstance(answer, m.Pong)]
    assert len(pongs) == 399  # the burst of 400, of which the hello took one


def test_a_server_open_to_the_network_hears_only_clients_with_the_token(tmp_path: Path) -> None:
    desk = Desk(tmp_path, host="0.0.0.0")
    for message in (m.Ping(1), m.Status(), m.Generate("abc"), hello(""), hello("wrong")):
        answer = desk.say(message, host="192.168.1.9")
        assert isinstance(answer, m.Refused)
        assert answer.code == "not-authorised"
    assert desk.service.calls == []
    assert isinstance(desk.say(hello(TOKEN), host="192.168.1.9"), m.Welcome)
    assert desk.say(m.Ping(1), host="192.168.1.9") == m.Pong(1)
    assert isinstance(desk.say(m.Ping(1), host="192.168.1.10"), m.Refused)


def test_the_lease_ends_after_15_seconds_of_silence(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.say(hello(TOKEN))
    beats = 0
    for _ in range(30):
        desk.clock.advance(1)
        desk.answers.clear()
        desk.router.beat()
        beats += len(desk.answers)
    assert beats == 15


def test_a_flood_from_one_source_is_limited_and_told_and_others_are_heard(strict: Running) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooder, strict.client() as daw:
        flooder.settimeout(0.5)
        packet = write_packet(m.Generate("flood", (("seed", 1),)))
        for _ in range(3000):
            flooder.sendto(packet, (strict.host, strict.port))
        assert daw.ping() < 1
        time.sleep(0.1)
        assert len(strict.service.called("generate")) < 700  # the burst of 400 and what 200/s allow meanwhile
        assert "rate-limited" in codes(flooder)


def codes(plain: socket.socket) -> set[str]:
    """The codes of all refusals that came until nothing comes for the socket's timeout."""
    found = set()
    try:
        while True:
            [raw] = read_packet(plain.recv(65535))
            if raw.address == "/riff/refused":
                found.add(str(raw.values[1]))
    except TimeoutError:
        return found


def test_the_client_raises_rate_limited(strict: Running) -> None:
    with RiffClient("127.0.0.1", strict.port, token=strict.server.token) as client:
        client.hello()
        for _ in range(1000):
            client.send_packet(write_packet(m.Ack("none", 0)))
        with pytest.raises(errors.RateLimited):
            client.status()
