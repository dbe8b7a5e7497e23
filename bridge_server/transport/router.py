"""What happens with a packet, wherever it came from: read, judged, handed to the service, answered.

Nothing raised by a packet or by the service leaves this module: every fault becomes `refused`.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Sequence
from typing import Any

from bridge_server import __version__
from bridge_server.clock import Clock
from bridge_server.errors import Internal, NotAuthorised, RateLimited, RiffError, VersionMismatch
from bridge_server.protocol import messages as m
from bridge_server.protocol.table import MAJOR, MINOR, ROW_BY_ADDRESS
from bridge_server.protocol.wire import RawMessage, read_packet
from bridge_server.settings import Settings
from bridge_server.transport.clients import FilePlace, Lease, Leases, Place, UdpPlace, named
from bridge_server.transport.delivery import Delivery, Post
from bridge_server.transport.rate_limit import BucketPerSource, GuessGuard
from bridge_server.transport.service import Service

log = logging.getLogger(__name__)

Handler = Callable[[Lease, Any], None]


class Router:
    """Handles packets of all doors on the transport's one thread."""

    def __init__(
        self,
        settings: Settings,
        service: Service,
        delivery: Delivery,
        post: Post,
        clock: Clock,
        *,
        token: str,
        boot_id: str,
    ) -> None:
        limits = settings.limits
        self._settings = settings
        self._service = service
        self._delivery = delivery
        self._post = post
        self._clock = clock
        self._token = token
        self._boot_id = boot_id
        self._started = clock.monotonic()
        self.leases = Leases(limits)
        self._heard = BucketPerSource(limits.messages_per_s, limits.burst_messages, limits.sources)
        self._scolded = BucketPerSource(1, 1, limits.sources)
        self._guests = BucketPerSource(limits.guest_replies_per_s, 2 * limits.guest_replies_per_s, limits.sources)
        self._guesses = GuessGuard(limits.token_tries)
        self._handlers: dict[type[m.Message], Handler] = {
            m.Generate: self._generate,
            m.Cancel: self._cancel,
            m.Query: self._query,
            m.Ack: self._ack,
            m.Status: self._status,
            m.Ping: self._ping,
            m.Quit: self._quit,
        }

    def handle(self, source: Place, packet: bytes) -> None:
        """One packet from one place; never raises."""
        if not self._may_speak(source):
            return
        try:
            raw_messages = read_packet(packet, self._settings.limits.packet)
        except RiffError as error:
            self._refuse(source, "", error)
            return
        for index, raw in enumerate(raw_messages):
            if index and not self._may_speak(source):  # a bundle counts as many as it holds
                return
            self._handle_one(source, raw)

    def _may_speak(self, source: Place) -> bool:
        """Count one message; too many are dropped, and the source is told so once a second."""
        now = self._clock.monotonic()
        if isinstance(source, FilePlace) or self._heard.take(source, now):
            return True
        if self._scolded.take(source, now):
            self._post(self._reply_to(source), m.Refused.because("", RateLimited()))
        return False

    def _handle_one(self, source: Place, raw: RawMessage) -> None:
        row = ROW_BY_ADDRESS.get(raw.address)
        if row is not None and row.sender == "server":
            return  # an answer that came back: answering it could start an endless exchange
        try:
            self._act(source, m.parse(raw.address, raw.values))
        except RiffError as error:
            self._refuse(source, m.answered_id(raw.address, raw.values), error)
        except Exception:
            log.exception("A %s message was not handled", raw.address)
            self._refuse(source, m.answered_id(raw.address, raw.values), Internal())

    def _act(self, source: Place, message: m.Message) -> None:
        if isinstance(message, m.Hello):
            self._hello(source, message)
            return
        if self._settings.is_remote and not self._is_granted(source):
            raise NotAuthorised("This server is open to the network and hears only clients with its token.")
        lease = self.leases.hear(source, self._clock.monotonic())
        self._handlers[type(message)](lease, message)

    def _is_granted(self, source: Place) -> bool:
        lease = self.leases.at(source)
        return lease is not None and lease.client.granted

    def _hello(self, source: Place, hello: m.Hello) -> None:
        if hello.major != MAJOR:
            older = "client" if hello.major < MAJOR else "server"
            raise VersionMismatch(
                f"The client speaks version {hello.major} of the protocol and the server version {MAJOR}.",
                f"Update the {older}.",
            )
        granted = bool(hello.token) and self._is_token(source, hello.token)
        if self._settings.is_remote and not granted:
            raise NotAuthorised()
        lease = self.leases.greet(
            source, named(hello.client_name, granted), _reply_place(source, hello), self._clock.monotonic()
        )
        self._post(lease.reply, self._welcome(granted))
        self._delivery.greet(lease, self._post)

    def _welcome(self, granted: bool) -> m.Welcome:
        state = self._service.state()
        return m.Welcome(
            MAJOR,
            MINOR,
            __version__,
            self._boot_id,
            state.pack,
            state.device,
            int(state.ready),
            state.queue_length,
            self._settings.limits.lease_s,
            int(granted),
        )

    def _is_token(self, source: Place, token: str) -> bool:
        host = source.host if isinstance(source, UdpPlace) else source.name
        now = self._clock.monotonic()
        if self._guesses.must_wait(host, now):
            raise RateLimited("Too many wrong tokens came from here.", "Wait 4 s, then read state.json again.")
        if hmac.compare_digest(token.encode(), self._token.encode()):
            self._guesses.right(host)
            return True
        self._guesses.wrong(host, now)
        return False

    def _generate(self, lease: Lease, request: m.Generate) -> None:
        self._answer(lease, self._service.generate(lease.client, request))

    def _cancel(self, lease: Lease, cancel: m.Cancel) -> None:
        self._answer(lease, self._service.cancel(lease.client, cancel.request_id))

    def _query(self, lease: Lease, query: m.Query) -> None:
        self._answer(lease, self._service.query(lease.client, query.request_id))

    def _ack(self, lease: Lease, ack: m.Ack) -> None:
        self._delivery.ack(lease.client.key, ack.request_id, ack.sequence)

    def _status(self, lease: Lease, _: m.Status) -> None:
        self._answer(lease, [m.StatusReply(self._service.status_json())])

    def _ping(self, lease: Lease, ping: m.Ping) -> None:
        self._answer(lease, [m.Pong(ping.number)])

    def _quit(self, lease: Lease, quit_: m.Quit) -> None:
        if not self._is_token(lease.source, quit_.token):
            raise NotAuthorised()
        self._service.quit()

    def _answer(self, lease: Lease, answers: Sequence[m.Message]) -> None:
        now = self._clock.monotonic()
        for message in answers:
            if hasattr(message, "sequence"):
                self._delivery.deliver(lease.client.key, message, self.leases, self._post, now)
            elif lease.greeted or self._guests.take(lease.source, now):
                self._post(lease.reply, message)

    def _refuse(self, source: Place, request_id: str, error: RiffError) -> None:
        lease = self.leases.at(source)
        now = self._clock.monotonic()
        if lease is not None:
            lease.heard = now
        if (lease is not None and lease.greeted) or self._guests.take(source, now):
            self._post(self._reply_to(source), m.Refused.because(request_id, error))

    def _reply_to(self, source: Place) -> Place:
        lease = self.leases.at(source)
        return lease.reply if lease else source

    def beat(self) -> None:
        """Forget silent clients and send one heartbeat to every other."""
        self.leases.expire(self._clock.monotonic())
        leases = self.leases.all()
        if not leases:
            return
        state = self._service.state()
        uptime_s = int(self._clock.monotonic() - self._started)
        heartbeat = m.Heartbeat(self._boot_id, uptime_s, state.queue_length, state.running_request_id)
        for lease in leases:
            self._post(lease.reply, heartbeat)


def _reply_place(source: Place, hello: m.Hello) -> Place:
    if isinstance(source, FilePlace):
        return FilePlace(hello.client_name)
    return UdpPlace(source.host, hello.reply_port or source.port)
