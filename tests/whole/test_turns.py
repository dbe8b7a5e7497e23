"""Jobs that wait, stop, expire or make room for newer ones, with the models really running."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import onnxruntime
import pytest

from bridge_server.client import RiffClient
from bridge_server.errors import Cancelled, Expired, Replaced
from bridge_server.protocol import messages as m
from models.pack import Pack
from tests.whole import bounces
from tests.whole.asking import files, follow, hash_of, play, recipe
from tests.whole.raw_osc import RawOsc, generate, packet
from tests.whole.real_server import PACK, RealServer, wait_for

LONG = 60 * 48_000
"""A stem of a minute: at least several seconds of computing, none of which a test waits for."""


@pytest.fixture
def busy(client: RiffClient, tmp_path: Path) -> Iterator[str]:
    """A job that occupies the worker while the test runs; its request id."""
    job = client.generate(length_frames=LONG, variations=8, out_dir=str(tmp_path / "busy")).request_id
    wait_for(lambda: client.status()["running"] == [job])
    yield job
    assert isinstance(client.cancel(job), m.Cancelled)
    assert not list((tmp_path / "busy").glob(".*"))


def stopped_after_s(raw: RawOsc, request: bytes, request_id: str, stage: str) -> float:
    """Seconds from `cancel`, sent in the middle of a stage, to `cancelled`."""
    raw.send(request)
    while not raw.next("/riff/progress").values[3].startswith(stage):
        pass
    began = time.perf_counter()
    ended = raw.ask(packet("/riff/cancel", request_id), "/riff/cancelled", "/riff/done")
    assert ended.address == "/riff/cancelled"
    return time.perf_counter() - began


def test_cancel_stops_a_running_job_whatever_it_is_doing(server: RealServer, out_dir: str, tmp_path: Path) -> None:
    minute = bounces.bounce(tmp_path / "minute.wav", seconds=60.0)
    asked: dict[str, dict[str, str | int]] = {
        "encoding": {"context": minute},
        "playing": {"length_frames": LONG},
        "decoding": {"length_frames": LONG},
    }
    worker, took_s = server.worker().pid, {}
    with RawOsc(server.announced) as raw:
        for stage, pairs in asked.items():
            request = generate(f"stop-{stage}", **pairs, out_dir=out_dir)
            took_s[stage] = stopped_after_s(raw, request, f"stop-{stage}", stage)
    assert max(took_s.values()) < 5, took_s  # 3 to 5 ms on two idle cores; the jobs take a minute
    assert files(Path(out_dir)) == []
    assert server.worker().pid == worker


def test_cancel_while_queued_leaves_the_running_job_alone(client: RiffClient, busy: str, out_dir: str) -> None:
    waiting = client.generate(length_frames=48_000, out_dir=out_dir)
    assert waiting.position == 1
    assert isinstance(client.cancel(waiting.request_id), m.Cancelled)
    with pytest.raises(Cancelled):
        follow(client, waiting.request_id)
    assert client.status()["running"] == [busy]
    assert files(Path(out_dir)) == []


def test_a_newer_job_of_a_lane_replaces_the_running_and_the_waiting_one(client: RiffClient, out_dir: str) -> None:
    asked = {"lane": "slot-1", "out_dir": out_dir}
    running = client.generate("lane-running", length_frames=LONG, **asked).request_id
    wait_for(lambda: client.status()["running"] == [running])
    other = client.generate("lane-other", length_frames=48_000, lane="slot-2", out_dir=out_dir).request_id
    waiting = client.generate("lane-waiting", length_frames=LONG, **asked).request_id
    newest = client.generate("lane-newest", length_frames=48_000, **asked).request_id
    for older in (running, waiting):
        with pytest.raises(Replaced):
            follow(client, older)
    assert len(follow(client, other).stems) == len(follow(client, newest).stems) == 1
    assert len(files(Path(out_dir))) == 4


def test_a_job_that_waited_longer_than_expires_ms_is_dropped_with_a_message(
    client: RiffClient, busy: str, out_dir: str
) -> None:
    job = client.generate(length_frames=48_000, expires_ms=300, out_dir=out_dir).request_id
    with pytest.raises(Expired):
        follow(client, job)
    assert files(Path(out_dir)) == []


def test_a_bounce_that_is_still_being_written_is_waited_for(client: RiffClient, out_dir: str, tmp_path: Path) -> None:
    whole = Path(bounces.bounce(tmp_path / "whole.wav")).read_bytes()
    with (tmp_path / "growing.wav").open("wb") as growing:
        growing.write(whole[:100_000])
        growing.flush()
        job = client.generate(context=growing.name, out_dir=out_dir).request_id
        time.sleep(0.3)  # the DAW goes on writing
        growing.write(whole[100_000:])
    assert follow(client, job).stem.frames == bounces.FRAMES


def test_a_bounce_overwritten_while_its_job_waits_is_played_as_it_was_sent(
    client: RiffClient, out_dir: str, tmp_path: Path
) -> None:
    path = bounces.bounce(tmp_path / "bounce.wav", seconds=1.0)
    sent = hash_of(path)
    before = client.generate(length_frames=LONG, out_dir=str(tmp_path / "before")).request_id
    job = client.generate(context=path, out_dir=out_dir).request_id
    time.sleep(0.3)  # nobody bounces the next take faster
    bounces.bounce(Path(path), seconds=2.0, root_hz=330.0)
    client.cancel(before)
    stem = follow(client, job).stem
    assert stem.frames == 48_000
    assert recipe(stem)["context"]["sha256"] == sent


def test_status_tells_everything_and_names_the_device_that_really_computes(
    client: RiffClient, out_dir: str, context: str
) -> None:
    played = play(client, context=context, out_dir=out_dir)
    told = client.status()
    assert told["ready"] is True
    assert told["trouble"] == ""
    assert told["pack"] == Pack.open(PACK).manifest.name
    assert told["device"] == played.done.device == recipe(played.stem)["player"]["device"]
    assert told["provider"] == {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}[told["device"]]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        assert told["device"] == "cpu"
    assert (told["running"], told["queued"], told["queue_length"]) == ([], [], 0)
    assert 0.0 < told["job_s"]["p50"] <= told["job_s"]["p95"]
    assert told["free_disk_bytes"] > 0
    assert told["uptime_s"] >= 0


def test_status_names_the_jobs_in_their_order(client: RiffClient, busy: str, out_dir: str) -> None:
    waiting = [client.generate(length_frames=48_000, out_dir=out_dir).request_id for _ in range(3)]
    told = client.status()
    assert (told["running"], told["queued"], told["queue_length"]) == ([busy], waiting, 4)
    for job in waiting:
        client.cancel(job)


def test_a_client_that_comes_later_hears_of_its_finished_job_by_query(
    server: RealServer, client: RiffClient, context: str, out_dir: str
) -> None:
    played = play(client, "earlier", context=context, variations=2, out_dir=out_dir)
    with server.client() as later:
        assert isinstance(later.query("earlier"), m.Done)
        again = follow(later, "earlier")
    assert [stem.path for stem in again.stems] == [stem.path for stem in played.stems]
    with RawOsc(server.announced) as raw:
        unknown = raw.ask(packet("/riff/query", "never-sent"), "/riff/refused").values
    assert unknown[:2] == ["never-sent", "unknown-request"]
