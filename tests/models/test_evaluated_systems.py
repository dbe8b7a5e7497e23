"""Systems of the evaluation play what the runtime plays: the pack's model as the server does, EDM models as torch does.

Here, and not beside the other tests of the evaluation, because they share the pack of tiny networks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.errors import PackError
from models.evaluate import table
from models.evaluate.bench import DIT_BRIDGE, MODES, Setup
from models.evaluate.bench_run import hear_all
from models.evaluate.hearing import stacked
from models.evaluate.systems import EDM_GUIDANCE, Sampler, System
from models.generator import Generator
from models.guidance import Guidance
from models.nets.dit import DiT
from models.nets.edm_graph import FILE, export_edm
from models.nets.unet import UNet, UNetConfig
from models.noise import gaussian, latents_stream
from models.sampler import edm_sample, heun_sigmas
from models.train.diffusion import heun_sample
from tests.models.conftest import TINY_DIT

CHUNKS = 3
STYLE = np.random.default_rng(1).standard_normal(512).astype(np.float32)
STYLE /= np.linalg.norm(STYLE)
TINY_UNET = UNetConfig(channels=(16, 16, 32, 32), blocks=1, head_width=16, groups=4, condition=32)


def awake(net: torch.nn.Module) -> torch.nn.Module:
    """With nothing at zero that begins there."""
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return net.eval()


@pytest.fixture(scope="module")
def nets() -> dict[str, torch.nn.Module]:
    return {"dit": awake(DiT(TINY_DIT)), "unet": awake(UNet(TINY_UNET))}


@pytest.fixture(scope="module")
def folders(nets, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both networks exported, with unrounded weights."""
    made = {}
    for name, net in nets.items():
        made[name] = tmp_path_factory.mktemp(name)
        assert export_edm(net, made[name], "float32") < 1e-4
    return made


@pytest.fixture
def context(generator: Generator) -> np.ndarray:
    noise = 0.1 * np.random.default_rng(0).standard_normal((2, CHUNKS * 32_768)).astype(np.float32)
    return generator.encode_context(noise)


@pytest.mark.parametrize("guidance", [Guidance(), Guidance(1.5, 2.0)], ids=["unguided", "guided"])
def test_the_packs_own_model_plays_as_the_server_does(generator: Generator, tiny_pack: Path, context, guidance):
    system = System("C-DiT", tiny_pack, Sampler("consistency", 5, guidance), generator.codec, "cpu", 1)
    for given in (context, None):
        for style in (STYLE, None):
            theirs = generator.write(given, CHUNKS, style, 7, 5, guidance=guidance)
            assert np.array_equal(system.write(given, style, CHUNKS, 7), theirs)
    assert system.play(context, STYLE, CHUNKS, 7).shape == (2, CHUNKS * 32_768)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dit", "unet"])
def test_an_edm_model_is_sampled_as_torch_samples_it(name: str, nets, folders, generator: Generator, context):
    system = System(name, folders[name], Sampler("edm", 4), generator.codec, "cpu", 1)
    net, shape = nets[name], (1, CHUNKS * 8, 64)
    tokens, clap = torch.from_numpy(context.reshape(shape)), torch.from_numpy(STYLE)[None]
    noise = torch.from_numpy(gaussian(latents_stream(3, 0), shape))
    with torch.no_grad():
        theirs = heun_sample(lambda x, level: net(x, level, tokens, clap), noise, 4).numpy()
    ours = system.write(context, STYLE, CHUNKS, 3).reshape(shape)
    assert np.abs(ours - np.clip(theirs, -1.75, 1.75)).max() < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("given", ["context", "style", "seed"])
def test_conditions_and_seed_reach_the_model(given: str, folders, generator: Generator, context):
    system = System("dit", folders["dit"], Sampler("edm", 2, EDM_GUIDANCE), generator.codec, "cpu", 1)
    base = {"context": context, "style": STYLE, "seed": 1}
    other = {"context": None, "style": None, "seed": 2}

    def write(context, style, seed):
        return system.write(context, style, CHUNKS, seed)

    assert np.array_equal(write(**base), write(**base))
    assert not np.array_equal(write(**base), write(**{**base, given: other[given]}))


@pytest.mark.slow
def test_a_folder_without_a_latent_model_is_a_sentence(generator: Generator, tmp_path: Path, folders):
    with pytest.raises(PackError, match="no latent models"):
        System("DiT", tmp_path, Sampler("edm", 2), generator.codec, "cpu", 1)
    (tmp_path / "one.onnx").write_bytes((folders["dit"] / FILE).read_bytes())
    with pytest.raises(PackError, match=r"null_clap\.npy is missing"):
        System("DiT", tmp_path, Sampler("edm", 2), generator.codec, "cpu", 1)


def test_there_are_two_samplers():
    with pytest.raises(ValueError, match="no sampler 'ddpm'"):
        Sampler("ddpm", 5)


def test_edm_sampling_of_a_normal_distribution_is_exact():
    """Data N(2, 0.5^2) has the denoiser below; its curve from 80 n ends at 2 + (80 n - 2) / 160, here within 2 %."""
    calls: list[float] = []

    def denoise(noisy: np.ndarray, sigma: float) -> np.ndarray:
        calls.append(sigma)
        return (noisy * 0.25 + 2 * sigma**2) / (0.25 + sigma**2)

    drawn = edm_sample(denoise, (1, 500), heun_sigmas(30), np.random.default_rng(0))
    noise = gaussian(np.random.default_rng(0), (1, 500))
    assert drawn == pytest.approx(2 + (80 * noise - 2) / 160, abs=0.05)
    assert len(calls) == 59
    assert calls[0] == pytest.approx(80)
    assert calls[-1] == pytest.approx(0.002)


@pytest.mark.slow
def test_everything_is_heard_and_told_from_graphs_to_report(tiny_pack: Path, folders, tmp_path: Path):
    """Two songs through every row, in two processes; the models are untrained, so that only the paths are tested."""
    setup = Setup(tiny_pack, dit=folders["dit"], unet=folders["unet"], edm_steps=2, device="cpu", threads=1)
    material = hear_all(setup, 2, 6, tmp_path, 2, lambda: None)
    rows = setup.rows()
    assert len(rows) == 3 * len(MODES) + 8
    for row in rows:
        heard = stacked(material.items, row.name)
        assert np.linalg.norm(heard.clap, axis=1) == pytest.approx([1, 1], abs=0.01)
        assert np.isfinite(heard.onsets).all()
    played = {row.name: stacked(material.items, row.name).chroma.tobytes() for row in rows}
    silent = stacked(material.items, f"{DIT_BRIDGE}: none*").chroma.max() == 0
    assert silent or len(set(played.values())) > len(rows) / 2
    assert [int(one["item"][0]) for one in material.items] == [9_000_000, 9_100_000]
    assert table.codec_report(setup, 1, 9_000_000).startswith("## Codec of tiny")
