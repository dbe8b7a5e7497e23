"""The U-Net in the DiT's place: the same loop, checkpoints that say which network they hold, guided sampling."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.guidance import Guidance
from models.nets.dit import DiTConfig
from models.nets.unet import UNetConfig
from models.train.checkpoint import join_parts
from models.train.diffusion import edm_loss, heun_sample
from models.train.latent import LatentSettings, LatentTask, main, train
from models.train.latent_data import Batch
from models.train.latent_model import PRESETS, LatentModel, load_average
from models.train.run_settings import RunSettings
from models.train.trained import load_networks
from tests.train.latent_folder import one_stem_each, write_folder
from tests.train.test_latent import budget, hits, lines, of_all_songs

TINY = UNetConfig(
    channels=(64, 64), blocks=1, attention_from=1, groups=8, head_width=32, condition=64, noise_features=32
)
TINY_DIT = DiTConfig(width=32, layers=1, heads=1, condition=32, noise_features=32)


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Twelve songs of one stem without growth: ten windows to learn."""
    write_folder(tmp_path / "latents", one_stem_each(12), growth=0)
    return tmp_path / "latents"


def settings(songs: Path, **others: object) -> LatentSettings:
    return LatentSettings(**{"stage": "dit", "latents": songs, "config": TINY, "batch": 8, **others})


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Batch]:
    """A run that saw ten windows for 80 steps, and those windows."""
    folder = tmp_path_factory.mktemp("unet")
    write_folder(folder / "latents", one_stem_each(12), growth=0)
    run = settings(folder / "latents", lr=6e-3, warmup=10)
    train(run, budget(folder / "run", 80, decay=0.97))
    return folder / "run", of_all_songs(LatentTask(run, budget(folder / "run", 80)))


def test_ten_windows_are_learnt_and_sampled(learnt: tuple[Path, Batch]):
    run, windows = learnt
    losses = [line["loss"] for line in lines(run) if "loss" in line]
    assert losses[0] == pytest.approx(1, abs=0.2)
    assert sum(losses[-4:]) / 4 < 0.65 * losses[0]  # measured 0.53 to 0.56 in three sizes
    model, _ = load_average(run / "ema")
    samples = heun_sample(model.network(windows), torch.randn(10, 120, 64), steps=9)
    assert hits(samples, windows.clean) == 10
    with torch.no_grad():  # so much noise that only the conditions tell: 1 for a network that knows nothing
        loss = edm_loss(model.network(windows), windows.clean, torch.randn(10, 120, 64), torch.full((10,), 5.0))
    assert loss < 0.25  # measured 0.08 after 120 steps; the DiT's 0.04


def test_checkpoints_say_which_network_they_hold(learnt: tuple[Path, Batch]):
    run, _ = learnt
    tensors, meta = join_parts(run / "ema")
    assert (meta["net"], meta["stage"], meta["config"]["channels"]) == ("unet", "dit", [64, 64])
    assert set(tensors) == set(LatentModel(TINY).state_dict())
    assert all(name.startswith("unet.") for name in tensors)
    assert load_average(run / "ema")[0].net.config == TINY


def test_guidance_of_one_is_the_plain_network(learnt: tuple[Path, Batch]):
    run, windows = learnt
    model, _ = load_average(run / "ema")
    noise = torch.randn(10, 120, 64)
    plain = heun_sample(model.network(windows), noise, steps=3)
    assert torch.equal(heun_sample(model.guided_network(windows, Guidance()), noise, steps=3), plain)
    guided = heun_sample(model.guided_network(windows, Guidance(1.5, 1.5, above_sigma=0)), noise, steps=3)
    assert (guided - plain).abs().max() > 0.01


