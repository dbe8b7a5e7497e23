"""The file behind the store: opened, judged, brought to the present layout, set aside when it is damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

LAYOUTS = (
    """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    client TEXT NOT NULL, request_id TEXT NOT NULL, fingerprint TEXT NOT NULL, request TEXT NOT NULL,
    audio_s REAL NOT NULL, lane TEXT NOT NULL, expires_at REAL, created_at REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued', worker_deaths INTEGER NOT NULL DEFAULT 0,
    server_deaths INTEGER NOT NULL DEFAULT 0, ending TEXT NOT NULL DEFAULT '',
    fraction REAL NOT NULL DEFAULT 0, started_at REAL, finished_at REAL,
    code TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    UNIQUE (client, request_id));
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE TABLE stems (
    job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    "index" INTEGER NOT NULL, count INTEGER NOT NULL, path TEXT NOT NULL, frames INTEGER NOT NULL,
    sample_rate INTEGER NOT NULL, seed INTEGER NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY (job, "index"));
""",
    """
ALTER TABLE jobs ADD COLUMN is_favourite INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stems ADD COLUMN recipe_json TEXT NOT NULL DEFAULT '';
CREATE TABLE parts (
    job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    "index" INTEGER NOT NULL, part INTEGER NOT NULL, path TEXT NOT NULL, start INTEGER NOT NULL,
    frames INTEGER NOT NULL, stem_frames INTEGER NOT NULL, sample_rate INTEGER NOT NULL,
    PRIMARY KEY (job, "index", part));
""",
)
"""What each version adds to the one before it."""

SCHEMA_VERSION = len(LAYOUTS)


class StoreFromNewerVersion(Exception):
    """The file was written by a newer riffbridge; it is left untouched."""


def connect(path: Path) -> sqlite3.Connection:
    """Open or create the file in the present layout.

    Raises sqlite3.DatabaseError for a damaged file, StoreFromNewerVersion.
    """
    db = sqlite3.connect(path, timeout=5.0, check_same_thread=False)
    try:
        db.row_factory = sqlite3.Row
        _check(db, path)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            db.execute(f"PRAGMA {pragma}")
        _migrate(db)
    except BaseException:
        db.close()
        raise
    return db


def set_aside(path: Path) -> Path:
    """Rename a damaged file to `<name>.broken-<k>`, with what SQLite keeps beside it."""
    taken = 1
    while (aside := path.with_name(f"{path.name}.broken-{taken}")).exists():
        taken += 1
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def _check(db: sqlite3.Connection, path: Path) -> None:
    verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"{path} is damaged: {verdict}")
    version = _version(db)
    if version > SCHEMA_VERSION:
        raise StoreFromNewerVersion(
            f"{path} was written by a newer riffbridge (job store version {version}, this one knows"
            f" {SCHEMA_VERSION}). Update riffbridge, or start it with another --state folder."
        )


def _migrate(db: sqlite3.Connection) -> None:
    """Layout after layout, each in one transaction: a kill leaves the file in the old one or the new one."""
    for version in range(_version(db), SCHEMA_VERSION):
        db.executescript(f"BEGIN; {LAYOUTS[version]} PRAGMA user_version = {version + 1}; COMMIT;")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
