"""The trained networks of a pack, read from checkpoints.

A checkpoint is a run's folder of weights (`part-<i>.safetensors` with their metadata, or the run that holds them in
`ema/`), or one `NAME.safetensors` with `NAME.json` beside it. Its metadata say {"config": fields of the dataclass} or
{"preset": name}; everything else in them is carried into the pack's provenance.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from models.nets.codec import CODEC_PRESETS, Codec, CodecConfig
from models.nets.dit import DIT_PRESETS, DiT, DiTConfig, FamilyEmbedding
from models.train.checkpoint import join_parts


@dataclass
class Networks:
    """What a pack is made of, in evaluation mode and float32."""

    codec: Codec
    dit: DiT
    families: FamilyEmbedding
    notes: dict[str, Any] = field(default_factory=dict)


def load_networks(codec_path: Path, dit_path: Path) -> Networks:
    """Read both checkpoints; ValueError or RuntimeError when they are incomplete or of another shape."""
    codec_weights, codec_notes = _checkpoint(codec_path)
    dit_weights, dit_notes = _checkpoint(dit_path)
    codec = Codec(_config(CodecConfig, CODEC_PRESETS, codec_notes))
    dit, families = DiT(_config(DiTConfig, DIT_PRESETS, dit_notes)), FamilyEmbedding()
    codec.load_state_dict(codec_weights)
    families.load_state_dict({"weight": dit_weights.pop("families.weight")})
    dit.load_state_dict({name.removeprefix("dit."): value for name, value in dit_weights.items()})
    return Networks(codec.eval(), dit.eval(), families, {"codec": codec_notes, "dit": dit_notes})


def _checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights as float32, and their metadata."""
    if path.is_dir():
        return join_parts(path / "ema" if (path / "ema").is_dir() else path)
    notes = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return {name: value.float() for name, value in load_file(path).items()}, notes


def _config(kind: type, presets: dict[str, Any], notes: dict[str, Any]) -> Any:
    """The configuration that the metadata spell out or name."""
    if "config" not in notes:
        return presets[notes["preset"]]
    return kind(**{key: _tuples(value) for key, value in notes["config"].items()})


def _tuples(value: Any) -> Any:
    """Lists as tuples, all the way down: JSON knows no tuples."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