def test_each_item_is_guided_at_its_own_noise_level(learnt: tuple[Path, Batch]):
    run, windows = learnt
    model, _ = load_average(run / "ema")
    x, level = torch.randn(10, 120, 64), torch.tensor([0.5, 2.0] * 5).log() / 4
    with torch.no_grad():
        plain = model.network(windows)(x, level)
        everywhere, above = (
            model.guided_network(windows, Guidance(2.0, 2.0, above_sigma=sigma))(x, level) for sigma in (0.0, 1.0)
        )
    assert torch.equal(above[::2], plain[::2])
    assert torch.equal(above[1::2], everywhere[1::2])
    assert (everywhere - plain).abs().amax((1, 2)).min() > 0.01


def test_guided_network_follows_the_formula_item_by_item(learnt: tuple[Path, Batch]):
    """Items that lack a condition are guided by the other alone, or not at all."""
    run, windows = learnt
    model, _ = load_average(run / "ema")
    net, x, level = model.net, torch.randn(4, 120, 64), torch.full((4,), 0.3)
    context_present, clap_present = torch.tensor([[True, True, False, False], [True, False, True, False]])
    batch = Batch(windows.clean[:4], windows.context[:4], context_present, windows.clap[:4], clap_present)
    with torch.no_grad():
        found = model.guided_network(batch, Guidance(2.0, 3.0, above_sigma=0))(x, level)
        context, clap = batch.context, batch.clap
        no_context, no_clap = torch.zeros_like(context) + net.null_context, torch.zeros_like(clap) + net.null_clap
        none = net(x, level, no_context, no_clap)
        with_context, with_clap = net(x, level, context, no_clap), net(x, level, no_context, clap)
        both = net(x, level, context, clap)
    expected = [
        none[0] + 2 * (with_context - none)[0] + 3 * (both - with_context)[0],
        none[1] + 2 * (with_context - none)[1],
        none[2] + 3 * (with_clap - none)[2],
        none[3],
    ]
    torch.testing.assert_close(found, torch.stack(expected), rtol=1e-4, atol=1e-4)


def test_command_line_chooses_the_network(songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(PRESETS["unet"], "starter", TINY)
    given = ["dit", "--latents", str(songs), "--batch", "4", "--steps", "1", "--net", "unet"]
    main([*given, "--out", str(tmp_path / "run")])
    assert join_parts(tmp_path / "run" / "ema")[1]["net"] == "unet"
    main(["consistency", *given[1:], "--from", str(tmp_path / "run"), "--out", str(tmp_path / "cm")])
    assert join_parts(tmp_path / "cm" / "ema")[1]["net"] == "unet"


def test_the_other_network_is_refused_with_a_sentence(songs: Path, tmp_path: Path):
    run = budget(tmp_path / "run", 1)
    train(settings(songs), run)
    with pytest.raises(ValueError, match="holds a unet; choose it with --net"):
        LatentTask(settings(songs, config=TINY_DIT, start=run.out), budget(tmp_path / "other", 1))
    with pytest.raises(ValueError, match="does not hold a run of a dit; choose another folder"):
        LatentTask(settings(songs, config=TINY_DIT), RunSettings(out=run.out, steps=2, resume=True))


def test_a_pack_is_made_of_a_dit(learnt: tuple[Path, Batch]):
    starter = Path(__file__).parents[2] / "models" / "packs" / "starter"
    with pytest.raises(ValueError, match="holds a unet; a pack is made of a DiT"):
        load_networks(starter, learnt[0], starter, starter)


def test_checkpoints_from_before_there_was_a_choice_hold_a_dit(songs: Path, tmp_path: Path):
    model = LatentModel(TINY_DIT)
    old = {"config": model.describe()["config"], "stage": "dit"}
    save_file(model.state_dict(), tmp_path / "old.safetensors")
    (tmp_path / "old.json").write_text(json.dumps(old))
    task = LatentTask(settings(songs, config=TINY_DIT, start=tmp_path / "old.safetensors"), budget(tmp_path / "r", 1))
    assert task.describe()["net"] == "dit"
    assert all(torch.equal(value, task.module.state_dict()[name]) for name, value in model.state_dict().items())
