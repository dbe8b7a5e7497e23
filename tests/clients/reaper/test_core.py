"""The plain-Lua core does whole jobs with the real server through both doors, and loses nothing on bad lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.reaper.socket_double import Weather
from tests.clients.reaper.talk import Talk
from tests.whole import bounces
from tests.whole.real_server import RealServer, wait_for


@pytest.fixture(params=["udp", "files"])
def talk(request: pytest.FixtureRequest, version: str, identity_server: RealServer) -> Iterator[Talk]:
    """A client in each Lua through each door; the models answer at once."""
    talk = Talk(version, identity_server, request.param)
    yield talk
    talk.close()


@pytest.mark.parametrize("door", [pytest.param("udp", marks=pytest.mark.slow), "files"])
def test_one_whole_job_with_the_real_pack(real_server: RealServer, door: str, bounce: str, tmp_path: Path) -> None:
    talk = Talk("5.4", real_server, door)
    welcome = talk.greet()
    assert welcome["granted"] == 1
    assert welcome["pack"] == "starter"
    talk.ask(context=bounce, prompt="bass", variations=2, seed=7, out_dir=str(tmp_path / "é stems"), name="bäss")
    fractions: list[float] = []
    assert talk.follow(each_tick=lambda: fractions.append(talk.job[b"fraction"])) == "done"
    assert [(stem["index"], stem["seed"], stem["frames"], stem["sample_rate"]) for stem in talk.stems] == [
        (0, 7, bounces.FRAMES, 48_000),
        (1, 8, bounces.FRAMES, 48_000),
    ]
    assert all(bounces.read(stem["path"]).shape == (bounces.FRAMES, 2) for stem in talk.stems)
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 3
    talk.close()


def test_what_was_acked_never_comes_again(
    version: str, identity_server: RealServer, bounce: str, tmp_path: Path
) -> None:
    talk = Talk(version, identity_server)
    talk.greet()
    talk.ask(context=bounce, prompt="bass", out_dir=str(tmp_path))
    assert talk.follow() == "done"
    again = talk.heard_after_another_hello(0.6)
    assert [message["address"] for message in again] == []
    talk.close()


def test_a_refusal_is_the_servers_own_sentence(talk: Talk, bounce: str) -> None:
    talk.greet()
    talk.ask(context=bounce, prompt="bass", strength=0.5)
    assert talk.follow() == "failed"
    assert talk.failure["code"] == "bad-arguments"
    assert "strength" in talk.failure["message"]
    assert talk.failure["hint"]


def test_a_refusal_of_a_request_without_a_usable_id_is_heard_too(talk: Talk, bounce: str) -> None:
    talk.greet()
    talk.ask(request_id=b"not an id", context=bounce)
    assert talk.follow(limit_s=3.0) == "failed"
    assert talk.failure["code"] == "bad-arguments"


def test_a_pair_that_an_older_server_refuses_is_left_away(talk: Talk, bounce: str, tmp_path: Path) -> None:
    talk.greet()
    grid = tmp_path / "grid.json"
    grid.write_text("{}")
    talk.ask(("grid",), context=bounce, prompt="bass", grid=str(grid), out_dir=str(tmp_path))
    assert talk.follow() == "done"


def test_cancelling_is_over_within_a_second_and_the_server_stops(talk: Talk, tmp_path: Path) -> None:
    talk.greet()
    talk.ask(length_frames=48_000 * 120, prompt="pad", out_dir=str(tmp_path), variations=8)
    talk.follow_until("playing")
    talk.job[b"cancel"](talk.job)
    assert talk.follow(limit_s=1.0) == "cancelled"
    with talk.server.client() as other:
        wait_for(lambda: other.status()["queue_length"] == 0, limit_s=2.0)
    assert list(tmp_path.glob("*.wav")) == []


def test_with_a_third_of_all_datagrams_lost_nothing_is_lost(
    version: str, identity_server: RealServer, bounce: str
) -> None:
    weather = Weather(lost=0.3, doubled=0.1, overtaken=0.2)
    talk = Talk(version, identity_server, "udp", weather)
    talk.greet()
    for seed in range(4):
        talk.ask(context=bounce, prompt="bass", variations=2, seed=seed)
        assert talk.follow() == "done"
        assert [stem["seed"] for stem in talk.stems] == [seed, seed + 1]
    talk.close()
