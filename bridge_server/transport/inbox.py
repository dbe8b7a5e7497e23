"""The file door: the same messages as files, for clients without sockets (REAPER's Lua).

A client writes `<exchange>/inbox/<client name>.<anything>.osc` (under another ending first, then renamed), one
OSC packet in it. The server handles it, removes it, and answers in `<exchange>/outbox/<client name>/`, one
message a file, named so that they sort in order; `heartbeat.osc` there is replaced each second. Nothing gets
lost here, so nothing is repeated; a client removes what it has read.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from pathlib import Path

from bridge_server.clock import Clock
from bridge_server.errors import BadArguments
from bridge_server.protocol.check import check
from bridge_server.protocol.messages import Heartbeat, Message
from bridge_server.protocol.table import ROW_BY_ADDRESS
from bridge_server.protocol.wire import write_packet
from bridge_server.settings import Limits
from bridge_server.transport.clients import FilePlace

log = logging.getLogger(__name__)

ENDING = ".osc"
CLIENT_NAME = ROW_BY_ADDRESS["/riff/hello"].arguments[0]
OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
FILES_PER_LOOK = 20  # with a look each 0.1 s the same 200 messages a second as over UDP


class FileDoor:
    """Reads `inbox`, writes `outbox`, both in the exchange folder."""

    def __init__(self, exchange_folder: Path, clock: Clock, limits: Limits) -> None:
        self._inbox = exchange_folder / "inbox"
        self._outbox = exchange_folder / "outbox"
        self._clock = clock
        self._limits = limits
        self._written = 0
        self._stuck: set[str] = set()

    def open(self) -> None:
        """Make the folders; raises OSError when the exchange folder cannot be written."""
        self._inbox.mkdir(parents=True, exist_ok=True)
        self._outbox.mkdir(parents=True, exist_ok=True)

    def look(self) -> list[tuple[FilePlace, bytes, Path]]:
        """The packets that lie in the inbox, in the order of their names. `done` removes them."""
        try:
            names = sorted(name for name in os.listdir(self._inbox) if name.endswith(ENDING))
        except OSError:
            return []
        found = []
        for name in [name for name in names if name not in self._stuck][:FILES_PER_LOOK]:
            packet = self._read(self._inbox / name)
            if packet is not None:
                found.append((FilePlace(_client_name(name)), packet, self._inbox / name))
        return found

    def done(self, path: Path) -> None:
        """Remove a handled file; one that cannot be removed is never looked at again."""
        try:
            path.unlink()
        except FileNotFoundError:
            pass
        except OSError:
            self._stuck.add(path.name)
            log.warning("The inbox file %s cannot be removed and is ignored from now on.", path.name)

    def post(self, place: FilePlace, message: Message) -> None:
        """One message into the client's folder: temporary name, then renamed."""
        folder = self._outbox / place.name
        name = "heartbeat" if isinstance(message, Heartbeat) else self._next_name()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part = folder / f"{name}.part"
            part.write_bytes(write_packet(message))
            os.replace(part, folder / f"{name}{ENDING}")
            self._thin_out(folder)
        except OSError as error:
            log.warning("No answer could be written into %s: %s", folder, error.strerror)

    def _next_name(self) -> str:
        self._written += 1
        return f"{int(self._clock.wall() * 1000):014d}-{self._written:06d}"

    def _read(self, path: Path) -> bytes | None:
        """A regular file's bytes, one more than allowed at most; None (and gone) for links, pipes, folders."""
        try:
            handle = os.open(path, OPEN_FLAGS)
        except OSError:
            self.done(path)
            return None
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                return os.read(handle, self._limits.packet.packet_bytes + 1)
        except OSError:
            log.warning("The inbox file %s cannot be read.", path.name)
        finally:
            os.close(handle)
        self.done(path)
        return None

    def _thin_out(self, folder: Path) -> None:
        if self._written % 100:
            return
        for name in sorted(os.listdir(folder))[: -self._limits.outbox_files]:
            with contextlib.suppress(OSError):
                (folder / name).unlink()


def _client_name(file_name: str) -> str:
    """The client that a file's name tells; "unnamed" when it tells none that could be a folder."""
    try:
        return str(check(CLIENT_NAME, file_name.split(".")[0]))
    except BadArguments:
        return "unnamed"
