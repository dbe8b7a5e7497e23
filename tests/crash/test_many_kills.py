"""Server and worker killed at random moments of real jobs, many times over. Run with `make test-slow`."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from bridge_server.client import RiffClient
from bridge_server.errors import RiffError
from bridge_server.protocol.messages import Stem
from tests.crash.test_worker_killed import FRAMES, assert_whole, leftovers
from tests.jobs.double_server import ServerProcess, kill_process, wait_for

ROUNDS = 40
STEPS = 6
VARIATIONS = 2
QUEUE = 20


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["server", "worker"])
def test_every_accepted_job_is_done_once_whatever_dies(server: ServerProcess, victim: str) -> None:
    dice = random.Random(victim)
    accepted: list[str] = []
    kills = 0
    for turn in range(ROUNDS):
        with server.client() as client:
            for k in range(2 if client.status()["queue_length"] < QUEUE else 0):
                job = f"{turn:03d}{k}{victim}"
                client.generate(job, length_frames=FRAMES, prompt=f"steps={STEPS}", variations=VARIATIONS, seed=turn)
                accepted.append(job)
            time.sleep(dice.uniform(0.0, 0.6))
            if victim == "worker":
                kill_process(wait_for(lambda c=client: c.status()["worker_pid"]))
                kills += 1
                _end_of(client, accepted[-1])  # a job that is done ends the wait before the next restart
        if victim == "server":
            server.kill()
            server.start()
            kills += 1
    with server.client() as client:
        ends = Counter(_end_of(client, job) for job in accepted)
    print(f"{kills} kills of the {victim}, {len(accepted)} jobs: {dict(ends)}")
    assert ends["done"] + ends["worker-died"] == len(accepted)
    # A job that was hit in each of its tries is given up, loudly; that must stay the exception.
    assert ends["done"] > len(accepted) / 2
    assert leftovers(server.stems) == []
    assert leftovers(server.folder / "state") == []


def _end_of(client: RiffClient, job: str) -> str:
    try:
        stems = [message for message in client.events(client.query(job).request_id) if isinstance(message, Stem)]
    except RiffError as error:
        return error.code
    assert sorted(stem.index for stem in stems) == list(range(VARIATIONS))
    for stem in stems:
        assert_whole(stem)
        assert Path(stem.path).name == f"stem_{job[:8]}_v{stem.index}.wav"
    return "done"
