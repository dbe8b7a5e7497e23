"""When a worker is late. The service's tests show what is done about it."""

from __future__ import annotations

import pytest

from bridge_server.jobs.watchdog import GRACE_S, RestartBackoff, Verdict, Watchdog


@pytest.mark.parametrize(("estimate_s", "silence_s"), [(0.5, 30.0), (6.0, 30.0), (100.0, 500.0)])
def test_silence_of_five_estimates_but_at_least_half_a_minute_is_late(estimate_s: float, silence_s: float) -> None:
    dog = Watchdog.over(estimate_s, 10.0)
    assert dog.judge(10.0 + silence_s) is Verdict.FINE
    assert dog.judge(10.1 + silence_s) is Verdict.STOP


def test_a_beat_starts_the_time_anew() -> None:
    dog = Watchdog.over(1.0, 0.0)
    dog.beat(29.0)
    assert dog.judge(58.0) is Verdict.FINE
    assert dog.judge(60.0) is Verdict.STOP


def test_a_beat_does_not_excuse_a_worker_that_was_told_to_stop() -> None:
    dog = Watchdog.over(1.0, 0.0)
    dog.stopping(5.0)
    dog.beat(5.0 + GRACE_S)
    assert dog.judge(5.0 + GRACE_S) is Verdict.FINE
    assert dog.judge(5.1 + GRACE_S) is Verdict.KILL


def test_a_second_stop_gives_no_more_grace() -> None:
    dog = Watchdog.over(1.0, 0.0)
    dog.stopping(5.0)
    dog.stopping(6.9)
    assert dog.judge(7.1) is Verdict.KILL


def test_backoff_grows_to_its_end_and_is_forgotten_after_a_calm_minute() -> None:
    backoff, now_s, waits = RestartBackoff(), 0.0, []
    for _ in range(8):
        backoff.crashed(now_s)
        waits.append(next(wait for wait in (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0) if backoff.may_start(now_s + wait)))
        now_s += waits[-1]
    assert waits == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    backoff.crashed(now_s + 61.0)
    assert backoff.may_start(now_s + 61.0)


def test_backoff_is_forgotten_after_a_job_that_was_done() -> None:
    backoff = RestartBackoff()
    for _ in range(5):
        backoff.crashed(0.0)
    assert not backoff.may_start(1.0)
    backoff.worked()
    backoff.crashed(1.0)
    assert backoff.may_start(1.0)
