"""The line between transport and jobs: what the transport asks for, and how jobs speak to clients.

Transport knows sockets, leases and acks and nothing of jobs; jobs know requests and nothing of sockets.
The transport calls a `Service` on its own thread; the job side calls `Outbox.send` from any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge_server.protocol.messages import Generate, Message


@dataclass(frozen=True)
class Client:
    """Who asks.

    - key: what to store with a job and to hand to `Outbox.send`; stays the same over reconnects and restarts.
      A client that proved the token has its name as key, any other `guest/<name>`, so that a program
      without the token can neither see nor stop the jobs of one that has it.
    - name: as the client calls itself.
    - granted: it proved the token of state.json: its paths may lie anywhere the user can use.
      Without it only the exchange folder is reachable.
    """

    key: str
    name: str
    granted: bool


@dataclass(frozen=True)
class ServiceState:
    """What welcome and heartbeat tell: `queue_length` counts waiting and running jobs."""

    pack: str
    device: str
    ready: bool
    queue_length: int
    running_request_id: str = ""


class Service(Protocol):
    """The job side, as the transport sees it.

    All methods are called on the transport's thread and must return within about 50 ms, since no other
    client is heard meanwhile; what takes longer returns () and speaks through `Outbox.send` later.
    A RiffError raised becomes `refused` with its code, sentence and hint; any other exception is logged and
    becomes `refused` `internal`. Returned messages go out in order: those with a sequence number as by
    `Outbox.send` (numbered, † repeated until acked), the others to the asking address alone.
    """

    def generate(self, client: Client, request: Generate) -> Sequence[Message]:
        """A new or repeated request: (Accepted,) once the job is on disk, or for a known id with the same
        fingerprint what `query` answers. Raises IdReused, BadArguments, QueueFull, PathNotAllowed, ..."""
        ...

    def cancel(self, client: Client, request_id: str) -> Sequence[Message]:
        """Stops a job: () and `Cancelled` through the outbox when it has stopped, or for a job that is over
        its latest messages. Raises UnknownRequest."""
        ...

    def query(self, client: Client, request_id: str) -> Sequence[Message]:
        """The job's latest messages again: accepted, progress, every stem + done, failed or cancelled.
        Raises UnknownRequest."""
        ...

    def state(self) -> ServiceState:
        """A snapshot, asked for at every hello and once a second."""
        ...

    def status_json(self) -> str:
        """One JSON object of at most 3,800 bytes for `status.reply`."""
        ...

    def quit(self) -> None:
        """Asked (with the token) to stop. Only sets a flag or wakes the app: the transport is still inside
        its loop."""
        ...


class Outbox(Protocol):
    """How the job side speaks to clients. Thread-safe; never blocks, never raises for an absent client."""

    def send(self, client_key: str, message: Message) -> None:
        """Send to every lease of the client. `sequence` is filled in here, so pass 0. A † message is kept
        and repeated (0.25 .. 8 s, then at each hello) until acked; other messages to a client without a
        lease are dropped (it will ask with `query`)."""
        ...
