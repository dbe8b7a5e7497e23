"""Hears all items and references, in several processes if wanted; what was heard is kept and never made again.

One file per item lies in a folder that is named after everything the figures depend on (`Setup`, the bytes of the
models, counts and seeds), so that a run that was cut off goes on, and another setup never meets its files.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.evaluate.accompaniment_adherence import other_songs
from models.evaluate.bench import Bench, Setup
from models.evaluate.family_classifier import WEIGHTS
from models.evaluate.items import ITEMS, REFERENCES, Item, items
from models.evaluate.musical import ContextFeatures
from models.families import FAMILIES

Array = NDArray[np.float32]
Stored = dict[str, Array]
FORMAT = 3  # of the files; raise it when what is heard changes
SHUFFLE_SEED = 0
_bench: Bench | None = None


@dataclass(frozen=True)
class Task:
    """One item or reference, the one that lends it its stem, and where the result goes."""

    kind: str
    item: Item
    partner: Item
    path: Path


@dataclass(frozen=True)
class Material:
    """What was heard: one dictionary per item and per reference, and which item lent each one its stem."""

    items: list[Stored]
    references: list[Stored]
    partners: NDArray[np.int64]

    @property
    def families(self) -> NDArray[np.int64]:
        """Index into FAMILIES of each item."""
        return np.array([int(one["item"][1]) for one in self.items])

    @property
    def contexts(self) -> list[ContextFeatures]:
        """The truth about each item's context."""
        names = ("grid", "onsets", "chords", "key")
        return [ContextFeatures(*(one[f"context|{name}"].astype(np.float64) for name in names)) for one in self.items]


def hear_all(
    setup: Setup, count: int, references: int, folder: Path, workers: int, done: Callable[[], None]
) -> Material:
    """Hears `count` items and `references` references; `done` is called after each.

    Loads the models once per process. With one worker everything happens here.
    """
    rows = folder / _digest(setup, count, references)
    rows.mkdir(parents=True, exist_ok=True)
    tasks = _tasks(count, ITEMS, "item", rows) + _tasks(references, REFERENCES, "reference", rows)
    missing = [task for task in tasks if not task.path.is_file()]
    for _ in range(len(tasks) - len(missing)):
        done()
    for _ in _work(setup, missing, workers):
        done()
    stored = [_read(task.path) for task in tasks]
    return Material(stored[:count], stored[count:], other_songs(range(count), SHUFFLE_SEED))


def _tasks(count: int, first: int, kind: str, folder: Path) -> list[Task]:
    found = items(count, first)
    partners = other_songs(range(count), SHUFFLE_SEED)
    return [Task(kind, item, found[partners[place]], folder / f"{kind}_{place:04d}.npz")
            for place, item in enumerate(found)]  # fmt: skip


def _work(setup: Setup, tasks: list[Task], workers: int) -> Iterator[None]:
    """Does the tasks in any order."""
    if workers <= 1:
        bench = Bench(setup) if tasks else None
        for task in tasks:
            assert bench is not None
            yield _do(bench, task)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, max(len(tasks), 1)), context, _begin, (setup,)) as pool:
        for future in as_completed([pool.submit(_do_here, task) for task in tasks]):
            yield future.result()


def _begin(setup: Setup) -> None:
    """In a fresh process."""
    global _bench
    _bench = Bench(setup)


def _do_here(task: Task) -> None:
    assert _bench is not None
    _do(_bench, task)


def _do(bench: Bench, task: Task) -> None:
    """Hears and stores; a file is there whole or not at all."""
    hear = bench.hear_item if task.kind == "item" else bench.hear_reference
    heard = hear(task.item, task.partner)
    part = task.path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as stream:
        np.savez_compressed(stream, **heard)
    part.replace(task.path)


def _read(path: Path) -> Stored:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _digest(setup: Setup, count: int, references: int) -> str:
    """Name of the folder of one setup."""
    folders = {folder for folder in (setup.pack, setup.clap, setup.dit, setup.unet) if folder is not None}
    files = sorted(path for folder in folders for path in folder.iterdir() if path.suffix in (".onnx", ".npy", ".json"))
    bytes_of = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    bytes_of["classifier"] = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    # Device, threads and workers change the last digits only.
    values = {key: value for key, value in asdict(setup).items() if key not in ("device", "threads")}
    text = json.dumps([FORMAT, values, bytes_of, count, references, FAMILIES], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
