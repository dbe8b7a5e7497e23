"""Who is listening: leases. A client is heard of for 15 s after its last message, whatever that was."""

from __future__ import annotations

from dataclasses import dataclass

from bridge_server.settings import Limits
from bridge_server.transport.service import Client


@dataclass(frozen=True)
class UdpPlace:
    """A UDP address."""

    host: str
    port: int


@dataclass(frozen=True)
class FilePlace:
    """A client at the file door; its answers go to the folder `outbox/<name>`."""

    name: str


Place = UdpPlace | FilePlace


@dataclass
class Lease:
    """A client at one place.

    - source: where its messages come from. - reply: where answers go.
    - greeted: it said hello. - heard: monotonic time of its last message.
    """

    client: Client
    source: Place
    reply: Place
    greeted: bool
    heard: float


def guest(place: Place) -> Client:
    """The client behind a place that has not said hello."""
    name = place.name if isinstance(place, FilePlace) else f"{place.host}:{place.port}"
    return Client(f"guest/{name}", name, granted=False)


def named(name: str, granted: bool) -> Client:
    """The client that said hello with this name."""
    return Client(name if granted else f"guest/{name}", name, granted)


class Leases:
    """All leases, at most `limits.leases`, at most `limits.leases_per_client` of one client."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_source: dict[Place, Lease] = {}

    def hear(self, source: Place, now: float) -> Lease:
        """A message came from `source`: its lease, renewed; a guest's when it is new."""
        lease = self._by_source.get(source)
        if lease is None:
            return self._add(Lease(guest(source), source, source, False, now))
        lease.heard = now
        return lease

    def greet(self, source: Place, client: Client, reply: Place, now: float) -> Lease:
        """A hello came: the place has this client from now on."""
        for other in [lease for lease in self.of(client.key) if lease.reply == reply]:
            del self._by_source[other.source]  # same client, same reply port, new sending socket
        self._by_source.pop(source, None)
        lease = self._add(Lease(client, source, reply, True, now))
        for extra in self.of(client.key)[: -self._limits.leases_per_client]:
            del self._by_source[extra.source]
        return lease

    def at(self, source: Place) -> Lease | None:
        """The lease of a place, if it has one."""
        return self._by_source.get(source)

    def of(self, client_key: str) -> list[Lease]:
        """The client's leases, longest unheard first."""
        found = [lease for lease in self._by_source.values() if lease.client.key == client_key]
        return sorted(found, key=lambda lease: lease.heard)

    def all(self) -> list[Lease]:
        """Every lease."""
        return list(self._by_source.values())

    def expire(self, now: float) -> None:
        """Forget who was not heard for `limits.lease_s`."""
        for lease in self.all():
            if now - lease.heard > self._limits.lease_s:
                del self._by_source[lease.source]

    def _add(self, lease: Lease) -> Lease:
        self._by_source[lease.source] = lease
        while len(self._by_source) > self._limits.leases:
            # Guests first, so that a flood from many ports cannot push a DAW out.
            others = [other for other in self._by_source.values() if other is not lease]
            victim = min(others, key=lambda other: (other.client.granted, other.greeted, other.heard))
            del self._by_source[victim.source]
        return lease
