"""The torch networks of a pack, read back from its graphs, so that training can go on from what is shipped.

The weights are those the pack computes with: the large ones rounded to int8, with about 0.6 % of error (see
`models/nets/rounding.py`), everything else exact. Optimiser state is not part of a pack.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from torch import Tensor

from models.clap import AUDIO_GRAPH, TEXT_GRAPH
from models.gap_bridge import FILE as BRIDGE_GRAPH
from models.manifest import Manifest
from models.nets.clap import Clap, ClapConfig
from models.nets.codec import Codec
from models.nets.codec_config import CodecConfig
from models.nets.dit import DiT, DiTConfig
from models.nets.gap_bridge import GapBridge, GapBridgeConfig
from models.nets.parameter_map import as_tensors, read_parameters
from models.pack import Pack

CODEC_GRAPHS = ("codec_encode.onnx", "codec_features.onnx", "codec_decode_step.onnx")
DIT_GRAPH = "c_dit.onnx"

Checkpoint = tuple[dict[str, Tensor], dict[str, Any]]
"""State dict as float32, and metadata."""


def codec_from_pack(folder: Path) -> Checkpoint:
    """State dict of the pack's Codec (float32) and notes: `config`, and what the run that trained it noted."""
    pack = Pack.open(folder)
    config = networks_config(pack.manifest)["codec"]
    found = {
        "latent_mean": pack.array("latent_mean.npy"),
        "latent_std": pack.array("latent_std.npy"),
    }
    for file in CODEC_GRAPHS:
        found |= _without("codec.", _parameters(pack, file))
    like = Codec(CodecConfig.from_json(config)).state_dict()
    return _complete(found, like, folder), _notes(pack, "codec", config)


def dit_from_pack(folder: Path) -> Checkpoint:
    """State dict of a LatentModel (`dit.*`) and notes, as `codec_from_pack`."""
    pack = Pack.open(folder)
    config = networks_config(pack.manifest)["dit"]
    found = _without("net.", _parameters(pack, DIT_GRAPH))
    for name in ("null_clap", "null_context"):
        found[name] = pack.array(f"{name}.npy")
    weights = _complete(found, DiT(DiTConfig(**config)).state_dict(), folder)
    return {f"dit.{name}": value for name, value in weights.items()}, _notes(pack, "dit", config)


def clap_from_pack(folder: Path) -> Checkpoint:
    """State dict of the pack's Clap and notes, as `codec_from_pack`; the temperature begins anew."""
    pack = Pack.open(folder)
    config = networks_config(pack.manifest)["clap"]
    like = Clap(ClapConfig(**{**config, "channels": tuple(config["channels"])})).state_dict()
    found = {"log_scale": like["log_scale"].numpy()}
    for file, tower in ((AUDIO_GRAPH, "audio"), (TEXT_GRAPH, "text")):
        found |= {f"{tower}.{name}": value for name, value in _parameters(pack, file).items()}
    return _complete(found, like, folder), _notes(pack, "clap", config)


def bridge_from_pack(folder: Path) -> Checkpoint:
    """State dict of the pack's GapBridge and notes, as `codec_from_pack`."""
    pack = Pack.open(folder)
    config = networks_config(pack.manifest)["bridge"]
    like = GapBridge(GapBridgeConfig(**config)).state_dict()
    unused = {name: value.numpy() for name, value in like.items() if name.endswith("explained")}
    return _complete(unused | _without("net.", _parameters(pack, BRIDGE_GRAPH)), like, folder), _notes(
        pack, "bridge", config
    )


def networks_config(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """Fields of the configurations (`codec`, `dit`, `clap`, `bridge`) that a pack was exported from."""
    try:
        return {name: dict(config) for name, config in manifest.provenance["networks"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("The pack does not say how large its networks are; export it again.") from error


def require_all(found: set[str], codec: Codec, dit: DiT) -> None:
    """ValueError when a parameter is neither in a graph nor in one of the pack's arrays.

    found: names in the graphs' notes, `codec.*` and `net.*`.
    """
    arrays = {"codec.latent_mean", "codec.latent_std", "net.null_clap", "net.null_context"}
    wanted = {f"codec.{name}" for name in codec.state_dict()} | {f"net.{name}" for name in dit.state_dict()}
    lost = sorted(wanted - found - arrays)
    if lost:
        raise ValueError(f"{len(lost)} parameters could not be read back from the pack, for instance {lost[0]}.")


def _parameters(pack: Pack, file: str) -> dict[str, NDArray[np.float32]]:
    try:
        return read_parameters(onnx.load(pack.path(file)))
    except ValueError as error:
        raise ValueError(f"{file} in the pack at {pack.folder} {error}.") from error


def _without(prefix: str, arrays: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def _complete(found: dict[str, NDArray[np.float32]], like: dict[str, Tensor], folder: Path) -> dict[str, Tensor]:
    """Every tensor of `like`, or a ValueError that names what is missing."""
    tensors = as_tensors(found, like)
    missing = sorted(set(like) - set(tensors))
    if missing:
        raise ValueError(f"The pack at {folder} lacks {len(missing)} parameters, for instance {missing[0]}.")
    return tensors


def _notes(pack: Pack, part: str, config: dict[str, Any]) -> dict[str, Any]:
    trained = pack.manifest.provenance.get("checkpoints", {}).get(part, {})
    name, version = pack.manifest.name, pack.manifest.version
    return {**trained, "config": config, "pack": f"{name} {version}"}


READERS = {"codec": codec_from_pack, "dit": dit_from_pack, "clap": clap_from_pack, "bridge": bridge_from_pack}
