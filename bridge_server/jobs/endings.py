"""How a job ends when it does not end by itself: stopped on request, or with its worker dead."""

from __future__ import annotations

from typing import Any

from bridge_server.errors import RiffError, error_for
from bridge_server.jobs.job import MAX_BROKEN_STARTS, MAX_TRIES, Job, State
from bridge_server.jobs.store import Store


def end(store: Store, job: Job, error: RiffError, now: float) -> Job:
    """End a job with a code and its sentences; a job that ended meanwhile is returned as it is.

    `cancelled` is a state of its own, everything else has failed.
    """
    state = State.CANCELLED if error.code == "cancelled" else State.FAILED
    text = {"code": error.code, "message": error.sentence, "hint": error.hint}
    return _moved(store, job, state, finished_at=now, **text)


def end_broken_try(store: Store, job: Job, now: float, forgiven: int = MAX_TRIES - 1) -> Job:
    """A running job lost its worker: requeue it, or end it if it was asked to stop or has lost too many.

    A job that kills its worker each time must not stop the set for ever.
    """
    if job.ending:
        return end(store, job, error_for(job.ending), now)
    if job.broken_tries >= forgiven:
        return end(store, job, error_for("worker-died"), now)
    return requeue(store, job, job.broken_tries + 1)


def requeue(store: Store, job: Job, broken_tries: int) -> Job:
    """Put a running job back into the queue, where it keeps its place (the order is that of acceptance)."""
    return _moved(store, job, State.QUEUED, broken_tries=broken_tries)


def recover(store: Store, now: float) -> list[Job]:
    """After a start: settle every job that was running when the server died; returns them as they are now."""
    return [end_broken_try(store, job, now, MAX_BROKEN_STARTS) for job in store.running()]


def _moved(store: Store, job: Job, state: State, **columns: Any) -> Job:
    return store.move(job, state, **columns) or store.job(job.number)
