"""`riffbridge history clean`: old stems that no session uses are put aside, and their jobs forgotten.

Never touched: favourites, jobs that are not over or younger than some days, stems that a session below the named
folders refers to, and stems that a job which stays was made from. Nothing is deleted: files go into a folder beside
them, on the same disk, from which they can be moved back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bridge_server.commands.sessions import mentioned, tail_of
from bridge_server.jobs.job import Job
from bridge_server.jobs.store import Store

ASIDE = "removed by riffbridge"
ALL = 1_000_000_000
DAY_S = 86_400.0


@dataclass(frozen=True)
class Plan:
    """What a clean-up would do: jobs to forget, their files to put aside, jobs kept because they are in use."""

    jobs: tuple[Job, ...]
    files: tuple[Path, ...]
    in_use: tuple[Job, ...]

    @property
    def megabytes(self) -> float:
        """Size of the files."""
        return sum(path.stat().st_size for path in self.files) / 1e6


def clean(store: Store, sessions: Collection[Path], days: float, does_it: bool, console: Console) -> int:
    """Tell what would be put aside, or do it; returns the exit code."""
    plan = planned(store, sessions, time.time() - days * DAY_S)
    if does_it:
        for path in plan.files:
            put_aside(path)
        store.delete([job.number for job in plan.jobs])
    what = f"{len(plan.jobs)} jobs with {len(plan.files)} files"
    console.print(f"{what} {'were' if does_it else 'would be'} put aside; {len(plan.in_use)} are in use and stay.")
    if not does_it and plan.jobs:
        console.print(f"{plan.megabytes:.1f} MB; add --yes to do it.")
    elif plan.files:
        console.print(f'They lie in "{ASIDE}" beside where they were; empty that folder to free the disk.')
    return 0


def planned(store: Store, sessions: Collection[Path], before: float) -> Plan:
    """Old jobs, split into those that nothing refers to and those in use. Raises RiffError when that is not known."""
    everything = store.history(ALL)
    old = {job.number: job for job in store.history(ALL, before=before) if not job.is_favourite}
    tails = {number: {tail_of(path) for path in _paths(store, job)} for number, job in old.items()}
    wanted = {tail for each in tails.values() for tail in each if tail is not None}
    own = [Path(stem.path).with_suffix(".json") for job in everything for stem in job.stems]
    used: set[str | None] = set(mentioned(wanted, sessions, own))
    used |= {None} | _made_from((job for job in everything if job.number not in old), wanted)  # None: not named by us
    in_use = tuple(job for number, job in old.items() if tails[number] & used)
    free = tuple(job for number, job in old.items() if not tails[number] & used)
    files = [path for job in free for path in _files(store, job)]
    return Plan(free, tuple(dict.fromkeys(files)), in_use)


def put_aside(path: Path) -> Path:
    """Move a file into the folder beside it; returns where it is now. A folder of parts that is empty then goes."""
    folder = path.parent.parent if path.parent.name.endswith("_parts") else path.parent
    aside = folder / ASIDE
    aside.mkdir(exist_ok=True)
    target, number = aside / path.name, 1
    while target.exists():
        number += 1
        target = aside / f"{path.stem} {number}{path.suffix}"
    os.rename(path, target)
    with suppress(OSError):
        if path.parent != folder:
            path.parent.rmdir()
    return target


def _made_from(jobs: Iterable[Job], tails: Collection[str]) -> set[str]:
    """The tails of stems that these jobs name as what they were made from."""
    texts = [str(value) for job in jobs for value in job.request.values() if isinstance(value, str)]
    return {tail for tail in tails if any(tail in text for text in texts)}


def _paths(store: Store, job: Job) -> list[str]:
    return [stem.path for stem in job.stems] + [part.path for part in store.parts(job.number)]


def _files(store: Store, job: Job) -> list[Path]:
    """The files of a job that are still where they were, recipes included."""
    stems = [Path(stem.path) for stem in job.stems]
    parts = [Path(part.path) for part in store.parts(job.number)]
    return [path for path in (*stems, *(stem.with_suffix(".json") for stem in stems), *parts) if path.is_file()]
