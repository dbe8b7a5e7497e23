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

from models.guidance import Guidance
from models.nets.dit import DiTConfig
from models.nets.unet import UNET_PRESETS
from models.train.checkpoint import join_parts, load_checkpoint
from models.train.consistency import consistency_sample
from models.train.diffusion import edm_denoise, heun_sample
from models.train.latent import LatentSettings, LatentTask, main, train
from models.train.latent_data import Batch
from models.train.latent_model import LatentModel, load_average
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings
from tests.train.latent_folder import one_stem_each, write_folder

TINY = DiTConfig(width=64, layers=2, heads=1, condition=64, noise_features=32)
WIDE = replace(TINY, width=128, layers=1, heads=2)


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Twelve songs of one stem; two are held out, ten are trained on."""
    write_folder(tmp_path / "latents", one_stem_each(12))
    return tmp_path / "latents"


def settings(songs: Path, **others: object) -> LatentSettings:
    return LatentSettings(**{"stage": "dit", "latents": songs, "config": TINY, "batch": 8, **others})


def budget(out: Path, steps: int | None, **others: object) -> RunSettings:
    return RunSettings(**{"out": out, "steps": steps, "log_steps": 5, "check_s": 1e9, **others})


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def of_all_songs(task: LatentTask) -> Batch:
    """Whole windows of the ten training songs with their own conditions."""
    pool = task.pool
    row = torch.arange(10) * 6
    tokens = torch.arange(120).expand(10, -1)
    yes = torch.ones(10, dtype=torch.bool)
    clean, context = pool._rows(pool.targets, row, tokens), pool._rows(pool.contexts, row * 2, tokens)
    return Batch(clean, context, yes, pool._claps(row), yes)


def hits(samples: torch.Tensor, clean: torch.Tensor) -> int:
    """How many samples are nearest to the window whose conditions they were made with."""
    return int((torch.cdist(samples.flatten(1), clean.flatten(1)).argmin(1) == torch.arange(len(clean))).sum())


def test_ten_samples_are_learnt_and_sampled_by_both_stages(songs: Path, tmp_path: Path):
    """From EDM (loss falls to under a half) to consistency; samples land on their own window."""
    write_folder(songs, one_stem_each(12), growth=0)
    dit = settings(songs, config=WIDE, lr=4e-3, warmup=10)
    train(dit, budget(tmp_path / "dit", 120, decay=0.97))
    losses = [line["loss"] for line in lines(tmp_path / "dit") if "loss" in line]
    assert losses[0] == pytest.approx(1, abs=0.2)
    assert sum(losses[-4:]) / 4 < losses[0] / 2
    consistency = replace(dit, stage="consistency", start=tmp_path / "dit", lr=1e-3)
    train(consistency, budget(tmp_path / "drawn", 40, decay=0.97))
    train(replace(consistency, teacher=tmp_path / "dit"), budget(tmp_path / "taught", 40, decay=0.97))

    everything = of_all_songs(LatentTask(dit, budget(tmp_path / "dit", 120)))
    clean, noise = everything.clean, torch.randn(10, 120, 64)
    model, _ = load_average(tmp_path / "dit" / "ema")
    assert hits(heun_sample(model.network(everything), noise), clean) == 10
    for run in ("drawn", "taught"):
        model, meta = load_average(tmp_path / run / "ema")
        samples = consistency_sample(model.network(everything), noise, 5)
        assert hits(samples, clean) == 10
        assert (samples - clean).square().mean() < 0.4 * clean.square().mean()
        assert (meta["stage"], meta["step"], meta["config"]["width"]) == ("consistency", 40, 128)
        assert meta["teacher"] == (run == "taught")
        assert "learnt_guidance" not in meta


def test_guidance_of_the_teacher_is_learnt(songs: Path, tmp_path: Path):
    """Targets are those of guided sampling, item by item; the model's notes tell that it needs no guidance."""
    train(settings(songs, lr=4e-3, warmup=1), budget(tmp_path / "dit", 8, decay=0.1))
    consistency = settings(songs, stage="consistency", start=tmp_path / "dit", teacher=tmp_path / "dit")
    guided = replace(consistency, guidance=Guidance(4.0, 4.0, 0.0))
    task, run = LatentTask(guided, budget(tmp_path / "guided", 2)), budget(tmp_path / "guided", 2)
    batch = of_all_songs(task)
    x, sigma = torch.randn(batch.clean.shape), torch.linspace(0.1, 5, len(batch.clean))
    nothing = torch.zeros_like(batch.clap_present)
    with torch.no_grad():
        full, none = (
            edm_denoise(task.teacher.network(replace(batch, context_present=there, clap_present=there)), x, sigma)
            for there in (~nothing, nothing)
        )
        found = task._taught(batch)(x, sigma)
    assert (found - full).abs().max() > 0.01
    torch.testing.assert_close(found, (none + 4 * (full - none)).clamp(-1.75, 1.75), atol=1e-4, rtol=1e-4)
    assert join_parts(train(guided, run))[1]["learnt_guidance"] == [4, 4]


