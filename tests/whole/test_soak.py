"""Many jobs through one server: nothing grows, nothing is lost, nothing is left lying about."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from bridge_server.client import RiffClient
from tests.whole.asking import play
from tests.whole.real_server import RealServer

JOBS = 400
SETTLED = 50  # jobs after which caches are full
GROWTH_BYTES = 20 * 2**20


def resident(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_four_hundred_jobs_leave_memory_and_handles_as_they_were(
    server: RealServer, client: RiffClient, context: str, tmp_path: Path
) -> None:
    worker = psutil.Process(server.worker().pid)
    front = worker.parent()
    assert front is not None
    settled: list[int] = []
    for job in range(JOBS):
        prompt = ("bass", "drums", "piano", "")[job % 4]
        played = play(client, context=context, out_dir=str(tmp_path / "stems"), prompt=prompt, seed=job)
        Path(played.stem.path).unlink()
        if job == SETTLED:
            settled = [resident(worker), resident(front), worker.num_fds(), front.num_fds()]
    now = [resident(worker), resident(front), worker.num_fds(), front.num_fds()]
    assert all(after - before < GROWTH_BYTES for before, after in zip(settled[:2], now[:2], strict=True))
    assert all(after - before < 5 for before, after in zip(settled[2:], now[2:], strict=True))
    assert not list((tmp_path / "stems").glob(".*"))
    assert client.status()["queue_length"] == 0
