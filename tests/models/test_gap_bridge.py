"""The bridge at run time: one graph that agrees with torch, and a sampler that does as said."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from models.errors import ModelError, PackError, Stopped
from models.gap_bridge import GapBridge, nearest, unit, vectors_from
from models.nets import gap_bridge as nets
from models.nets.gap_bridge_graph import FILE, BridgeReport, difference, export_bridge
from models.nets.rounding import round_weights
from models.pack import Pack
from models.sampler import heun_sigmas
from models.style import Stylist
from models.train.diffusion import heun_sample
from models.train.gap_bridge import conditioned
from tests.models.test_gap_bridge_net import TINY, awake

TEXT = unit(np.random.default_rng(3).standard_normal(512).astype(np.float32) + 1)


@pytest.fixture(scope="module")
def original() -> nets.GapBridge:
    return awake(TINY)


@pytest.fixture(scope="module")
def net(original: nets.GapBridge) -> nets.GapBridge:
    """The network with the weights that the graph stores."""
    rounded = copy.deepcopy(original)
    round_weights(rounded, "int8")
    return rounded


@pytest.fixture(scope="module")
def bridge_file(original: nets.GapBridge, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BridgeReport]:
    path = tmp_path_factory.mktemp("bridge") / "new" / FILE
    return path, export_bridge(original, path, "int8")


@pytest.fixture(scope="module")
def bridge(bridge_file: tuple[Path, BridgeReport]) -> GapBridge:
    return GapBridge(bridge_file[0], threads=1)


# The graph


def test_graph_computes_what_torch_does(bridge_file: tuple[Path, BridgeReport], net: nets.GapBridge) -> None:
    path, report = bridge_file
    assert (report.file, report.bytes) == (FILE, path.stat().st_size)
    assert 0 < report.parity < 1e-5
    assert report.parity == difference(path, net)


def test_rounding_is_small_measured_and_not_done_to_the_network_given(
    bridge_file: tuple[Path, BridgeReport], original: nets.GapBridge
) -> None:
    path, report = bridge_file
    assert report.parity < 1e-4 < report.rounding < 0.05
    assert report.rounding == difference(path, original)


def test_a_graph_of_another_network_is_noticed(bridge_file: tuple[Path, BridgeReport], net: nets.GapBridge) -> None:
    other = copy.deepcopy(net)
    with torch.no_grad():
        other.null_text += 1
    assert difference(bridge_file[0], other) > 1e-3


def test_a_graph_of_something_else_is_refused(tmp_path: Path) -> None:
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("noisy", "denoised")]
    graph = helper.make_graph([helper.make_node("Neg", ["noisy"], ["denoised"])], "other", value[:1], value[1:])
    opset = [helper.make_opsetid("", 23)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), tmp_path / "other.onnx")
    with pytest.raises(PackError, match=r"other.onnx is no bridge"):
        GapBridge(tmp_path / "other.onnx", threads=1)


# The sampler


def test_sampler_is_the_one_of_training(bridge: GapBridge, net: nets.GapBridge) -> None:
    noise = np.random.default_rng(0).standard_normal((3, 24)).astype(np.float32)
    ours = unit(vectors_from(bridge._estimator(TEXT, 1.0), noise, 12))
    text = conditioned(net, torch.from_numpy(TEXT).expand(3, -1), torch.ones(3, dtype=torch.bool))
    with torch.no_grad():
        theirs = net.audio.restore(heun_sample(text, torch.from_numpy(noise), 12)).numpy()
    assert np.abs(ours - unit(theirs)).max() < 1e-4


def test_heun_finds_the_exact_samples_of_a_normal_distribution() -> None:
    """For data N(0, s^2) the denoiser is x s^2 / (s^2 + sigma^2), and noise z must become s z."""

    asked: list[str] = []

    def estimate(noisy: np.ndarray, sigma: float, output: str) -> np.ndarray:
        asked.append(output)
        return noisy * np.float32(0.5**2 / (0.5**2 + sigma**2))

    noise = np.random.default_rng(1).standard_normal((4, 6)).astype(np.float32)
    assert np.abs(vectors_from(estimate, noise, 30) / (0.5 * noise) - 1).max() < 0.02
    assert asked == ["denoised"] * 58 + ["vector"]


def test_noise_levels_fall_from_80_to_002() -> None:
    levels = heun_sigmas(30)
    assert (levels[0], levels[-1], len(levels)) == (pytest.approx(80), pytest.approx(0.002), 30)
    assert levels == sorted(levels, reverse=True)
    assert heun_sigmas(1) == [pytest.approx(80)]


def test_seeds_and_samples(bridge: GapBridge) -> None:
    first = bridge.sample(TEXT, count=3, seed=5, steps=6)
    assert first.shape == (3, 512)
    assert first.dtype == np.float32
    assert np.linalg.norm(first, axis=1) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(first, bridge.sample(TEXT, count=3, seed=5, steps=6))
    assert np.abs(first[:1] - bridge.sample(TEXT, count=1, seed=5, steps=6)).max() < 1e-5
    assert np.abs(first[0] - first[1]).max() > 0.01
    assert np.abs(first - bridge.sample(TEXT, count=3, seed=6, steps=6)).max() > 0.01
    assert np.abs(first - bridge.sample(3 * TEXT, count=3, seed=5, steps=6)).max() < 1e-5


def test_guidance_mixes_with_and_without_text(bridge: GapBridge) -> None:
    plain, free = bridge.sample(TEXT, seed=1, steps=6), bridge.sample(None, seed=1, steps=6)
    assert np.abs(plain - free).max() > 0.003
    assert np.abs(bridge.sample(TEXT, seed=1, steps=6, guidance=0.0) - free).max() < 1e-5
    assert np.array_equal(bridge.sample(TEXT, seed=1, steps=6, guidance=1.0), plain)
    towards = (plain - free)[0] / np.linalg.norm(plain - free)
    near, far = ((bridge.sample(TEXT, seed=1, steps=6, guidance=w) - free)[0] @ towards for w in (0.5, 2.0))
    assert 0 < near < np.linalg.norm(plain - free) < far


def test_best_of_keeps_the_candidate_nearest_to_the_text(bridge: GapBridge) -> None:
    one = bridge.sample(TEXT, count=4, seed=2, steps=4)
    best = bridge.sample(TEXT, count=4, seed=2, steps=4, best_of=5)
    assert (best @ TEXT >= one @ TEXT - 1e-6).all()  # the first candidate of a sample is the sample itself
    assert (best @ TEXT).mean() > (one @ TEXT).mean() + 1e-4
    vectors = np.eye(512, dtype=np.float32)[:6]
    assert nearest(vectors, vectors[1] + 2 * vectors[5], 3).argmax(1).tolist() == [1, 5]


def test_what_cannot_be_asked(bridge: GapBridge) -> None:
    with pytest.raises(ModelError, match="512 numbers"):
        bridge.sample(TEXT[:100])
    with pytest.raises(ModelError, match="no direction"):
        bridge.sample(np.zeros(512, np.float32))
    with pytest.raises(ModelError, match="no direction"):
        bridge.sample(TEXT * np.float32("nan"))
    for wrong in ({"count": 0}, {"steps": 0}, {"best_of": 0}):
        with pytest.raises(ValueError, match="1 or more"):
            bridge.sample(TEXT, **wrong)
    with pytest.raises(ValueError, match="needs a text"):
        bridge.sample(None, best_of=2)


def test_it_can_be_stopped(bridge: GapBridge) -> None:
    bridge.stop.stop()
    try:
        with pytest.raises(Stopped):
            bridge.sample(TEXT)
    finally:
        bridge.stop.clear()


def test_words_become_the_nearest_of_some_sounds(tiny_pack: Path) -> None:
    """Not more than nearest: another seed is still another sound."""
    stylist = Stylist(Pack.open(tiny_pack), "cpu", threads=1)
    text = stylist.clap.embed_text("soft bass")
    chosen = [stylist.of_words("soft bass", seed) for seed in range(4)]
    plain = [stylist.bridge.sample(text, seed=seed)[0] for seed in range(4)]
    assert all(one @ text >= other @ text for one, other in zip(chosen, plain, strict=True))
    assert np.mean([one @ text for one in chosen]) > np.mean([one @ text for one in plain])
    assert np.abs(chosen[0] - chosen[1]).max() > 1e-3
