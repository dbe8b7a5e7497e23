"""The trained networks of a pack, read from checkpoints.

A checkpoint is a run's folder of weights (`part-<i>.safetensors` with their metadata, or the run that holds them in
`ema/`), one `NAME.safetensors` with `NAME.json` beside it, or a pack. Its metadata say {"config": fields of the
dataclass} or {"preset": name}; everything else in them is carried into the pack's provenance.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from safetensors.torch import load_file
from torch import Tensor

from models.clap import TOKENIZER
from models.data.tokenizer_file import SOURCE_TOKENIZER
from models.nets.clap import Clap, ClapConfig
from models.nets.codec import Codec
from models.nets.codec_config import CODEC_PRESETS, CodecConfig
from models.nets.dit import DIT_PRESETS, DiT, DiTConfig
from models.nets.gap_bridge import GapBridge, GapBridgeConfig
from models.pack import MANIFEST
from models.tokenizer import Tokenizer
from models.train.checkpoint import join_parts

Checkpoint = tuple[dict[str, Tensor], dict[str, Any]]
"""State dict as float32, and metadata."""


@dataclass
class Networks:
    """What a pack is made of, in evaluation mode and float32."""

    codec: Codec
    dit: DiT
    clap: Clap
    bridge: GapBridge
    tokenizer: Tokenizer
    notes: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, dict[str, Any]]:
        """The sizes of all networks, for the manifest: what `models.nets.from_pack` builds them anew from."""
        parts: dict[str, Codec | DiT | Clap | GapBridge] = {
            "codec": self.codec, "dit": self.dit, "clap": self.clap, "bridge": self.bridge,
        }  # fmt: skip
        return {name: asdict(part.config) for name, part in parts.items()}


def load_networks(codec_path: Path, dit_path: Path, clap_path: Path, bridge_path: Path) -> Networks:
    """Read the checkpoints; ValueError or RuntimeError when they are incomplete, of another shape or no DiT."""
    codec, codec_notes = load_codec(codec_path)
    dit_weights, dit_notes = dit_checkpoint(dit_path)
    if (net := dit_notes.get("net", "dit")) != "dit":
        raise ValueError(f"{dit_path} holds a {net}; a pack is made of a DiT.")
    dit = DiT(DiTConfig(**dit_notes["config"]))
    dit.load_state_dict({name.removeprefix("dit."): value for name, value in dit_weights.items()})
    (clap, clap_notes), (bridge, bridge_notes) = load_clap(clap_path), load_bridge(bridge_path)
    notes = {"codec": codec_notes, "dit": dit_notes, "clap": clap_notes, "bridge": bridge_notes}
    return Networks(codec, dit.eval(), clap, bridge, tokenizer_of(clap_path), notes)


def tokenizer_of(clap_path: Path) -> Tokenizer:
    """The tokenizer that a CLAP was trained with: its pack's, or the one in the sources."""
    in_pack = clap_path / TOKENIZER
    return Tokenizer.load(in_pack if in_pack.is_file() else SOURCE_TOKENIZER)


def load_codec(path: Path) -> tuple[Codec, dict[str, Any]]:
    """The codec of a checkpoint on the CPU, in evaluation mode, and its metadata."""
    weights, notes = _checkpoint(path, "codec")
    codec = Codec(CodecConfig.from_json(notes["config"]) if "config" in notes else CODEC_PRESETS[notes["preset"]])
    codec.load_state_dict(weights)
    return codec.eval(), notes


def dit_checkpoint(path: Path) -> Checkpoint:
    """Weights of a LatentModel (`dit.*` or `unet.*`), and metadata that spell out `config`."""
    weights, notes = _checkpoint(path, "dit")
    return weights, notes if "config" in notes else {**notes, "config": asdict(DIT_PRESETS[notes["preset"]])}


def load_clap(path: Path) -> tuple[Clap, dict[str, Any]]:
    """The CLAP of a run or a pack on the CPU, in evaluation mode, and its metadata."""
    weights, notes = _checkpoint(path, "clap")
    sizes = {**notes["config"], "channels": tuple(notes["config"]["channels"])}
    net = Clap(ClapConfig(**sizes))
    net.load_state_dict(weights)
    return net.eval(), notes


def load_bridge(path: Path) -> tuple[GapBridge, dict[str, Any]]:
    """The bridge of a run or a pack on the CPU, in evaluation mode, and its metadata."""
    weights, notes = _checkpoint(path, "bridge")
    net = GapBridge(GapBridgeConfig(**notes["config"]))
    net.load_state_dict(weights)
    return net.eval(), notes


def _checkpoint(path: Path, part: Literal["codec", "dit", "clap", "bridge"]) -> Checkpoint:
    """What a run, a file or a pack holds."""
    if (path / MANIFEST).is_file():
        # Imported here because a machine that only trains need not have onnx.
        from models.nets import from_pack

        return from_pack.READERS[part](path)
    if path.is_dir():
        return join_parts(path / "ema" if (path / "ema").is_dir() else path)
    notes = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return {name: value.float() for name, value in load_file(path).items()}, notes
