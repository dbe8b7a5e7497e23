"""Messages on their way to clients: numbering, sending to every lease, repeating † messages until acked.

`send` may be called from any thread; everything else belongs to the transport's thread.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge_server.protocol.messages import Message, Progress, numbered, request_id_of
from bridge_server.settings import Limits
from bridge_server.transport.clients import FilePlace, Lease, Leases, Place

Post = Callable[[Place, Message], None]
"""Puts one message on the wire or into a folder; never raises."""


@dataclass
class Unacked:
    """A † message that the client has not acked: how often it was repeated, and when it is next."""

    message: Message
    repeats: int
    due: float


@dataclass
class Track:
    """One request's last sequence number and the highest fraction told so far."""

    sequence: int = 0
    fraction: float = 0.0


class Delivery:
    """The transport's `Outbox`. Made first, handed to the job side, later joined to the server."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._incoming: deque[tuple[str, Message]] = deque()
        self._unacked: OrderedDict[str, OrderedDict[tuple[str, int], Unacked]] = OrderedDict()
        self._tracks: OrderedDict[tuple[str, str], Track] = OrderedDict()
        self._wake: Callable[[], None] = lambda: None

    def send(self, client_key: str, message: Message) -> None:
        """Send to every lease of the client (see `service.Outbox`); from any thread."""
        self._incoming.append((client_key, message))
        self._wake()

    def on_send(self, wake: Callable[[], None]) -> None:
        """What to call after each `send`, so that the transport's loop looks here at once."""
        self._wake = wake

    def flush(self, leases: Leases, post: Post, now: float) -> None:
        """Put everything that was sent since the last time on the wire."""
        for _ in range(len(self._incoming)):
            client_key, message = self._incoming.popleft()
            self.deliver(client_key, message, leases, post, now)

    def deliver(self, client_key: str, message: Message, leases: Leases, post: Post, now: float) -> None:
        """Number one message, send it to every lease, and keep it when it is a † one."""
        message = self._number(client_key, message)
        if message.row.acked:
            self._keep(client_key, message, now)
        for lease in leases.of(client_key):
            post(lease.reply, message)

    def repeat(self, leases: Leases, post: Post, now: float) -> None:
        """Send again what is due. At the file door nothing is lost, so nothing is repeated there."""
        for client_key, waiting in self._unacked.items():
            for unacked in [entry for entry in waiting.values() if entry.due <= now]:
                self._plan_next(unacked, now)
                for lease in leases.of(client_key):
                    if not isinstance(lease.reply, FilePlace):
                        post(lease.reply, unacked.message)

    def greet(self, lease: Lease, post: Post) -> None:
        """A client said hello: everything it has not acked, once more, to where it is now."""
        for unacked in self._waiting_of(lease.client.key):
            post(lease.reply, unacked.message)

    def ack(self, client_key: str, request_id: str, sequence: int) -> None:
        """The message arrived. An ack that comes twice, or late, does nothing."""
        waiting = self._unacked.get(client_key)
        if waiting is None:
            return
        waiting.pop((request_id, sequence), None)
        if not waiting:
            del self._unacked[client_key]

    def next_due(self) -> float:
        """Monotonic time of the next repeat; infinity when there is none."""
        dues = (entry.due for waiting in self._unacked.values() for entry in waiting.values())
        return min(dues, default=math.inf)

    def unacked_count(self) -> int:
        """How many † messages wait for their ack."""
        return sum(len(waiting) for waiting in self._unacked.values())

    def _number(self, client_key: str, message: Message) -> Message:
        if not hasattr(message, "sequence"):
            return message
        same = self._waiting_twin(client_key, message)
        if same is not None:  # asked for again by query: it keeps its number, so that one ack is enough
            return same
        track = self._track(client_key, request_id_of(message))
        track.sequence += 1
        if isinstance(message, Progress):
            track.fraction = max(track.fraction, message.fraction)
            message = replace(message, fraction=track.fraction)
        return numbered(message, track.sequence)

    def _waiting_twin(self, client_key: str, message: Message) -> Message | None:
        if not message.row.acked:
            return None
        blank = numbered(message, 0)
        entries = self._waiting_of(client_key)
        return next((entry.message for entry in entries if numbered(entry.message, 0) == blank), None)

    def _waiting_of(self, client_key: str) -> list[Unacked]:
        waiting = self._unacked.get(client_key)
        return list(waiting.values()) if waiting else []

    def _track(self, client_key: str, request_id: str) -> Track:
        track = self._tracks.setdefault((client_key, request_id), Track())
        self._tracks.move_to_end((client_key, request_id))
        while len(self._tracks) > self._limits.requests_followed:
            self._tracks.popitem(last=False)
        return track

    def _keep(self, client_key: str, message: Message, now: float) -> None:
        waiting = self._unacked.setdefault(client_key, OrderedDict())
        key = (request_id_of(message), int(getattr(message, "sequence", 0)))
        waiting[key] = Unacked(message, 0, now + self._limits.resend_s[0])
        while len(waiting) > self._limits.unacked_per_client:
            waiting.popitem(last=False)
        self._unacked.move_to_end(client_key)
        while len(self._unacked) > self._limits.unacked_clients:
            self._unacked.popitem(last=False)

    def _plan_next(self, unacked: Unacked, now: float) -> None:
        unacked.repeats += 1
        waits = self._limits.resend_s
        unacked.due = now + waits[unacked.repeats] if unacked.repeats < len(waits) else math.inf
