"""Many variations of one request: told one by one, the context encoded once, as the same seeds would give alone."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bridge_server.client import RiffClient
from bridge_server.errors import Cancelled as RiffCancelled
from bridge_server.protocol.messages import Cancelled, Progress, Stem
from tests.whole import bounces
from tests.whole.asking import files, follow, play, recipe
from tests.whole.real_server import RealServer

WISHES: dict[str, Any] = {"prompt": "bass", "seed": 60, "steps": 1}


@pytest.fixture(scope="module")
def server(mortal_server: RealServer) -> RealServer:
    """The one that may be killed."""
    return mortal_server


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A short bounce, one chunk of the models."""
    return bounces.bounce(tmp_path_factory.mktemp("short") / "bounce.wav", seconds=0.65)


@pytest.fixture(scope="module")
def eight(server: RealServer, context: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """All that is told of a request for eight."""
    with server.client() as client:
        folder = str(tmp_path_factory.mktemp("eight"))
        return play(client, "eight", context=context, variations=8, out_dir=folder, **WISHES)


def test_results_are_told_one_by_one_while_the_next_is_made(eight: Any) -> None:
    stems = [at for at, message in enumerate(eight.told) if isinstance(message, Stem)]
    assert [eight.told[at].index for at in stems] == list(range(8))
    for index, (before, after) in enumerate(pairwise(stems)):
        stages = [message.stage for message in eight.told[before:after] if isinstance(message, Progress)]
        assert any(f"({index + 2} of 8)" in stage for stage in stages)


def test_the_context_is_read_and_encoded_once(eight: Any) -> None:
    seconds = [recipe(stem)["seconds"] for stem in eight.stems]
    assert len({(each["reading"], each["encoding"]) for each in seconds}) == 1
    encoding = [message for message in eight.told if isinstance(message, Progress) and "encoding" in message.stage]
    first_stem = next(at for at, message in enumerate(eight.told) if isinstance(message, Stem))
    assert all(message in eight.told[:first_stem] for message in encoding)


def test_each_is_what_its_seed_gives_alone(client: RiffClient, context: str, eight: Any, out_dir: str) -> None:
    for index in (3, 7):
        alone = play(client, context=context, out_dir=out_dir, **{**WISHES, "seed": 60 + index})
        assert alone.hashes == [eight.hashes[index]]


@pytest.mark.parametrize("who", ["worker", pytest.param("server", marks=pytest.mark.slow)])
def test_a_kill_in_the_middle_makes_only_what_is_missing_with_the_same_bytes(
    who: str, server: RealServer, context: str, eight: Any, tmp_path: Path
) -> None:
    with server.client() as client:
        client.generate(f"{who}-dies", context=context, variations=8, out_dir=str(tmp_path), **WISHES)
        third = next(m for m in client.events(f"{who}-dies") if isinstance(m, Stem) and m.index == 2)
        written_ns = Path(third.path).stat().st_mtime_ns
        if who == "worker":
            server.worker().kill()
        else:
            server.kill()
            server.start()
    with server.client() as client:
        client.query(f"{who}-dies")
        played = follow(client, f"{who}-dies")
    assert played.hashes == eight.hashes
    assert Path(third.path).stat().st_mtime_ns == written_ns
    assert len(files(tmp_path)) == 16


def test_a_cancel_keeps_what_was_told_and_makes_no_more(client: RiffClient, context: str, tmp_path: Path) -> None:
    client.generate("enough", context=context, variations=8, out_dir=str(tmp_path), **WISHES)
    next(message for message in client.events("enough") if isinstance(message, Stem) and message.index == 1)
    assert isinstance(client.cancel("enough"), Cancelled)
    told = []
    with pytest.raises(RiffCancelled):
        told += list(client.events("enough"))
    stems = [name for name in files(tmp_path) if name.endswith(".wav")]
    assert 2 <= len(stems) < 8
    assert not [name for name in files(tmp_path) if name.endswith(".part")]
