"""`riffbridge history`: every job that was ever asked for, with its recipes; favourites; the same bytes again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bridge_server.accompany import recipe as recipes
from bridge_server.accompany.recipe import Recipe
from bridge_server.errors import BadArguments
from bridge_server.jobs.job import Job
from bridge_server.jobs.store import Store

NOTHING = "Nothing has been asked for with the state folder"


@contextmanager
def store_of(state_folder: Path) -> Iterator[Store]:
    """The list of jobs in a state folder, whether its server runs or not; raises BadArguments when there is none."""
    folder = state_folder.expanduser().absolute()
    store = Store.open_existing(folder / "jobs.sqlite")
    if store is None:
        raise BadArguments(f"{NOTHING} {folder}.", "Name another one with --state.")
    try:
        yield store
    finally:
        store.close()


def show_list(state_folder: Path, limit: int, favourites: bool, as_json: bool, console: Console) -> int:
    """The newest jobs; returns the exit code."""
    with store_of(state_folder) as store:
        jobs = store.history(limit, favourites)
    if as_json:
        console.print_json(json.dumps([told(job) for job in jobs]))
        return 0
    table = Table("job", "", "when", "state", "prompt", "stems", "seconds", "where", box=None)
    for job in jobs:
        table.add_row(*_row(job))
    console.print(table)
    return 0


def show(state_folder: Path, number: int, console: Console) -> int:
    """Everything about one job."""
    with store_of(state_folder) as store:
        console.print_json(json.dumps(told(job_of(store, number))))
    return 0


def star(state_folder: Path, number: int, is_favourite: bool, console: Console) -> int:
    """Mark a job as a favourite, or take the mark away."""
    with store_of(state_folder) as store:
        job_of(store, number)
        store.mark_favourite(number, is_favourite)
    console.print(f"Job {number} is {'a favourite' if is_favourite else 'no favourite any more'}.")
    return 0


def recipes_of(state_folder: Path, number: int) -> list[Recipe]:
    """The recipes of a job's stems, from the list of jobs: also when the files beside the stems are gone."""
    with store_of(state_folder) as store:
        job = job_of(store, number)
    texts = [stem.recipe_json for stem in job.stems if stem.recipe_json]
    if not texts:
        raise BadArguments(f"Job {number} has no stem with a recipe.", "`riffbridge history` lists those that have.")
    return [recipes.read(text, f"The recipe of job {number}") for text in texts]


def job_of(store: Store, number: int) -> Job:
    """The job of a number; raises BadArguments when there is none."""
    try:
        return store.job(number)
    except KeyError as error:
        raise BadArguments(f"There is no job {number}.", "`riffbridge history` lists the jobs.") from error


def told(job: Job) -> Mapping[str, Any]:
    """A job as plain JSON types, its recipes as objects."""
    plain = {name: value for name, value in asdict(job).items() if name not in ("fingerprint", "ending")}
    plain["state"] = str(job.state)
    for stem in plain["stems"]:
        text = stem.pop("recipe_json")
        stem["recipe"] = json.loads(text) if text else None
    return plain


def _row(job: Job) -> list[str]:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(job.created_at))
    where = job.stems[0].path if job.stems else job.code
    stems = f"{len(job.stems)} of {job.variations}"
    prompt = str(job.request.get("prompt") or "")
    star_ = "★" if job.is_favourite else ""
    return [str(job.number), star_, when, str(job.state), prompt, stems, f"{job.elapsed_s:.1f}", where]
