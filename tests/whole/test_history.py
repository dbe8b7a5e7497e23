"""History, favourites, replay by number and clean-up, by the command line beside a real server (identity pack)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge_server.client import RiffClient
from tests.identity_pack import identity_pack
from tests.whole.asking import hash_of, play
from tests.whole.real_server import RealServer, riffbridge


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """With the identity pack, of this module's own: it will be killed."""
    folder = tmp_path_factory.mktemp("history")
    server = RealServer(folder, identity_pack(folder / "pack")).start()
    yield server
    server.end()


def jobs(server: RealServer, *words: object) -> list[dict[str, Any]]:
    """The history as `--json` tells it."""
    ran = riffbridge("history", "--json", "--state", server.state, *words)
    assert ran.returncode == 0, ran.stderr
    told: list[dict[str, Any]] = json.loads(ran.stdout)
    return told


def job_of(server: RealServer, request_id: str) -> dict[str, Any]:
    (job,) = [job for job in jobs(server) if job["request_id"] == request_id]
    return job


def test_every_job_is_kept_with_its_recipes_and_how_it_ended(
    server: RealServer, client: RiffClient, context: str, out_dir: str
) -> None:
    played = play(client, "kept", context=context, prompt="bass", variations=2, seed=7, out_dir=out_dir)
    client.generate("stopped", context=context, out_dir=out_dir, variations=8)
    client.cancel("stopped")
    assert job_of(server, "stopped")["state"] == "cancelled"
    kept = job_of(server, "kept")
    assert (kept["state"], kept["client"], kept["is_favourite"]) == ("done", "daw", False)
    assert [stem["path"] for stem in kept["stems"]] == [stem.path for stem in played.stems]
    assert [stem["recipe"]["sha256"] for stem in kept["stems"]] == played.hashes
    for stem in played.stems:
        beside = json.loads(Path(stem.path).with_suffix(".json").read_text(encoding="utf-8"))
        assert beside == kept["stems"][stem.index]["recipe"]
    table = riffbridge("history", "--state", server.state).stdout
    assert "cancelled" in table
    assert played.stems[0].path in table


def test_a_job_is_replayed_by_its_number_also_when_recipe_and_stem_are_gone(
    server: RealServer, client: RiffClient, context: str, out_dir: str, tmp_path: Path
) -> None:
    played = play(client, "again", context=context, prompt="bass", variations=2, seed=9, out_dir=out_dir)
    hashes = played.hashes
    for path in Path(out_dir).iterdir():
        path.unlink()
    number = job_of(server, "again")["number"]
    words = ("replay", number, "--out-dir", tmp_path / "replayed", "--pack", server.pack, "--state", server.state)
    ran = riffbridge(*words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("The same bytes") == 2
    assert [hash_of(str(path)) for path in sorted((tmp_path / "replayed").glob("*.wav"))] == hashes


def test_history_and_favourites_survive_a_killed_server_and_need_none(
    server: RealServer, client: RiffClient, context: str, out_dir: str
) -> None:
    play(client, "loved", context=context, seed=1, out_dir=out_dir)
    number = job_of(server, "loved")["number"]
    assert riffbridge("history", "star", number, "--state", server.state).returncode == 0
    server.kill()
    assert [job["request_id"] for job in jobs(server, "--favourites")] == ["loved"]
    server.start()
    assert job_of(server, "loved")["is_favourite"]
    assert riffbridge("history", "star", number, "--off", "--state", server.state).returncode == 0
    assert jobs(server, "--favourites") == []
    with server.client() as again:
        assert len(play(again, "after", context=context, seed=1, out_dir=out_dir).stems) == 1


def test_clean_puts_aside_only_what_no_session_uses_and_only_when_told(
    server: RealServer, client: RiffClient, context: str, out_dir: str, tmp_path: Path
) -> None:
    used, loved, free = (
        play(client, f"{name}-1234", context=context, seed=1, out_dir=out_dir).stem for name in ("used", "love", "free")
    )
    riffbridge("history", "star", job_of(server, "love-1234")["number"], "--state", server.state)
    sessions = tmp_path / "Live sets"
    sessions.mkdir()
    (sessions / "song.als").write_bytes(gzip.compress(f'<Path Value="{used.path}"/>'.encode()))
    words = ("history", "clean", "--sessions", sessions, "--days", 0, "--state", server.state)
    ran = riffbridge(*words)
    assert ran.returncode == 0, ran.stderr
    assert "--yes" in ran.stdout
    assert all(Path(stem.path).is_file() for stem in (used, loved, free))
    ran = riffbridge(*words, "--yes")
    assert ran.returncode == 0, ran.stderr
    assert Path(used.path).is_file()
    assert Path(loved.path).is_file()
    assert not Path(free.path).exists()
    assert (Path(out_dir) / "removed by riffbridge" / Path(free.path).name).is_file()
    assert {"used-1234", "love-1234"} <= {job["request_id"] for job in jobs(server)}
    assert "free-1234" not in {job["request_id"] for job in jobs(server)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("history", "show", 9999), "There is no job 9999"),
        (("history", "star", 9999), "There is no job 9999"),
        (("replay", 9999), "There is no job 9999"),
        (("history", "clean"), "sessions"),
        (("history", "clean", "--sessions", "/nowhere/at/all"), "There is no folder"),
    ],
)
def test_what_cannot_be_done_is_said(server: RealServer, words: tuple[object, ...], said: str) -> None:
    ran = riffbridge(*words, "--state", server.state)
    assert ran.returncode != 0
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_state_folder_without_jobs_and_one_that_is_damaged_are_said(tmp_path: Path) -> None:
    ran = riffbridge("history", "--state", tmp_path)
    assert ran.returncode == 1
    assert "Nothing has been asked for" in ran.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "jobs.sqlite").write_bytes(b"no database " * 100)
    ran = riffbridge("history", "--state", tmp_path)
    assert ran.returncode == 1
    assert "cannot be read" in ran.stderr
    assert (tmp_path / "jobs.sqlite").read_bytes() == b"no database " * 100
