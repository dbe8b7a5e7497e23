"""The joint between transport and jobs: what clients ask for, answered by the scheduler.

Two threads meet here, under one lock: the transport's, which asks, and one of our own, which hears the worker
and lets time do its work.
"""

from __future__ import annotations

import json
import logging
import queue
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bridge_server import __version__
from bridge_server.clock import Clock
from bridge_server.errors import IdReused, UnknownRequest
from bridge_server.jobs.contexts import Contexts
from bridge_server.jobs.job import Job, NewJob, State
from bridge_server.jobs.scheduler import Caps, Scheduler
from bridge_server.jobs.store import NotWritten, Store
from bridge_server.jobs.supervisor import Process, Supervisor
from bridge_server.protocol.messages import Generate, Message
from bridge_server.settings import Settings
from bridge_server.transport.service import Client, Outbox, ServiceState

log = logging.getLogger(__name__)

TICK_S = 0.05
RETRY_S = 0.5
"""After a failed write of the store (a full disk): the event is kept and tried again."""
SEEDS = 2**31
STATUS_JOBS = 16
"""Request ids named in the status, so that it fits a datagram."""


Said = tuple[Process, Mapping[str, Any]]
"""An event and the worker it is of."""

StartWorker = Callable[[Callable[[Process, Mapping[str, Any]], None]], Process]
"""Starts a worker process that hands its events to the given function, on a thread of its own."""


class Admit(Protocol):
    """Judges a request in a few milliseconds; returns it complete, and its seconds of audio (0 = not known)."""

    def __call__(
        self, request_id: str, pairs: Mapping[str, Any], roots: Sequence[Path] | None, seed: int
    ) -> tuple[dict[str, Any], float]:
        """Raise RiffError to refuse."""
        ...


