"""The worker process by itself: the line protocol, stopping, dying with its server."""

from __future__ import annotations

import queue
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import BadArguments, DiskFull, FolderNotWritable, Internal, ModelMissing, OutOfMemory
from bridge_server.jobs.worker import as_riff_error
from bridge_server.jobs.worker_process import LOG_BYTES, WorkerProcess
from tests.jobs.double_server import WORKER
from tests.jobs.double_worker import KEYS

PATIENCE_S = 20.0


class Heard:
    """A worker process and what it said."""

    def __init__(self, folder: Path, command: tuple[str, ...] = WORKER) -> None:
        self.folder = folder
        self.events: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self.process = WorkerProcess(command, folder / "worker.log", lambda _, event: self.events.put(event))

    def load(self) -> None:
        self.process.order(do="load", pack=str(self.folder), device="cpu")
        ready = self.until("ready")
        assert (ready["device"], ready["provider"]) == ("double-cpu", "DoubleExecutionProvider")

    def run(self, job: int, prompt: str = "", **changes: Any) -> None:
        request = dict.fromkeys(KEYS) | {"request_id": f"job{job}", "out_dir": str(self.folder), "name": "stem"}
        request |= {"prompt": prompt, "variations": 1, "seed": 1, "sample_rate": 48_000, "frames": 480}
        self.process.order(do="run", job=job, request=request | changes, context_file="")

    def until(self, *kinds: str) -> Mapping[str, Any]:
        """The next event of one of these kinds."""
        while True:
            event = self.events.get(timeout=PATIENCE_S)
            if event["is"] in kinds:
                return event


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Heard]:
    heard = Heard(tmp_path)
    yield heard
    heard.process.kill()
    heard.process.close()


def test_one_process_loads_once_and_plays_many(worker: Heard) -> None:
    worker.load()
    for job in (1, 2):
        worker.run(job)
        assert worker.until("stem")["stem"]["index"] == 0
        assert worker.until("done", "failed", "ready") == {"is": "done", "job": job}


def test_beats_carry_fraction_and_stage(worker: Heard) -> None:
    worker.load()
    worker.run(1, "steps=2")
    beats = [worker.until("beat") for _ in range(2)]
    assert [beat["fraction"] for beat in beats] == [0.0, 0.5]
    assert {beat["stage"] for beat in beats} == {"playing (1 of 1)"}


def test_a_stop_reaches_a_running_job_and_the_next_one_plays(worker: Heard) -> None:
    worker.load()
    worker.run(1, "steps=1000 step_ms=60")
    worker.until("beat")
    worker.process.order(do="stop", job=1)
    assert worker.until("stopped", "done", "failed") == {"is": "stopped", "job": 1}
    worker.run(2)
    assert worker.until("stopped", "done", "failed") == {"is": "done", "job": 2}


def test_a_stop_that_overtakes_its_job_stops_it(worker: Heard) -> None:
    worker.load()
    worker.run(1, "steps=20")
    worker.run(2, "steps=1000 step_ms=60")
    worker.process.order(do="stop", job=2)
    assert worker.until("stopped", "done", "failed") == {"is": "done", "job": 1}
    assert worker.until("stopped", "done", "failed") == {"is": "stopped", "job": 2}


def test_a_stop_for_a_job_that_is_over_does_not_hit_the_next(worker: Heard) -> None:
    worker.load()
    worker.run(1)
    worker.until("done")
    worker.process.order(do="stop", job=1)
    worker.run(2, "steps=10")
    assert worker.until("stopped", "done", "failed") == {"is": "done", "job": 2}


def test_a_pack_that_is_missing_is_told_and_tried_again(worker: Heard) -> None:
    pack = worker.folder / "later"
    worker.process.order(do="load", pack=str(pack), device="cpu")
    assert worker.until("ready", "unready")["code"] == "model-missing"
    worker.run(1)
    assert worker.until("done", "failed")["code"] == "model-missing"
    pack.mkdir()
    worker.run(2)
    worker.until("ready")
    assert worker.until("done", "failed") == {"is": "done", "job": 2}


def test_a_fault_leaves_its_traceback_in_the_log_and_a_sentence_for_the_user(worker: Heard) -> None:
    worker.load()
    worker.run(1, "fail=1")
    failed = worker.until("failed", "done")
    assert failed["code"] == "internal"
    assert "ZeroDivisionError" in (worker.folder / "worker.log").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="the end is told as a signal")
def test_a_crash_in_native_code_leaves_where_it_was_in_the_log_and_in_a_file_of_its_own(worker: Heard) -> None:
    worker.load()
    worker.run(1, "segv=1")
    gone = worker.until("gone", "failed", "done")
    assert gone["exit"] == -signal.SIGSEGV
    for name in ("worker.log", gone["crash_file"]):
        told = (worker.folder / name).read_text()
        assert "Segmentation fault" in told
        assert "in _misbehave" in told


def test_a_wrong_request_does_not_end_the_worker(worker: Heard) -> None:
    worker.load()
    worker.run(1, surprise=1)
    assert worker.until("failed")["code"] == "internal"
    worker.run(2)
    worker.until("done")


def test_closing_its_stdin_ends_a_worker_whatever_it_is_doing(worker: Heard) -> None:
    worker.load()
    worker.run(1, "hang=0")
    worker.until("beat")
    worker.process.close(patience_s=PATIENCE_S)
    assert worker.until("gone")["exit"] == 0


def test_orders_to_a_dead_worker_do_no_harm(tmp_path: Path) -> None:
    heard = Heard(tmp_path, (sys.executable, "-c", ""))
    heard.until("gone")
    heard.process.order(do="stop", job=1)
    heard.process.close()


def test_lines_that_are_no_events_are_passed_over(tmp_path: Path) -> None:
    say = "print('noise'); print('[1]'); print('{\"is\": \"ready\"}')"
    heard = Heard(tmp_path, (sys.executable, "-c", say))
    assert heard.events.get(timeout=PATIENCE_S) == {"is": "ready"}
    heard.until("gone")
    heard.process.close()


def test_a_long_log_is_begun_anew_and_the_old_one_kept(tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_bytes(b"x" * (LOG_BYTES + 1))
    heard = Heard(tmp_path, (sys.executable, "-c", "import sys; sys.stderr.write('new')"))
    heard.until("gone")
    heard.process.close()
    assert (tmp_path / "worker.log").read_bytes() == b"new"
    assert (tmp_path / "worker.log.old").stat().st_size == LOG_BYTES + 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (BadArguments("x"), BadArguments),
        (MemoryError(), OutOfMemory),
        (ModuleNotFoundError("no", name="onnxruntime"), ModelMissing),
        (OSError(28, "full"), DiskFull),
        (OSError(30, "read-only"), FolderNotWritable),
        (PermissionError(13, "no"), FolderNotWritable),
        (OSError(5, "broken"), Internal),
        (ValueError("x"), Internal),
    ],
)
def test_every_fault_has_a_code(fault: Exception, kind: type[Exception]) -> None:
    assert type(as_riff_error(fault)) is kind
