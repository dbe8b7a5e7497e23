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
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bridge_server.errors import Cancelled, TimedOut, error_for
from bridge_server.protocol import messages as m
from bridge_server.protocol.table import MAJOR, MINOR, Value
from bridge_server.transport.discovery import find_server
from bridge_server.transport.line import RETRY_S, Line, ServerGone, about

__all__ = ["RiffClient", "ServerGone"]

MISSED_BEATS_S = 4.0  # silence after which the server counts as gone
RENEW_S = 5.0  # a third of the lease
SEARCH_S = 0.5  # between tries to find a server that is gone, or stems that got lost
ANSWER_S = 0.25  # for one such try
POLL_S = 0.25  # how often a waiting client looks whether contact was lost


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
        self._line = Line(host, port)
        self._token = token
        self._state_folder = state_folder
        self._renewed = time.monotonic()
        self._answered: dict[str, str] = {}  # request id -> boot id of the server that last told how it stands

    @classmethod
    def find(cls, state_folder: Path, *, name: str = "") -> Self:
        """A client of the server that state.json names, already greeted; raises ServerGone if there is none."""
        found = find_server(state_folder)
        if found is None:
            raise ServerGone(f"No server is running with the state folder {state_folder}.")
        client = cls(found.host, found.port, token=found.token, name=name, state_folder=state_folder)
        try:
            client.hello()
        except BaseException:
            client.close()
            raise
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def server(self) -> tuple[str, int]:
        """Host and port of the server."""
        return self._line.server

    @property
    def boot_id(self) -> str:
        """Of the server that last said welcome."""
        return self._line.boot_id

    def close(self) -> None:
        """Close the socket; jobs go on."""
        self._line.close()

    def hello(self, waits: tuple[float, ...] = RETRY_S) -> m.Welcome:
        """Introduce the client; raises VersionMismatch, NotAuthorised, ServerGone."""
        hello = m.Hello(self.name, MAJOR, MINOR, 0, self._token)
        welcome = self._line.ask(hello, lambda answer: isinstance(answer, m.Welcome), waits)
        assert isinstance(welcome, m.Welcome)
        self._renewed = time.monotonic()
        return welcome

    def generate(self, request_id: str = "", **pairs: Value) -> m.Accepted:
        """Ask for stems and wait until the job is on disk; sending it again never makes a second job.

        The pairs are those of the protocol's table. Raises what the server refuses with.
        """
        request = m.Generate(request_id or secrets.token_hex(16), tuple(pairs.items()))
        answer = self._line.ask(request, about(request.request_id))
        self._answered[request.request_id] = self._line.boot_id
        if isinstance(answer, m.Accepted):
            return answer
        self._line.put_back(answer)  # known already and further on: `events` shall see it
        return m.Accepted(request.request_id, 0, 0.0)

    def query(self, request_id: str, waits: tuple[float, ...] = RETRY_S) -> m.Message:
        """The job's latest message; raises UnknownRequest. Its parts and stems come out of `events`."""
        of_request = about(request_id)
        self._line.drop(lambda a: of_request(a) and isinstance(a, m.Accepted | m.Progress))
        answer = self._line.ask(
            m.Query(request_id), lambda a: of_request(a) and not isinstance(a, m.Part | m.Stem), waits
        )
        self._answered[request_id] = self._line.boot_id
        if not isinstance(answer, m.Accepted):
            self._line.put_back(answer)
        return answer

    def cancel(self, request_id: str) -> m.Message:
        """Stop a job and wait until it has stopped; the answer is Cancelled, or Done or Failed when it was over."""
        of_request, ends = about(request_id), (m.Cancelled, m.Done, m.Failed)
        answer = self._line.ask(m.Cancel(request_id), lambda a: of_request(a) and isinstance(a, ends))
        self._line.put_back(answer)  # `events` shall end, too
        return answer

    def events(self, request_id: str, patience_s: float = 30.0) -> Iterator[m.Progress | m.Part | m.Stem | m.Done]:
        """Progress, parts and stems as they come, Done last and only after all stems; no part of a stem after it.

        Raises the class of the job's error when it fails, Cancelled when it was cancelled, ServerGone when
        nothing was heard for `patience_s`. A restart of the server in between is survived by asking again.
        """
        stems: set[int] = set()
        parts: set[tuple[int, int]] = set()
        done: m.Done | None = None
        while done is None or len(stems) < done.count:
            message = self._line.next(about(request_id), POLL_S)
            self._keep_contact(request_id, patience_s, asks_again=done is not None)
            if isinstance(message, m.Progress):
                yield message
            elif isinstance(message, m.Part) and message.index not in stems:
                if (message.index, message.part) not in parts:
                    parts.add((message.index, message.part))
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
        answer = self._line.ask(m.Status(), lambda a: isinstance(a, m.StatusReply))
        assert isinstance(answer, m.StatusReply)
        told: dict[str, Any] = json.loads(answer.json)
        return told

    def ping(self) -> float:
        """Seconds there and back."""
        number, start = secrets.randbits(30), time.perf_counter()
        self._line.ask(m.Ping(number), lambda a: isinstance(a, m.Pong) and a.number == number)
        return time.perf_counter() - start

    def quit(self) -> None:
        """Stop the server and wait until it is silent; raises NotAuthorised without the right token."""
        self._line.send(m.Quit(self._token))
        refusal = self._line.next(lambda a: isinstance(a, m.Refused) and not a.request_id, 0.5)
        if isinstance(refusal, m.Refused):
            raise error_for(refusal.code, refusal.message, refusal.hint)
        with contextlib.suppress(ServerGone):
            for _ in range(40):
                self._line.ask(m.Ping(0), lambda a: isinstance(a, m.Pong), waits=(0.25, 0.25))
                time.sleep(0.1)
            raise TimedOut("The server was asked to stop and still answers.", "End its process.")

    def send_packet(self, packet: bytes) -> None:
        """Any bytes, as they are; for tests."""
        self._line.send_packet(packet)

    def receive(self, timeout_s: float) -> m.Message | None:
        """The next message of any kind but heartbeats, acked if it wants to be."""
        return self._line.next(lambda _: True, timeout_s)

    def _keep_contact(self, request_id: str, patience_s: float, *, asks_again: bool) -> None:
        """Renew the lease; when the server is silent or another, find it, greet it and ask until it answers.

        Only then: each answer to a query brings all finished stems again.
        asks_again: `done` came and stems did not, so they were lost on the way.
        """
        now = time.monotonic()
        if now - self._line.heard > patience_s:
            raise ServerGone()
        if asks_again or self._line.restarted or now - self._line.heard > MISSED_BEATS_S:
            self._answered.pop(request_id, None)
        is_lost = self._answered.get(request_id) != self._line.boot_id
        if now - self._renewed < (SEARCH_S if is_lost else RENEW_S):
            return
        self._renewed = now
        self._look_again()
        with contextlib.suppress(ServerGone):
            self.hello(waits=(ANSWER_S,))
            if self._answered.get(request_id) != self._line.boot_id:
                self.query(request_id, waits=(ANSWER_S,))

    def _look_again(self) -> None:
        found = find_server(self._state_folder) if self._state_folder else None
        if found is not None:
            self._line.server, self._token = (found.host, found.port), found.token


def _raise_if_over(message: m.Message) -> None:
    if isinstance(message, m.Failed | m.Refused):
        raise error_for(message.code, message.message, message.hint)
    if isinstance(message, m.Cancelled):
        raise Cancelled()
