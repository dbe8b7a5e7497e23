"""Parts of a long stem through the socket, by the identity pack: a real worker that plays the context back at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge_server.client import RiffClient
from bridge_server.errors import BadArguments
from bridge_server.errors import Cancelled as RiffCancelled
from bridge_server.protocol.messages import Cancelled, Done, Part, Progress, Stem
from tests.hostile.packets import bundle
from tests.identity_pack import identity_pack
from tests.whole import bounces
from tests.whole.asking import files, hash_of, play, refusal
from tests.whole.raw_osc import generate, packet
from tests.whole.real_server import RealServer, riffbridge, wait_for
from tests.whole.test_file_door import FileClient

SECONDS = 40.0
ASKED: dict[str, Any] = {"seed": 3, "loudness": "raw", "stream": 1}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """With the identity pack, of this module's own: it will be killed."""
    folder = tmp_path_factory.mktemp("streaming")
    server = RealServer(folder, identity_pack(folder / "pack")).start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A long bounce, another sound in every second, so that a part in the wrong place is seen."""
    time_s = np.arange(round(SECONDS * 48_000)) / 48_000
    swept = 0.3 * np.sin(2 * np.pi * (110 + 4 * time_s) * time_s)
    return bounces.write(tmp_path_factory.mktemp("context") / "minute.wav", np.stack([swept, -swept], 1))


@pytest.fixture(scope="module")
def undisturbed(server: RealServer, context: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """SHA-256 of the stem that is asked for without parts."""
    with server.client() as client:
        folder = str(tmp_path_factory.mktemp("undisturbed"))
        return play(client, context=context, out_dir=folder, **{**ASKED, "stream": 0}).hashes[0]


def heard(parts: list[Part]) -> np.ndarray:
    """The parts as another reader than ours reads them, in order, `[frame, channel]`."""
    in_order = sorted(parts, key=lambda part: part.part)
    assert [part.part for part in in_order] == list(range(len(parts)))
    return np.concatenate([soundfile.read(part.path)[0] for part in in_order])


def assert_parts_are_the_stem(told: list[Any]) -> None:
    parts = [message for message in told if isinstance(message, Part)]
    (stem,) = [message for message in told if isinstance(message, Stem)]
    np.testing.assert_array_equal(heard(parts), bounces.read(stem.path))


def test_the_beginning_can_be_heard_while_the_rest_is_made_and_the_stem_is_the_same(
    client: RiffClient, context: str, undisturbed: str, out_dir: str
) -> None:
    played = play(client, "streamed", context=context, out_dir=out_dir, **ASKED)
    kinds = [type(message) for message in played.told]
    first = kinds.index(Part)
    before = [message.fraction for message in played.told[:first] if isinstance(message, Progress)]
    assert max(before) < 0.35
    assert Part not in kinds[kinds.index(Stem) :]
    assert_parts_are_the_stem(list(played.told))
    assert played.hashes == [undisturbed]
    assert files(Path(out_dir)) == ["stem_streamed_v0.json", "stem_streamed_v0.wav", "stem_streamed_v0_parts"]


def test_replay_of_a_streamed_stem_gives_the_same_bytes(
    server: RealServer, client: RiffClient, context: str, undisturbed: str, out_dir: str, tmp_path: Path
) -> None:
    stem = play(client, context=context, out_dir=out_dir, **ASKED).stem
    recipe = Path(stem.path).with_suffix(".json")
    ran = riffbridge("replay", recipe, "--out-dir", tmp_path / "again", "--pack", server.pack)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert hash_of(str(tmp_path / "again" / Path(stem.path).name)) == undisturbed


def test_a_client_that_comes_back_is_told_the_parts_again(
    server: RealServer, client: RiffClient, context: str, out_dir: str
) -> None:
    client.generate("resumed", context=context, out_dir=out_dir, **ASKED)
    first = next(message for message in client.events("resumed") if isinstance(message, Part))
    with server.client() as again:  # same name, another socket: the window was closed and opened
        again.query("resumed")
        told = list(again.events("resumed"))
    assert first.path in [message.path for message in told if isinstance(message, Part)]
    assert_parts_are_the_stem(told)


def test_a_cancelled_stem_leaves_the_parts_that_were_told_and_nothing_else(
    client: RiffClient, context: str, out_dir: str
) -> None:
    client.generate("stopped", context=context, out_dir=out_dir, **ASKED)
    told = [next(message for message in client.events("stopped") if isinstance(message, Part))]
    assert isinstance(client.cancel("stopped"), Cancelled)
    with suppress(RiffCancelled):
        told += [message for message in client.events("stopped") if isinstance(message, Part)]
    assert len(heard(told)) == sum(part.frames for part in told)
    assert files(Path(out_dir)) == ["stem_stopped_v0_parts"]
    assert files(Path(told[0].path).parent) == sorted(Path(part.path).name for part in told)


@pytest.mark.parametrize("who", ["worker", "server"])
def test_a_kill_after_the_first_part_changes_no_byte_of_parts_and_stem(
    who: str, server: RealServer, context: str, undisturbed: str, tmp_path: Path
) -> None:
    told: list[Any] = []
    with server.client("daw") as client:
        client.generate(f"{who}-dies", context=context, out_dir=str(tmp_path), **ASKED)
        for message in client.events(f"{who}-dies"):
            told.append(message)
            if isinstance(message, Part) and sum(isinstance(each, Part) for each in told) == 1:
                first_ns = Path(message.path).stat().st_mtime_ns
                if who == "worker":
                    server.worker().kill()
                else:
                    server.kill()
                    server.start()
    assert isinstance(told[-1], Done)
    parts = [message for message in told if isinstance(message, Part)]
    assert Path(parts[0].path).stat().st_mtime_ns == first_ns, "a part that may be playing was written again"
    assert_parts_are_the_stem(told)
    assert hash_of(next(message.path for message in told if isinstance(message, Stem))) == undisturbed
    assert len(files(Path(parts[0].path).parent)) == len(parts)
    wait_for(lambda: server.worker().is_running())


def test_a_guest_at_the_file_door_hears_parts_from_the_exchange_folder(server: RealServer) -> None:
    door, folder = FileClient(server, "guest"), server.exchange / "guests"
    bounce = bounces.bounce(folder / "bounce.wav", seconds=10.0)
    wishes = {"context": bounce, "out_dir": str(folder), "seed": 1, "loudness": "raw", "stream": 1}
    door.put(bundle(packet("/riff/hello", "guest", 1, 1, 0, ""), generate("by-files", **wishes)), 1)
    (stem,) = wait_for(lambda: door.has_heard("/riff/done") and door.has_heard("/riff/stem"))
    parts = [answer.values for answer in door.has_heard("/riff/part")]
    assert [(index, part) for _, _, index, part, *_ in parts] == [(0, number) for number in range(len(parts))]
    assert len(parts) >= 2
    heard = np.concatenate([soundfile.read(path)[0] for _, _, _, _, path, *_ in parts])
    np.testing.assert_array_equal(heard, bounces.read(stem.values[4]))


def test_the_command_line_tells_what_can_be_heard_and_since_when(
    server: RealServer, context: str, tmp_path: Path
) -> None:
    ran = riffbridge("generate", context, "--stream", "--mono", "--seed", 1, "--out-dir", tmp_path, *server.folders)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"_v0_parts/stem_\w+_v0_part0\.wav  0\.0 to \d+\.\d s, after \d+\.\d s", ran.stdout)
    (stem,) = tmp_path.glob("*.wav")
    assert soundfile.info(stem).channels == 1


@pytest.mark.parametrize(("name", "value"), [("stream", 2), ("stream", -1), ("channels", 0), ("channels", 3)])
def test_values_outside_the_table_are_refused(client: RiffClient, context: str, name: str, value: int) -> None:
    assert isinstance(refusal(client, **{"context": context, name: value}), BadArguments)
