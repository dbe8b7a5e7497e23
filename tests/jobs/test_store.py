"""The store on disk: moves, uniqueness, survival, damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.errors import DiskFull
from bridge_server.jobs.job import FINAL, MOVES, IllegalMove, Job, NewJob, Part, State, Stem
from bridge_server.jobs.store import Store
from bridge_server.jobs.store_file import LAYOUTS, SCHEMA_VERSION, StoreFromNewerVersion

NEW = NewJob("daw", "a", "hash", {"variations": 2, "name": "Bäß", "seed": 7}, 1.5, "lane", 99.0, 1.0)
STEM = Stem(0, 2, "/out/a_v0.wav", 480, 48_000, 7, "ab", '{"recipe": 1}')
PART = Part(0, 1, "/out/a_v0_parts/a_v0_part1.wav", 120, 240, 480, 48_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "jobs.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store.open(path)
    yield opened
    opened.close()


def in_state(store: Store, state: State) -> Job:
    """A job brought to a state by legal moves."""
    job: Job | None = store.submit(NEW)
    ways = {State.QUEUED: (), State.RUNNING: (State.RUNNING,)}
    for step in ways.get(state, (State.RUNNING, state)):
        assert job is not None
        job = store.move(job, step)
    assert job is not None
    return job


def test_a_job_comes_back_as_it_was_put(store: Store) -> None:
    job = store.submit(NEW)
    assert {name: getattr(job, name) for name in NewJob.__dataclass_fields__} == vars(NEW)
    assert (job.state, job.number, job.stems) == (State.QUEUED, 1, ())
    assert job.work_s == 3.0


def test_another_connection_sees_what_was_submitted(store: Store, path: Path) -> None:
    store.submit(NEW)
    other = Store.open(path)
    assert other.find("daw", "a") == store.find("daw", "a")
    other.close()


def test_a_client_uses_an_id_once(store: Store) -> None:
    store.submit(NEW)
    with pytest.raises(sqlite3.IntegrityError):
        store.submit(NEW)
    store.submit(replace(NEW, client="phone"))
    assert len(store.queued()) == 2


@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("new", State)
def test_only_the_moves_of_the_table_are_made(store: Store, old: State, new: State) -> None:
    job = in_state(store, old)
    if new in MOVES[old]:
        moved = store.move(job, new)
        assert moved is not None
        assert moved.state is new
    else:
        with pytest.raises(IllegalMove):
            store.move(job, new)
        assert store.job(job.number).state is old


def test_nothing_leaves_a_final_state() -> None:
    assert {state for state in State if not MOVES[state]} == FINAL


def test_who_comes_second_changes_nothing(store: Store) -> None:
    job = store.submit(NEW)
    assert store.move(job, State.CANCELLED, code="cancelled") is not None
    assert store.move(job, State.RUNNING) is None
    assert store.job(job.number).state is State.CANCELLED


def test_a_note_does_not_touch_a_job_that_is_over(store: Store) -> None:
    job = in_state(store, State.DONE)
    store.note(job.number, fraction=0.5, ending="cancelled")
    assert store.job(job.number) == job


def test_a_stem_is_recorded_once(store: Store) -> None:
    job = store.submit(NEW)
    assert store.add_stem(job.number, STEM)
    assert not store.add_stem(job.number, replace(STEM, path="/elsewhere.wav"))
    assert store.job(job.number).stems == (STEM,)


def test_expired_are_only_the_waiting_ones_whose_time_is_over(store: Store) -> None:
    waiting = store.submit(NEW)
    running = store.submit(replace(NEW, request_id="b"))
    store.move(running, State.RUNNING)
    store.submit(replace(NEW, request_id="c", expires_at=None))
    assert store.expired(98.9) == []
    assert store.expired(99.0) == [waiting]


def test_a_part_is_recorded_once_and_comes_back_in_order(store: Store) -> None:
    job = store.submit(NEW)
    assert store.add_part(job.number, PART)
    assert store.add_part(job.number, replace(PART, part=0, start=0))
    assert not store.add_part(job.number, replace(PART, path="/elsewhere.wav"))
    assert store.parts(job.number) == [replace(PART, part=0, start=0), PART]


def test_only_jobs_that_are_over_and_no_favourites_are_deleted_with_all_that_belongs_to_them(
    store: Store, path: Path
) -> None:
    over = in_state(store, State.CANCELLED)
    store.add_stem(over.number, STEM)
    store.add_part(over.number, PART)
    waiting = store.submit(replace(NEW, request_id="open"))
    loved = store.submit(replace(NEW, request_id="loved"))
    assert store.mark_favourite(loved.number, True)
    store.move(store.job(loved.number), State.CANCELLED, finished_at=10.0)
    assert store.delete([over.number, waiting.number, loved.number, 99]) == 1
    assert [job.number for job in store.history(10)] == [loved.number, waiting.number]
    for table in ("stems", "parts"):
        assert sqlite3.connect(path).execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_history_is_newest_first_and_can_be_asked_for_favourites_and_age(store: Store) -> None:
    jobs = [store.submit(replace(NEW, request_id=f"r{number}", client=f"c{number % 2}")) for number in range(4)]
    for job, ended in zip(jobs, (10.0, 20.0, 30.0), strict=False):
        store.move(job, State.CANCELLED, finished_at=ended)
    store.mark_favourite(jobs[1].number, True)
    assert [job.request_id for job in store.history(3)] == ["r3", "r2", "r1"]
    assert [job.request_id for job in store.history(9, favourites=True)] == ["r1"]
    assert [job.request_id for job in store.history(9, before=30.0)] == ["r1", "r0"]
    assert store.mark_favourite(jobs[1].number, False)
    assert store.history(9, favourites=True) == []
    assert not store.mark_favourite(99, True)


def test_a_file_of_the_first_layout_is_brought_up_to_date_and_loses_nothing(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.executescript(f"{LAYOUTS[0]} PRAGMA user_version = 1;")
    db.execute(
        "INSERT INTO jobs (client, request_id, fingerprint, request, audio_s, lane, created_at, state)"
        " VALUES ('daw', 'old', 'hash', '{\"seed\": 3}', 2.0, '', 1.0, 'done')"
    )
    db.execute("INSERT INTO stems VALUES (1, 0, 1, '/out/old_v0.wav', 480, 48000, 3, 'ab')")
    db.commit()
    db.close()
    store = Store.open(path)
    (job,) = store.history(5)
    assert (job.request_id, job.is_favourite, job.state) == ("old", False, State.DONE)
    assert job.stems == (Stem(0, 1, "/out/old_v0.wav", 480, 48_000, 3, "ab", ""),)
    assert store.parts(job.number) == []
    store.close()


def test_the_file_is_written_so_that_an_accepted_job_survives_a_power_cut(store: Store) -> None:
    values = [store._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert values == ["wal", 2]


@pytest.mark.parametrize("where", [0, 20, 4096 + 8])
def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(path: Path, where: int) -> None:
    store = Store.open(path)
    for number in range(200):
        store.submit(replace(NEW, request_id=f"r{number}"))
    store.close()
    content = bytearray(path.read_bytes())
    content[where : where + 64] = b"\xff" * 64
    path.write_bytes(content)
    again = Store.open(path)
    assert again.set_aside == path.with_name("jobs.sqlite.broken-1")
    assert again.set_aside.read_bytes() == bytes(content)
    assert again.queued() == []
    again.submit(NEW)
    again.close()


def test_a_second_damaged_file_does_not_replace_the_first(path: Path) -> None:
    path.parent.mkdir()
    for _ in range(2):
        path.write_bytes(b"no database " * 100)
        Store.open(path).close()
    assert len(list(path.parent.glob("*.broken-?"))) == 2


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    Store.open(path).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreFromNewerVersion, match="Update riffbridge"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_full_disk_refuses_and_loses_nothing(store: Store) -> None:
    store.submit(NEW)
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFull):
        store.submit(replace(NEW, request_id="big", request={"name": "x" * 100_000}))
    assert store.find("daw", "big") is None
    store._db.execute("PRAGMA max_page_count = 1000000")
    store.submit(replace(NEW, request_id="big", request={"name": "x" * 100_000}))
    assert len(store.queued()) == 2
