"""kill -9 in the middle of playing: the job is done again, each stem once, and with the bytes it would have had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge_server.client import RiffClient
from bridge_server.protocol.messages import Progress, Stem
from tests.whole import bounces
from tests.whole.asking import Played, files, follow, hash_of, play
from tests.whole.raw_osc import Answer, RawOsc, generate
from tests.whole.real_server import RealServer

Told = Any


@pytest.fixture(scope="module")
def server(mortal_server: RealServer) -> RealServer:
    """The one that may be killed."""
    return mortal_server


@pytest.fixture(scope="module")
def wishes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three variations for a bounce of 2 s."""
    bounce = bounces.bounce(tmp_path_factory.mktemp("bounce") / "bounce.wav", seconds=2.0)
    return {"context": bounce, "prompt": "bass", "variations": 3, "seed": 40}


@pytest.fixture(scope="module")
def undisturbed(server: RealServer, wishes: dict[str, Any]) -> list[str]:
    """SHA-256 of the three stems when nobody dies."""
    with server.client() as client:
        return play(client, **wishes).hashes


def is_decoding_the_second(message: Told) -> bool:
    """Stem 0 is on disk, and the models are in the middle of stem 1."""
    return isinstance(message, Progress) and message.stage.startswith("decoding (2")


def followed(client: RiffClient, request_id: str, when: Callable[[Told], bool], act: Callable[[], None]) -> Played:
    """All that is told of a request, with `act` done once in the middle."""
    told, is_done = [], False
    for message in client.events(request_id):
        told.append(message)
        if not is_done and when(message):
            is_done = True
            act()
    assert is_done, "the job ended before anybody could die"
    return Played(tuple(told))


def assert_done_once(played: Played, request_id: str, folder: Path, undisturbed: list[str]) -> None:
    """Each stem once, none half-written, no byte different, nothing left behind."""
    assert [stem.index for stem in played.stems] == [0, 1, 2]
    assert played.done.count == 3
    assert played.hashes == undisturbed
    wanted = [f"stem_{request_id[:8]}_v{k}.{ending}" for k in range(3) for ending in ("json", "wav")]
    assert files(folder) == wanted


def test_a_worker_killed_in_the_middle_is_replaced_and_the_job_is_done_once(
    server: RealServer, wishes: dict[str, Any], undisturbed: list[str], tmp_path: Path
) -> None:
    worker, first_stem = server.worker(), [tmp_path / f"stem_killed_v0.{ending}" for ending in ("json", "wav")]
    written_ns: list[int] = []
    told: list[Answer] = []
    with RawOsc(server.announced) as raw:
        raw.send(generate("killed", **wishes, out_dir=str(tmp_path)))
        while not told or told[-1].address != "/riff/done":
            told.append(raw.next("/riff/progress", "/riff/stem", "/riff/done"))
            if not written_ns and str(told[-1].values[3]).startswith("decoding (2"):
                written_ns = [path.stat().st_mtime_ns for path in first_stem]
                worker.kill()
        told += [answer for answer in raw.waiting() if answer.address in ("/riff/stem", "/riff/done")]
    assert server.worker().pid != worker.pid
    stems = [answer.values for answer in told if answer.address == "/riff/stem"]
    assert [(index, count) for _, _, index, count, *_ in stems] == [(0, 3), (1, 3), (2, 3)]
    assert [hash_of(path) for _, _, _, _, path, *_ in stems] == undisturbed
    assert sum(answer.address == "/riff/done" for answer in told) == 1
    assert len(files(tmp_path)) == 6
    assert [path.stat().st_mtime_ns for path in first_stem] == written_ns, "the finished stem was made again"
    fractions = [answer.values[2] for answer in told if answer.address == "/riff/progress"]
    assert fractions == sorted(fractions)


def test_after_a_killed_server_the_next_one_finishes_and_query_tells(
    server: RealServer, wishes: dict[str, Any], undisturbed: list[str], tmp_path: Path
) -> None:
    with server.client() as client:
        client.generate("server-killed", **wishes, out_dir=str(tmp_path))
        waiting = client.generate("behind-it", length_frames=48_000, out_dir=str(tmp_path.parent / "second")).request_id
        next(message for message in client.events("server-killed") if is_decoding_the_second(message))
    old = server.announced
    server.kill()
    server.start()
    assert server.announced.boot_id != old.boot_id
    assert server.announced.token != old.token
    with server.client() as client:
        client.query("server-killed")
        played = follow(client, "server-killed")
        client.query(waiting)
        assert len(follow(client, waiting).stems) == 1
    assert_done_once(played, "server-killed", tmp_path, undisturbed)


@pytest.mark.slow
def test_a_client_that_listens_through_a_killed_server_gets_its_stems_from_the_next(
    server: RealServer, wishes: dict[str, Any], undisturbed: list[str], tmp_path: Path
) -> None:
    def kill() -> None:
        server.kill()
        server.start()

    with server.client("ableton") as client:
        client.generate("listening", **wishes, out_dir=str(tmp_path))
        played = followed(client, "listening", lambda message: isinstance(message, Stem), kill)
    assert_done_once(played, "listening", tmp_path, undisturbed)


def test_a_worker_killed_while_idle_is_there_again_for_the_next_job(server: RealServer, tmp_path: Path) -> None:
    worker = server.worker()
    worker.kill()
    with server.client() as client:
        assert len(play(client, length_frames=48_000, out_dir=str(tmp_path)).stems) == 1
    assert server.worker().pid != worker.pid
