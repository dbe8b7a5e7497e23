"""What clients are told, and when: the service over a played worker."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge_server.errors import DiskFull, IdReused, ModelMissing, QueueFull, UnknownRequest, WorkerDied
from bridge_server.protocol.messages import Accepted, Cancelled, Done, Failed, Generate, Part, Progress, Stem
from bridge_server.transport.service import Client
from tests.jobs.bench import DAW, Bench


def test_a_job_goes_from_accepted_to_done(ready: Bench) -> None:
    assert ready.ask("a", prompt="bass") == (Accepted("a", 0, 1.0),)
    ready.beats(0.5)
    ready.stem()
    ready.clock.now += 2.0
    ready.says("done")
    kinds = [type(message) for _, message in ready.sent.messages]
    assert kinds == [Progress, Stem, Done]
    assert ready.sent.messages[-1] == ("daw", Done("a", 0, 1, 2.0, "played"))


def test_parts_are_told_once_before_their_stem_and_again_on_query_until_it_is_there(ready: Bench) -> None:
    ready.ask("a", stream=1, variations=2)
    ready.part(0, 0)
    ready.part(0, 0)
    ready.part(0, 1)
    told = ready.sent.of("a", Part)
    assert [(part.part, part.start, part.frames, part.stem_frames) for part in told] == [
        (0, 0, 24_000, 48_000),
        (1, 24_000, 24_000, 48_000),
    ]
    assert [m for m in ready.service.query(DAW, "a") if isinstance(m, Part)] == told
    ready.stem(0, 2)
    ready.part(0, 2)
    ready.part(1, 0)
    assert [(part.index, part.part) for part in ready.sent.of("a", Part)] == [(0, 0), (0, 1), (1, 0)]
    assert [type(m) for m in ready.service.query(DAW, "a")] == [Stem, Part, Progress]


def test_parts_of_a_try_that_died_are_not_told_again_by_the_next_one(ready: Bench) -> None:
    ready.ask("a", stream=1)
    ready.part(0, 0)
    ready.dies()
    ready.passes(61.0)
    ready.ready()
    ready.part(0, 0)
    ready.part(0, 1)
    assert [part.part for part in ready.sent.of("a", Part)] == [0, 1]


def test_what_a_dead_worker_left_unfinished_goes_from_the_folder_of_the_parts_too(ready: Bench, tmp_path: Path) -> None:
    ready.ask("abcdefgh-1", stream=1, out_dir=str(tmp_path))
    own, other = tmp_path / "bass_abcdefgh_v0_parts", tmp_path / "bass_another1_v0_parts"
    for folder in (own, other):
        folder.mkdir()
        (folder / ".bass_part1.0123456789abcdef.part").touch()
        (folder / "bass_part0.wav").touch()
    ready.dies()
    assert [path.name for path in own.iterdir()] == ["bass_part0.wav"]
    assert len(list(other.iterdir())) == 2


def test_no_part_is_told_of_a_job_that_is_being_cancelled(ready: Bench) -> None:
    ready.ask("a", stream=1)
    ready.part(0, 0)
    ready.service.cancel(DAW, "a")
    ready.part(0, 1)
    ready.says("stopped")
    assert [type(m) for m in ready.sent.of("a")] == [Part, Cancelled]


def test_a_part_said_while_the_disk_was_full_is_not_lost(ready: Bench) -> None:
    ready.ask("a", stream=1)
    row = {"index": 0, "part": 0, "path": "/s/0.wav", "start": 0, "frames": 9, "stem_frames": 99, "sample_rate": 8000}
    said = {"is": "part", "job": ready.running, "part": row}
    with full_disk(ready):
        assert not ready.service.turn((ready.worker, said))
        assert ready.sent.of("a", Part) == []
    assert ready.service.turn((ready.worker, said))
    assert [part.path for part in ready.sent.of("a", Part)] == ["/s/0.wav"]


def test_the_worker_is_given_the_request_as_it_was_admitted_with_a_seed(ready: Bench) -> None:
    ready.ask("a", prompt="bass", steps=3)
    order = ready.worker.orders[-1]
    assert order["do"] == "run"
    assert order["request"]["prompt"] == "bass"
    assert order["request"]["steps"] == 3
    assert 0 <= order["request"]["seed"] < 2**31


def test_a_given_seed_is_kept(ready: Bench) -> None:
    ready.ask("a", seed=0)
    assert ready.worker.orders[-1]["request"]["seed"] == 0


def test_the_same_request_again_is_the_same_job(ready: Bench) -> None:
    ready.ask("a", prompt="bass")
    ready.ask("b", prompt="bass")
    (again,) = ready.ask("b", prompt="bass", variations=1)
    assert isinstance(again, Accepted)
    assert again.position == 1
    assert ready.service.state().queue_length == 2


def test_the_same_id_with_other_arguments_is_refused(ready: Bench) -> None:
    ready.ask("a", prompt="bass")
    with pytest.raises(IdReused):
        ready.ask("a", prompt="pad")


def test_two_clients_may_use_the_same_id(ready: Bench) -> None:
    ready.ask("a", prompt="bass")
    ready.ask("a", Client("phone", "phone", True), prompt="pad")
    assert ready.service.state().queue_length == 2


def test_nothing_runs_before_the_worker_is_ready(bench: Bench) -> None:
    bench.ask("a")
    assert bench.running is None
    assert not bench.service.state().ready
    bench.ready()
    assert bench.running == 1
    assert bench.service.state().ready


def test_one_job_runs_at_a_time_in_the_order_of_acceptance(ready: Bench) -> None:
    for name in "abc":
        ready.ask(name)
    order = []
    while ready.running is not None:
        order.append(ready.running)
        ready.stem()
        ready.says("done")
    assert order == [1, 2, 3]


def test_a_waiting_job_is_cancelled_at_once(ready: Bench) -> None:
    ready.ask("a")
    ready.ask("b")
    assert ready.service.cancel(DAW, "b") == ()
    assert ready.sent.of("b") == [Cancelled("b")]
    ready.stem()
    ready.says("done")
    assert ready.running is None


def test_a_running_job_is_cancelled_when_the_worker_has_stopped(ready: Bench) -> None:
    ready.ask("a")
    ready.service.cancel(DAW, "a")
    assert ready.worker.orders[-1] == {"do": "stop", "job": 1}
    assert ready.sent.of("a", Cancelled) == []
    ready.says("stopped")
    assert ready.sent.of("a", Cancelled) == [Cancelled("a")]


def test_after_a_cancel_no_progress_stem_or_done_is_told(ready: Bench) -> None:
    ready.ask("a")
    ready.service.cancel(DAW, "a")
    ready.beats(0.9)
    ready.stem()
    ready.says("done")
    assert ready.sent.of("a") == [Cancelled("a")]


def test_a_worker_that_ignores_a_cancel_is_killed(ready: Bench) -> None:
    ready.ask("a")
    ready.service.cancel(DAW, "a")
    ready.passes(2.5)
    assert ready.worker.killed
    ready.dies()
    assert ready.sent.of("a") == [Cancelled("a")]


def test_cancelling_what_is_over_tells_how_it_ended(ready: Bench) -> None:
    ready.ask("a")
    ready.stem()
    ready.says("done")
    stem, done = ready.service.cancel(DAW, "a")
    assert isinstance(stem, Stem)
    assert isinstance(done, Done)


@pytest.mark.parametrize("ask", ["cancel", "query"])
def test_unknown_requests_are_refused(ready: Bench, ask: str) -> None:
    ready.ask("a")
    with pytest.raises(UnknownRequest):
        getattr(ready.service, ask)(Client("guest/daw", "daw", False), "a")


def test_query_tells_where_a_job_stands(ready: Bench) -> None:
    ready.ask("a", variations=2)
    ready.ask("b")
    ready.beats(0.25, "playing (1 of 2)")
    ready.stem(0, 2)
    stem, progress = ready.service.query(DAW, "a")
    assert isinstance(stem, Stem)
    assert isinstance(progress, Progress)
    assert (progress.fraction, progress.stage) == (0.25, "playing (1 of 2)")
    (accepted,) = ready.service.query(DAW, "b")
    assert isinstance(accepted, Accepted)
    assert accepted.position == 1


def test_a_failure_is_told_with_its_sentence(ready: Bench) -> None:
    ready.ask("a")
    ready.says("failed", code="silent-context", message="The context is silent.", hint="Check the bounce.")
    expected = Failed("a", 0, "silent-context", "The context is silent.", "Check the bounce.")
    assert ready.sent.of("a") == [expected]
    assert list(ready.service.query(DAW, "a")) == [expected]


@pytest.mark.parametrize("made", [0, 1])
def test_a_job_without_all_its_stems_is_not_done(ready: Bench, made: int) -> None:
    ready.ask("a", variations=2)
    for index in range(made):
        ready.stem(index, 2)
    ready.says("done")
    (failed,) = ready.sent.of("a", Failed)
    assert failed.code == "internal"


def test_a_newer_job_of_the_lane_replaces_older_ones(ready: Bench) -> None:
    ready.ask("old-running", lane="bass")
    ready.ask("old-waiting", lane="bass")
    ready.ask("other-lane", lane="pad")
    ready.ask("new", lane="bass")
    assert [message.code for message in ready.sent.of("old-waiting")] == ["replaced"]
    assert ready.worker.orders[-1] == {"do": "stop", "job": 1}
    ready.says("stopped")
    assert [message.code for message in ready.sent.of("old-running")] == ["replaced"]
    assert ready.sent.of("other-lane") == []
    assert ready.running == 3


def test_a_lane_belongs_to_its_client(ready: Bench) -> None:
    ready.ask("a", lane="bass")
    ready.ask("b", Client("phone", "phone", True), lane="bass")
    assert ready.sent.messages == []


def test_a_job_that_waited_too_long_is_dropped(ready: Bench) -> None:
    ready.ask("a", expires_ms=1000)
    ready.ask("b", expires_ms=1000)
    ready.passes(1.5)
    assert [message.code for message in ready.sent.of("b")] == ["expired"]
    assert ready.sent.of("a", Failed) == []


def test_the_queue_has_an_end(ready: Bench) -> None:
    for number in range(32):
        ready.ask(f"r{number}")
    with pytest.raises(QueueFull):
        ready.ask("one-more")
    ready.ask("r0")
    phone = Client("phone", "phone", True)
    for number in range(32):
        ready.ask(f"p{number}", phone)
    with pytest.raises(QueueFull):
        ready.ask("a", Client("third", "third", True))


def test_a_full_queue_takes_a_job_that_replaces_others(ready: Bench) -> None:
    for number in range(31):
        ready.ask(f"r{number}")
    ready.ask("old", lane="bass")
    ready.ask("new", lane="bass")
    assert [message.code for message in ready.sent.of("old")] == ["replaced"]


def test_the_fraction_never_falls_also_after_a_crash_of_either_process(ready: Bench) -> None:
    ready.ask("a")
    ready.beats(0.62)
    ready.dies()
    ready.passes(0.1)
    ready.ready()
    ready.beats(0.1)
    ready.crash()
    ready.ready()
    ready.beats(0.3)
    fractions = [message.fraction for message in ready.sent.of("a", Progress)]
    assert fractions == sorted(fractions)
    assert len(fractions) >= 3
    assert fractions[-1] <= 0.65


def test_the_time_left_after_a_death_is_that_of_the_new_try(ready: Bench) -> None:
    ready.ask("a")
    ready.clock.now += 8.0
    ready.beats(0.8)
    assert ready.sent.of("a", Progress)[-1].eta_s == pytest.approx(2.0)
    ready.dies()
    ready.passes(60.0)
    ready.ready()
    ready.clock.now += 2.0
    ready.beats(0.2)
    told = ready.sent.of("a", Progress)[-1]
    assert told.fraction >= 0.8  # never falls
    assert told.eta_s == pytest.approx(8.0)


def test_stems_of_an_earlier_try_do_not_make_the_new_one_look_fast(ready: Bench) -> None:
    ready.ask("a", variations=2)
    ready.stem(0, 2)
    ready.dies()
    ready.passes(60.0)
    ready.ready()
    ready.stem(0, 2)
    ready.clock.now += 1.0
    ready.beats(0.75)
    assert ready.sent.of("a", Progress)[-1].eta_s == pytest.approx(1.0)


def test_progress_is_told_at_most_ten_times_a_second_unless_the_stage_changes(ready: Bench) -> None:
    ready.ask("a")
    for step in range(10):
        ready.beats(step / 20)
    assert len(ready.sent.of("a", Progress)) == 1
    ready.beats(0.6, "decoding")
    assert len(ready.sent.of("a", Progress)) == 2


def test_a_dead_worker_is_replaced_and_the_job_done_again_once(ready: Bench) -> None:
    ready.ask("a", variations=2)
    ready.stem(0, 2)
    ready.dies()
    ready.passes(0.05)
    assert len(ready.workers) == 2
    ready.ready()
    ready.stem(0, 2)
    ready.stem(1, 2)
    ready.says("done")
    assert [stem.index for stem in ready.sent.of("a", Stem)] == [0, 1]
    assert len(ready.sent.of("a", Done)) == 1


def test_a_job_on_which_the_worker_died_twice_is_given_up(ready: Bench) -> None:
    ready.ask("poison")
    ready.ask("good")
    for number in (1, 2):
        assert ready.running == 1
        ready.dies(f"worker-crash-{number}.log")
        ready.passes(60.0)
        ready.ready()
    (failed,) = ready.sent.of("poison")
    assert failed.code == "worker-died"
    assert "worker-crash-2.log" in failed.hint
    assert ready.running == 2


def test_a_worker_that_dies_often_is_started_ever_more_slowly(ready: Bench) -> None:
    waits = []
    for _ in range(5):
        before, known = ready.clock.now, len(ready.workers)
        ready.dies()
        while len(ready.workers) == known:
            ready.passes(0.5)
        waits.append(ready.clock.now - before)
        ready.ready()
    assert waits == [0.0, 1.0, 2.0, 4.0, 8.0]


def test_a_stuck_worker_is_stopped_then_killed_and_the_job_done_again_once(ready: Bench) -> None:
    ready.ask("a")
    ready.passes(31.0)
    assert ready.worker.orders[-1] == {"do": "stop", "job": 1}
    ready.passes(2.5)
    assert ready.worker.killed
    ready.dies()
    ready.passes(0.1)
    ready.ready()
    assert ready.running == 1
    ready.passes(31.0)
    ready.says("stopped")
    assert [message.code for message in ready.sent.of("a")] == ["timed-out"]


def test_a_worker_that_moves_is_not_stuck_however_long_it_takes(ready: Bench) -> None:
    ready.ask("a")
    for step in range(20):
        ready.clock.now += 20.0
        ready.beats(step / 20)
    assert [order["do"] for order in ready.worker.orders] == ["load", "run"]


def test_a_missing_pack_refuses_at_once_and_is_tried_again(bench: Bench) -> None:
    bench.says("unready", code="model-missing", message="There is no pack.", hint="Install one.")
    with pytest.raises(ModelMissing, match="There is no pack"):
        bench.ask("a")
    assert [order["do"] for order in bench.worker.orders] == ["load", "load"]
    bench.ready()
    bench.ask("a")
    assert bench.running == 1


def test_a_worker_that_dies_at_its_start_ends_the_waiting_jobs_with_a_sentence(bench: Bench) -> None:
    bench.ask("a")
    for _ in range(3):
        bench.dies()
        bench.passes(40.0)
    (failed,) = bench.sent.of("a")
    assert failed.code == "worker-died"
    assert "worker.log" in failed.hint
    bench.dies("worker-crash-4.log")
    with pytest.raises(WorkerDied) as refused:
        bench.ask("b")
    assert "worker-crash-4.log" in refused.value.hint
    bench.passes(40.0)
    bench.ready()
    bench.ask("b")
    assert bench.running is not None


def test_a_worker_that_never_finishes_loading_is_killed(bench: Bench) -> None:
    bench.passes(200.0)
    assert bench.worker.killed


def test_a_stop_in_order_puts_the_running_job_back_without_blame(ready: Bench) -> None:
    ready.ask("a")
    for _ in range(5):
        ready.restart()
        ready.ready()
        assert ready.running == 1
    ready.stem()
    ready.says("done")
    assert len(ready.sent.of("a", Done)) == 1


def test_a_server_that_dies_three_times_on_one_job_gives_it_up(ready: Bench) -> None:
    ready.ask("a")
    for _ in range(3):
        assert ready.running == 1
        ready.crash()
        ready.ready()
    (failed,) = ready.service.query(DAW, "a")
    assert isinstance(failed, Failed)
    assert failed.code == "worker-died"
    assert ready.running is None


def test_a_cancel_that_was_asked_before_a_crash_holds_after_it(ready: Bench) -> None:
    ready.ask("a")
    ready.service.cancel(DAW, "a")
    ready.crash()
    ready.ready()
    assert list(ready.service.query(DAW, "a")) == [Cancelled("a")]
    assert ready.running is None


def test_events_of_a_replaced_worker_change_nothing(ready: Bench) -> None:
    ready.ask("a")
    old = ready.worker
    ready.dies()
    ready.passes(0.1)
    ready.ready()
    ready.service.turn((old, {"is": "done", "job": 1}))
    assert ready.running == 1


def test_the_estimate_is_learnt(ready: Bench) -> None:
    for name in "abc":
        ready.ask(name)
        ready.stem()
        ready.clock.now += 3.0
        ready.says("done")
    assert ready.ask("d") == (Accepted("d", 0, 3.0),)
    assert ready.ask("e", variations=2) == (Accepted("e", 1, 9.0),)


def test_the_status_fits_a_datagram_and_says_what_is_going_on(ready: Bench) -> None:
    for number in range(32):
        ready.ask(f"{number:03d}" + "x" * 61)
    text = ready.service.status_json()
    status = json.loads(text)
    assert len(text.encode()) < 3800
    assert status["ready"]
    assert (status["device"], status["provider"]) == ("played", "PlayedProvider")
    assert status["queue_length"] == 32
    assert len(status["running"]) == 1


def test_quit_only_tells_the_app(ready: Bench) -> None:
    ready.service.quit()
    assert ready.quits == 1
    ready.service.generate(DAW, Generate("a"))


@pytest.mark.parametrize(("event", "tells"), [("done", Done), ("failed", Failed), ("gone", Done)])
def test_what_the_worker_said_while_the_disk_was_full_is_not_lost(ready: Bench, event: str, tells: type) -> None:
    ready.ask("a")
    ready.stem()
    with full_disk(ready):
        said = {"is": event, "job": 1, "exit": -9, "code": "internal", "message": "m", "hint": "h"}
        if event == "gone":
            del said["job"]
        assert not ready.service.turn((ready.worker, said))
        assert ready.sent.of("a", Done) == ready.sent.of("a", Failed) == []
    assert ready.service.turn((ready.worker, said))
    if event == "gone":
        ready.ready()
        ready.says("done")
    assert len(ready.sent.of("a", tells)) == 1


def test_nothing_is_accepted_on_a_full_disk(ready: Bench) -> None:
    with full_disk(ready), pytest.raises(DiskFull):
        ready.ask("a")
    with pytest.raises(UnknownRequest):
        ready.service.query(DAW, "a")
    ready.ask("a")
    assert ready.running == 1


@contextmanager
def full_disk(bench: Bench) -> Iterator[None]:
    """Every write of the store fails as SQLite's do when there is no room."""
    real = bench.service._store._db
    bench.service._store._db = FullDisk(real)  # type: ignore[assignment]
    yield
    bench.service._store._db = real


class FullDisk:
    """A connection that reads and does not write."""

    def __init__(self, real: sqlite3.Connection) -> None:
        self._real = real

    def __enter__(self) -> FullDisk:
        return self

    def __exit__(self, *_: object) -> None:
        self._real.rollback()

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        if not sql.startswith("SELECT"):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return self._real.execute(sql, values)
