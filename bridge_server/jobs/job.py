"""A job: its states, the moves between them as data, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Where a job stands. The last three are final: nothing leaves them."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({State.DONE, State.FAILED, State.CANCELLED})

MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.FAILED, State.CANCELLED}),
    State.RUNNING: frozenset({State.QUEUED, State.DONE, State.FAILED, State.CANCELLED}),
    State.DONE: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}

MAX_WORKER_DEATHS = 2
"""A job on which the worker died this often is given up: one that kills its worker must not stop the set."""

MAX_SERVER_DEATHS = 3
"""The same for deaths of the server, which say less about the job: nothing of it is computed there."""


class IllegalMove(Exception):
    """A move that MOVES does not have: a fault in our own code, never the user's."""


def check_move(old: State, new: State) -> None:
    """Raise IllegalMove unless a job may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise IllegalMove(f"a job cannot go from {old} to {new}")


@dataclass(frozen=True)
class Stem:
    """One finished file of a job, as the worker reported it; `recipe_json` is the text that lies beside it."""

    index: int
    count: int
    path: str
    frames: int
    sample_rate: int
    seed: int
    sha256: str = ""
    recipe_json: str = ""


@dataclass(frozen=True)
class Part:
    """A part of a stem that was not finished when the worker reported it."""

    index: int
    part: int
    path: str
    start: int
    frames: int
    stem_frames: int
    sample_rate: int


@dataclass(frozen=True)
class NewJob:
    """What is put on disk before a request is accepted.

    `request` is complete and plain JSON (the seed is chosen); `fingerprint` is over the client's own pairs,
    so that the same datagram sent twice is the same job.
    """

    client: str
    request_id: str
    fingerprint: str
    request: Mapping[str, Any]
    audio_s: float = 0.0
    lane: str = ""
    expires_at: float | None = None
    created_at: float = 0.0


@dataclass(frozen=True)
class Job(NewJob):
    """A row of the store. Times are seconds since 1970; `ending` is the code a stop in progress will have.

    `is_favourite`: a person marked it; it is never cleaned away.
    """

    number: int = 0
    state: State = State.QUEUED
    worker_deaths: int = 0
    server_deaths: int = 0
    ending: str = ""
    fraction: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    code: str = ""
    message: str = ""
    hint: str = ""
    device: str = ""
    is_favourite: bool = False
    stems: tuple[Stem, ...] = field(default=())

    @property
    def is_final(self) -> bool:
        """True when nothing more will happen to this job."""
        return self.state in FINAL

    @property
    def elapsed_s(self) -> float:
        """Seconds from the last start to the end; 0 while that is not known."""
        if self.started_at is None or self.finished_at is None:
            return 0.0
        return max(0.0, self.finished_at - self.started_at)

    @property
    def work_s(self) -> float:
        """Seconds of audio to make, all variations together; 0 when the context's length is not known yet."""
        return self.audio_s * self.variations

    @property
    def variations(self) -> int:
        """How many stems were asked for."""
        return int(self.request.get("variations") or 1)
