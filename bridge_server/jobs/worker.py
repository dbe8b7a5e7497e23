"""The worker process: takes jobs from its stdin, plays them, says what happens on its stdout.

One JSON object a line, both ways. It is a process of its own because inference may crash, hang or run out of
memory. A thread listens while the main thread plays, so that a stop reaches a running graph at once, and so
that the worker ends when the server is gone (end of stdin). Only this file imports `accompany.pipeline`.

    to the worker                         from the worker
    {"do": "load", "pack", "device"}      {"is": "ready", "device", "provider", "pack"}
                                          {"is": "unready", "code", "message", "hint"}
    {"do": "run", "job", "request",       {"is": "beat", "job", "fraction", "stage"}
           "context_file"}                {"is": "stem", "job", "stem"}
    {"do": "stop", "job"}                 {"is": "done" | "stopped", "job"}
                                          {"is": "failed", "job", "code", "message", "hint"}
"""

from __future__ import annotations

import errno
import faulthandler
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TextIO

from bridge_server.errors import DiskFull, FolderNotWritable, Internal, ModelMissing, OutOfMemory, RiffError


class Player(Protocol):
    """What plays a job. Shipped: `PipelinePlayer` below; the tests have a double."""

    device: str
    provider: str
    pack: str

    def run(
        self,
        request: Mapping[str, Any],
        context_file: Path | None,
        on_progress: Callable[[float, str], None],
        on_stem: Callable[[Mapping[str, Any]], None],
        on_part: Callable[[Mapping[str, Any]], None],
    ) -> None:
        """Play all stems of one request; raises RiffError, or anything at all once `stop` was called."""
        ...

    def stop(self) -> None:
        """Called from another thread: make `run` raise within 250 ms."""
        ...

    def clear(self) -> None:
        """Forget an earlier `stop`."""
        ...


MakePlayer = Callable[[str, str], Player]
"""Pack folder, device -> a player with its models loaded and warm; raises RiffError."""


class PipelinePlayer:
    """Plays with `accompany.pipeline`. Importing that loads the audio and inference libraries."""

    def __init__(self, pack_folder: str, device: str) -> None:
        from bridge_server.accompany.pipeline import Accompanist

        self._accompanist = Accompanist(Path(pack_folder), device=device)
        self.device, self.provider = self._accompanist.device, self._accompanist.provider
        self.pack = self._accompanist.pack_name

    def run(
        self,
        request: Mapping[str, Any],
        context_file: Path | None,
        on_progress: Callable[[float, str], None],
        on_stem: Callable[[Mapping[str, Any]], None],
        on_part: Callable[[Mapping[str, Any]], None],
    ) -> None:
        """Play all stems of one request."""
        from bridge_server.accompany.request import StemRequest

        self._accompanist.run(
            StemRequest.from_dict(dict(request)),
            on_progress,
            lambda stem: on_stem(stem.to_dict()),
            context_file=context_file,
            on_part=lambda part: on_part(part.to_dict()),
        )

    def stop(self) -> None:
        """Stop the graph that runs now."""
        self._accompanist.stop.stop()

    def clear(self) -> None:
        """Forget an earlier `stop`."""
        self._accompanist.stop.clear()


