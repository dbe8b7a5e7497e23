"""Where each torch parameter lies in an exported graph, so that training can go on from a pack.

The exporter keeps few names: it transposes the matrices of linear layers, reshapes gains, takes tables apart into
rows and stores equal tensors once. Its optimisations are worth keeping (without them the norms fall into five nodes
each), so the graph gets a note instead: one JSON object under the metadata key `parameters`, made by comparing
values and therefore true whatever the exporter did. An entry is the name of an initialiser ("val_65", in any shape
of as many numbers), the name with "^T" when it is transposed, a list of names, one per row, or a number that fills
the whole parameter (the exporter drops biases of zero).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from torch import Tensor

KEY = "parameters"
TRANSPOSED = "^T"

Place = str | float | list[str]


def note_parameters(model: onnx.ModelProto, state: Mapping[str, Tensor]) -> set[str]:
    """Write the note into a graph that holds its weights in full; returns the parameters of `state` found in it.

    Call it before `models.nets.rounding.shrink`, which keeps names and changes how the values are stored.
    """
    known = _by_value(model)
    places = {name: place for name, value in state.items() if (place := _place(value, known)) is not None}
    note = model.metadata_props.add()
    note.key, note.value = KEY, json.dumps(places, separators=(",", ":"))
    return set(places)


def read_parameters(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """Every noted parameter as float32, rounding undone; bring it to the module's shape with `as_tensors`.

    Raises:
        ValueError: the graph has no note, as graphs had none before this existed.
    """
    notes = [entry.value for entry in model.metadata_props if entry.key == KEY]
    if not notes:
        raise ValueError("does not say where its parameters are; export the pack again")
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    return {name: _fetch(place, stored) for name, place in json.loads(notes[0]).items()}


def _by_value(model: onnx.ModelProto) -> dict[bytes, str]:
    """Digest of the bytes of every float initialiser, as it is and transposed -> where they are."""
    known: dict[bytes, str] = {}
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            values = numpy_helper.to_array(tensor)
            known.setdefault(_digest(values), tensor.name)
            if values.ndim == 2:
                known.setdefault(_digest(values.T), tensor.name + TRANSPOSED)
    return known


def _place(value: Tensor, known: Mapping[bytes, str]) -> Place | None:
    """Where the numbers of a parameter are, in one piece or row by row, or None."""
    array = value.detach().cpu().float().numpy()
    if (array == array.flat[0]).all():
        return float(array.flat[0])
    whole = known.get(_digest(array))
    if whole is not None or array.ndim != 2:
        return whole
    rows = [known.get(_digest(row)) for row in array]
    return [row for row in rows if row is not None] if all(rows) else None


def _digest(values: NDArray[np.float32]) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).digest()


def _fetch(place: Place, stored: Mapping[str, onnx.TensorProto]) -> NDArray[np.float32]:
    """The values at a place."""
    if isinstance(place, float):
        return np.array(place, np.float32)
    if isinstance(place, list):
        return np.stack([_fetch(row, stored).reshape(-1) for row in place])
    values = _unrounded(place.removesuffix(TRANSPOSED), stored)
    return values.T if place.endswith(TRANSPOSED) else values


def _unrounded(name: str, stored: Mapping[str, onnx.TensorProto]) -> NDArray[np.float32]:
    """An initialiser as float32: as it is, or what `Mul(Cast(small), scale)` computes."""
    if name in stored:
        return numpy_helper.to_array(stored[name])
    if f"{name}.small" not in stored:
        raise ValueError(f"notes a tensor {name} that it does not hold; export the pack again")
    small = numpy_helper.to_array(stored[f"{name}.small"]).astype(np.float32)
    scale = stored.get(f"{name}.scale")
    return small if scale is None else small * numpy_helper.to_array(scale)


def as_tensors(arrays: Mapping[str, NDArray[np.float32]], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Arrays in the shapes of a state dict; names that it does not have are left out."""
    shaped = {name: (arrays[name], tuple(like[name].shape)) for name in like if name in arrays}
    return {
        name: torch.from_numpy(np.broadcast_to(value, shape).copy() if value.ndim == 0 else value.reshape(shape).copy())
        for name, (value, shape) in shaped.items()
    }
