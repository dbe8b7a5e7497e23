"""Whole conversations over real UDP on loopback, with the recording double as job side."""

from __future__ import annotations

import socket
import struct
import time

import pytest

from bridge_server import errors
from bridge_server.client import RiffClient, ServerGone
from bridge_server.protocol import messages as m
from bridge_server.protocol.wire import read_packet, write_bundle, write_packet
from tests.transport.conftest import Running
from tests.transport.double import refusal_of


def raw_socket() -> socket.socket:
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.bind(("127.0.0.1", 0))
    plain.settimeout(2)
    return plain


def receive(plain: socket.socket, kind: type[m.Message]) -> m.Message:
    """The next message of a kind; heartbeats and others before it are passed over."""
    while True:
        for raw in read_packet(plain.recv(65535)):
            message = m.parse(raw.address, raw.values)
            if isinstance(message, kind):
                return message


def test_hello_is_answered_with_what_the_service_says(running: Running) -> None:
    with running.client() as client:
        welcome = client.hello()
        assert (welcome.pack, welcome.device, welcome.ready) == ("double", "cpu", 1)
        assert (welcome.major, welcome.granted, welcome.lease_s) == (1, 1, 15.0)
        assert welcome.boot_id == running.server.boot_id


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_client_without_the_token_is_a_guest(running: Running, token: str) -> None:
    with running.client(token=token) as client:
        assert client.hello().granted == 0
        client.generate("abc")
        [(told, _)] = running.service.called("generate")
        assert (told.key, told.name, told.granted) == ("guest/daw", "daw", False)


def test_a_guest_cannot_see_the_job_of_a_granted_client_of_the_same_name(running: Running) -> None:
    with running.client() as daw, running.client(token="") as guest:
        daw.generate("abc")
        with pytest.raises(errors.UnknownRequest):
            guest.query("abc")


@pytest.mark.parametrize(("major", "older"), [(0, "client"), (2, "server")])
def test_another_major_version_is_refused_naming_the_side_to_update(running: Running, major: int, older: str) -> None:
    with raw_socket() as plain:
        hello = m.Hello("daw", major, 0, 0, "")
        plain.sendto(write_packet(hello), (running.host, running.port))
        refused = receive(plain, m.Refused)
        assert refused.code == "version-mismatch"
        assert refused.hint == f"Update the {older}."


def test_generate_reaches_the_service_with_checked_values(running: Running) -> None:
    with running.client() as client:
        accepted = client.generate("abc", prompt="Bass à la mode", variations=2, tempo=120)
        assert accepted == m.Accepted("abc", 0, 1.5)
        [(told, request)] = running.service.called("generate")
        assert told.granted
        assert request.given == {"prompt": "Bass à la mode", "variations": 2, "tempo": 120.0}


def test_the_same_request_is_the_same_job_and_another_is_refused(running: Running) -> None:
    with running.client() as client:
        client.generate("abc", seed=1)
        assert client.generate("abc", seed=1).request_id == "abc"
        with pytest.raises(errors.IdReused):
            client.generate("abc", seed=2)
        assert len(running.service.requests) == 1


def test_stems_and_done_arrive_in_order_and_are_acked(running: Running) -> None:
    with running.client() as client:
        client.generate("abc", variations=3)
        running.delivery.send("daw", m.Progress("abc", 0, 0.5, "sampling", 2.0))
        running.service.finish("daw", "abc", stems=3)
        told = list(client.events("abc"))
        assert [type(message).__name__ for message in told] == ["Progress", "Stem", "Stem", "Stem", "Done"]
        assert [message.sequence for message in told] == [1, 2, 3, 4, 5]
        client.ping()  # the acks were sent before it
        assert running.delivery.unacked_count() == 0


