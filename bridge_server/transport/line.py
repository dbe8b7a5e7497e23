"""The client's end of the wire: one UDP socket, acks, and waiting for the answer that is wanted."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable

from bridge_server.errors import RiffError, TimedOut, error_for
from bridge_server.protocol import messages as m
from bridge_server.protocol.wire import LONGEST_IN, read_packet, write_packet

RETRY_S = (0.1, 0.2, 0.4, 0.8, 1.6, 1.6, 1.6, 1.6)  # waits for an answer before the same message goes again
KEPT_MESSAGES = 10_000  # that nobody asked for yet; the oldest go

Wanted = Callable[[m.Message], bool]


class ServerGone(TimedOut):
    """The server does not answer; made by the client, never sent."""

    usual_sentence = "The server does not answer."
    usual_hint = "Start it with `riffbridge serve`."


class Line:
    """A socket and what came in through it.

    - server: where messages go; may be changed when the server has moved.
    - boot_id: of the server that last said welcome. - restarted: a heartbeat came with another boot id.
    - heard: monotonic time of the last message.
    """

    def __init__(self, host: str, port: int) -> None:
        self.server = (host, port)
        self.boot_id = ""
        self.restarted = False
        self.heard = time.monotonic()
        self._arrived: deque[m.Message] = deque(maxlen=KEPT_MESSAGES)
        self._seen: set[tuple[str, str, int]] = set()
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((_own_host(host), 0))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def send(self, message: m.Message) -> None:
        """Send once; nothing is known about its arrival."""
        self.send_packet(write_packet(message, LONGEST_IN))

    def send_packet(self, packet: bytes) -> None:
        """Send any bytes as they are."""
        with contextlib.suppress(ConnectionError):
            self._socket.sendto(packet, self.server)

    def ask(self, question: m.Message, wanted: Wanted, waits: tuple[float, ...] = RETRY_S) -> m.Message:
        """Send until a wanted answer or a refusal comes; raises the refusal, or ServerGone."""
        request_id = m.request_id_of(question)
        self.forget(request_id)

        def ends(answer: m.Message) -> bool:
            return wanted(answer) or (isinstance(answer, m.Refused) and answer.request_id in ("", request_id))

        # A question that was sent twice was answered twice; the second answer is none to this one.
        self.drop(lambda old: isinstance(old, m.Welcome | m.StatusReply | m.Pong | m.Refused) and ends(old))
        for wait in waits:
            self.send(question)
            answer = self.next(ends, wait)
            if isinstance(answer, m.Refused):
                raise error_for(answer.code, answer.message, answer.hint)
            if answer is not None:
                return answer
        raise ServerGone(f"The server at {self.server[0]}:{self.server[1]} does not answer.")

    def next(self, wanted: Wanted, timeout_s: float) -> m.Message | None:
        """The first arrived message that is wanted; others stay for later. None when none comes in time."""
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

    def put_back(self, message: m.Message) -> None:
        """The message is the next one again."""
        self._arrived.appendleft(message)

    def drop(self, unwanted: Wanted) -> None:
        """Forget arrived messages."""
        for message in [message for message in self._arrived if unwanted(message)]:
            self._arrived.remove(message)

    def forget(self, request_id: str) -> None:
        """Take this request's † messages as new again: an answer to a question is never a repetition."""
        self._seen = {key for key in self._seen if key[1] != request_id}

    def _receive(self, timeout_s: float) -> None:
        self._socket.settimeout(timeout_s)
        try:
            packet, source = self._socket.recvfrom(65535)
            raw_messages = read_packet(packet) if source[1] == self.server[1] else []
        except (TimeoutError, ConnectionError, RiffError):
            return
        for raw in raw_messages:
            with contextlib.suppress(RiffError):  # a newer server's message
                self._take(m.parse(raw.address, raw.values))

    def _take(self, message: m.Message) -> None:
        self.heard = time.monotonic()
        if isinstance(message, m.Welcome):
            self.boot_id, self.restarted = message.boot_id, False
        if isinstance(message, m.Heartbeat):
            self.restarted = self.restarted or message.boot_id != (self.boot_id or message.boot_id)
        elif not message.row.acked or self._is_new(message):
            self._arrived.append(message)

    def _is_new(self, message: m.Message) -> bool:
        """Ack a † message; whether it came for the first time."""
        request_id, sequence = m.request_id_of(message), int(getattr(message, "sequence", 0))
        self.send(m.Ack(request_id, sequence))
        key = (self.boot_id, request_id, sequence)
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new


def about(request_id: str) -> Wanted:
    """Wanted is what concerns this request."""
    return lambda message: m.request_id_of(message) == request_id


def _own_host(server_host: str) -> str:
    """Loopback stays on loopback; for a server elsewhere the system chooses the interface."""
    if server_host.startswith("127."):
        return server_host
    return "::" if ":" in server_host else "0.0.0.0"
