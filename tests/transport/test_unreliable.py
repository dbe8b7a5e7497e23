"""A network that loses, doubles and reorders; a server that is killed and comes back; a client that restarts."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from bridge_server.client import RiffClient
from bridge_server.errors import RiffError
from bridge_server.protocol import messages as m
from bridge_server.settings import Settings
from bridge_server.transport.delivery import Delivery
from bridge_server.transport.discovery import Announcement
from bridge_server.transport.udp import UdpServer
from tests.transport.conftest import QUICK, Running
from tests.transport.double import RecordingService
from tests.transport.relay import LossyRelay


def surely(client: RiffClient, request_id: str) -> None:
    """Ask until the job is known to be accepted, as a client on a bad network has to."""
    for _ in range(20):
        try:
            client.generate(request_id, seed=1)
            return
        except RiffError:
            continue
    raise AssertionError(f"{request_id} was never accepted")


@pytest.mark.parametrize(
    ("jobs", "loss", "double", "late"),
    [
        (30, 0.0, 0.0, 0.0),
        (20, 0.1, 0.05, 0.1),
        (10, 0.3, 0.1, 0.2),
        pytest.param(300, 0.3, 0.1, 0.2, marks=pytest.mark.slow),
    ],
)
def test_every_job_is_done_exactly_once_and_all_results_arrive(
    running: Running, jobs: int, loss: float, double: float, late: float
) -> None:
    with (
        LossyRelay((running.host, running.port), loss=loss, double=double, late=late, seed=5) as relay,
        RiffClient("127.0.0.1", relay.port, token=running.server.token, name="daw") as client,
    ):
        client.hello(waits=(0.05,) * 40)
        for k in range(jobs):
            surely(client, f"job{k}")
            running.service.finish("daw", f"job{k}", stems=2)
            told = list(client.events(f"job{k}"))
            assert sorted(x.index for x in told if isinstance(x, m.Stem)) == [0, 1]
            assert isinstance(told[-1], m.Done)
        assert (relay.lost > 0) == (loss > 0)
    assert len(running.service.requests) == jobs
    assert {request.fingerprint() for request in running.service.requests.values()} == {
        m.Generate("x", (("seed", 1),)).fingerprint()
    }


class Restartable:
    """A server with a double behind it that can be dropped and started again on another port."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(port=0, state_folder=folder, exchange_folder=folder / "ex", limits=QUICK)
        self.requests: dict[tuple[str, str], m.Generate] = {}
        self.start()

    def start(self) -> None:
        delivery = Delivery(QUICK)
        self.service = RecordingService(delivery)
        self.service.requests = self.requests  # what a store on disk would keep
        self.server = UdpServer(self.settings, self.service, delivery)
        host, port = self.server.bind()
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        self.told = Announcement(
            host, port, os.getpid(), self.server.boot_id, self.server.token, str(self.settings.exchange_folder), "0"
        )
        self.told.write(self.settings.state_folder)

    def stop(self) -> None:
        self.server.stop()
        self.thread.join()


def test_a_client_that_hears_its_server_only_renews_its_lease(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge_server.client.RENEW_S", 0.1)
    with running.client() as client:
        client.generate("abc")
        ends = threading.Timer(1.0, running.service.finish, ("daw", "abc"))
        ends.start()
        assert [type(x) for x in client.events("abc")] == [m.Stem, m.Done]
    assert running.service.called("query") == []


def test_a_client_that_follows_a_job_of_its_earlier_life_asks_for_it_once(running: Running) -> None:
    with running.client() as before:
        before.generate("abc")
    with running.client() as client:
        ends = threading.Timer(1.5, running.service.finish, ("daw", "abc"))
        ends.start()
        assert [type(x) for x in client.events("abc")] == [m.Stem, m.Done]
    assert len(running.service.called("query")) == 1


def test_a_client_whose_question_after_a_silence_got_lost_asks_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running.client() as client:
        client.generate("abc")
        stem = m.Stem("abc", 0, 0, 1, "/stems/abc_v0.wav", 48000, 48000, 7)
        running.service.ended["daw", "abc"] = [stem, m.Done("abc", 0, 1, 0.25, "cpu")]  # nobody was told
        client._answered.clear()  # as after a silence
        asked, send = [], client._line.send

        def loses_the_first(message: m.Message) -> None:
            asked.append(message)
            if sum(isinstance(x, m.Query) for x in asked) != 1 or not isinstance(message, m.Query):
                send(message)

        monkeypatch.setattr(client._line, "send", loses_the_first)
        assert [type(x) for x in client.events("abc", patience_s=5)] == [m.Stem, m.Done]
    assert len(running.service.called("query")) == 1


def test_a_client_learns_the_end_of_its_job_from_a_restarted_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge_server.client.MISSED_BEATS_S", 0.4)
    first = Restartable(tmp_path)
    with RiffClient.find(tmp_path, name="daw") as client:
        client.generate("abc")
        boot_before = client.boot_id
        first.service.outbox.send("daw", m.Progress("abc", 0, 0.4, "sampling", 1))
        events = client.events("abc", patience_s=10)
        assert isinstance(next(events), m.Progress)
        first.stop()
        first.start()
        first.service.finish("daw", "abc", stems=2)
        assert [type(x).__name__ for x in events] == ["Stem", "Stem", "Done"]
        assert client.boot_id == first.server.boot_id != boot_before
    first.stop()


def test_a_server_that_stays_away_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge_server.client.MISSED_BEATS_S", 0.2)
    server = Restartable(tmp_path)
    with RiffClient.find(tmp_path) as client:
        client.generate("abc")
        server.stop()
        with pytest.raises(RiffError, match="does not answer"):
            list(client.events("abc", patience_s=1))