class JobService:
    """Implements `transport.service.Service`."""

    def __init__(
        self,
        settings: Settings,
        outbox: Outbox,
        clock: Clock,
        admit: Admit,
        on_quit: Callable[[], None],
        start_worker: StartWorker,
    ) -> None:
        self._settings, self._clock, self._admit = settings, clock, admit
        self._on_quit = on_quit
        self._lock = threading.RLock()
        self._events: queue.SimpleQueue[Said | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._hear, name="jobs", daemon=True)
        self._born_s = clock.monotonic()
        self._store = Store.open(settings.state_folder / "jobs.sqlite")
        if self._store.set_aside:
            log.warning("the list of jobs was damaged; it is kept as %s", self._store.set_aside)
        self._contexts = Contexts(settings.state_folder / "contexts")
        self._supervisor = Supervisor(lambda: start_worker(self._put), str(settings.pack_folder), settings.device)
        caps = Caps(settings.limits.jobs, settings.limits.jobs_per_client)
        self._scheduler = Scheduler(self._store, self._supervisor, self._contexts, clock, outbox.send, caps)

    def start(self) -> None:
        """Settle what the last server left and start the worker. Call once, before the transport listens."""
        self.settle()
        self._thread.start()

    def settle(self) -> None:
        """`start` without the thread, for callers that take the turns themselves."""
        self._scheduler.recover()
        self._scheduler.tick()

    def turn(self, said: Said | None) -> bool:
        """One turn of the jobs' thread: handle one event and let time go on.

        False when the store could not be written; then the same event must come again.
        """
        try:
            with self._lock:
                if said is not None and self._supervisor.is_current(said[0]):
                    self._scheduler.heard(said[1])
                self._scheduler.tick()
        except NotWritten as fault:
            log.warning("the jobs wait: %s", fault)
            return False
        except Exception:
            log.exception("a fault in the job scheduler, at %s", said)
        return True

    def close(self) -> None:
        """End the worker; the job it was on waits for the next server. Call once the transport has ended."""
        self._closing.set()
        self._events.put(None)
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            self._scheduler.close()
            self._store.close()
        self._contexts.close()

    # what the transport asks

    def generate(self, client: Client, request: Generate) -> Sequence[Message]:
        """Accept a new request once it is on disk; tell again what became of a known one."""
        with self._lock:
            known = self._store.find(client.key, request.request_id)
            if known is not None:
                if known.fingerprint != request.fingerprint():
                    raise IdReused()
                return self._scheduler.latest(known)
            self._refuse_if_unable()
            self._scheduler.check_room(client.key, str(request.value("lane") or ""))
            job = self._accept(client, request)
            self._events.put(None)  # wake: the worker may be free
            return (self._scheduler.accepted(job),)

    def cancel(self, client: Client, request_id: str) -> Sequence[Message]:
        """Stop a job. The answer comes through the outbox when it has stopped; for one that is over, at once."""
        with self._lock:
            job = self._known(client, request_id)
            if job.is_final:
                return self._scheduler.latest(job)
            self._scheduler.stop(job, "cancelled")
            return ()

    def query(self, client: Client, request_id: str) -> Sequence[Message]:
        """The latest messages of a job, again."""
        with self._lock:
            return self._scheduler.latest(self._known(client, request_id))

    def state(self) -> ServiceState:
        """What welcome and heartbeat tell."""
        with self._lock:
            jobs = self._scheduler.open_jobs()
            running = next((job.request_id for job in jobs if job.state is State.RUNNING), "")
            worker = self._supervisor
            return ServiceState(worker.pack, worker.device, worker.ready, len(jobs), running)

    def status_json(self) -> str:
        """Everything a person or `riffbridge status` may want to know, as one JSON object."""
        with self._lock:
            jobs = self._scheduler.open_jobs()
            p50_s, p95_s = self._scheduler.pace.percentiles_s()
            refusal = self._supervisor.refusal
        status = {
            "version": __version__,
            **self._worker_status(),
            "trouble": str(refusal)[:500] if refusal else "",
            "running": [job.request_id for job in jobs if job.state is State.RUNNING],
            "queued": [job.request_id for job in jobs if job.state is State.QUEUED][:STATUS_JOBS],
            "queue_length": len(jobs),
            "job_s": {"p50": round(p50_s, 2), "p95": round(p95_s, 2)},
            "free_disk_bytes": _free_bytes(self._settings.exchange_folder),
            "uptime_s": int(self._clock.monotonic() - self._born_s),
        }
        return json.dumps(status)

    def quit(self) -> None:
        """A client with the token asked the server to stop."""
        self._on_quit()

    # inside

    def _refuse_if_unable(self) -> None:
        refusal = self._supervisor.refusal
        if refusal is not None:
            self._supervisor.load(self._clock.monotonic())  # the pack may have been put right meanwhile
            raise refusal

    def _accept(self, client: Client, request: Generate) -> Job:
        given = request.given
        roots = None if client.granted else (self._settings.exchange_folder,)
        seed = int(given.get("seed", secrets.randbelow(SEEDS)))
        complete, audio_s = self._admit(request.request_id, given, roots, seed)
        now = self._clock.wall()
        expires_ms = request.value("expires_ms")
        job = self._scheduler.submit(
            NewJob(
                client=client.key,
                request_id=request.request_id,
                fingerprint=request.fingerprint(),
                request=complete,
                audio_s=audio_s,
                lane=str(request.value("lane") or ""),
                expires_at=None if expires_ms is None else now + float(expires_ms) / 1000.0,
                created_at=now,
            )
        )
        if complete.get("context") and audio_s:  # a file that is still being written is read when its job starts
            self._contexts.keep(job.number, str(complete["context"]), roots)
        return job

    def _known(self, client: Client, request_id: str) -> Job:
        job = self._store.find(client.key, request_id)
        if job is None:
            raise UnknownRequest()
        return job

    def _worker_status(self) -> dict[str, Any]:
        """Device and provider are those the loaded models really run on; empty before the first load."""
        worker = self._supervisor
        names = ("pack", "device", "provider", "ready")
        return {name: getattr(worker, name) for name in names} | {"worker_pid": worker.pid}

    def _put(self, process: Process, event: Mapping[str, Any]) -> None:
        self._events.put((process, event))

    def _hear(self) -> None:
        while not self._closing.is_set():
            try:
                said = self._events.get(timeout=TICK_S)
            except queue.Empty:
                said = None
            while not self.turn(said) and not self._closing.is_set():
                time.sleep(RETRY_S)


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
