"""A client without manners: OSC packets made by hand, and answers read by python-osc, not by our own reader."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self

from pythonosc.osc_message import OscMessage

from bridge_server.transport.discovery import Announcement
from tests.hostile.packets import message

Sent = int | float | str
ACKED = ("/riff/part", "/riff/stem", "/riff/done", "/riff/failed", "/riff/cancelled")


class Answer(NamedTuple):
    """An address and its arguments."""

    address: str
    values: list[Any]


def packet(address: str, *values: Sent) -> bytes:
    """One message; the type of each argument is that of its Python value."""
    tags, data = ",", []
    for value in values:
        tag, raw = _encoded(value)
        tags += tag
        data.append(raw)
    return message(address, tags, *data)


def generate(request_id: str, **pairs: Sent) -> bytes:
    """A generate message with these pairs, sensible or not."""
    return packet("/riff/generate", request_id, *(part for pair in pairs.items() for part in pair))


def read(raw: bytes) -> Answer:
    """What the server sent."""
    told = OscMessage(raw)
    return Answer(told.address, list(told.params))


class RawOsc:
    """One UDP socket. Acks what it is sent, like everybody who wants to see it once."""

    def __init__(self, server: Announcement, token: str | None = None, name: str = "raw") -> None:
        """Says hello with the server's token unless another is given."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._to = (server.host, server.port)
        self.send(packet("/riff/hello", name, 1, 0, 0, server.token if token is None else token))
        assert self.next("/riff/welcome").values[-1] == int(token is None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendto(raw, self._to)

    def ask(self, raw: bytes, *wanted: str) -> Answer:
        """Send, and wait for an answer at one of these addresses."""
        self.send(raw)
        return self.next(*wanted)

    def next(self, *wanted: str, limit_s: float = 20.0) -> Answer:
        """The next answer at one of these addresses; others are dropped."""
        return next(answer for answer in self.told(limit_s) if answer.address in wanted)

    def told(self, limit_s: float) -> Iterator[Answer]:
        """Every answer as it comes, heartbeats and repetitions too; fails after `limit_s`."""
        end = time.monotonic() + limit_s
        while (left_s := end - time.monotonic()) > 0:
            yield self._receive(left_s)
        raise AssertionError("the server did not answer")

    def waiting(self, quiet_s: float = 0.3) -> list[Answer]:
        """All that has come so far, and what still comes in the next moment."""
        end, found = time.monotonic() + quiet_s, []
        with suppress(TimeoutError):
            while time.monotonic() < end:
                found.append(self._receive(quiet_s))
        return found

    def _receive(self, limit_s: float) -> Answer:
        self._socket.settimeout(limit_s)
        answer = read(self._socket.recv(65535))
        if answer.address in ACKED:
            self.send(packet("/riff/ack", answer.values[0], answer.values[1]))
        return answer


def _encoded(value: Sent) -> tuple[str, bytes]:
    if isinstance(value, int):
        return "i", struct.pack(">i", value)
    if isinstance(value, float):
        return "f", struct.pack(">f", value)
    raw = value.encode("utf-8")
    return "s", raw + bytes(4 - len(raw) % 4)
