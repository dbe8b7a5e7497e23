"""The training loop of the latent models: it learns, it resumes, it survives."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.nets.dit import DIT_PRESETS, DiTConfig
from models.train.checkpoint import join_parts, load_checkpoint
from models.train.consistency import consistency_sample
from models.train.diffusion import heun_sample
from models.train.latent import Settings, Trainer, train
from models.train.latent_data import Batch
from models.train.latent_model import LatentModel, load_average
from tests.train.latent_folder import one_stem_each, write_folder

TINY = DiTConfig(width=64, layers=2, heads=1, condition=64, noise_features=32)


@pytest.fixture(autouse=True)
def tiny_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DIT_PRESETS, "tiny", TINY)
    monkeypatch.setitem(DIT_PRESETS, "wide", replace(TINY, width=128, layers=1, heads=2))


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Twelve songs of one stem; two are held out, ten are trained on."""
    write_folder(tmp_path / "latents", one_stem_each(12))
    return tmp_path / "latents"


def settings(songs: Path, out: Path, steps: int, **others: object) -> Settings:
    usual = {"preset": "tiny", "batch": 8, "log_steps": 5, "checkpoint_s": 1e9, "validate_s": 1e9}
    return Settings("dit", songs, out, **{"steps": steps, **usual, **others})


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def of_all_songs(trainer: Trainer) -> Batch:
    """Whole windows of the ten training songs with their own conditions."""
    pool = trainer.pool
    row = torch.arange(10) * 6
    tokens = torch.arange(120).expand(10, -1)
    yes = torch.ones(10, dtype=torch.bool)
    family = torch.from_numpy(pool.families[:10, 0]).long()
    return Batch(pool._rows(pool.targets, row, tokens), pool._rows(pool.contexts, row * 2, tokens), yes, family, yes)


def hits(samples: torch.Tensor, clean: torch.Tensor) -> int:
    """How many samples are nearest to the window whose conditions they were made with."""
    return int((torch.cdist(samples.flatten(1), clean.flatten(1)).argmin(1) == torch.arange(len(clean))).sum())


def test_ten_samples_are_learnt_and_sampled_by_both_stages(songs: Path, tmp_path: Path):
    """From EDM (loss falls to under a half) to consistency; samples land on their own window."""
    write_folder(songs, one_stem_each(12), growth=0)
    dit = settings(songs, tmp_path / "dit", preset="wide", steps=120, batch=8, lr=4e-3, warmup=10, decay=0.97)
    train(dit)
    losses = [line["loss"] for line in lines(dit.out) if "loss" in line]
    assert losses[0] == pytest.approx(1, abs=0.2)
    assert sum(losses[-4:]) / 4 < losses[0] / 2
    train(replace(dit, stage="consistency", start=dit.out, out=tmp_path / "cm", steps=40, lr=1e-3))

    everything = of_all_songs(Trainer(dit))
    clean, noise = everything.clean, torch.randn(10, 120, 64)
    model, _ = load_average(dit.out / "ema")
    assert hits(heun_sample(model.network(everything), noise), clean) == 10
    model, meta = load_average(tmp_path / "cm" / "ema")
    samples = consistency_sample(model.network(everything), noise, 5)
    assert hits(samples, clean) == 10
    assert (samples - clean).square().mean() < 0.4 * clean.square().mean()
    assert (meta["stage"], meta["step"], meta["config"]["width"]) == ("consistency", 40, 128)


def test_validation_shows_that_the_context_is_used(songs: Path, tmp_path: Path):
    run = settings(songs, tmp_path / "run", steps=2)
    trainer = Trainer(run)
    fresh = trainer.validate()
    assert fresh["gap"] == 0
    assert fresh["right"] == pytest.approx(fresh["wrong"])
    batch = trainer.probe
    with torch.no_grad():  # a network that answers with what its context says
        trainer.ema.net.dit.forward = lambda scaled, noise, context, clap: -context
    used = trainer.validate()
    assert used["gap"] > 0.5
    assert used["none"] != used["right"]
    assert len(batch.clean) == 2


