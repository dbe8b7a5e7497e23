"""A pool of rendered excerpts in shared memory, written by forked workers while a trainer reads it.

    python -m models.data.pool --path /dev/shm/songs --slots 3000 --workers 12 --seconds 1500 --sound-font X.sf3

With `--multitracks FOLDER` the excerpts come from real songs in place of composed ones.

Three files: `<path>.audio` int16 [slot, 6, 2, 983040], one 20.48 s excerpt of a song with its stems at mix level
(their sum stays below full scale): two windows, so that there is another segment of each stem to describe it by;
`<path>.families` int8 [slot, 6], an index into FAMILIES or -1; and `<path>.serial` int64 [slot], 0 while a slot is
empty or being written, else the song's seed + 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.families import FAMILIES

STEMS = 6
WINDOWS = 2
WINDOW_FRAMES = 491_520  # 10.24 s
FRAMES = WINDOWS * WINDOW_FRAMES
SILENT_RMS = 10 ** (-60 / 20)
HELD_OUT = 32  # every 32nd seed is kept for validation by codec training

Source = Callable[[int], tuple[np.ndarray, np.ndarray]]
"""Gives the excerpt of a seed: int16 [6, 2, 983040] and families int8 [6]."""


class _Maps:
    """The three memory maps of a pool."""

    def __init__(self, path: Path | str, mode: str = "r+") -> None:
        slots = os.path.getsize(f"{path}.serial") // 8
        self.audio = np.memmap(f"{path}.audio", np.int16, mode, shape=(slots, STEMS, 2, FRAMES))
        self.families = np.memmap(f"{path}.families", np.int8, mode, shape=(slots, STEMS))
        self.serial = np.memmap(f"{path}.serial", np.int64, mode, shape=(slots,))


class PoolReader:
    """Reads a pool that workers go on writing to."""

    def __init__(self, path: Path | str) -> None:
        self._maps = _Maps(path, "r")

    def serials(self) -> np.ndarray:
        """Serial of every slot, int64 [slot]; 0 = nothing there now."""
        return np.array(self._maps.serial)

    def read(self, slot: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Audio int16 [6, 2, 983040], families int8 [6] and serial of a slot (copies).

        The serial is 0 when the slot was empty or was overwritten while it was read; drop it then.
        """
        before = int(self._maps.serial[slot])
        audio = np.array(self._maps.audio[slot])
        families = np.array(self._maps.families[slot])
        after = int(self._maps.serial[slot])
        return audio, families, before if before == after else 0


def create(path: Path | str, slots: int) -> None:
    """Makes an empty pool; one that is there already is emptied."""
    sizes = {"audio": slots * STEMS * 2 * FRAMES * 2, "families": slots * STEMS, "serial": slots * 8}
    for name, size in sizes.items():
        with open(f"{path}.{name}", "wb") as file:
            file.truncate(size)


def excerpt(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One excerpt of the song of a seed: int16 [6, 2, 983040] and families int8 [6]; never all silent."""
    from models.data.composer import compose, render
    from models.data.composer.dice import Dice

    song = compose(seed)
    dice = Dice(f"{seed}/excerpt")
    audio = np.zeros((STEMS, 2, FRAMES), np.int16)
    families = np.full(STEMS, -1, np.int8)
    for _ in range(4):
        start = dice.between(0.0, max(0.0, song.duration_s - FRAMES / 48_000))
        rendered = render(song, start, FRAMES)
        heard = np.sqrt(np.mean(rendered.stems**2, axis=(1, 2))) > SILENT_RMS
        if heard.sum() >= min(2, len(song.tracks)):
            break
    for place, stem in enumerate(np.flatnonzero(heard)):
        audio[place] = np.round(rendered.stems[stem] * 32_767)
        families[place] = FAMILIES.index(rendered.families[stem])
    return audio, families


def _work(
    source: Source, path: str, worker: int, workers: int, first_seed: int, stop_at: float, once: bool = False
) -> None:
    """One worker: seeds first_seed + worker, + workers, ... into slots worker, + workers, ... round and round.

    It ends at the time `stop_at`, with `once` when all its slots are full, and when its parent has been killed.
    Slots have one writer each: a worker that lapped another one would else write into the same slot with it.
    """
    maps = _Maps(path)
    slots = range(worker, len(maps.serial), workers)
    turn, parent = -1, os.getppid()
    while slots and time.time() < stop_at and os.getppid() == parent:
        if once and maps.serial[worker::workers].all():
            return
        turn += 1
        seed = first_seed + worker + turn * workers
        slot = slots[turn % len(slots)]
        try:
            audio, families = source(seed)
        except Exception:
            print(f"The song of seed {seed} failed:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
            continue
        maps.serial[slot] = 0
        maps.audio[slot] = audio
        maps.families[slot] = families
        maps.serial[slot] = seed + 1


def fill(path: Path | str, workers: int, seconds: float, first_seed: int, fonts: list[Path]) -> None:
    """Fills a pool that exists with composed songs for so many seconds of wall clock, going round when it is full."""
    from models.data.composer import effects, soundfont
    from models.data.composer.render import PRE_ROLL_S

    stop_at = time.time() + seconds
    soundfont.load(fonts)
    effects.warm_rooms(FRAMES + int(PRE_ROLL_S * 48_000))
    fill_from(excerpt, path, workers, stop_at - time.time(), first_seed)


def fill_from(
    source: Source, path: Path | str, workers: int, seconds: float, first_seed: int, once: bool = False
) -> None:
    """Fills a pool that exists from any source; the workers are forked, so `source` is shared as it is.

    `once`: until every slot is full, instead of going round.
    """
    stop_at = time.time() + seconds
    fork = multiprocessing.get_context("fork")
    shares = [(source, str(path), worker, workers, first_seed, stop_at, once) for worker in range(workers)]
    crew = [fork.Process(target=_work, args=share) for share in shares]
    for process in crew:
        process.start()
    for process in crew:
        process.join()


def _from_multitracks(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Fills the pool from real songs, after saying once which are used and what is left out."""
    from models.data.multitrack_excerpts import MultitrackExcerpts

    try:
        source = MultitrackExcerpts(options.multitracks)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(source.findings.report(), flush=True)
    create(options.path, options.slots)
    fill_from(source, options.path, options.workers, options.seconds, options.first_seed)


def main(arguments: list[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description="Renders songs into a pool in shared memory.")
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--slots", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1500)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--sound-font", type=Path, action="append", default=[])
    parser.add_argument("--multitracks", type=Path, help="take excerpts of the songs in this folder")
    options = parser.parse_args(arguments)
    if options.multitracks:
        _from_multitracks(parser, options)
        return
    create(options.path, options.slots)
    fill(options.path, options.workers, options.seconds, options.first_seed, options.sound_font)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
