"""A user's multitracks as training data: excerpts in a pool, and their latents, each made once and then kept.

A work folder holds `songs.audio`, `songs.families`, `songs.serial` (see `models.data.pool`), `latents/`, and a note
`songs.json` or `latents.json`, written when the thing is complete: what an interrupted call left is made anew.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.data import pool
from models.data.multitrack_excerpts import MultitrackExcerpts
from models.data.multitracks import RATE, frames_of

EXCERPT_BYTES = pool.STEMS * 2 * pool.FRAMES * 2
EXCERPTS = (64, 256)  # fewest and most when nothing is asked for: 1.5 and 6.0 GB
EXCERPTS_PER_LENGTH = 1.5  # how many times over the music is cut into excerpts
PATIENCE_S = 3600.0
MADE = (
    *(f"songs.{kind}" for kind in ("json", "audio", "families", "serial")),
    "latents.json",
    *(f"pairs/{name}.npy" for name in ("texts", "audios", "songs")),
    *(
        f"latents/{name}"
        for name in ("count", "targets.f16", "contexts.f16", "claps.f16", "families.i8", "norm.json", "held_out")
    ),
)
MINIMUM = 4  # songs with a target that latent training asks for


@dataclass(frozen=True)
class UserSongs:
    """Excerpts of the songs in `data`, in `work`."""

    data: Path
    work: Path
    excerpts: int = 0  # 0: by the length of the music
    workers: int = 2

    @property
    def pool(self) -> Path:
        """Path of the pool, as the trainers want it."""
        return self.work / "songs"

    @property
    def latents(self) -> Path:
        """Folder of the latents."""
        return self.work / "latents"

    def render(self) -> dict[str, Any]:
        """Cut the songs into excerpts unless that is done; returns how many songs and excerpts there are.

        Raises:
            ValueError: nothing in the folder can be used, the disk is too small, or this is Windows.
        """
        done = self._note("songs")
        if done.get("data") == str(self.data) and self.excerpts in (0, done["excerpts"]):
            return done
        if "fork" not in multiprocessing.get_all_start_methods():
            raise ValueError("Training needs Linux or macOS; on Windows use the Windows Subsystem for Linux.")
        source = MultitrackExcerpts(self.data)
        count = self.excerpts or self._enough(source)
        self._begin(count)
        print(f"Cutting {len(source.findings.songs)} songs into {count} excerpts of 20.48 s ...", flush=True)
        began = time.monotonic()
        pool.fill_from(source, self.pool, min(self.workers, count), PATIENCE_S, 0, once=True)
        serials = pool.PoolReader(self.pool).serials()
        if not serials.all():
            raise ValueError("Too few excerpts with two instruments that sound: see above, or add songs.")
        training = int(((serials - 1) % pool.HELD_OUT != 0).sum())
        note = {"data": str(self.data), "songs": len(source.findings.songs), "excerpts": count, "training": training}
        self._write("songs", note)
        print(f"... in {time.monotonic() - began:.0f} s.", flush=True)
        return note

    def encode(self, codec: Path, clap: Path) -> None:
        """Make the latents of all excerpts, and their CLAP vectors, unless that is done.

        Raises:
            ValueError: too few excerpts have an instrument that plays half of the time beside another one.
        """
        from models.train import latents

        note = {"codec": str(codec), "clap": str(clap)}
        if self._note("latents") == note:
            return
        songs = len(pool.PoolReader(self.pool).serials())
        given = {"codec": codec, "clap": clap, "pool": self.pool, "out": self.latents, "windows": songs * pool.WINDOWS}
        latents.main([word for name, value in given.items() for word in (f"--{name}", str(value))] + ["--once"])
        found = int((self.latents / "count").read_text())
        if found < MINIMUM:
            raise ValueError(
                f"Only {found} windows in {songs} excerpts have an instrument that plays half of the time beside another one;"
                f" training needs {MINIMUM}."
            )
        self._write("latents", note)

    def clear(self) -> None:
        """Delete what was made."""
        for name in MADE:  # by name, because `--work` may be a folder with other things in it
            (self.work / name).unlink(missing_ok=True)
        for folder in (self.latents, self.work / "pairs", self.work):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _enough(self, source: MultitrackExcerpts) -> int:
        seconds = sum(frames_of(song) for song in source.findings.songs) / RATE
        fewest, most = EXCERPTS
        return max(fewest, min(most, math.ceil(EXCERPTS_PER_LENGTH * seconds / (pool.FRAMES / RATE))))

    def _begin(self, count: int) -> None:
        """Empty files; what was made of other excerpts goes."""
        self.work.mkdir(parents=True, exist_ok=True)
        self.clear()
        self.work.mkdir(exist_ok=True)
        free = shutil.disk_usage(self.work).free
        if free < count * EXCERPT_BYTES * 1.1:
            gigabytes = count * EXCERPT_BYTES / 1e9
            raise ValueError(f"{count} excerpts take {gigabytes:.1f} GB, and {free / 1e9:.1f} GB are free: --excerpts.")
        pool.create(self.pool, count)

    def _note(self, name: str) -> dict[str, Any]:
        path = self.work / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def _write(self, name: str, note: dict[str, Any]) -> None:
        fresh = self.work / f"{name}.new"
        fresh.write_text(json.dumps(note), encoding="utf-8")
        os.replace(fresh, self.work / f"{name}.json")