def test_only_an_edm_dit_teaches_and_only_consistency(songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    train(settings(songs), budget(tmp_path / "dit", 1))
    consistency = settings(songs, stage="consistency", start=tmp_path / "dit")
    train(consistency, budget(tmp_path / "fast", 1))
    unet = settings(songs, config=UNET_PRESETS["starter"])
    train(unet, budget(tmp_path / "unet", 1))
    for run in ("fast", "unet"):
        with pytest.raises(ValueError, match="holds no DiT of the stage dit"):
            train(replace(consistency, teacher=tmp_path / run), budget(tmp_path / "taught", 1))
    with pytest.raises(SystemExit):
        main(["dit", "--latents", str(songs), "--teacher", str(tmp_path / "dit"), "--out", str(tmp_path / "other")])
    assert "leave out --teacher" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["dit", "--latents", str(songs), "--guidance", "2", "2", "--out", str(tmp_path / "other")])
    assert "leave out --guidance" in capsys.readouterr().err
    taught = ["consistency", "--from", str(tmp_path / "dit"), "--teacher", str(tmp_path / "dit")]
    with pytest.raises(SystemExit):
        main([*taught, "--latents", str(songs), "--guidance", "-1", "2", "--out", str(tmp_path / "other")])
    assert "guidance context is -1.0; it must be a finite number from 0 up." in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_validation_shows_that_the_context_is_used(songs: Path, tmp_path: Path):
    task = LatentTask(settings(songs), budget(tmp_path / "run", 2))
    fresh = task.check(task.module)
    assert fresh["gap"] == 0
    assert fresh["right"] == pytest.approx(fresh["wrong"])
    with torch.no_grad():  # a network that answers with what its context says
        task.module.dit.forward = lambda scaled, noise, context, clap: -context
    used = task.check(task.module)
    assert used["gap"] > 0.5
    assert used["none"] != used["right"]
    assert len(task.probe.clean) == 2


@pytest.mark.parametrize("stage", ["dit", "consistency"])
def test_resumed_run_ends_with_the_same_weights_as_an_unbroken_one(songs: Path, tmp_path: Path, stage: str):
    start = tmp_path / "start"
    train(settings(songs), budget(start, 3))
    run = settings(songs, stage=stage, start=start)
    train(run, budget(tmp_path / "whole", 12))
    broken = budget(tmp_path / "broken", 12)
    interrupted = TrainingRun(LatentTask(run, broken), broken)
    for _ in range(5):
        interrupted.train_step()
    interrupted.save()
    train(run, replace(broken, resume=True))
    (expected, _), (found, state) = load_checkpoint(tmp_path / "whole"), load_checkpoint(broken.out)
    assert state["step"] == 12
    for group, tensors in expected.items():
        assert all(torch.equal(value, found[group][name]) for name, value in tensors.items()), group


def test_resume_of_nothing_begins_and_of_another_stage_is_refused(songs: Path, tmp_path: Path):
    run = budget(tmp_path / "run", 2, resume=True)
    train(settings(songs), run)
    assert load_checkpoint(run.out)[1]["step"] == 2
    with pytest.raises(ValueError, match="holds a dit run; choose another folder"):
        train(settings(songs, stage="consistency"), run)


def test_songs_that_arrive_do_not_move_the_held_out_ones(songs: Path, tmp_path: Path):
    (songs / "count").write_text("8")
    run = budget(tmp_path / "run", 2)
    train(settings(songs), run)
    (songs / "count").write_text("12")
    resumed = LatentTask(settings(songs), replace(run, resume=True, steps=4))
    assert resumed.pool.held_out == (6, 8)
    assert resumed.pool.songs == 12


