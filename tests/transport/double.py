"""RecordingService: a double for the job side. It keeps the rules of `Service` strictly and records every call.

It stands for jobs only in the tests of the transport; whole jobs are tested in tests/whole with the real one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

from bridge_server.errors import IdReused, RiffError, UnknownRequest
from bridge_server.protocol.messages import Accepted, Cancelled, Done, Generate, Message, Stem
from bridge_server.transport.service import Client, Outbox, ServiceState


class RecordingService:
    """Accepts requests, finishes them when the test says so, refuses what the test put into `refusals`."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.calls: list[tuple[str, object]] = []
        self.requests: dict[tuple[str, str], Generate] = {}
        self.ended: dict[tuple[str, str], list[Message]] = {}
        self.refusals: list[Exception] = []
        self.quit_asked = threading.Event()
        self.threads: set[int] = set()

    def generate(self, client: Client, request: Generate) -> Sequence[Message]:
        """A new job, the same job again, or IdReused."""
        self._record("generate", (client, request))
        key = (client.key, request.request_id)
        known = self.requests.setdefault(key, request)
        if known.fingerprint() != request.fingerprint():
            raise IdReused()
        return self.ended.get(key) or (Accepted(request.request_id, len(self.requests) - 1, 1.5),)

    def cancel(self, client: Client, request_id: str) -> Sequence[Message]:
        """The job is over at once; the end comes through the outbox, from here."""
        self._record("cancel", (client, request_id))
        key = self._known(client, request_id)
        if key not in self.ended:
            self.ended[key] = [Cancelled(request_id)]
        for message in self.ended[key]:
            self.outbox.send(client.key, message)
        return ()

    def query(self, client: Client, request_id: str) -> Sequence[Message]:
        """How the job ended, or that it is accepted."""
        self._record("query", (client, request_id))
        return self.ended.get(self._known(client, request_id)) or (Accepted(request_id, 0, 1.5),)

    def state(self) -> ServiceState:
        """A made-up pack."""
        self.threads.add(threading.get_ident())
        return ServiceState("double", "cpu", True, len(self.requests) - len(self.ended))

    def status_json(self) -> str:
        """A small object."""
        self._record("status", None)
        return json.dumps({"pack": "double", "queue": len(self.requests)})

    def quit(self) -> None:
        """Remember that it was asked."""
        self._record("quit", None)
        self.quit_asked.set()

    def finish(self, client_key: str, request_id: str, stems: int = 1) -> list[Message]:
        """End a job with so many stems, told through the outbox."""
        messages: list[Message] = [
            Stem(request_id, 0, k, stems, f"/stems/{request_id}_v{k}.wav", 48000, 48000, 7 + k) for k in range(stems)
        ]
        messages.append(Done(request_id, 0, stems, 0.25, "cpu"))
        self.ended[client_key, request_id] = messages
        for message in messages:
            self.outbox.send(client_key, message)
        return messages

    def called(self, name: str) -> list[object]:
        """The arguments of every call of a method."""
        return [arguments for called, arguments in self.calls if called == name]

    def _known(self, client: Client, request_id: str) -> tuple[str, str]:
        if (client.key, request_id) not in self.requests:
            raise UnknownRequest()
        return client.key, request_id

    def _record(self, name: str, arguments: object) -> None:
        self.threads.add(threading.get_ident())
        self.calls.append((name, arguments))
        if self.refusals:
            raise self.refusals.pop(0)


def refusal_of(error: type[RiffError]) -> RiffError:
    """An instance whose texts can be told apart from the class's own."""
    return error(f"Said by the double: {error.code}.", "And its hint.")
