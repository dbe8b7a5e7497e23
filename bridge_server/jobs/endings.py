"""How a job ends when it does not end by itself: stopped on request, or with its worker dead."""

from __future__ import annotations

from typing import Any

from bridge_server.errors import RiffError, WorkerDied, error_for
from bridge_server.jobs.job import MAX_SERVER_DEATHS, MAX_WORKER_DEATHS, Job, State
from bridge_server.jobs.store import Store


def end(store: Store, job: Job, error: RiffError, now: float) -> Job:
    """End a job with a code and its sentences; a job that ended meanwhile is returned as it is.

    `cancelled` is a state of its own, everything else has failed.
    """
    state = State.CANCELLED if error.code == "cancelled" else State.FAILED
    text = {"code": error.code, "message": error.sentence, "hint": error.hint}
    return _moved(store, job, state, finished_at=now, **text)


def after_worker_death(store: Store, job: Job, now: float, crash_file: str = "") -> Job:
    """A running job lost its worker: requeue it, or end it if it was asked to stop or has lost too many.

    crash_file: the name of the file with the worker's last words, for the hint.
    """
    deaths = job.worker_deaths + 1
    if job.ending:
        return end(store, job, error_for(job.ending), now)
    if deaths >= MAX_WORKER_DEATHS:
        return end(store, job, worker_died(crash_file), now)
    return requeue(store, job, worker_deaths=deaths)


def worker_died(crash_file: str) -> WorkerDied:
    """The error of a job on which the worker died too often."""
    if not crash_file:
        return WorkerDied()
    return WorkerDied(hint=f"Try another context or fewer variations; {crash_file} in the state folder says more.")


def after_server_death(store: Store, job: Job, now: float) -> Job:
    """At a start, for a job that was running when the last server died."""
    deaths = job.server_deaths + 1
    if job.ending:
        return end(store, job, error_for(job.ending), now)
    if deaths >= MAX_SERVER_DEATHS:
        return end(store, job, WorkerDied(f"The server ended {deaths} times while it was at this job."), now)
    return requeue(store, job, server_deaths=deaths)


def requeue(store: Store, job: Job, **deaths: int) -> Job:
    """Put a running job back into the queue, where it keeps its place (the order is that of acceptance)."""
    return _moved(store, job, State.QUEUED, **deaths)


def _moved(store: Store, job: Job, state: State, **columns: Any) -> Job:
    return store.move(job, state, **columns) or store.job(job.number)