def test_step_with_a_broken_gradient_changes_nothing(songs: Path, tmp_path: Path):
    task = LatentTask(settings(songs), budget(tmp_path / "run", 9))
    run = TrainingRun(task, budget(tmp_path / "run", 9))
    run.train_step()
    before = {name: value.clone() for name, value in task.module.state_dict().items()}
    good = task.pool.targets.clone()
    task.pool.targets[:] = float("nan")
    run.train_step()
    assert all(torch.equal(value, before[name]) for name, value in task.module.state_dict().items())
    assert run.skipped == 1
    task.pool.targets[:] = good
    run.train_step()
    assert run.skipped == 1
    assert not torch.equal(task.module.dit.output.weight, before["dit.output.weight"])
    assert all(bool(value.isfinite().all()) for value in run.ema.net.state_dict().values())


class Ticking:
    """Time that goes on by 10 ms whenever training looks at it, however busy the machine is."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.epoch = time.time() - self.now

    def monotonic(self) -> float:
        self.now += 0.01
        return self.now

    def time(self) -> float:
        return self.epoch + self.monotonic()


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Ticking:
    clock = Ticking()
    monkeypatch.setattr("models.train.clock.time", clock)
    return clock


@pytest.mark.usefixtures("ticking")
def test_budget_is_wall_clock_and_the_learning_rate_follows_it(songs: Path, tmp_path: Path):
    run = budget(tmp_path / "run", None, seconds=1.5, log_steps=1)
    train(settings(songs, lr=1e-3, warmup=1), run)
    rates = [line["rate"] for line in lines(run.out) if "rate" in line][1:]  # the first step warms up
    assert len(rates) > 20
    assert rates[0] > 0.8e-3
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.05e-3


def test_run_until_a_time_of_day_ends_then_with_its_schedule(songs: Path, tmp_path: Path, ticking: Ticking):
    run = budget(tmp_path / "run", None, until=ticking.time() + 2, log_steps=1)
    train(settings(songs, lr=1e-3, warmup=1), run)
    assert run.until < ticking.time() < run.until + 0.2
    rates = [line["rate"] for line in lines(run.out) if "rate" in line]
    assert rates[-1] < 0.05e-3


def test_log_says_how_fast_and_how_well(songs: Path, tmp_path: Path):
    run = budget(tmp_path / "run", 10)
    train(settings(songs), run)
    steps = [line for line in lines(run.out) if "loss" in line]
    assert [line["step"] for line in steps] == [5, 10]
    for line in steps:
        assert line["skipped"] == 0
        assert line["items_s"] == pytest.approx(8 * line["steps_s"], rel=1e-3)
    final = [line for line in lines(run.out) if "check" in line][-1]
    assert (final["songs"], len(final["right"])) == (12, 6)
    assert lines(run.out)[-1]["finished"]


def test_a_run_holds_the_whole_model(songs: Path, tmp_path: Path):
    tensors, meta = join_parts(train(settings(songs), budget(tmp_path / "run", 2)))
    assert set(tensors) == set(LatentModel(TINY).state_dict())
    assert meta["held_out"] == [10, 12]


@pytest.mark.slow
def test_kill_9_loses_at_most_one_checkpoint_interval(songs: Path, tmp_path: Path):
    out = tmp_path / "run"
    program = (
        "from pathlib import Path\n"
        "from models.nets.dit import DiTConfig\n"
        "from models.train.latent import LatentSettings, train\n"
        "from models.train.run_settings import RunSettings\n"
        f"settings = LatentSettings(stage='dit', latents=Path({str(songs)!r}), config={TINY!r}, batch=16)\n"
        f"run = RunSettings(out=Path({str(out)!r}), resume=True, seconds=8, checkpoint_s=1, log_steps=5)\n"
        "train(settings, run)"
    )
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while load_checkpoint(out) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    last = lines(out)[-1]
    state = load_checkpoint(out)[1]
    assert 0 < state["seconds"] < 8
    assert last["s"] - state["seconds"] < 2.5
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=100)
    final = load_checkpoint(out)[1]
    assert final["seconds"] >= 8
    assert final["step"] > state["step"]
