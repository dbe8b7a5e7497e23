"""Which job runs when, and what its client hears of it.

One job runs at a time, in the order of acceptance. The scheduler is not thread-safe and never waits; the
service calls it under its lock, from the transport's thread (requests) and its own (worker events, time).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge_server.audio.new_files import sweep_parts
from bridge_server.clock import Clock
from bridge_server.errors import Internal, QueueFull, RiffError, WorkerDied, error_for
from bridge_server.jobs import answers, endings
from bridge_server.jobs.contexts import Contexts
from bridge_server.jobs.job import Job, NewJob, Part, State, Stem
from bridge_server.jobs.pace import KEPT, Pace
from bridge_server.jobs.shown import Shown
from bridge_server.jobs.store import Store
from bridge_server.jobs.supervisor import Supervisor
from bridge_server.protocol.messages import Accepted, Message, Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Caps:
    """How many jobs may wait or run."""

    jobs: int = 64
    jobs_per_client: int = 32


class Scheduler:
    """The queue's policy over the store, and the running job's life over the supervisor."""

    def __init__(
        self,
        store: Store,
        supervisor: Supervisor,
        contexts: Contexts,
        clock: Clock,
        send: Callable[[str, Message], None],
        caps: Caps | None = None,
    ) -> None:
        self._store = store
        self._supervisor = supervisor
        self._contexts = contexts
        self._clock = clock
        self._send = send
        self._caps = caps or Caps()
        self._shown: Shown | None = None
        self.pace = Pace(reversed(store.last_done(KEPT)))

    # what clients ask for

    def check_room(self, client: str, lane: str = "") -> None:
        """Raise QueueFull when this client, or all together, have enough jobs waiting.

        Jobs that the new one will replace do not count.
        """
        others = [job for job in self.open_jobs() if not (lane and job.client == client and job.lane == lane)]
        own = sum(job.client == client for job in others)
        if len(others) >= self._caps.jobs or own >= self._caps.jobs_per_client:
            raise QueueFull(f"{len(others)} jobs are waiting already.")

    def submit(self, new: NewJob) -> Job:
        """Put a job on disk, then end the older ones of its lane. After this it may be called accepted."""
        job = self._store.submit(new)
        self._replace_older(job)
        return job

    def stop(self, job: Job, code: str) -> None:
        """End a job that waits; tell the worker to stop one that runs. The client hears when it has stopped."""
        if job.state is State.QUEUED:
            self._tell_end(endings.end(self._store, job, error_for(code), self._clock.wall()))
        elif job.state is State.RUNNING and not job.ending:
            self._store.note(job.number, ending=code)
            self._supervisor.stop(job.number, self._clock.monotonic())

    def open_jobs(self) -> list[Job]:
        """The running job, if any, then the waiting ones in order."""
        return self._store.running() + self._store.queued()

    def accepted(self, job: Job) -> Message:
        """How long it will take until a waiting job is done."""
        before = [other for other in self.open_jobs() if other.number < job.number]
        wait_s = sum(self._left_s(other) for other in before)
        return Accepted(job.request_id, len(before), wait_s + self.pace.estimate_s(job))

    def latest(self, job: Job) -> list[Message]:
        """What the client should know of this job, again."""
        if job.is_final:
            return [*answers.stems(job), answers.ending(job)]
        made = [*answers.stems(job), *answers.parts(job, self._store.parts(job.number))]
        if job.state is State.RUNNING and self._shown is not None:
            return [*made, self._progress(job, self._shown)]
        return [*made, self.accepted(job)]

    # what happens by itself

    def recover(self) -> None:
        """After a start: settle what the last server left, and clear away its temporary files."""
        now = self._clock.wall()
        settled = [endings.after_server_death(self._store, job, now) for job in self._store.running()]
        for job in settled:
            log.info("job %d (%s) was running when the server ended; now %s", job.number, job.request_id, job.state)
            self._tell_end(job)
        for job in (*settled, *self._store.queued()):
            _sweep(job)
        for job in self._store.queued():  # the last server may have died between a job and its lane
            self._replace_older(job)
        self._contexts.keep_only(job.number for job in self._store.queued())

    def tick(self) -> None:
        """Let time do its work: expiry, watchdog, restart, and the next job if the worker is free."""
        for job in self._store.expired(self._clock.wall()):
            self.stop(job, "expired")
        self._supervisor.tick(self._clock.monotonic())
        refusal = self._supervisor.refusal
        if isinstance(refusal, WorkerDied):
            self._give_up_all(refusal)
        if self._supervisor.is_free:
            self._start_next()

    def heard(self, event: Mapping[str, Any]) -> None:
        """Act on what the current worker said.

        The store comes first: when it cannot be written this raises with nothing else changed, and the same
        event can be brought again.
        """
        turn = self._supervisor.turn
        if turn is not None and event.get("job", turn.job) == turn.job:
            self._heard_of_job(self._store.job(turn.job), event, turn.late)
        self._supervisor.heard(event, self._clock.monotonic())

    def _heard_of_job(self, job: Job, event: Mapping[str, Any], late: bool) -> None:
        act = {"beat": self._beat, "part": self._part, "stem": self._stem, "done": self._done, "failed": self._failed}
        if event["is"] in act:
            act[event["is"]](job, event)
        elif event["is"] in ("stopped", "gone"):
            self._broken(job, late, str(event.get("crash_file", "")))

    def close(self) -> None:
        """End the worker; the job it was on goes back to the queue, and nobody is to blame."""
        self._supervisor.close()
        for job in self._store.running():
            _sweep(job)
            if job.ending:
                self._tell_end(endings.after_worker_death(self._store, job, self._clock.wall()))
            else:
                endings.requeue(self._store, job)

    def _replace_older(self, job: Job) -> None:
        for older in self.open_jobs():
            if job.lane and (older.client, older.lane) == (job.client, job.lane) and older.number < job.number:
                self.stop(older, "replaced")

    def _start_next(self) -> None:
        for job in self._store.queued()[:1]:
            running = self._store.move(job, State.RUNNING, started_at=self._clock.wall())
            if running is None:
                return
            now_s, estimate_s = self._clock.monotonic(), self.pace.estimate_s(running)
            inherited = len(running.stems) / running.variations
            self._shown = Shown(running.fraction, now_s, estimate_s, inherited)
            kept = self._contexts.file_of(running.number)
            self._supervisor.run(running.number, running.request, kept, estimate_s, now_s)

    def _beat(self, job: Job, event: Mapping[str, Any]) -> None:
        shown = self._shown
        if shown is None or job.ending:
            return
        due = shown.take(float(event["fraction"]), str(event["stage"]), self._clock.monotonic())
        if shown.fraction > job.fraction:
            self._store.note(job.number, fraction=shown.kept_fraction)
        if due:
            self._send(job.client, self._progress(job, shown))

    def _part(self, job: Job, event: Mapping[str, Any]) -> None:
        row = Part(**event["part"])
        is_late = row.index in {stem.index for stem in job.stems}  # the stem has replaced all its parts
        if not job.ending and not is_late and self._store.add_part(job.number, row):
            self._send(job.client, answers.part(job, row))

    def _stem(self, job: Job, event: Mapping[str, Any]) -> None:
        row = Stem(**{name: event["stem"][name] for name in Stem.__dataclass_fields__})
        if not job.ending and self._store.add_stem(job.number, row):
            self._send(job.client, answers.stem(job, row))

    def _done(self, job: Job, _event: Mapping[str, Any]) -> None:
        now = self._clock.wall()
        if job.ending:
            self._end_turn(endings.after_worker_death(self._store, job, now))
        elif len(job.stems) < job.variations:
            self._end_turn(endings.end(self._store, job, Internal("The job ended without all of its stems."), now))
        else:
            columns = {"finished_at": now, "device": self._supervisor.device, "fraction": 1.0}
            done = self._store.move(job, State.DONE, **columns) or job
            self.pace.learn(done)
            self._end_turn(done)

    def _failed(self, job: Job, event: Mapping[str, Any]) -> None:
        error = error_for(event["code"], event["message"], event["hint"])
        cause = error_for(job.ending) if job.ending else error
        self._end_turn(endings.end(self._store, job, cause, self._clock.wall()))

    def _broken(self, job: Job, late: bool, crash_file: str) -> None:
        """The worker died on this job, or stopped it; a second time late is the end of it."""
        _sweep(job)
        if late and not job.ending and job.worker_deaths:
            self._end_turn(endings.end(self._store, job, error_for("timed-out"), self._clock.wall()))
        else:
            self._end_turn(endings.after_worker_death(self._store, job, self._clock.wall(), crash_file))

    def _end_turn(self, job: Job) -> None:
        self._supervisor.turn = None
        self._shown = None
        self._tell_end(job)

    def _tell_end(self, job: Job) -> None:
        if job.is_final:
            self._contexts.drop(job.number)
            self._send(job.client, answers.ending(job))

    def _give_up_all(self, error: RiffError) -> None:
        for job in self._store.queued():
            self._tell_end(endings.end(self._store, job, error, self._clock.wall()))

    def _left_s(self, job: Job) -> float:
        if job.state is State.RUNNING and self._shown is not None:
            return self._shown.eta_s(self._clock.monotonic())
        return self.pace.estimate_s(job)

    def _progress(self, job: Job, shown: Shown) -> Message:
        return Progress(job.request_id, 0, shown.fraction, shown.stage, shown.eta_s(self._clock.monotonic()))


def _sweep(job: Job) -> None:
    """Remove what a dead worker left unfinished. Only one worker lives at a time, so nobody else's is hit."""
    folder = job.request.get("out_dir")
    if folder:
        parts_of_stems = Path(str(folder)).glob(f"*_{job.request_id[:8]}_v*_parts")
        for each in (Path(str(folder)), *parts_of_stems):
            sweep_parts(each, 0.0)