class Worker:
    """Loads the models once, then plays one job after the other until stdin ends."""

    def __init__(self, make_player: MakePlayer, out: TextIO) -> None:
        self._make_player = make_player
        self._out = out
        self._orders: queue.Queue[Mapping[str, Any]] = queue.Queue()
        self._lock = threading.Lock()  # over _current and _to_stop; a stop may come before, during or after a run
        self._writing = threading.Lock()
        self._current: int | None = None
        self._to_stop: set[int] = set()
        self._player: Player | None = None
        self._where = ("", "auto")

    def listen(self, lines: TextIO) -> None:
        """Read orders until the server is gone, then end the process, whatever it is doing.

        Nothing is lost by that: stems appear by rename, and the server puts the job back into the queue.
        """
        for line in lines:
            order = json.loads(line)
            if order["do"] == "stop":
                self._stop(order["job"])
            else:
                self._orders.put(order)
        os._exit(0)

    def work(self) -> None:
        """Carry out orders, for ever."""
        while True:
            order = self._orders.get()
            if order["do"] == "load":
                self._where = (order["pack"], order["device"])
                self._load()
            else:
                self._run(order)

    def _load(self) -> None:
        try:
            self._require_player()
        except Exception as fault:
            self._say({"is": "unready", **_told(fault)})

    def _require_player(self) -> Player:
        """The player; made now if an earlier try failed, since a pack may have been put right meanwhile."""
        if self._player is None:
            player = self._player = self._make_player(*self._where)
            self._say({"is": "ready", "device": player.device, "provider": player.provider, "pack": player.pack})
        return self._player

    def _run(self, order: Mapping[str, Any]) -> None:
        job = int(order["job"])
        try:
            self._play(order, job, self._require_player())
        except Exception as fault:
            self._say({"is": "stopped", "job": job} if self._end(job) else {"is": "failed", "job": job, **_told(fault)})
        else:
            self._end(job)
            self._say({"is": "done", "job": job})

    def _play(self, order: Mapping[str, Any], job: int, player: Player) -> None:
        if not self._begin(job, player):
            raise InterruptedError
        kept = order.get("context_file")
        player.run(
            order["request"],
            Path(kept) if kept else None,
            lambda fraction, stage: self._say({"is": "beat", "job": job, "fraction": fraction, "stage": stage}),
            lambda stem: self._say({"is": "stem", "job": job, "stem": dict(stem)}),
            lambda part: self._say({"is": "part", "job": job, "part": dict(part)}),
        )

    def _begin(self, job: int, player: Player) -> bool:
        """Make `job` the one that a stop reaches; False when its stop came first."""
        with self._lock:
            player.clear()
            self._current = job
            return job not in self._to_stop

    def _end(self, job: int) -> bool:
        """No stop reaches `job` any more; True when one had come."""
        with self._lock:
            self._current = None
            stopped = job in self._to_stop
            self._to_stop.discard(job)
            return stopped

    def _stop(self, job: int) -> None:
        with self._lock:
            self._to_stop.add(job)
            if self._current == job and self._player is not None:
                self._player.stop()

    def _say(self, event: Mapping[str, Any]) -> None:
        with self._writing:
            self._out.write(json.dumps(event) + "\n")
            self._out.flush()


def _told(fault: Exception) -> dict[str, str]:
    """Code, message and hint for the server; what is not an error of ours leaves its traceback in the log."""
    if not isinstance(fault, RiffError):
        traceback.print_exception(fault, file=sys.stderr)
    error = as_riff_error(fault)
    return {"code": error.code, "message": error.sentence, "hint": error.hint}


def as_riff_error(fault: Exception) -> RiffError:
    """The error of the protocol that a Python exception amounts to."""
    if isinstance(fault, RiffError):
        return fault
    if isinstance(fault, MemoryError):
        return OutOfMemory()
    if isinstance(fault, ImportError):
        return ModelMissing(f"The library {fault.name} is not installed.", "Run: pip install 'riffbridge[cpu]'")
    number = fault.errno if isinstance(fault, OSError) else None
    if number in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return DiskFull()
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return FolderNotWritable()
    return Internal(f"The server made a mistake while playing ({type(fault).__name__}).")


def serve(make_player: MakePlayer) -> None:
    """Run a worker on this process's stdin and stdout; returns never.

    Descriptor 1 is pointed at stderr first: libraries that print must not break the line protocol. A crash in
    native code leaves the Python frames of all threads on stderr, which is worker.log.
    """
    faulthandler.enable()
    private = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lines = os.fdopen(os.dup(sys.stdin.fileno()), "r", encoding="utf-8")
    worker = Worker(make_player, private)
    threading.Thread(target=worker.listen, args=(lines,), name="orders", daemon=True).start()
    worker.work()


if __name__ == "__main__":
    serve(PipelinePlayer)