def test_an_unacked_message_is_repeated_then_kept_for_the_next_hello(running: Running) -> None:
    with raw_socket() as plain:
        place = (running.host, running.port)
        plain.sendto(write_packet(m.Hello("daw", 1, 0, 0, running.server.token)), place)
        receive(plain, m.Welcome)
        running.service.requests["daw", "abc"] = m.Generate("abc")
        running.service.finish("daw", "abc", stems=0)
        same = [receive(plain, m.Done) for _ in range(4)]  # once, and after 0.05, 0.1, 0.2 s
        assert len(set(same)) == 1
        plain.settimeout(0.5)
        with pytest.raises(TimeoutError):
            receive_no_beat(plain)
        plain.settimeout(2)
        plain.sendto(write_packet(m.Hello("daw", 1, 0, 0, running.server.token)), place)
        assert receive(plain, m.Done) == same[0]
        plain.sendto(write_packet(m.Ack("abc", same[0].sequence)), place)
        plain.sendto(write_packet(m.Ack("abc", same[0].sequence)), place)  # an ack that comes twice is nothing
        plain.sendto(write_packet(m.Ping(3)), place)
        receive(plain, m.Pong)
        assert running.delivery.unacked_count() == 0


def receive_no_beat(plain: socket.socket) -> m.Message:
    """The next message that is not a heartbeat, waiting as long as the socket's timeout in all."""
    end = time.monotonic() + (plain.gettimeout() or 0)
    while time.monotonic() < end:
        [raw] = read_packet(plain.recv(65535))
        if raw.address != "/riff/heartbeat":
            return m.parse(raw.address, raw.values)
    raise TimeoutError


def test_a_finished_job_is_found_again_by_query_from_a_new_socket(running: Running) -> None:
    with running.client() as client:
        client.generate("abc")
        running.service.finish("daw", "abc", stems=2)
    with running.client() as later:
        assert isinstance(later.query("abc"), m.Done)
        assert [type(x).__name__ for x in later.events("abc")] == ["Stem", "Stem", "Done"]


def test_cancel_ends_the_events(running: Running) -> None:
    with running.client() as client:
        client.generate("abc")
        assert isinstance(client.cancel("abc"), m.Cancelled)
        with pytest.raises(errors.Cancelled):
            list(client.events("abc"))
        with pytest.raises(errors.UnknownRequest):
            client.cancel("never-sent")


def test_a_failed_job_raises_its_class_with_its_words(running: Running) -> None:
    with running.client() as client:
        client.generate("abc")
        failure = refusal_of(errors.DiskFull)
        running.delivery.send("daw", m.Failed.because("abc", failure))
        with pytest.raises(errors.DiskFull, match="Said by the double") as caught:
            list(client.events("abc"))
        assert caught.value.hint == failure.hint


@pytest.mark.parametrize("code", sorted(errors.ERROR_BY_CODE))
def test_every_error_of_the_service_reaches_the_client_as_its_class(running: Running, code: str) -> None:
    running.service.refusals = [refusal_of(errors.ERROR_BY_CODE[code])]
    with running.client() as client, pytest.raises(errors.ERROR_BY_CODE[code], match="Said by the double"):
        client.generate("abc")


def test_a_fault_of_the_service_becomes_internal_and_the_server_lives(running: Running) -> None:
    running.service.refusals = [ZeroDivisionError("a fault")]
    with running.client() as client:
        with pytest.raises(errors.Internal):
            client.query("abc")
        assert client.ping() < 1


