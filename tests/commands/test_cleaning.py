"""What a clean-up puts aside, and above all what it never touches."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge_server.commands.cleaning import ASIDE, planned, put_aside
from bridge_server.commands.sessions import BLOCK_BYTES, mentioned, tail_of
from bridge_server.errors import BadArguments, RiffError
from bridge_server.jobs.job import Job, NewJob, Part, State, Stem
from bridge_server.jobs.store import Store

Name = Callable[[Path], str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "state" / "jobs.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def stems(tmp_path: Path) -> Path:
    folder = tmp_path / "stems"
    folder.mkdir()
    return folder


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    folder = tmp_path / "sessions"
    folder.mkdir()
    return folder


def made(store: Store, folder: Path, request_id: str, finished_at: float = 100.0, **request: object) -> Job:
    """A job that is done, with its stem, its recipe and a part on the disk."""
    job = store.submit(NewJob("daw", request_id, "hash", {"seed": 1, **request}, 1.0))
    path = folder / f"bass_{request_id[:8]}_v0.wav"
    part = folder / f"bass_{request_id[:8]}_v0_parts" / f"bass_{request_id[:8]}_v0_part0.wav"
    part.parent.mkdir()
    for each in (path, path.with_suffix(".json"), part):
        each.write_text(f"made by {path.name}")
    store.add_stem(job.number, Stem(0, 1, str(path), 10, 48_000, 1, "", "{}"))
    store.add_part(job.number, Part(0, 0, str(part), 0, 10, 10, 48_000))
    running = store.move(store.job(job.number), State.RUNNING)
    assert running is not None
    done = store.move(running, State.DONE, finished_at=finished_at)
    assert done is not None
    return done


WRITERS: dict[str, Callable[[Path, str], None]] = {
    "song.RPP": lambda path, name: path.write_text(f'<SOURCE WAVE\n  FILE "stems/{name}"\n>'),
    "song.als": lambda path, name: path.write_bytes(gzip.compress(f'<Path Value="C:/Ä &amp; B/{name}"/>'.encode())),
    "song.dawproject": lambda path, name: zipped(path, f'<File path="audio/{name}"/>'.encode()),
    "song.cpr": lambda path, name: path.write_bytes(b"\x00\x01" + name.encode("utf-16-le") + b"\x00"),
    "song.bin": lambda path, name: path.write_bytes(b"x" * (BLOCK_BYTES - 12) + name.encode() + b"x" * 99),
    "notes.txt": lambda path, name: path.write_text(f"keep {name}"),
}


def zipped(path: Path, data: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.xml", data)


@pytest.mark.parametrize("file", WRITERS)
def test_a_stem_that_a_session_of_any_daw_names_stays(file: str, store: Store, stems: Path, sessions: Path) -> None:
    used, free = made(store, stems, "aaaa1111-1"), made(store, stems, "bbbb2222-2")
    (sessions / "album" / "take 2").mkdir(parents=True)
    WRITERS[file](sessions / "album" / "take 2" / file, Path(used.stems[0].path).name)
    plan = planned(store, [sessions], 200.0)
    assert [job.number for job in plan.jobs] == [free.number]
    assert [job.number for job in plan.in_use] == [used.number]
    assert all("bbbb2222" in path.name for path in plan.files)
    assert len(plan.files) == 3


def test_a_session_that_names_only_a_part_keeps_the_job(store: Store, stems: Path, sessions: Path) -> None:
    job = made(store, stems, "aaaa1111-1")
    (sessions / "song.RPP").write_text(f'FILE "{store.parts(job.number)[0].path}"')
    assert planned(store, [sessions], 200.0).jobs == ()


def test_favourites_young_jobs_and_open_ones_are_never_in_the_plan(store: Store, stems: Path, sessions: Path) -> None:
    loved, young = made(store, stems, "aaaa1111-1"), made(store, stems, "bbbb2222-2", finished_at=300.0)
    store.mark_favourite(loved.number, True)
    store.submit(NewJob("daw", "open", "hash", {"seed": 1}, 1.0))
    plan = planned(store, [sessions], 200.0)
    assert (plan.jobs, plan.files, plan.in_use) == ((), (), ())
    assert young.number in [job.number for job in store.history(9)]


@pytest.mark.parametrize("pair", ["context", "init", "reference"])
def test_a_stem_from_which_a_job_that_stays_was_made_stays(
    pair: str, store: Store, stems: Path, sessions: Path
) -> None:
    source = made(store, stems, "aaaa1111-1")
    later = made(store, stems, "bbbb2222-2", **{pair: source.stems[0].path})
    store.mark_favourite(later.number, True)
    assert [job.number for job in planned(store, [sessions], 200.0).in_use] == [source.number]


def test_recipes_of_our_own_inside_the_sessions_do_not_count(store: Store, sessions: Path) -> None:
    job = made(store, sessions, "aaaa1111-1")
    assert [each.number for each in planned(store, [sessions], 200.0).jobs] == [job.number]


def test_what_cannot_be_read_stops_the_clean_up(store: Store, stems: Path, sessions: Path) -> None:
    made(store, stems, "aaaa1111-1")
    (sessions / "broken.als").write_bytes(b"\x1f\x8b" + b"no gzip at all")
    with pytest.raises(RiffError, match=r"broken\.als cannot be read"):
        planned(store, [sessions], 200.0)
    with pytest.raises(BadArguments, match="There is no folder"):
        planned(store, [sessions / "nowhere"], 200.0)


def test_linked_session_folders_are_searched_and_circles_end(store: Store, stems: Path, tmp_path: Path) -> None:
    job = made(store, stems, "aaaa1111-1")
    far, near = tmp_path / "other disk", tmp_path / "sessions"
    far.mkdir()
    near.mkdir()
    (far / "song.RPP").write_text(Path(job.stems[0].path).name)
    (near / "linked").symlink_to(far)
    (far / "circle").symlink_to(near)
    assert planned(store, [near], 200.0).jobs == ()


def test_a_stem_whose_name_is_not_ours_is_never_touched(store: Store, stems: Path, sessions: Path) -> None:
    job = made(store, stems, "aaaa1111-1")
    other = Stem(1, 2, str(stems / "renamed by hand.wav"), 10, 48_000, 1)
    store.add_stem(job.number, other)
    assert [each.number for each in planned(store, [sessions], 200.0).in_use] == [job.number]


def test_nothing_is_deleted_and_nothing_replaced(store: Store, stems: Path) -> None:
    job = made(store, stems, "aaaa1111-1")
    part = Path(store.parts(job.number)[0].path)
    paths = [Path(job.stems[0].path), part]
    (stems / ASIDE).mkdir()
    (stems / ASIDE / paths[0].name).write_text("an older one")
    moved = [put_aside(path) for path in paths]
    assert [path.read_text() for path in moved] == ["made by bass_aaaa1111_v0.wav"] * 2
    assert moved[0].name == "bass_aaaa1111_v0 2.wav"
    assert (stems / ASIDE / paths[0].name).read_text() == "an older one"
    assert not part.parent.exists()
    assert moved[1].parent == stems / ASIDE


def test_a_file_that_is_gone_already_is_no_obstacle(store: Store, stems: Path, sessions: Path) -> None:
    job = made(store, stems, "aaaa1111-1")
    os.unlink(job.stems[0].path)
    plan = planned(store, [sessions], 200.0)
    assert len(plan.files) == 2
    assert [each.number for each in plan.jobs] == [job.number]


@pytest.mark.parametrize(
    ("path", "tail"),
    [
        ("/a/bass_1234abcd_v0.wav", "_1234abcd_v0"),
        ("/a/my_bass_v2_a-b_v7.wav", "_v2_a-b_v7"),
        ("/a/bass_1234abcd_v0_2.wav", "_1234abcd_v0"),
        ("/a/x_parts/bass_1234abcd_v3_part12.wav", "_1234abcd_v3"),
        ("/a/bass_1234abcd_v3_part12_2.wav", "_1234abcd_v3"),
        ("/a/bass.wav", None),
        ("/a/bass_v0.wav", None),
    ],
)
def test_the_tail_of_a_name(path: str, tail: str | None) -> None:
    assert tail_of(path) == tail


def test_tails_are_told_apart(sessions: Path) -> None:
    (sessions / "a.RPP").write_text("bass_1234abcd_v1.wav")
    assert mentioned({"_1234abcd_v0", "_1234abcd_v1"}, [sessions]) == {"_1234abcd_v1"}
