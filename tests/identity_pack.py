"""A pack whose models return the context: a test tool that makes "in time to the sample" a subtraction.

The graphs are real ONNX run by the real runtime, worker and server; only what they compute is trivial. A chunk's
"latents" are its whole spectrogram `[4, 1024, 32]`, written as 2,048 slots of 64 numbers (a real pack has 8 slots),
so nothing is lost on the way, and the "network" answers the context whatever the noise, the prompt and the seed.
What is left between a context and its stem is what the rest of the pipeline does: bounce, file, region, resampling,
windows, overlap-add, length, loudness, file format, insertion. Ask with `loudness="raw"` to compare samples.

    python -m tests.identity_pack FOLDER        then: riffbridge serve --pack FOLDER
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from models.families import FAMILIES
from models.manifest import Dimensions
from models.schedule import STANDARD

Array = NDArray[np.float32]

SLOTS, LATENT, CLAP = 2_048, 64, 512
CHUNK = [4, 1_024, 32]
HEADROOM = 64.0
"""Companded spectrograms of full-scale audio reach about 40, latents are clipped to -1..1; a power of two is exact."""

_FLOAT = TensorProto.FLOAT
_Input = tuple[str, list[int | str]]


def identity_pack(folder: Path) -> Path:
    """Write the pack into `folder` (made if missing) and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, graph in _graphs().items():
        (folder / name).write_bytes(graph.SerializeToString())
    for name, array in _arrays().items():
        np.save(folder / name, array)
    (folder / "manifest.json").write_text(json.dumps(_manifest(folder), indent=1), encoding="utf-8")
    return folder


def _graphs() -> dict[str, ModelProto]:
    chunks: list[int | str] = ["n", *CHUNK]
    pairs: list[int | str] = ["n", 2, *CHUNK]
    tokens: list[int | str] = ["n", "token", LATENT]
    dit = [("noisy", tokens), ("sigma", ["n"]), ("context", tokens), ("clap", ["n", CLAP])]
    step = [("noisy", pairs), ("sigma", ["n", 2]), ("spectrogram", pairs)]
    return {
        "codec_encode.onnx": _scaled([("spectrogram", chunks)], ("latents", ["n", SLOTS, LATENT]), 1 / HEADROOM),
        "codec_features.onnx": _scaled([("latents", ["n", SLOTS, LATENT])], ("spectrogram", chunks), HEADROOM),
        "codec_decode_step.onnx": _scaled(step, ("denoised", pairs), 1.0),
        "c_dit.onnx": _scaled(dit, ("estimate", tokens), 1.0, source="context"),
    }


def _scaled(inputs: list[Any], output: _Input, factor: float, source: str = "") -> ModelProto:
    """A graph whose output is one of its inputs (the last one), times a factor, in the output's shape."""
    name, shape = output
    wished = [0 if isinstance(size, str) else size for size in shape]  # 0 = as in the input
    wished = [-1 if place and size == 0 else size for place, size in enumerate(wished)]
    constants = [
        numpy_helper.from_array(np.array(wished, np.int64), "shape"),
        numpy_helper.from_array(np.array(factor, np.float32), "factor"),
    ]
    nodes = [
        helper.make_node("Reshape", [source or inputs[-1][0], "shape"], ["shaped"]),
        helper.make_node("Mul", ["shaped", "factor"], [name]),
    ]
    values = [helper.make_tensor_value_info(held, _FLOAT, sizes) for held, sizes in inputs]
    graph = helper.make_graph(
        nodes, "identity", values, [helper.make_tensor_value_info(name, _FLOAT, shape)], constants
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return model


def _arrays() -> dict[str, Array]:
    return {
        "latent_mean.npy": np.zeros(LATENT, np.float32),
        "latent_std.npy": np.ones(LATENT, np.float32),
        "families.npy": np.zeros((len(FAMILIES), CLAP), np.float32),
        "null_clap.npy": np.zeros(CLAP, np.float32),
        "null_context.npy": np.zeros(LATENT, np.float32),
    }


def _manifest(folder: Path) -> dict[str, Any]:
    return {
        "format": 1,
        "name": "identity",
        "version": "1.0.0",
        "licence": "Apache-2.0",
        "description": "Returns the context. For tests of what lies around the models; it plays nothing.",
        "trained_on": "nothing",
        "conditioning": "instrument-family",
        "dimensions": asdict(Dimensions()),
        "schedule": {**asdict(STANDARD), "steps": 1, "decode_sigmas": [0.3], "latent_limit": 1.75},
        "files": [_listed(folder / name) for name in (*_graphs(), *_arrays())],
        "provenance": {"made_by": "tests/identity_pack.py"},
    }


def _listed(path: Path) -> dict[str, str | int]:
    held = path.read_bytes()
    return {"name": path.name, "bytes": len(held), "sha256": hashlib.sha256(held).hexdigest()}


if __name__ == "__main__":
    print(identity_pack(Path(sys.argv[1])))
