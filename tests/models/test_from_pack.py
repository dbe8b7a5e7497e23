"""A pack read back into torch: the rounded weights, the same outputs, and checkpoints that trainers begin from."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from models.errors import PackError
from models.nets.codec_config import CodecConfig
from models.nets.from_pack import codec_from_pack, dit_from_pack, require_all
from models.nets.graphs import pack_graphs
from models.nets.parameter_map import as_tensors, note_parameters, read_parameters
from models.nets.rounding import round_weights
from models.session import Session
from models.train.latent import LatentSettings, first_model
from models.train.trained import Networks, load_codec, load_networks
from tests.models.conftest import Exported

NOT_IN_PACKS = ("log_scale", "text.explained", "audio.explained")
"""What only training and its reports ask for: CLAP's temperature, how much of the variance a bridge keeps."""


@pytest.fixture(scope="module")
def rounded(exported: Exported) -> Networks:
    networks = copy.deepcopy(exported.networks)
    round_weights(networks.codec, "int8")
    round_weights(networks.dit, "int8")
    round_weights(networks.clap, "int8")
    round_weights(networks.bridge, "float16")
    return networks


@pytest.fixture(scope="module")
def read_back(exported: Exported) -> Networks:
    return load_networks(*[exported.folder] * 4)


@pytest.mark.parametrize("part", ["codec", "dit", "clap", "bridge"])
def test_every_parameter_comes_back(rounded: Networks, read_back: Networks, part: str) -> None:
    expected, found = getattr(rounded, part).state_dict(), getattr(read_back, part).state_dict()
    assert list(expected) == list(found)
    for name, value in expected.items():
        if name in NOT_IN_PACKS:
            continue
        difference = (found[name] - value).abs().max() / value.abs().max().clamp(min=1e-9)
        assert difference <= 1e-6, name
        if value.numel() < 4096:
            assert torch.equal(found[name], value), name


def test_networks_read_back_compute_what_the_graphs_compute(exported: Exported, read_back: Networks) -> None:
    for graph in pack_graphs(read_back.codec, read_back.dit):
        inputs = graph.other_example(2, torch.Generator().manual_seed(5))
        with torch.no_grad():
            outputs = graph.module(*inputs)
        session = Session(exported.folder / graph.file, "cpu")
        named = {name: value.numpy() for name, value in zip(graph.inputs, inputs, strict=True)}
        theirs = session.run(named, graph.outputs)
        for ours, other in zip(outputs if isinstance(outputs, tuple) else (outputs,), theirs, strict=True):
            assert np.abs(ours.numpy() - other).max() < 1e-4 * np.abs(other).max() + 1e-6, graph.file


def test_notes_of_the_run_and_the_size_come_along(exported: Exported) -> None:
    _, codec = codec_from_pack(exported.folder)
    _, dit = dit_from_pack(exported.folder)
    assert CodecConfig.from_json(codec["config"]) == exported.networks.codec.config
    assert (dit["step"], dit["pack"]) == (9, "tiny 0.1.0")


def test_equal_transposed_and_split_tensors_are_found() -> None:
    table = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    stored = {"a": table.T.copy(), "b": np.zeros((5, 1, 1), np.float32), "r0": table[0] * 2, "r1": table[1] * 2}
    initialisers = [onnx.numpy_helper.from_array(value, name) for name, value in stored.items()]
    model = onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [], initialisers))
    state = {
        "linear.weight": table,
        "one.bias": np.zeros(5, np.float32),
        "two.bias": np.zeros(5, np.float32),
        "conv.weight": table[:2] * 2,
        "lost": table + 1,
    }
    found = note_parameters(model, {name: torch.from_numpy(value) for name, value in state.items()})
    assert found == set(state) - {"lost"}
    tensors = as_tensors(read_parameters(model), {name: torch.from_numpy(value) for name, value in state.items()})
    for name in found:
        assert np.array_equal(tensors[name].numpy(), state[name]), name


def test_pack_of_an_older_export_is_refused_with_a_sentence(exported: Exported) -> None:
    model = onnx.load(exported.folder / "c_dit.onnx")
    del model.metadata_props[:]
    with pytest.raises(ValueError, match="export the pack again"):
        read_parameters(model)


def test_damaged_pack_is_no_place_to_begin(exported: Exported, tmp_path: Path) -> None:
    copied = shutil.copytree(exported.folder, tmp_path / "copy")
    (copied / "null_clap.npy").write_bytes(b"")
    with pytest.raises(PackError, match="has 0 bytes instead of"):
        dit_from_pack(copied)


def test_export_of_what_cannot_be_read_back_is_refused(exported: Exported) -> None:
    codec, dit = exported.networks.codec, exported.networks.dit
    found = {f"codec.{name}" for name in codec.state_dict()} | {f"net.{name}" for name in dit.state_dict()}
    require_all(found, codec, dit)
    with pytest.raises(ValueError, match=r"1 parameters .* codec\.encoder\.position"):
        require_all(found - {"codec.encoder.position"}, codec, dit)


def test_trainers_begin_from_a_pack(exported: Exported, read_back: Networks) -> None:
    model = first_model(LatentSettings(stage="consistency", latents=Path("unused"), start=exported.folder))
    for name, value in read_back.dit.state_dict().items():
        assert torch.equal(model.dit.state_dict()[name], value), name
    codec, notes = load_codec(exported.folder)
    assert torch.equal(codec.encoder.out.weight, read_back.codec.encoder.out.weight)
    assert notes["pack"] == "tiny 0.1.0"
