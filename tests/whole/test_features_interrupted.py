"""Every feature together with cancel, kill -9 and replay: nothing half-written, and always the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge_server.accompany import recipe as recipes
from bridge_server.accompany.pipeline import Accompanist
from bridge_server.errors import BadArguments
from bridge_server.protocol.messages import Cancelled as CancelledMessage
from bridge_server.protocol.messages import Progress
from bridge_server.protocol.table import Value
from tests.whole import bounces
from tests.whole.asking import Played, files, follow, play
from tests.whole.real_server import PACK, RealServer

SECONDS = 2.0
FEATURES: dict[str, dict[str, Value]] = {
    "variation": {"init": "STEM", "strength": 0.4},
    "redo": {"init": "STEM", "redo_start": 30_000, "redo_frames": 40_000},
    "loop": {"loop": 1},
    "guided": {"guidance": 1.5, "prompt_guidance": 2.0},
    "draft": {"steps": 1},
    "reference": {"reference": "STEM", "prompt": ""},
    "blend": {"reference": "STEM", "blend": 0.3},
    "slider": {"prompt_to": "strings", "prompt_position": 0.5},
    "delivery": {"channels": 1, "format": "wav16", "sample_rate": 88_200, "loudness": "raw"},
}


@pytest.fixture(scope="module")
def server(mortal_server: RealServer) -> RealServer:
    """The one that may be killed."""
    return mortal_server


@pytest.fixture(scope="module")
def asked(server: RealServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A context, and a stem for it under the name STEM."""
    folder = tmp_path_factory.mktemp("asked")
    wishes = {"context": bounces.bounce(folder / "bounce.wav", seconds=SECONDS), "prompt": "bass", "seed": 40}
    with server.client() as client:
        stem = play(client, **wishes, out_dir=str(folder)).stem.path
    return {**wishes, "variations": 2, "STEM": stem}


def wishes_of(feature: str, asked: dict[str, Any]) -> dict[str, Any]:
    common = {name: value for name, value in asked.items() if name != "STEM"}
    return common | {name: asked["STEM"] if value == "STEM" else value for name, value in FEATURES[feature].items()}


@pytest.fixture(scope="module")
def replayer() -> Accompanist:
    """Loaded once, for all replays; the command is tested beside the features."""
    return Accompanist(PACK)


@pytest.mark.slow  # by default test_deaths.py, test_streaming.py and test_batch.py kill, cancel and replay
@pytest.mark.parametrize("feature", FEATURES)
def test_killed_cancelled_and_replayed_it_is_the_same(
    feature: str, server: RealServer, asked: dict[str, Any], replayer: Accompanist, tmp_path: Path
) -> None:
    wishes = wishes_of(feature, asked)
    with server.client() as client:
        calm = play(client, **wishes, out_dir=str(tmp_path / "calm"))

        killed_id = client.generate(f"killed-{feature}", **wishes, out_dir=str(tmp_path / "killed")).request_id
        told, is_killed = [], False
        for message in client.events(killed_id):
            told.append(message)
            if isinstance(message, Progress) and message.stage.startswith("decoding (2") and not is_killed:
                is_killed = True
                server.worker().kill()
        assert is_killed
        assert Played(tuple(told)).hashes == calm.hashes
        assert len(files(tmp_path / "killed")) == 4

        cancelled_id = client.generate(f"cancel-{feature}", **wishes, out_dir=str(tmp_path / "cancelled")).request_id
        assert isinstance(client.cancel(cancelled_id), CancelledMessage)
        assert not [name for name in files(tmp_path / "cancelled") if name.startswith(".")]
        again = follow(client, client.generate(**wishes, out_dir=str(tmp_path / "cancelled")).request_id)
        assert again.hashes == calm.hashes

    held = recipes.load(Path(calm.stems[1].path).with_suffix(".json"))
    assert replayer.replay(held, tmp_path / "replayed", lambda fraction, stage: None).sha256 == calm.hashes[1]


def test_replay_with_another_stem_to_vary_says_so(
    server: RealServer, asked: dict[str, Any], replayer: Accompanist, tmp_path: Path
) -> None:
    copy = bounces.write(tmp_path / "copy.wav", bounces.read(asked["STEM"]))
    with server.client() as client:
        wishes = {name: asked[name] for name in ("context", "prompt", "seed")}
        varied = play(client, **wishes, init=copy, strength=0.2, out_dir=str(tmp_path / "out")).stem
    bounces.write(tmp_path / "copy.wav", bounces.read(asked["STEM"]) * 0.5)
    held = recipes.load(Path(varied.path).with_suffix(".json"))
    with pytest.raises(BadArguments, match="not the one of the recipe any more"):
        replayer.replay(held, tmp_path / "again", lambda fraction, stage: None)
