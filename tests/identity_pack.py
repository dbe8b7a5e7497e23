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
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from models.clap import AUDIO_GRAPH, TEXT_GRAPH, TOKENIZER
from models.data.tokenizer_file import SOURCE_TOKENIZER
from models.gap_bridge import FILE as BRIDGE_GRAPH
from models.log_mel import BANDS, COLUMNS
from models.manifest import FORMAT, Dimensions
from models.schedule import STANDARD
from models.style import CONDITIONING

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
    shutil.copy(SOURCE_TOKENIZER, folder / TOKENIZER)
    (folder / "manifest.json").write_text(json.dumps(_manifest(folder), indent=1), encoding="utf-8")
    return folder


def _graphs() -> dict[str, ModelProto]:
    chunks: list[int | str] = ["n", *CHUNK]
    pairs: list[int | str] = ["n", 2, *CHUNK]
    tokens: list[int | str] = ["n", "token", LATENT]
    dit = [("noisy", tokens), ("sigma", ["n"]), ("context", tokens), ("clap", ["n", CLAP])]
    step = [("noisy", pairs), ("sigma", ["n", 2]), ("spectrogram", pairs)]
    vector: _Input = ("vector", ["n", CLAP])
    return {
        "codec_encode.onnx": _scaled([("spectrogram", chunks)], ("latents", ["n", SLOTS, LATENT]), 1 / HEADROOM),
        "codec_features.onnx": _scaled([("latents", ["n", SLOTS, LATENT])], ("spectrogram", chunks), HEADROOM),
        "codec_decode_step.onnx": _scaled(step, ("denoised", pairs), 1.0),
        "c_dit.onnx": _scaled(dit, ("estimate", tokens), 1.0, source="context"),
        AUDIO_GRAPH: _constant(("log_mel", ["n", BANDS, COLUMNS]), _FLOAT, vector),
        TEXT_GRAPH: _constant(("tokens", ["n", 48]), TensorProto.INT64, vector),
        BRIDGE_GRAPH: _bridge(vector),
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
    return _model(nodes, values, [output], constants)


def _constant(given: _Input, kind: int, output: _Input) -> ModelProto:
    """A graph that answers the same vector of ones to every row of its input."""
    name, (_, width) = output
    constants = [
        numpy_helper.from_array(np.array([0, -1], np.int64), "flat"),
        numpy_helper.from_array(np.zeros((1, 1), np.float32), "nothing"),
        numpy_helper.from_array(np.ones((1, int(width)), np.float32), "ones"),
    ]
    nodes = [
        helper.make_node("Cast", [given[0]], ["cast"], to=_FLOAT),
        helper.make_node("Reshape", ["cast", "flat"], ["rows"]),
        helper.make_node("ReduceMax", ["rows"], ["row"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["row", "nothing"], ["zero"]),
        helper.make_node("Add", ["zero", "ones"], [name]),
    ]
    return _model(nodes, [helper.make_tensor_value_info(given[0], kind, given[1])], [output], constants)


def _bridge(vector: _Input) -> ModelProto:
    """A bridge for which the noise is the estimate and the text the vector."""
    noisy: _Input = ("noisy", ["n", 8])
    inputs = [noisy, ("sigma", ["n"]), ("text", ["n", CLAP]), ("given", ["n"])]
    nodes = [
        helper.make_node("Identity", ["noisy"], ["denoised"]),
        helper.make_node("Add", ["text", "little"], [vector[0]]),  # the null text is all zeros, which has no direction
    ]
    values = [helper.make_tensor_value_info(name, _FLOAT, sizes) for name, sizes in inputs]
    little = numpy_helper.from_array(np.array(1e-3, np.float32), "little")
    return _model(nodes, values, [("denoised", noisy[1]), vector], [little])


def _model(nodes: list[Any], inputs: list[Any], outputs: list[_Input], constants: list[Any]) -> ModelProto:
    values = [helper.make_tensor_value_info(name, _FLOAT, shape) for name, shape in outputs]
    graph = helper.make_graph(nodes, "identity", inputs, values, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return model


def _arrays() -> dict[str, Array]:
    return {
        "latent_mean.npy": np.zeros(LATENT, np.float32),
        "latent_std.npy": np.ones(LATENT, np.float32),
        "null_clap.npy": np.zeros(CLAP, np.float32),
        "null_context.npy": np.zeros(LATENT, np.float32),
    }


def _manifest(folder: Path) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": "identity",
        "version": "1.0.0",
        "licence": "Apache-2.0",
        "description": "Returns the context. For tests of what lies around the models; it plays nothing.",
        "trained_on": "nothing",
        "conditioning": CONDITIONING,
        "dimensions": asdict(Dimensions()),
        "schedule": {**asdict(STANDARD), "steps": 1, "decode_sigmas": [0.3], "latent_limit": 1.75},
        "files": [_listed(folder / name) for name in (*_graphs(), *_arrays(), TOKENIZER)],
        "provenance": {"made_by": "tests/identity_pack.py"},
    }


def _listed(path: Path) -> dict[str, str | int]:
    held = path.read_bytes()
    return {"name": path.name, "bytes": len(held), "sha256": hashlib.sha256(held).hexdigest()}


if __name__ == "__main__":
    print(identity_pack(Path(sys.argv[1])))