def test_a_fault_in_the_heartbeat_does_not_end_the_server(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with running.client() as client:
        with monkeypatch.context() as patch:
            patch.setattr(running.service, "state", lambda: 1 / 0)
            time.sleep(0.3)
            with pytest.raises(errors.Internal):
                client.hello()
        assert client.hello().ready == 1


def test_unknown_names_are_refused_with_the_nearest(running: Running) -> None:
    with running.client() as client:
        with pytest.raises(errors.UnknownParameter) as caught:
            send_raw_and_raise(client, "/riff/generate", [("s", "abc"), ("s", "varations"), ("i", 2)])
        assert caught.value.hint == "Did you mean variations?"
        with pytest.raises(errors.UnknownAddress) as caught:
            send_raw_and_raise(client, "/riff/generat", [("s", "abc")])
        assert caught.value.hint == "Did you mean /riff/generate?"


def send_raw_and_raise(client: RiffClient, address: str, flat: list[tuple[str, object]]) -> None:
    from pythonosc.osc_message_builder import OscMessageBuilder

    builder = OscMessageBuilder(address)
    for kind, value in flat:
        builder.add_arg(value, kind)  # type: ignore[arg-type]
    client.send_packet(builder.build().dgram)
    answer = client.receive(2)
    assert isinstance(answer, m.Refused)
    raise errors.error_for(answer.code, answer.message, answer.hint)


def test_status_and_ping(running: Running) -> None:
    with running.client() as client:
        assert client.status() == {"pack": "double", "queue": 0}
        assert client.ping() < 1


def test_an_answer_that_came_twice_is_not_the_answer_to_a_later_question(running: Running) -> None:
    with running.client() as client:
        client.send_packet(write_packet(m.Status()))  # its answer comes too, and is of before
        assert client.status()["queue"] == 0
        client.ping()
        client.generate("abc")
        assert client.status()["queue"] == 1


def test_quit_needs_the_token(running: Running) -> None:
    with running.client(token="") as guest:
        with pytest.raises(errors.NotAuthorised):
            guest.quit()
        assert not running.service.quit_asked.is_set()
    with running.client() as client:
        client.send_packet(write_packet(m.Quit(running.server.token)))
        assert running.service.quit_asked.wait(2)


def test_heartbeats_come_until_the_lease_ends(running: Running) -> None:
    with raw_socket() as plain:
        plain.sendto(write_packet(m.Hello("daw", 1, 0, 0, "")), (running.host, running.port))
        first, second = receive(plain, m.Heartbeat), receive(plain, m.Heartbeat)
        assert first.boot_id == second.boot_id == running.server.boot_id


def test_answers_go_to_the_reply_port_of_the_hello(running: Running) -> None:
    with raw_socket() as sender, raw_socket() as ear:
        place = (running.host, running.port)
        sender.sendto(write_packet(m.Hello("max", 1, 0, ear.getsockname()[1], running.server.token)), place)
        receive(ear, m.Welcome)
        sender.sendto(write_packet(m.Ping(9)), place)
        assert receive(ear, m.Pong) == m.Pong(9)
        running.delivery.send("max", m.Cancelled("abc"))
        assert receive(ear, m.Cancelled) == m.Cancelled("abc", 1)
        sender.settimeout(0.2)
        with pytest.raises(TimeoutError):
            sender.recv(65535)


def test_a_bundle_is_handled_in_order(running: Running) -> None:
    with raw_socket() as plain:
        hello = m.Hello("lua", 1, 0, 0, running.server.token)
        bundle = write_bundle([hello, m.Generate("abc", (("seed", 5),)), m.Ping(1)])
        plain.sendto(bundle, (running.host, running.port))
        receive(plain, m.Welcome)
        assert receive(plain, m.Accepted).request_id == "abc"
        assert receive(plain, m.Pong) == m.Pong(1)


def test_an_answer_that_comes_back_is_not_answered(running: Running) -> None:
    with raw_socket() as plain:
        refused = m.Refused("", "bad-arguments", "An echo.", "")
        plain.sendto(write_packet(refused), (running.host, running.port))
        plain.settimeout(0.3)
        with pytest.raises(TimeoutError):
            plain.recv(65535)


def test_all_windows_of_one_client_hear_its_job(running: Running) -> None:
    with running.client() as one, running.client() as two:
        one.generate("abc")
        running.service.finish("daw", "abc", stems=1)
        assert [type(x) for x in one.events("abc")] == [type(x) for x in two.events("abc")]


def test_the_service_is_called_on_one_thread_only(running: Running) -> None:
    with running.client() as client:
        for k in range(20):
            client.generate(f"job{k}")
    assert len(running.service.threads) == 1


def test_a_silent_port_is_reported_as_a_gone_server() -> None:
    with (
        raw_socket() as silent,
        RiffClient("127.0.0.1", silent.getsockname()[1]) as client,
        pytest.raises(ServerGone),
    ):
        client.hello(waits=(0.05, 0.05))


def test_floats_only_clients_are_understood(running: Running) -> None:
    """Pure Data and TouchOSC send every number as a float."""
    with running.client() as client:
        packet = b"/riff/ping\0\0,f\0\0" + struct.pack(">f", 42.0)
        client.send_packet(packet)
        assert client.receive(2) == m.Pong(42)
