"""A double of the server for what the real one never sends: garbage, old news, wrong order. A bare socket and a state
file; tests say what it answers."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge_server.protocol.messages import Message
from bridge_server.protocol.wire import write_packet
from bridge_server.transport.discovery import Announcement


class DoubleRiffServer:
    """Listens on a port of its own and remembers who spoke."""

    def __init__(self, folder: Path, token: str = "secret", boot_id: str = "boot-1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(10)
        self.state = folder / "state"
        self.boot_id = boot_id
        port = self._socket.getsockname()[1]
        (folder / "exchange").mkdir()
        Announcement("127.0.0.1", port, os.getpid(), boot_id, token, str(folder / "exchange"), "0").write(self.state)
        self.client: tuple[str, int] = ("", 0)

    def hear(self, address: str) -> list[Any]:
        """The arguments of the next message to this address within 10 s; others are passed over."""
        end = time.monotonic() + 10
        while True:
            assert time.monotonic() < end, f"{address} did not come"
            packet, self.client = self._socket.recvfrom(65_535)
            message = OscMessage(packet)
            if message.address == address:
                return list(message.params)

    def say(self, message: Message) -> None:
        """Send one message of the protocol."""
        self.say_bytes(write_packet(message))

    def say_bytes(self, packet: bytes) -> None:
        """Send anything."""
        self._socket.sendto(packet, self.client)

    def say_osc(self, address: str, *values: Any) -> None:
        """Send an OSC message as python-osc makes it, of the protocol or not."""
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(value)
        self.say_bytes(builder.build().dgram)

    def close(self) -> None:
        """Fall silent."""
        self._socket.close()
