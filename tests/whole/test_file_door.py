"""A client without sockets does a whole job with files alone, as REAPER's Lua does."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.hostile.packets import bundle
from tests.whole import bounces
from tests.whole.raw_osc import Answer, generate, packet, read
from tests.whole.real_server import RealServer, wait_for


class FileClient:
    """Writes packets into the inbox and reads its folder of the outbox."""

    def __init__(self, server: RealServer, name: str) -> None:
        self._inbox, self._outbox = server.exchange / "inbox", server.exchange / "outbox" / name
        self._name = name
        self.told: list[Answer] = []

    def put(self, raw: bytes, number: int) -> Path:
        """One packet under its final name in one step."""
        path = self._inbox / f"{self._name}.{number}.osc"
        path.with_suffix(".tmp").write_bytes(raw)
        return path.with_suffix(".tmp").replace(path)

    def has_heard(self, *addresses: str) -> list[Answer]:
        """Take in what came; the answers at these addresses so far."""
        for path in sorted(self._outbox.glob("*.osc")):
            if path.stem != "heartbeat":
                self.told.append(read(path.read_bytes()))
                path.unlink()
        return [answer for answer in self.told if answer.address in addresses]

    def heartbeat(self) -> Answer | None:
        """The last one."""
        path = self._outbox / "heartbeat.osc"
        return read(path.read_bytes()) if path.exists() else None


@pytest.mark.parametrize("with_token", [True, False], ids=["with the token", "as a guest"])
def test_one_whole_job_through_the_file_door(server: RealServer, tmp_path: Path, with_token: bool) -> None:
    name = "reaper" if with_token else "reaper guest"
    folder = tmp_path if with_token else server.exchange / "guests"
    bounce = bounces.bounce(folder / "bounce.wav")
    door, request_id = FileClient(server, name), "door-1" if with_token else "door-2"
    hello = packet("/riff/hello", name, 1, 0, 0, server.announced.token if with_token else "")
    asked = generate(request_id, context=bounce, prompt="strings", variations=2, seed=3, out_dir=str(folder))
    path = door.put(bundle(hello, asked), 1)
    wait_for(lambda: door.has_heard("/riff/done", "/riff/refused", "/riff/failed"))

    addresses = [answer.address for answer in door.told]
    assert addresses[:2] == ["/riff/welcome", "/riff/accepted"]
    assert addresses[-1] == "/riff/done"
    assert "/riff/progress" in addresses
    stems = door.has_heard("/riff/stem")
    assert [(s.values[2], s.values[5], s.values[7]) for s in stems] == [(0, bounces.FRAMES, 3), (1, bounces.FRAMES, 4)]
    assert all(bounces.read(stem.values[4]).shape == (bounces.FRAMES, 2) for stem in stems)
    assert door.told[0].values[-1] == int(with_token)
    assert not path.exists()
    beat = wait_for(door.heartbeat)
    assert beat.values[0] == server.announced.boot_id


def test_nonsense_in_the_inbox_is_answered_and_removed(server: RealServer) -> None:
    door = FileClient(server, "confused")
    paths = [door.put(raw, n) for n, raw in enumerate((b"hello?", struct.pack(">i", 4) * 3, packet("/riff/sing")))]
    answers = wait_for(lambda: len(found := door.has_heard("/riff/refused")) == 3 and found)
    assert [answer.values[1] for answer in answers] == ["bad-arguments", "bad-arguments", "unknown-address"]
    assert not any(path.exists() for path in paths)
