"""A pack of tiny, untrained networks, exported once per test run: every path of the runtime at 1 % of the cost."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from filelock import FileLock

from models.data.tokenizer_file import SOURCE_TOKENIZER
from models.export import main
from models.generator import Generator
from models.nets.clap import Clap, ClapConfig
from models.nets.codec import Codec
from models.nets.codec_config import CodecConfig
from models.nets.dit import DiT, DiTConfig
from models.nets.gap_bridge import GapBridge, GapBridgeConfig
from models.tokenizer import Tokenizer
from models.train.checkpoint import save_parts
from models.train.trained import Networks, load_networks

TINY_CODEC = CodecConfig(
    bands=((0, 256, 8), (256, 1024, 24)), channels=(8, 16, 32), conv_blocks=(1, 0, 0), strides=((4, 2), (2, 2)),
    heads=2, encoder_layers=1, feature_layers=1, denoiser_layers=1, condition=16, slot_tied=True, queries=8,
    sketch=True, hears_relations=True, anchored_bins=8, wave_numbers=8, envelope=True, stereo_width=True,
)  # fmt: skip
TINY_DIT = DiTConfig(width=64, layers=2, heads=2, condition=32)
TINY_CLAP = ClapConfig(channels=(8, 16, 32), heads=2, audio_layers=1, text_width=32, text_layers=1)
TINY_BRIDGE = GapBridgeConfig(width=32, blocks=1, condition=16, noise_features=16, components=32)
BASS, PAD = np.eye(512, dtype=np.float32)[:2]
"""Two styles: what an untrained network makes of them is all the same, as long as it is not alike."""
STARTER = Path(__file__).parents[2] / "models" / "packs" / "starter"


@dataclass(frozen=True)
class Exported:
    """The tiny pack: its folder (leave it as it is), the networks before rounding, and what the exporter said."""

    folder: Path
    networks: Networks
    reports: list[dict[str, Any]]
    printed: str


class TinyRuns(NamedTuple):
    """Folders of runs, in the order in which `load_networks` takes them."""

    codec: Path
    dit: Path
    clap: Path
    bridge: Path


def save_tiny_runs(folder: Path) -> TinyRuns:
    """Checkpoints of small networks, as training leaves them.

    The zero-initialised layers are not zero, so that everything influences the output.
    """
    torch.manual_seed(0)
    codec, dit, bridge = Codec(TINY_CODEC), DiT(TINY_DIT), GapBridge(TINY_BRIDGE)
    clap = Clap(replace(TINY_CLAP, tokens=len(Tokenizer.load(SOURCE_TOKENIZER))))
    bridge.fit(*(torch.nn.functional.normalize(torch.randn(64, 512), dim=1) for _ in range(2)))
    with torch.no_grad():
        for parameter in (*codec.parameters(), *dit.parameters(), *bridge.parameters()):
            if parameter.ndim > 1:
                parameter += 0.1 * torch.randn_like(parameter)
        codec.latent_mean.uniform_(-0.1, 0.1)
        codec.latent_std.uniform_(0.3, 0.6)
    weights = {f"dit.{key}": value for key, value in dit.state_dict().items()}
    save_parts(folder / "codec" / "ema", codec.state_dict(), {"config": asdict(TINY_CODEC)})
    save_parts(folder / "dit", weights, {"config": asdict(TINY_DIT), "step": 9})
    save_parts(folder / "clap", clap.state_dict(), {"config": asdict(clap.config)})
    save_parts(folder / "bridge", bridge.state_dict(), {"config": asdict(TINY_BRIDGE)})
    return TinyRuns(*(folder / name for name in TinyRuns._fields))


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Exported:
    """The tiny pack, made by the command line from checkpoints; once for all processes of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "tiny_pack"
    printed = folder / "printed.txt"
    with FileLock(f"{folder}.lock"):
        if not printed.exists():
            printed.write_text(_export(save_tiny_runs(folder), folder / "tiny"))
    runs = TinyRuns(*(folder / name for name in TinyRuns._fields))
    reports = json.loads((folder / "tiny" / "manifest.json").read_text())["provenance"]["export"]
    return Exported(folder / "tiny", load_networks(*runs), reports, printed.read_text())


def _export(runs: TinyRuns, pack: Path) -> str:
    """What the command prints while it makes the pack."""
    words = [word for name, run in runs._asdict().items() for word in (f"--{name}", str(run))]
    with redirect_stdout(io.StringIO()) as printed:
        main([*words, "--out", str(pack), "--name", "tiny"])
    return printed.getvalue()


@pytest.fixture(scope="session")
def tiny_pack(exported: Exported) -> Path:
    """Folder of the tiny pack; leave it as it is."""
    return exported.folder


@pytest.fixture(scope="session")
def shared_generator(tiny_pack: Path) -> Generator:
    """One loaded generator for the whole run."""
    return Generator(tiny_pack, "cpu", threads=1)


@pytest.fixture
def generator(shared_generator: Generator) -> Iterator[Generator]:
    """The loaded tiny pack, with its stop signal cleared afterwards."""
    yield shared_generator
    shared_generator.stop.clear()
