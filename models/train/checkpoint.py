"""Checkpoints: a folder that is complete or absent, and averaged weights in small files for transport.

A run folder holds `checkpoint-<step>/` (float32 safetensors per group plus `state.json`; the newest one is kept)
and `ema/` (float16 safetensors, each below 15 MiB, with the configuration in their metadata).
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

PART_BYTES = 15 * 2**20
MARGIN_BYTES = 64 * 2**10  # names and metadata of a part

Tensors = dict[str, Tensor]
Json = dict[str, Any]


def save_checkpoint(run: Path, step: int, groups: Mapping[str, Mapping[str, Tensor]], state: Json) -> Path:
    """Writes `run/checkpoint-<step>` so that a kill at any instant leaves this one or the one before.

    Args:
        groups: named sets of tensors, for instance weights, ema, optimiser; one file each.
        state: everything else, as JSON.
    """
    final, fresh = run / f"checkpoint-{step:08d}", run / "checkpoint.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, tensors in groups.items():
        save_file(
            {key: value.detach().cpu().contiguous() for key, value in tensors.items()}, fresh / f"{name}.safetensors"
        )
    (fresh / "state.json").write_text(json.dumps(state))
    for path in [*fresh.iterdir(), fresh]:
        _sync(path)
    shutil.rmtree(final, ignore_errors=True)
    fresh.rename(final)
    _sync(run)
    for old in _checkpoints(run)[:-1]:
        shutil.rmtree(old, ignore_errors=True)
    return final


def load_checkpoint(run: Path) -> tuple[dict[str, Tensors], Json] | None:
    """The newest checkpoint's groups (on the CPU) and state, or None where there is none yet."""
    found = _checkpoints(run)
    if not found:
        return None
    groups = {path.stem: load_file(path) for path in sorted(found[-1].glob("*.safetensors"))}
    return groups, json.loads((found[-1] / "state.json").read_text())


def read_state(run: Path) -> Json | None:
    """The newest checkpoint's state alone, or None where there is none yet."""
    found = _checkpoints(run)
    return json.loads((found[-1] / "state.json").read_text()) if found else None


def optimiser_tensors(optimiser: torch.optim.Optimizer, names: Mapping[str, Tensor]) -> Tensors:
    """AdamW's state as flat tensors `<slot>/<parameter name>`; `names` are the named parameters."""
    return {
        f"{slot}/{name}": value
        for name, parameter in names.items()
        for slot, value in optimiser.state[parameter].items()
    }


def restore_optimiser(
    optimiser: torch.optim.Optimizer, names: Mapping[str, Tensor], tensors: Mapping[str, Tensor]
) -> None:
    """Puts back what `optimiser_tensors` took; the tensors go to each parameter's device."""
    for key, value in tensors.items():
        slot, name = key.split("/", 1)
        optimiser.state[names[name]][slot] = value.to(names[name].device)


def save_parts(folder: Path, tensors: Mapping[str, Tensor], meta: Json) -> list[Path]:
    """Writes float16 weights as `part-<i>.safetensors`, every file below PART_BYTES.

    Raises:
        ValueError: one tensor alone is larger than a part.
    """
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: value.detach().to("cpu", torch.float16).contiguous() for name, value in tensors.items()}
    parts = _divide(halves)
    paths = [folder / f"part-{number}.safetensors" for number in range(len(parts))]
    for number, part in enumerate(parts):
        note = {"part": str(number), "parts": str(len(parts)), "meta": json.dumps(meta)}
        save_file(part, _fresh(paths[number]), metadata=note)
        _sync(_fresh(paths[number]))
    for path in paths:
        os.replace(_fresh(path), path)
    for stale in set(folder.glob("part-*.safetensors")) - set(paths):
        stale.unlink()
    return paths


def join_parts(folder: Path) -> tuple[Tensors, Json]:
    """Reads what `save_parts` wrote, as float32, with its metadata.

    Raises:
        ValueError: parts are missing or come from different saves.
    """
    tensors: Tensors = {}
    notes = []
    for path in sorted(folder.glob("part-*.safetensors")):
        with safe_open(path, "pt") as part:
            notes.append(part.metadata())
            tensors |= {name: part.get_tensor(name).float() for name in part.keys()}  # noqa: SIM118
    if not notes or len(notes) != int(notes[0]["parts"]) or any(n["meta"] != notes[0]["meta"] for n in notes):
        raise ValueError(f"{folder} does not hold one complete set of weights; copy all its parts again.")
    return tensors, json.loads(notes[0]["meta"])


def _divide(tensors: Tensors) -> list[Tensors]:
    """As few parts as fit, filled evenly: largest tensor first, always into the emptiest part."""
    room = PART_BYTES - MARGIN_BYTES
    largest = max(tensors, key=lambda name: tensors[name].nbytes)
    if tensors[largest].nbytes > room:
        raise ValueError(f"The tensor {largest} alone is larger than a part of {PART_BYTES} bytes.")
    count = math.ceil(sum(value.nbytes for value in tensors.values()) / room)
    while True:
        parts: list[Tensors] = [{} for _ in range(count)]
        sizes = [0] * count
        for name in sorted(tensors, key=lambda name: -tensors[name].nbytes):
            emptiest = sizes.index(min(sizes))
            parts[emptiest][name] = tensors[name]
            sizes[emptiest] += tensors[name].nbytes
        if max(sizes) <= room:
            return parts
        count += 1


def _checkpoints(run: Path) -> list[Path]:
    return sorted(run.glob("checkpoint-*"))


def _fresh(path: Path) -> Path:
    return path.with_suffix(".new")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
