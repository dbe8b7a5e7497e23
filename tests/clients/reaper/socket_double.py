"""A strict double of the part of LuaSocket's core that the client may use, over real UDP sockets of this process.

Stands in for the ReaPack package's module, which only REAPER can load. `Weather` makes the network bad on purpose.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DEFAULT_RECEIVE_BYTES = 8_192
"""What LuaSocket takes when nobody says otherwise; the rest of a longer datagram is cut off."""


@dataclass
class Weather:
    """Chances that a datagram, either way, is lost, doubled or overtaken by the next one."""

    lost: float = 0.0
    doubled: float = 0.0
    overtaken: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(5))

    def carried(self, datagrams: list[Any]) -> list[Any]:
        """What arrives of these, in the order of arrival."""
        arrived: list[Any] = []
        for datagram in datagrams:
            if self.dice.random() < self.lost:
                continue
            arrived.append(datagram)
            if self.dice.random() < self.doubled:
                arrived.append(datagram)
        for place in range(len(arrived) - 1):
            if self.dice.random() < self.overtaken:
                arrived[place], arrived[place + 1] = arrived[place + 1], arrived[place]
        return arrived


class LuaSocketDouble:
    """Makes the module's table for one Lua state; closes every socket that a script forgot."""

    def __init__(self, lua: Any, weather: Weather | None = None) -> None:
        self._lua = lua
        self._weather = weather or Weather()
        self._open: list[socket.socket] = []

    @property
    def open_sockets(self) -> int:
        """Sockets that are not closed."""
        return sum(held.fileno() >= 0 for held in self._open)

    def module(self) -> Any:
        """What `require "socket.core"` gives."""
        return self._strict({b"udp": self._udp, b"_VERSION": b"LuaSocket 3.1.0"})

    def close(self) -> None:
        """Close what is still open."""
        for held in self._open:
            held.close()

    def _strict(self, members: dict[bytes, Any]) -> Any:
        """A table in which a name that is not there is an error."""
        made = self._lua.eval(
            b"function(t) return setmetatable(t,"
            b" {__index = function(_, k) error('LuaSocket has no ' .. tostring(k)) end}) end"
        )
        return made(self._lua.table_from(members))

    def _udp(self) -> Any:
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        held.setblocking(False)
        self._open.append(held)
        udp = _Udp(held, self._weather)
        methods: dict[str, Callable[..., Any]] = {
            "settimeout": udp.settimeout,
            "setsockname": udp.setsockname,
            "getsockname": udp.getsockname,
            "sendto": udp.sendto,
            "receivefrom": udp.receivefrom,
            "close": udp.close,
        }
        return self._strict({name.encode(): _method(call) for name, call in methods.items()})


def _method(call: Callable[..., Any]) -> Callable[..., Any]:
    """Called with a colon: the table itself comes first."""
    return lambda _table, *arguments: call(*arguments)


class _Udp:
    def __init__(self, held: socket.socket, weather: Weather) -> None:
        self._socket, self._weather = held, weather
        self._waiting: list[tuple[bytes, tuple[str, int]]] = []
        self._blocks = True  # LuaSocket's default: a script that forgets settimeout(0) freezes REAPER

    def settimeout(self, seconds: float) -> int:
        assert isinstance(seconds, int | float)
        self._blocks = seconds != 0
        return 1

    def setsockname(self, host: bytes, port: int) -> int:
        self._socket.bind((host.decode(), port))
        return 1

    def getsockname(self) -> tuple[bytes, int]:
        host, port = self._socket.getsockname()
        return host.encode(), port

    def sendto(self, datagram: bytes, host: bytes, port: int) -> int:
        assert isinstance(datagram, bytes)
        assert isinstance(port, int), "LuaSocket takes no float as a port"
        for carried in self._weather.carried([datagram]):
            self._socket.sendto(carried, (host.decode(), port))
        return 1

    def receivefrom(self, size: int = DEFAULT_RECEIVE_BYTES) -> tuple[Any, ...]:
        assert not self._blocks, "the script waits for the network and REAPER stands still"
        self._take_in()
        if not self._waiting:
            return None, b"timeout"
        datagram, (host, port) = self._waiting.pop(0)
        return datagram[:size], host.encode(), port

    def close(self) -> None:
        self._socket.close()

    def _take_in(self) -> None:
        arrived = []
        while True:
            try:
                arrived.append(self._socket.recvfrom(65_535))
            except BlockingIOError:
                break
            except ConnectionRefusedError:
                continue
        self._waiting += self._weather.carried(arrived)
