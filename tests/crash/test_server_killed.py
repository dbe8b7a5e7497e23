"""The server dies: nothing that was accepted is lost, and the client learns of it by `query`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge_server.errors import UnknownRequest
from bridge_server.protocol.messages import Accepted, Cancelled, Done, Progress, Stem
from bridge_server.transport.discovery import find_server, is_alive, read_announcement
from tests.crash.test_worker_killed import FRAMES, assert_whole, leftovers, stems_and_end
from tests.jobs.double_server import ROOT, ServerProcess, wait_for


def test_after_a_restart_the_running_job_is_finished_and_query_tells(server: ServerProcess) -> None:
    with server.client() as client:
        job = client.generate(context=server.context(), prompt="steps=30", variations=3)
        for message in client.events(job.request_id):
            if isinstance(message, Stem):
                break
        worker = client.status()["worker_pid"]
    server.kill()
    wait_for(lambda: not is_alive(worker))
    server.start()
    with server.client() as client:
        assert isinstance(client.query(job.request_id), Accepted | Progress | Stem | Done)
        stems, done = stems_and_end(client, job.request_id)
        assert sorted(stem.index for stem in stems) == [0, 1, 2]
        assert done.count == 3
        for stem in stems:
            assert_whole(stem)
    assert len(list(server.stems.glob("*.wav"))) == 3
    assert leftovers(server.stems) == []


def test_waiting_jobs_keep_their_order(server: ServerProcess) -> None:
    with server.client() as client:
        jobs = [client.generate(length_frames=FRAMES, prompt="steps=20").request_id for _ in range(4)]
    server.kill()
    server.start()
    with server.client() as client:
        for job in jobs:
            stems_and_end(client, client.query(job).request_id)
    written = sorted(server.stems.glob("*.wav"), key=lambda path: path.stat().st_mtime_ns)
    assert [path.name.split("_")[1] for path in written] == [job[:8] for job in jobs]


def test_a_client_that_listens_all_the_time_misses_nothing(server: ServerProcess) -> None:
    with server.client() as client:
        job = client.generate(length_frames=FRAMES, prompt="steps=40", variations=2)
        told = []
        for message in client.events(job.request_id):
            told.append(message)
            if isinstance(message, Stem) and message.index == 0:
                server.kill()
                server.start()
        assert [m.index for m in told if isinstance(m, Stem)] == [0, 1]


def test_jobs_that_were_over_are_still_known(server: ServerProcess) -> None:
    with server.client() as client:
        done = client.generate(length_frames=FRAMES).request_id
        stems_and_end(client, done)
        cancelled = client.generate(length_frames=FRAMES, prompt="steps=1000").request_id
        client.cancel(cancelled)
    server.kill()
    server.start()
    with server.client() as client:
        stems, _ = stems_and_end(client, client.query(done).request_id)
        assert len(stems) == 1
        assert isinstance(client.query(cancelled), Cancelled)
        with pytest.raises(UnknownRequest):
            client.query("never-sent")


def test_the_same_request_sent_to_the_next_server_is_the_same_job(server: ServerProcess) -> None:
    with server.client() as client:
        client.generate("take-1", length_frames=FRAMES, seed=5)
        stems_and_end(client, "take-1")
    server.kill()
    server.start()
    with server.client() as client:
        client.generate("take-1", length_frames=FRAMES, seed=5)
        stems_and_end(client, "take-1")
    assert len(list(server.stems.glob("*.wav"))) == 1


def test_a_worker_ends_when_its_server_is_killed(server: ServerProcess) -> None:
    with server.client() as client:
        client.generate(length_frames=FRAMES, prompt="hang=1")
        worker = wait_for(lambda: client.status()["running"] and client.status()["worker_pid"])
    server.kill()
    wait_for(lambda: not is_alive(worker))


def test_sigterm_ends_in_order_and_the_job_is_done_by_the_next_server(server: ServerProcess) -> None:
    with server.client() as client:
        job = client.generate(length_frames=FRAMES, prompt="steps=50")
        worker = wait_for(lambda: client.status()["running"] and client.status()["worker_pid"])
    assert server.end() == 0
    assert read_announcement(server.folder / "state") is None
    assert not is_alive(worker)
    server.start()
    with server.client() as client:
        stems, _ = stems_and_end(client, client.query(job.request_id).request_id)
        assert len(stems) == 1


def test_quit_with_the_token_ends_the_server(server: ServerProcess) -> None:
    with server.client() as client:
        client.quit()
    assert server.end() == 0
    assert find_server(server.folder / "state") is None


def test_a_second_server_of_the_same_folder_tells_where_the_first_is(server: ServerProcess) -> None:
    command = [sys.executable, "-m", "tests.jobs.double_server", str(server.folder)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    first = find_server(server.folder / "state")
    assert first is not None
    assert second.returncode == 0
    assert f"pid {first.pid}" in second.stdout
    assert first.token not in second.stdout


def test_a_killed_server_leaves_no_lock_and_its_state_file_is_seen_to_be_stale(server: ServerProcess) -> None:
    server.kill()
    assert read_announcement(server.folder / "state") is not None
    assert find_server(server.folder / "state") is None
    server.start()


def test_a_damaged_list_of_jobs_is_set_aside_and_the_server_works(server: ServerProcess) -> None:
    server.kill()
    store = server.folder / "state" / "jobs.sqlite"
    for suffix in ("-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)
    store.write_bytes(b"this is no database" * 1000)
    server.start()
    with server.client() as client:
        stems_and_end(client, client.generate(length_frames=FRAMES).request_id)
    assert [path.name for path in store.parent.glob("*.broken-*")] == ["jobs.sqlite.broken-1"]


def test_state_json_is_for_its_user_only(server: ServerProcess) -> None:
    mode = os.stat(Path(server.folder) / "state" / "state.json").st_mode
    assert mode & 0o077 == 0
