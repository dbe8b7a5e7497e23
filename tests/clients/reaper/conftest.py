"""Servers for the client: the real one with the real pack, and one with the identity pack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.reaper.reaper_double import ReaperDouble
from tests.identity_pack import identity_pack
from tests.whole import bounces
from tests.whole.real_server import PACK, RealServer


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Started as a user starts it, with the pack that ships."""
    yield from _running(tmp_path_factory.mktemp("reaper-real"), PACK)


@pytest.fixture(scope="session")
def identity_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """The same server with a pack whose models return the context."""
    folder = tmp_path_factory.mktemp("reaper-identity")
    yield from _running(folder, identity_pack(folder / "pack"))


def _running(folder: Path, pack: Path) -> Iterator[RealServer]:
    server = RealServer(folder, pack).start()
    yield server
    assert server.end() == 0


@pytest.fixture(scope="session")
def bounce(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A good bounce of usual length."""
    return bounces.bounce(tmp_path_factory.mktemp("bounce") / "bounce.wav")


@pytest.fixture(params=["5.3", "5.4"])
def version(request: pytest.FixtureRequest) -> str:
    """Both Lua versions that REAPER had."""
    return str(request.param)


def studio(folder: Path, server: RealServer | None, version: str = "5.4", **options: Any) -> ReaperDouble:
    """A REAPER whose settings name this server's state folder (or one where no server is)."""
    reaper = ReaperDouble(folder / "reaper", version, **options)
    state = server.state if server else folder / "nobody here"
    reaper.ext_state["riffbridge", "setting.state_folder"] = str(state)
    return reaper


@pytest.fixture(params=["5.4", pytest.param("5.3", marks=pytest.mark.slow)])
def reaper(request: pytest.FixtureRequest, tmp_path: Path, identity_server: RealServer) -> Iterator[ReaperDouble]:
    """REAPER with sockets, a track with chords from 1 s to 7 s, and 2 s to 5 s selected; nothing is held at the end."""
    reaper = studio(tmp_path, identity_server, request.param)
    keys = reaper.project.add_track("Keys")
    reaper.project.add_item(keys, bounces.bounce(tmp_path / "keys.wav", seconds=6.0), 1.0)
    reaper.project.selection = (2.0, 5.0)
    yield reaper
    assert reaper.errors == []
    reaper.check_nothing_is_held()