@pytest.mark.parametrize("stage", ["dit", "consistency"])
def test_resumed_run_ends_with_the_same_weights_as_an_unbroken_one(songs: Path, tmp_path: Path, stage: str):
    start = tmp_path / "start"
    train(settings(songs, start, steps=3))
    whole = replace(settings(songs, tmp_path / "whole", steps=12, start=start), stage=stage)
    train(whole)
    broken = replace(whole, out=tmp_path / "broken")
    trainer = Trainer(broken)
    for _ in range(5):
        trainer.train_step()
    trainer.save()
    train(replace(broken, resume=True))
    (expected, _), (found, state) = load_checkpoint(whole.out), load_checkpoint(broken.out)
    assert state["step"] == 12
    for group, tensors in expected.items():
        assert all(torch.equal(value, found[group][name]) for name, value in tensors.items()), group


def test_resume_of_nothing_begins_and_of_another_stage_is_refused(songs: Path, tmp_path: Path):
    run = settings(songs, tmp_path / "run", steps=2, resume=True)
    train(run)
    assert load_checkpoint(run.out)[1]["step"] == 2
    with pytest.raises(ValueError, match="holds a dit run; choose another folder"):
        train(replace(run, stage="consistency"))


def test_songs_that_arrive_do_not_move_the_held_out_ones(songs: Path, tmp_path: Path):
    (songs / "count").write_text("8")
    run = settings(songs, tmp_path / "run", steps=2)
    train(run)
    (songs / "count").write_text("12")
    resumed = Trainer(replace(run, resume=True, steps=4))
    assert resumed.pool.held_out == (6, 8)
    assert resumed.pool.songs == 12


def test_step_with_a_broken_gradient_changes_nothing(songs: Path, tmp_path: Path):
    trainer = Trainer(settings(songs, tmp_path / "run", steps=9))
    trainer.train_step()
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    good = trainer.pool.targets.clone()
    trainer.pool.targets[:] = float("nan")
    trainer.train_step()
    assert all(torch.equal(value, before[name]) for name, value in trainer.model.state_dict().items())
    assert trainer.skipped == 1
    trainer.pool.targets[:] = good
    trainer.train_step()
    assert trainer.skipped == 1
    assert not torch.equal(trainer.model.dit.output.weight, before["dit.output.weight"])
    assert all(bool(value.isfinite().all()) for value in trainer.ema.net.state_dict().values())


def test_budget_is_wall_clock_and_the_learning_rate_follows_it(songs: Path, tmp_path: Path):
    run = settings(songs, tmp_path / "run", steps=0, seconds=1.5, lr=1e-3, warmup=1, log_steps=1)
    began = time.monotonic()
    train(run)
    assert 1.5 < time.monotonic() - began < 8
    rates = [line["lr"] for line in lines(run.out) if "lr" in line][1:]  # the first step warms up
    assert rates[0] > 0.8e-3
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.3e-3


def test_model_stores_the_family_table_beside_the_dit(songs: Path, tmp_path: Path):
    run = settings(songs, tmp_path / "run", steps=2)
    tensors, meta = join_parts(train(run))
    assert tensors["families.weight"].shape == (12, 512)
    assert set(tensors) == set(LatentModel(TINY).state_dict())
    assert meta["held_out"] == [10, 12]


@pytest.mark.slow
def test_kill_9_loses_at_most_one_checkpoint_interval(songs: Path, tmp_path: Path):
    program = (
        "from models.nets.dit import DIT_PRESETS, DiTConfig\n"
        f"DIT_PRESETS['tiny'] = {TINY!r}\n"
        "from models.train.latent import main\nmain()"
    )
    command = [sys.executable, "-c", program, "dit", "--latents", songs, "--out", tmp_path / "run", "--preset", "tiny"]
    command += ["--batch", "16", "--seconds", "8", "--checkpoint-s", "1", "--log-steps", "5", "--resume"]
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while load_checkpoint(tmp_path / "run") is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    last = [line for line in lines(tmp_path / "run") if "seconds" in line][-1]
    state = load_checkpoint(tmp_path / "run")[1]
    assert 0 < state["seconds"] < 8
    assert last["seconds"] - state["seconds"] < 2.5
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, timeout=100)
    final = load_checkpoint(tmp_path / "run")[1]
    assert final["seconds"] >= 8
    assert final["step"] > state["step"]
