"""The UDP door and the transport's one loop: receive, deliver, repeat, beat.

One thread owns the socket and everything behind it. Other threads only append to the outbox and wake the loop
through a socket pair, so a finished stem is on the wire within a millisecond.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import sys
from collections.abc import Callable

from bridge_server.clock import Clock, SystemClock
from bridge_server.errors import RiffError
from bridge_server.protocol.messages import Message
from bridge_server.protocol.wire import write_packet
from bridge_server.settings import Settings
from bridge_server.transport.clients import FilePlace, Place, UdpPlace
from bridge_server.transport.delivery import Delivery
from bridge_server.transport.discovery import new_boot_id, new_token
from bridge_server.transport.inbox import FileDoor
from bridge_server.transport.router import Router
from bridge_server.transport.service import Service

log = logging.getLogger(__name__)

PACKETS_PER_TURN = 256
"""Received at most before the loop looks at the outbox and the time again."""


class NoFreePort(OSError):
    """Every port that was tried is taken."""


class UdpServer:
    """Serves one `Service` over UDP and the file door until `stop`.

    `bind` first (it tells the port), then `run` on the thread that shall serve.
    """

    def __init__(
        self,
        settings: Settings,
        service: Service,
        delivery: Delivery,
        clock: Clock | None = None,
        *,
        token: str = "",
        boot_id: str = "",
    ) -> None:
        self.token = token or new_token()
        self.boot_id = boot_id or new_boot_id()
        self._settings = settings
        self._clock = clock or SystemClock()
        self._delivery = delivery
        self._files = FileDoor(settings.exchange_folder, self._clock, settings.limits)
        self.router = Router(
            settings, service, delivery, self._post, self._clock, token=self.token, boot_id=self.boot_id
        )
        self._socket: socket.socket | None = None
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._stopping = False
        delivery.on_send(self.wake)

    def bind(self) -> tuple[str, int]:
        """Take the first free port and make the exchange folders; returns host and port.

        Raises NoFreePort, or OSError when the exchange folder cannot be made.
        """
        self._files.open()
        self._socket = _bound_socket(self._settings)
        self._socket.setblocking(False)
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    def run(self) -> None:
        """Serve until `stop` is called, then close the socket."""
        if self._socket is None:
            self.bind()
        assert self._socket is not None
        with self._socket, selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._wake_in, selectors.EVENT_READ)
            self._loop(selector)
        self._socket = None

    def stop(self) -> None:
        """Make `run` return soon, after what is in the outbox has been sent; from any thread."""
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        """Make the loop look at the outbox now; from any thread."""
        with contextlib.suppress(OSError):  # full: it is going to wake up anyhow
            self._wake_out.send(b"w")

    def _loop(self, selector: selectors.BaseSelector) -> None:
        next_beat = self._clock.monotonic()
        next_look = next_beat
        while not self._stopping:
            due = min(next_beat, next_look, self._delivery.next_due())
            selector.select(max(0.0, due - self._clock.monotonic()))
            self._survive(self._receive)
            self._survive(self._deliver)
            now = self._clock.monotonic()
            if now >= next_look:
                self._survive(self._look_into_inbox)
                next_look = now + self._settings.limits.inbox_poll_s
            if now >= next_beat:
                self._survive(self.router.beat)
                next_beat = now + self._settings.limits.heartbeat_s
        self._survive(self._deliver)

    def _survive(self, step: Callable[[], None]) -> None:
        """One step of the loop; a fault of ours is logged and the server stays reachable."""
        try:
            step()
        except Exception:
            log.exception("A step of the transport failed")
            self._clock.sleep(0.01)  # so that a fault that stays does not fill the log at full speed

    def _receive(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(BlockingIOError):
            self._wake_in.recv(4096)
        for _ in range(PACKETS_PER_TURN):
            try:
                packet, (host, port, *_rest) = self._socket.recvfrom(65535)
            except BlockingIOError:
                return
            except OSError:  # Windows: an earlier answer reached a closed port (10054), or a giant packet
                continue
            self.router.handle(UdpPlace(host, port), packet)

    def _deliver(self) -> None:
        now = self._clock.monotonic()
        self._delivery.flush(self.router.leases, self._post, now)
        self._delivery.repeat(self.router.leases, self._post, now)

    def _look_into_inbox(self) -> None:
        for source, packet, path in self._files.look():
            self.router.handle(source, packet)
            self._files.done(path)

    def _post(self, place: Place, message: Message) -> None:
        if isinstance(place, FilePlace):
            self._files.post(place, message)
            return
        try:
            packet = write_packet(message)
            if self._socket is not None:
                self._socket.sendto(packet, (place.host, place.port))
        except RiffError as error:
            log.error("A message was too long to send: %s", error)
        except OSError as error:  # a full buffer or a closed port: † messages come again, others may be lost
            log.debug("A message to %s was not sent: %s", place, error)


def free_port(settings: Settings) -> int:
    """The port a server with these settings would take now; raises NoFreePort. For `riffbridge doctor`."""
    with _bound_socket(settings) as sock:
        return int(sock.getsockname()[1])


def _bound_socket(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    last = min(settings.port + settings.ports_tried, 65536)
    ports = range(settings.port, last) if settings.port else range(1)
    for port in ports:
        sock = socket.socket(family, socket.SOCK_DGRAM)
        _prepare(sock, settings.limits.receive_buffer_bytes)
        try:
            sock.bind((settings.host, port))
        except OSError as error:
            log.info("Port %d is not free: %s", port, error.strerror)
            sock.close()
            continue
        return sock
    raise NoFreePort(f"None of the ports {ports[0]} to {ports[-1]} of {settings.host} is free.")


def _prepare(sock: socket.socket, receive_buffer_bytes: int) -> None:
    if sys.platform == "win32":
        # Without it another program could bind the same port and take the packets.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    with contextlib.suppress(OSError):  # macOS refuses more than its maximum instead of capping
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    granted = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    if granted < receive_buffer_bytes:
        log.info("The system gives a receive buffer of %d bytes; bursts beyond it are lost.", granted)
