"""The judge tells what latents sound like, and what it says moves a consistency model and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.nets.dit import DiTConfig
from models.nets.latent_clap import LatentClap, LatentClapConfig
from models.train.checkpoint import join_parts
from models.train.latent import LatentSettings, LatentTask, main, train
from models.train.latent_model import load_average
from models.train.run_settings import RunSettings
from models.train.style_reward import JudgeSettings, JudgeTask, lacking, read_judge
from models.train.style_reward import train as train_judge
from tests.train.latent_folder import TOKENS, write_folder

TINY = DiTConfig(width=64, layers=2, heads=1, condition=64, noise_features=32)
SMALL = LatentClapConfig(width=64, layers=1, heads=2, dropout=0.0)


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Sixteen songs of six stems, a colour and a CLAP vector of its own for each place in the song."""
    folder = tmp_path / "latents"
    families = np.tile(np.arange(6), (16, 1))
    targets = write_folder(folder, families)
    np.broadcast_to(targets[:1], targets.shape).copy().tofile(folder / "targets.f16")
    return folder


def budget(out: Path, steps: int, **others: object) -> RunSettings:
    return RunSettings(**{"out": out, "steps": steps, "log_steps": 5, "check_s": 1e9, "decay": 0.9, **others})


def judge_settings(songs: Path, **others: object) -> JudgeSettings:
    return JudgeSettings(**{"latents": songs, "config": SMALL, "batch": 24, "lr": 3e-3, "warmup": 5, **others})


@pytest.fixture
def judge(songs: Path, tmp_path: Path) -> Path:
    train_judge(judge_settings(songs), budget(tmp_path / "judge", 60))
    return tmp_path / "judge"


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_the_judge_hears_whose_latents_they_are_on_songs_it_did_not_learn(songs: Path, judge: Path):
    task = JudgeTask(judge_settings(songs), budget(judge, 60))
    net, colours = (
        read_judge(judge),
        task.pool._rows(task.pool.targets, torch.arange(6), torch.arange(TOKENS).expand(6, -1)),
    )
    heard = net(colours) @ task.pool._claps(torch.arange(6)).T
    assert heard.argmax(1).tolist() == list(range(6))
    check = next(line for line in reversed(lines(judge)) if "check" in line)
    assert check["nearest"] == 1
    assert check["right"] < 0.05
    assert not any(parameter.requires_grad for parameter in net.parameters())


def test_what_sounds_as_asked_lacks_nothing_and_what_sounds_like_another_prompt_lacks_something(
    songs: Path, judge: Path
):
    task = LatentTask(LatentSettings(stage="consistency", latents=songs, config=TINY, batch=12, judge=judge),
                      budget(judge.parent / "run", 1))  # fmt: skip
    batch = task.pool.draw(12, 15, task.generator.manual_seed(0))
    batch = replace(batch, clap_present=torch.ones(12, dtype=torch.bool))
    others = torch.stack(
        [next(b for b, c in zip(batch.clean, batch.clap, strict=True) if (c - own).norm() > 1) for own in batch.clap]
    )
    assert lacking(task.judge, batch.clean, batch) == 0
    assert lacking(task.judge, others, batch) > 0.5
    unasked = replace(batch, clap_present=torch.zeros(12, dtype=torch.bool))
    assert lacking(task.judge, others, unasked) == 0


def test_the_reward_moves_answers_towards_their_prompt(songs: Path, judge: Path, tmp_path: Path):
    """Two runs that differ in the judge alone: with it, the answers lack less; notes tell that it was there."""
    plain = LatentSettings(stage="consistency", latents=songs, config=TINY, batch=12, lr=2e-3, warmup=2)
    judged = replace(plain, judge=judge, judge_weight=0.3)
    task, lacks = LatentTask(judged, budget(tmp_path / "look", 1)), {}
    for name, settings in (("plain", plain), ("judged", judged)):
        meta = join_parts(train(settings, budget(tmp_path / name, 25)))[1]
        assert meta["judge_weight"] == (0.3 if name == "judged" else 0)
        task.module, _ = load_average(tmp_path / name / "ema")
        with torch.no_grad():
            lacks[name] = sum(float(task.losses(1.0, step)["lacking"]) for step in range(5))
    assert lacks["judged"] < 0.7 * lacks["plain"]
    steps = [line for line in lines(tmp_path / "judged") if "loss" in line]
    assert all(line["loss"] == pytest.approx(line["distance"] + line["lacking"], rel=1e-3) for line in steps)


def test_a_resumed_judge_ends_with_the_same_weights_as_an_unbroken_one(songs: Path, tmp_path: Path):
    train_judge(judge_settings(songs), budget(tmp_path / "whole", 8))
    train_judge(judge_settings(songs), budget(tmp_path / "broken", 8, stop_at_s=0.0))
    train_judge(judge_settings(songs), budget(tmp_path / "broken", 8, resume=True))
    whole, broken = (join_parts(tmp_path / name / "ema")[0] for name in ("whole", "broken"))
    assert all(torch.equal(value, broken[name]) for name, value in whole.items())


def test_only_a_judge_judges_and_only_consistency(songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    dit = train(LatentSettings(stage="dit", latents=songs, config=TINY, batch=8), budget(tmp_path / "dit", 1))
    with pytest.raises(ValueError, match="holds no judge"):
        read_judge(dit)
    with pytest.raises(SystemExit):
        main(["dit", "--latents", str(songs), "--judge", str(tmp_path / "dit"), "--out", str(tmp_path / "other")])
    assert "leave out --judge" in capsys.readouterr().err


def test_short_windows_are_read_and_vectors_have_length_1():
    net = LatentClap(SMALL).eval()
    for tokens in (24, 64, 120):
        found = net(torch.randn(3, tokens, 64))
        assert found.shape == (3, 512)
        torch.testing.assert_close(found.norm(dim=1), torch.ones(3))
