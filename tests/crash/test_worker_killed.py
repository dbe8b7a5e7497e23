"""The worker dies in the middle: the job is done again, once, and nothing half-written is seen."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from bridge_server.client import RiffClient
from bridge_server.errors import Cancelled, DiskFull, Internal, WorkerDied
from bridge_server.protocol.messages import Cancelled as CancelledMessage
from bridge_server.protocol.messages import Done, Progress, Stem
from tests.jobs.double_server import ServerProcess, kill_process, wait_for

FRAMES = 4800


def leftovers(folder: Path) -> list[str]:
    """Temporary files below a folder."""
    return [str(path) for path in folder.rglob("*.part")]


def assert_whole(stem: Stem) -> None:
    """The announced file is there, as long as announced, and made with the announced seed."""
    with wave.open(stem.path) as file:
        samples = file.readframes(file.getnframes())
    assert len(samples) >= stem.frames * 2 * 2
    assert samples[:2] == (stem.seed % 30_000).to_bytes(2, "little")


def stems_and_end(client: RiffClient, request_id: str) -> tuple[list[Stem], Done]:
    """All that is told until the job is done."""
    told = list(client.events(request_id))
    assert isinstance(told[-1], Done)
    return [message for message in told if isinstance(message, Stem)], told[-1]


def test_killed_from_outside_while_it_plays(server: ServerProcess) -> None:
    with server.client() as client:
        job = client.generate(context=server.context(), prompt="steps=60", variations=2)
        told = []
        for message in client.events(job.request_id):
            told.append(message)
            if isinstance(message, Stem) and message.index == 0:
                kill_process(client.status()["worker_pid"])
        stems = [message for message in told if isinstance(message, Stem)]
        assert [stem.index for stem in stems] == [0, 1]
        assert sum(isinstance(message, Done) for message in told) == 1
        fractions = [message.fraction for message in told if isinstance(message, Progress)]
        assert fractions == sorted(fractions)
        for stem in stems:
            assert_whole(stem)
        assert leftovers(server.stems) == []


def test_killed_in_the_middle_of_writing_a_stem(server: ServerProcess) -> None:
    with server.client() as client:
        job = client.generate(length_frames=FRAMES, prompt="die_in_write=1", seed=7)
        (stem,), _ = stems_and_end(client, job.request_id)
        assert_whole(stem)
        assert [path.name for path in server.stems.glob("*.wav")] == [Path(stem.path).name]
        assert leftovers(server.stems) == []


def test_a_job_that_kills_every_worker_is_given_up_and_the_next_is_done(server: ServerProcess) -> None:
    with server.client() as client:
        poison = client.generate(length_frames=FRAMES, prompt="die=2")
        good = client.generate(length_frames=FRAMES)
        with pytest.raises(WorkerDied):
            list(client.events(poison.request_id))
        stems, _ = stems_and_end(client, good.request_id)
        assert len(stems) == 1


def test_killed_while_idle_it_is_there_again_for_the_next_job(server: ServerProcess) -> None:
    with server.client() as client:
        pid = wait_for(lambda: client.status()["ready"] and client.status()["worker_pid"])
        kill_process(pid)
        job = client.generate(length_frames=FRAMES)
        stems, _ = stems_and_end(client, job.request_id)
        assert len(stems) == 1
        assert client.status()["worker_pid"] != pid


@pytest.mark.parametrize(("prompt", "error"), [("fail=1", Internal), ("full=1", DiskFull)])
def test_an_error_in_the_worker_is_told_and_the_worker_goes_on(
    server: ServerProcess, prompt: str, error: type[Exception]
) -> None:
    with server.client() as client:
        job = client.generate(length_frames=FRAMES, prompt=prompt)
        with pytest.raises(error):
            list(client.events(job.request_id))
        pid = client.status()["worker_pid"]
        stems_and_end(client, client.generate(length_frames=FRAMES).request_id)
        assert client.status()["worker_pid"] == pid


def test_cancel_while_running_stops_it_long_before_its_end(server: ServerProcess) -> None:
    with server.client() as client:
        job = client.generate(length_frames=FRAMES, prompt="steps=1000 step_ms=60")
        wait_for(lambda: client.status()["running"] == [job.request_id])
        pid = client.status()["worker_pid"]
        assert isinstance(client.cancel(job.request_id), CancelledMessage)
        assert list(server.stems.glob("*.wav")) == []
        stems_and_end(client, client.generate(length_frames=FRAMES).request_id)
        assert client.status()["worker_pid"] == pid


def test_cancel_while_queued_leaves_the_running_job_alone(server: ServerProcess) -> None:
    with server.client() as client:
        first = client.generate(length_frames=FRAMES, prompt="steps=100")
        second = client.generate(length_frames=FRAMES)
        assert second.position == 1
        assert isinstance(client.cancel(second.request_id), CancelledMessage)
        with pytest.raises(Cancelled):
            list(client.events(client.query(second.request_id).request_id))
        stems, _ = stems_and_end(client, first.request_id)
        assert len(stems) == 1
        assert len(list(server.stems.glob("*.wav"))) == 1


def test_a_worker_deaf_to_cancel_is_replaced(server: ServerProcess) -> None:
    with server.client() as client:
        job = client.generate(length_frames=FRAMES, prompt="hang=0")
        next(client.events(job.request_id))
        pid = client.status()["worker_pid"]
        assert isinstance(client.cancel(job.request_id), CancelledMessage)
        stems_and_end(client, client.generate(length_frames=FRAMES).request_id)
        assert client.status()["worker_pid"] != pid


def test_the_context_of_the_moment_of_asking_is_used(server: ServerProcess) -> None:
    """People bounce again to the same file while the job waits; here the file is even gone when it starts."""
    with server.client() as client:
        context = server.context()
        client.generate(length_frames=FRAMES, prompt="steps=40")
        job = client.generate(context=context)
        wait_for(lambda: list((server.folder / "state" / "contexts").glob("*.wav")))
        Path(context).unlink()
        stems, _ = stems_and_end(client, job.request_id)
        assert len(stems) == 1
        wait_for(lambda: not list((server.folder / "state" / "contexts").iterdir()))
