"""Export: parity with torch, attention as one node, small weights that are folded when loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from models.export import LARGEST_ERROR, LARGEST_PACK_BYTES, Report, _reused, _write_manifest
from models.generator import Generator
from models.nets.graphs import pack_graphs, require_attention
from models.nets.rounding import SMALLEST, round_weights, shrink
from models.pack import Pack
from models.style import CONDITIONING
from models.train.checkpoint import join_parts, save_parts
from models.train.trained import load_networks
from tests.models.conftest import STARTER, Exported, save_tiny_runs

GRAPHS = ["codec_encode.onnx", "codec_features.onnx", "codec_decode_step.onnx", "c_dit.onnx"]
WORDS = ["clap_audio.onnx", "clap_text.onnx", "gap_bridge.onnx"]


def test_parity_was_measured_and_holds(exported: Exported) -> None:
    assert [report["file"] for report in exported.reports] == GRAPHS + WORDS
    for report in exported.reports:
        assert 0 < report["parity"] < LARGEST_ERROR
        assert report["parity"] <= report["rounding"] < 0.1
        assert report["file"] in exported.printed


def test_only_what_is_rounded_to_int8_differs_by_rounding(exported: Exported) -> None:
    for report in exported.reports[: len(GRAPHS)]:
        assert report["parity"] < report["rounding"]


def test_attention_stays_one_node(exported: Exported) -> None:
    folder, networks = exported.folder, exported.networks
    config = networks.codec.config
    expected = [config.encoder_layers, config.feature_layers, 2 * config.denoiser_layers, networks.dit.config.layers]
    for file, count in zip(GRAPHS, expected, strict=True):
        operators = Counter(node.op_type for node in onnx.load(folder / file).graph.node)
        assert operators["Attention"] == count
        assert "Softmax" not in operators


def test_a_lost_attention_node_is_an_error(exported: Exported) -> None:
    graph = pack_graphs(exported.networks.codec, exported.networks.dit)[1]
    model = onnx.load(exported.folder / graph.file)
    require_attention(model, graph)
    with pytest.raises(ValueError, match="1 Attention nodes instead of 7"):
        require_attention(model, replace(graph, attention_nodes=7))


@pytest.mark.parametrize("file", GRAPHS)
def test_rounded_weights_are_folded_when_loaded(exported: Exported, tmp_path: Path, file: str) -> None:
    path = exported.folder / file
    stored = onnx.load(path)
    small = [tensor for tensor in stored.graph.initializer if tensor.data_type == onnx.TensorProto.INT8]
    assert small
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    optimised = onnx.load(tmp_path / "optimised.onnx").graph
    assert not [node for node in optimised.node if node.op_type == "Cast" and node.input[0].endswith(".small")]
    assert not [tensor for tensor in optimised.initializer if tensor.data_type == onnx.TensorProto.INT8]


def test_no_paths_of_the_machine_in_the_graphs(exported: Exported) -> None:
    for file in GRAPHS:
        data = (exported.folder / file).read_bytes()
        assert b".py" not in data
        assert str(Path.cwd()).encode() not in data


def test_axes_are_dynamic(exported: Exported) -> None:
    session = onnxruntime.InferenceSession(str(exported.folder / "c_dit.onnx"), providers=["CPUExecutionProvider"])
    for batch, tokens in [(1, 8), (2, 120), (5, 16)]:
        shape = (batch, tokens, 64)
        inputs = {
            "noisy": np.zeros(shape, np.float32),
            "sigma": np.ones(batch, np.float32),
            "context": np.zeros(shape, np.float32),
            "clap": np.zeros((batch, 512), np.float32),
        }
        assert session.run(None, inputs)[0].shape == shape


@pytest.mark.parametrize("layer", [nn.Linear(96, 80), nn.Conv2d(24, 32, 3), nn.ConvTranspose2d(24, 32, 4)])
def test_rounding_to_int8(layer: nn.Module) -> None:
    exact = layer.weight.detach().clone()
    round_weights(layer, "int8")
    error = (layer.weight - exact).norm() / exact.norm()
    assert 1e-4 < error < 0.01
    axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
    rows = layer.weight.detach().transpose(0, axis).flatten(1)
    levels = rows / rows.abs().amax(1, keepdim=True) * 127
    assert (levels - levels.round()).abs().max() < 1e-3
    again = layer.weight.detach().clone()
    round_weights(layer, "int8")
    assert torch.allclose(layer.weight, again, rtol=1e-5)


def test_small_and_unrounded_tensors_are_left_alone() -> None:
    values = np.random.default_rng(0).standard_normal((SMALLEST // 8, 16)).astype(np.float32)
    graph = onnx.helper.make_graph([], "g", [], [], [onnx.numpy_helper.from_array(values, "w")])
    assert shrink(onnx.helper.make_model(graph), "int8") == 0
    assert shrink(onnx.helper.make_model(graph), "float16") == 0


def test_command_line_keeps_what_the_checkpoints_say(exported: Exported) -> None:
    pack, networks = Pack.open(exported.folder), exported.networks
    assert pack.manifest.name == "tiny"
    assert pack.manifest.provenance["checkpoints"]["dit"]["step"] == 9
    assert "--name tiny" in pack.manifest.provenance["command"]
    assert np.array_equal(pack.array("latent_mean.npy"), networks.codec.latent_mean.numpy())
    assert np.array_equal(pack.array("null_context.npy"), networks.dit.null_context.detach().numpy())


def test_a_model_that_learnt_guidance_is_not_guided_by_default(exported: Exported, tmp_path: Path) -> None:
    about = json.loads((exported.folder / "manifest.json").read_text()) | {"weights": "int8"}
    notes = exported.networks.notes
    taught = notes | {"dit": notes["dit"] | {"learnt_guidance": [1.75, 1.75]}}
    for networks, expected in ((exported.networks, 1.5), (replace(exported.networks, notes=taught), 1.0)):
        _write_manifest(tmp_path, [], networks, [], about)
        assert json.loads((tmp_path / "manifest.json").read_text())["schedule"]["guidance"] == expected


@pytest.mark.parametrize("file", ["c_dit.onnx", "clap_text.onnx", "gap_bridge.onnx"])
@pytest.mark.parametrize(("change", "is_taken"), [(1.0, True), (1.004, True), (1.05, False)])
def test_a_graph_with_the_weights_of_a_pack_is_its_file(
    exported: Exported, tmp_path: Path, file: str, change: float, is_taken: bool
) -> None:
    """Half a step of int8 is no other weight, a twentieth is; what else a file says does not matter."""
    model = onnx.load(exported.folder / file)
    model.producer_name = "another"
    largest = max(
        (tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT),
        key=lambda tensor: onnx.numpy_helper.to_array(tensor).size,
    )
    values = onnx.numpy_helper.to_array(largest)
    largest.CopyFrom(onnx.numpy_helper.from_array((values * change).astype(values.dtype), largest.name))
    onnx.save(model, tmp_path / file)
    report = _reused(Report(file, 1, 0, 0.0, 0.0), tmp_path, Pack.open(exported.folder))
    same = (tmp_path / file).read_bytes() == (exported.folder / file).read_bytes()
    assert same == is_taken
    assert report.bytes == ((tmp_path / file).stat().st_size if is_taken else 1)


def test_half_a_checkpoint_is_refused(tmp_path: Path) -> None:
    runs = save_tiny_runs(tmp_path)
    weights, meta = join_parts(runs.codec / "ema")
    save_parts(runs.codec / "ema", dict(list(weights.items())[:-1]), meta)
    with pytest.raises(RuntimeError, match="Missing key"):
        load_networks(*runs)


def test_checkpoint_in_one_file_with_json_beside_it(exported: Exported, tmp_path: Path) -> None:
    runs = save_tiny_runs(tmp_path)
    weights, meta = join_parts(runs.dit)
    save_file(weights, tmp_path / "c_dit.safetensors")
    (tmp_path / "c_dit.json").write_text(json.dumps(meta))
    loaded = load_networks(*runs._replace(dit=tmp_path / "c_dit.safetensors"))
    assert asdict(loaded.dit.config) == asdict(exported.networks.dit.config)
    assert torch.equal(loaded.dit.null_clap, exported.networks.dit.null_clap)


def test_the_runtime_never_imports_torch(tiny_pack: Path) -> None:
    """In a fresh interpreter that refuses torch, onnx and safetensors, a whole stem is made."""
    program = (
        "import sys\n"
        "for name in ('torch', 'onnx', 'safetensors', 'scipy'): sys.modules[name] = None\n"
        "from models.generator import Generator\n"
        f"print(Generator({str(tiny_pack)!r}, 'cpu', threads=1).generate(None, 1, None, 0).shape)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "(2, 32768)", result.stderr


def test_only_session_imports_onnxruntime() -> None:
    runtime = Path(__file__).parents[2] / "models"
    importers = [path.name for path in runtime.rglob("*.py") if "import onnxruntime" in path.read_text()]
    assert importers == ["session.py"]


@pytest.mark.skipif(not (STARTER / "manifest.json").exists(), reason="the trained pack is not here yet")
def test_the_shipped_pack_is_whole_and_small() -> None:
    pack = Pack.open(STARTER)
    assert sum(file.bytes for file in pack.manifest.files) <= LARGEST_PACK_BYTES
    assert pack.manifest.conditioning == CONDITIONING
    assert all(report["parity"] < LARGEST_ERROR for report in pack.manifest.provenance["export"])


@pytest.mark.skipif(not (STARTER / "manifest.json").exists(), reason="the trained pack is not here yet")
def test_the_shipped_pack_plays() -> None:
    generator = Generator(STARTER, "cpu")
    drums = generator.stylist.of_words("drums", 1)
    stem = generator.generate(None, 2, drums, seed=1)
    assert 1e-3 < np.abs(stem).max() < 4
    assert generator.generate(None, 2, drums, seed=1).tobytes() == stem.tobytes()
