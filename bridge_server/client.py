"""A small synchronous client in Python: what the command line and the tests speak to the server with.

    with RiffClient.find(state_folder) as client:
        accepted = client.generate(context="/music/bounce.wav", prompt="bass", variations=2)
        for message in client.events(accepted.request_id):
            print(message)          # Progress, Stem, Stem, Done

Every method raises the classes of `bridge_server.errors`. Not for several threads at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bridge_server.errors import Cancelled, RiffError, TimedOut, error_for
from bridge_server.protocol import messages as m
from bridge_server.protocol.table import MAJOR, MINOR, Value
from bridge_server.protocol.wire import LONGEST_IN, read_packet, write_packet
from bridge_server.transport.discovery import find_server

RETRY_S = (0.1, 0.2, 0.4, 0.8, 1.6, 1.6, 1.6, 1.6)  # waits for an answer before the same message goes again
MISSED_BEATS_S = 4.0  # silence after which the server counts as gone
RENEW_S = 5.0  # a third of the lease

Wanted = Callable[[m.Message], bool]


class ServerGone(TimedOut):
    """The server does not answer; made by the client, never sent."""

    usual_sentence = "The server does not answer."
    usual_hint = "Start it with `riffbridge serve`."


class RiffClient:
    """One client with its own socket.

    - host, port: of the server. - token: of its state.json; empty = a guest.
    - name: stays the same for a client that wants to find its requests again after a restart.
    - state_folder: where to look for the server again when it was restarted.
    """

    def __init__(
        self, host: str, port: int, *, token: str = "", name: str = "", state_folder: Path | None = None
    ) -> None:
        self.name = name or f"python-{os.getpid()}-{secrets.token_hex(3)}"
        self.server = (host, port)
        self.boot_id = ""
        self._token = token
        self._state_folder = state_folder
        self._arrived: deque[m.Message] = deque(maxlen=10_000)
        self._seen: set[tuple[str, str, int]] = set()
        self._heard = self._renewed = time.monotonic()
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("::" if ":" in host else "0.0.0.0" if not host.startswith("127.") else host, 0))

    @classmethod
    def find(cls, state_folder: Path, *, name: str = "") -> Self:
        """A client of the server that state.json names, already greeted; raises ServerGone if there is none."""
        announcement = find_server(state_folder)
        if announcement is None:
            raise ServerGone(f"No server is running with the state folder {state_folder}.")
        client = cls(
            announcement.host,
            announcement.port,
            token=announcement.token,
            name=name,
            state_folder=state_folder,
        )
        client.hello()
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket; jobs go on."""
        self._socket.close()

    def hello(self, waits: tuple[float, ...] = RETRY_S) -> m.Welcome:
        """Introduce the client; raises VersionMismatch, NotAuthorised, ServerGone."""
        hello = m.Hello(self.name, MAJOR, MINOR, 0, self._token)
        welcome = self._ask(hello, lambda answer: isinstance(answer, m.Welcome), waits)
        assert isinstance(welcome, m.Welcome)
        self._renewed = time.monotonic()
        return welcome

    def generate(self, request_id: str = "", **pairs: Value) -> m.Accepted:
        """Ask for stems and wait until the job is on disk; sending it again never makes a second job.

        The pairs are those of the protocol's table. Raises what the server refuses with.
        """
        request = m.Generate(request_id or secrets.token_hex(16), tuple(pairs.items()))
        answer = self._ask(request, _about(request.request_id))
        if isinstance(answer, m.Accepted):
            return answer
        self._arrived.appendleft(answer)  # known already and further on: `events` shall see it
        return m.Accepted(request.request_id, 0, 0.0)

    def query(self, request_id: str) -> m.Message:
        """The job's latest message; raises UnknownRequest. Its stems come out of `events`."""
        stale = [a for a in self._arrived if _about(request_id)(a) and isinstance(a, m.Accepted | m.Progress)]
        for message in stale:
            self._arrived.remove(message)
        wanted: Wanted = lambda a: _about(request_id)(a) and not isinstance(a, m.Stem)  # noqa: E731
        answer = self._ask(m.Query(request_id), wanted)
        if not isinstance(answer, m.Accepted):
            self._arrived.appendleft(answer)
        return answer

    def cancel(self, request_id: str) -> m.Message:
        """Stop a job and wait until it has stopped; the answer is Cancelled, or Done or Failed when it was over."""
        ends = (m.Cancelled, m.Done, m.Failed)
        answer = self._ask(m.Cancel(request_id), lambda a: _about(request_id)(a) and isinstance(a, ends))
        self._arrived.appendleft(answer)  # `events` shall end, too
        return answer

    def events(self, request_id: str, patience_s: float = 30.0) -> Iterator[m.Progress | m.Stem | m.Done]:
        """Progress and stems as they come, Done last and only after all stems.

        Raises the class of the job's error when it fails, Cancelled when it was cancelled, ServerGone when
        nothing was heard for `patience_s`. A restart of the server in between is survived by asking again.
        """
        stems: set[int] = set()
        done: m.Done | None = None
        while done is None or len(stems) < done.count:
            message = self._next(_about(request_id), 0.25)
            self._keep_contact(request_id, patience_s)
            if isinstance(message, m.Progress):
                yield message
            elif isinstance(message, m.Stem) and message.index not in stems:
                stems.add(message.index)
                yield message
            elif isinstance(message, m.Done):
                done = message
            elif message is not None:
                _raise_if_over(message)
        yield done

    def status(self) -> dict[str, Any]:
        """The server's state as it tells it."""
        answer = self._ask(m.Status(), lambda a: isinstance(a, m.StatusReply))
        assert isinstance(answer, m.StatusReply)
        told: dict[str, Any] = json.loads(answer.json)
        return told

    def ping(self) -> float:
        """Seconds there and back."""
        number, start = secrets.randbits(30), time.perf_counter()
        self._ask(m.Ping(number), lambda a: isinstance(a, m.Pong) and a.number == number)
        return time.perf_counter() - start

    def quit(self) -> None:
        """Stop the server and wait until it is silent; raises NotAuthorised without the right token."""
        self._send(m.Quit(self._token))
        refusal = self._next(lambda a: isinstance(a, m.Refused) and not a.request_id, 0.5)
        if isinstance(refusal, m.Refused):
            raise error_for(refusal.code, refusal.message, refusal.hint)
        with contextlib.suppress(ServerGone):
            for _ in range(40):
                self._ask(m.Ping(0), lambda a: isinstance(a, m.Pong), waits=(0.25, 0.25))
                time.sleep(0.1)
            raise TimedOut("The server was asked to stop and still answers.", "End its process.")

    def send_packet(self, packet: bytes) -> None:
        """Any bytes, as they are; for tests."""
        with contextlib.suppress(ConnectionError):
            self._socket.sendto(packet, self.server)

    def receive(self, timeout_s: float) -> m.Message | None:
        """The next message of any kind but heartbeats, acked if it wants to be."""
        return self._next(lambda _: True, timeout_s)

    def _send(self, message: m.Message) -> None:
        self.send_packet(write_packet(message, LONGEST_IN))

    def _ask(self, question: m.Message, wanted: Wanted, waits: tuple[float, ...] = RETRY_S) -> m.Message:
        """Send until a wanted answer or a refusal comes; raises the refusal, or ServerGone."""
        request_id = m.request_id_of(question)
        self._forget(request_id)

        def ends(answer: m.Message) -> bool:
            return wanted(answer) or (isinstance(answer, m.Refused) and answer.request_id in ("", request_id))

        for wait in waits:
            self._send(question)
            answer = self._next(ends, wait)
            if isinstance(answer, m.Refused):
                raise error_for(answer.code, answer.message, answer.hint)
            if answer is not None:
                return answer
        raise ServerGone(f"The server at {self.server[0]}:{self.server[1]} does not answer.")

    def _next(self, wanted: Wanted, timeout_s: float) -> m.Message | None:
        """The first arrived message that is wanted; others stay for later."""
        end = time.monotonic() + timeout_s
        while True:
            for message in self._arrived:
                if wanted(message):
                    self._arrived.remove(message)
                    return message
            left = end - time.monotonic()
            if left <= 0:
                return None
            self._receive(left)

    def _receive(self, timeout_s: float) -> None:
        self._socket.settimeout(timeout_s)
        try:
            packet, source = self._socket.recvfrom(65535)
        except (TimeoutError, ConnectionError):
            return
        if source[1] != self.server[1]:
            return
        for raw in read_packet(packet):
            with contextlib.suppress(RiffError):  # a newer server's message
                self._take(m.parse(raw.address, raw.values))

    def _take(self, message: m.Message) -> None:
        self._heard = time.monotonic()
        if isinstance(message, m.Welcome):
            self.boot_id = message.boot_id
        if isinstance(message, m.Heartbeat):
            if self.boot_id and message.boot_id != self.boot_id:
                self._renewed = 0.0  # restarted: greet again and ask for the open request at once
            return
        if message.row.acked and not self._is_new(message):
            return
        self._arrived.append(message)

    def _is_new(self, message: m.Message) -> bool:
        """Ack a † message; whether it came for the first time."""
        request_id, sequence = m.request_id_of(message), int(getattr(message, "sequence", 0))
        self._send(m.Ack(request_id, sequence))
        key = (self.boot_id, request_id, sequence)
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new

    def _forget(self, request_id: str) -> None:
        """Take this request's † messages as new again: an answer to a question is never a repetition."""
        self._seen = {key for key in self._seen if key[1] != request_id}

    def _keep_contact(self, request_id: str, patience_s: float) -> None:
        """Renew the lease; when the server is silent or another, find it, greet it and ask for the request."""
        now = time.monotonic()
        if now - self._heard > patience_s:
            raise ServerGone()
        if now - self._renewed < RENEW_S and now - self._heard < MISSED_BEATS_S:
            return
        self._renewed = now
        announcement = find_server(self._state_folder) if self._state_folder else None
        if announcement is not None:
            self.server, self._token = (announcement.host, announcement.port), announcement.token
        with contextlib.suppress(ServerGone):
            self.hello(waits=(0.25,))
            self._forget(request_id)
            self._send(m.Query(request_id))


def _about(request_id: str) -> Wanted:
    return lambda message: m.request_id_of(message) == request_id


def _raise_if_over(message: m.Message) -> None:
    if isinstance(message, m.Failed | m.Refused):
        raise error_for(message.code, message.message, message.hint)
    if isinstance(message, m.Cancelled):
        raise Cancelled()
