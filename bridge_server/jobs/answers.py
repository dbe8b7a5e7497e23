"""Rows of the store as messages of the protocol."""

from __future__ import annotations

from collections.abc import Iterable

from bridge_server.jobs.job import Job, State
from bridge_server.jobs.job import Part as PartRow
from bridge_server.jobs.job import Stem as StemRow
from bridge_server.protocol.messages import Cancelled, Done, Failed, Message, Part, Stem


def stem(job: Job, row: StemRow) -> Message:
    """The message that announces one finished stem."""
    return Stem(job.request_id, 0, row.index, row.count, row.path, row.frames, row.sample_rate, row.seed)


def stems(job: Job) -> list[Message]:
    """Every stem finished so far, in order."""
    return [stem(job, row) for row in job.stems]


def part(job: Job, row: PartRow) -> Message:
    """The message that announces one part of a stem that is being made."""
    return Part(
        job.request_id, 0, row.index, row.part, row.path, row.start, row.frames, row.stem_frames, row.sample_rate
    )


def parts(job: Job, rows: Iterable[PartRow]) -> list[Message]:
    """Every part so far of the stems that are not finished, in order."""
    finished = {stem.index for stem in job.stems}
    return [part(job, row) for row in rows if row.index not in finished]


def ending(job: Job) -> Message:
    """The last message of a job that is over."""
    if job.state is State.DONE:
        return Done(job.request_id, 0, len(job.stems), job.elapsed_s, job.device)
    if job.state is State.CANCELLED:
        return Cancelled(job.request_id)
    return Failed(job.request_id, 0, job.code, job.message, job.hint)
