"""How long a job will take, learnt from the jobs that were done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from statistics import median, quantiles

from bridge_server.jobs.job import Job

FIRST_GUESS = 1.0
"""Seconds of computing for a second of stem before anything was measured on this machine."""
LEAST_S = 1.0
UNKNOWN_WORK_S = 10.0
"""Assumed for a context whose length is not known yet: one window."""
KEPT = 20


class Pace:
    """The median of the last 20 jobs' seconds of computing for a second of stem."""

    def __init__(self, done: Iterable[Job] = ()) -> None:
        """`done`: finished jobs, oldest first."""
        self._jobs = deque((job for job in done if job.work_s and job.elapsed_s), maxlen=KEPT)

    def learn(self, job: Job) -> None:
        """Take a finished job into account."""
        if job.work_s and job.elapsed_s:
            self._jobs.append(job)

    def estimate_s(self, job: Job) -> float:
        """Seconds from start to end of this job."""
        factor = median(done.elapsed_s / done.work_s for done in self._jobs) if self._jobs else FIRST_GUESS
        return max(LEAST_S, factor * (job.work_s or UNKNOWN_WORK_S))

    def percentiles_s(self) -> tuple[float, float]:
        """p50 and p95 of the last jobs' seconds from start to end; zeros when there are none."""
        times = [job.elapsed_s for job in self._jobs]
        if len(times) < 2:
            return (times[0], times[0]) if times else (0.0, 0.0)
        cuts = quantiles(times, n=20, method="inclusive")
        return cuts[9], cuts[18]
