"""Keeps one worker alive: starts it, watches it, ends it when it is stuck, starts it again when it died."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bridge_server.errors import RiffError, WorkerDied, error_for
from bridge_server.jobs.watchdog import LOADING_SILENCE_S, RestartBackoff, Verdict, Watchdog

log = logging.getLogger(__name__)

DEATHS_BEFORE_HOPELESS = 3
"""A worker that dies this often before it is ready will not do better by itself; jobs are refused until it does."""


class Process(Protocol):
    """What the supervisor needs of a worker process."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def order(self, **order: Any) -> None:
        """Send an order."""
        ...

    def kill(self) -> None:
        """End it now."""
        ...

    def close(self, patience_s: float = 2.0) -> None:
        """End it and wait."""
        ...


@dataclass
class Turn:
    """The job in the worker's hands."""

    job: int
    watchdog: Watchdog
    late: bool = False


class Supervisor:
    """Owns the worker. Not thread-safe and never waits: the scheduler calls it under the service's lock."""

    def __init__(self, start: Callable[[], Process], pack_folder: str, device: str) -> None:
        self._start = start
        self._load_order = {"pack": pack_folder, "device": device}
        self._process: Process | None = None
        self._loading: Watchdog | None = None
        self._backoff = RestartBackoff()
        self._killed = False
        self._early_deaths = 0
        self._fault: RiffError | None = None
        self._says_why = "worker.log"
        self.turn: Turn | None = None
        self.ready = False
        self.device = ""
        self.provider = ""
        self.pack = ""

    @property
    def is_free(self) -> bool:
        """True when a job can be given to the worker now."""
        return self._process is not None and self._loading is None and self.turn is None

    @property
    def pid(self) -> int | None:
        """The worker's process number, for the status and for tests."""
        return self._process.pid if self._process else None

    @property
    def refusal(self) -> RiffError | None:
        """Why no job can be done at present; None when jobs are welcome."""
        if self._early_deaths >= DEATHS_BEFORE_HOPELESS:
            return WorkerDied(
                "The process that plays ends right after its start.",
                f"{self._says_why} in the server's state folder says why; `riffbridge doctor` tries it step by step.",
            )
        return self._fault

    def is_current(self, process: Process) -> bool:
        """False for events of a worker that was replaced meanwhile."""
        return process is self._process

    def tick(self, now_s: float) -> None:
        """Start a worker if there is none, and look whether the one there is stuck."""
        if self._process is None:
            if self._backoff.may_start(now_s):
                self._process, self._killed = self._start(), False
                log.info("worker %d started", self._process.pid)
                self.load(now_s)
        elif self._loading is not None:
            if self._loading.judge(now_s) is not Verdict.FINE:
                self._kill(f"it did not load its models in {LOADING_SILENCE_S:.0f} s")
        elif self.turn is not None:
            self._watch(self.turn, now_s)

    def load(self, now_s: float) -> None:
        """Let the worker load its models, or try again after it could not."""
        if self._process is not None and self._loading is None:
            self._loading = Watchdog(LOADING_SILENCE_S, now_s)
            self._process.order(do="load", **self._load_order)

    def run(self, job: int, request: Mapping[str, Any], context_file: str, estimate_s: float, now_s: float) -> None:
        """Give a job to the free worker."""
        assert self._process is not None
        self.turn = Turn(job, Watchdog.over(estimate_s, now_s))
        self._process.order(do="run", job=job, request=dict(request), context_file=context_file)

    def stop(self, job: int, now_s: float) -> None:
        """Ask the worker to stop this job; one that does not obey within the watchdog's grace is killed."""
        if self.turn is not None and self.turn.job == job and self._process is not None:
            self.turn.watchdog.stopping(now_s)
            self._process.order(do="stop", job=job)

    def heard(self, event: Mapping[str, Any], now_s: float) -> None:
        """Take note of what the current worker said, before the scheduler acts on it."""
        kind = event["is"]
        if kind in ("ready", "unready"):
            self._loaded(event)
        elif kind == "gone":
            self._gone(event, now_s)
        elif kind == "done":
            self._backoff.worked()
        elif self.turn is not None and event.get("job") == self.turn.job:
            self.turn.watchdog.beat(now_s)

    def close(self) -> None:
        """End the worker; returns when it is dead."""
        if self._process is not None:
            process, self._process = self._process, None
            process.close()

    def _watch(self, turn: Turn, now_s: float) -> None:
        verdict = turn.watchdog.judge(now_s)
        if verdict is Verdict.STOP:
            log.warning("job %d has not moved for %.0f s; stopping it", turn.job, turn.watchdog.silence_s)
            turn.late = True
            self.stop(turn.job, now_s)
        elif verdict is Verdict.KILL:
            self._kill("it did not stop when told")

    def _kill(self, why: str) -> None:
        """End the worker by force, once; `gone` will come."""
        if self._process is not None and not self._killed:
            log.warning("ending worker %d: %s", self._process.pid, why)
            self._killed = True
            self._process.kill()

    def _loaded(self, event: Mapping[str, Any]) -> None:
        self._loading = None
        self._early_deaths = 0
        self.ready = event["is"] == "ready"
        if self.ready:
            self._fault = None
            self.device, self.provider, self.pack = (str(event[name]) for name in ("device", "provider", "pack"))
        else:
            self._fault = error_for(event["code"], event["message"], event["hint"])
            log.warning("the models could not be loaded: %s", self._fault)

    def _gone(self, event: Mapping[str, Any], now_s: float) -> None:
        log.warning("the worker ended (exit code %s)", event.get("exit"))
        self._early_deaths += 0 if self._loading is None else 1
        self._says_why = str(event.get("crash_file") or "worker.log")
        self._process = self._loading = None
        self.ready = False
        self._backoff.crashed(now_s)
