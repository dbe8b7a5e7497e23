"""A tiny bridge, trained for some hundred steps on two cones with a known gap, beside the baselines; it resumes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.evaluate import gap_table
from models.evaluate.density_coverage import density_coverage
from models.evaluate.frechet_distance import frechet_distance
from models.nets.gap_bridge import GapBridge, GapBridgeConfig
from models.train.checkpoint import load_checkpoint
from models.train.clap_pairs import ClapPairs, load_pairs, same_text, save_pairs, split
from models.train.gap_bridge import BridgeSettings, BridgeTask, draw, load_bridge, main, train
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings
from tests.train.clap_cones import TEXTS, centres, cones, texts_of, unit

TINY = GapBridgeConfig(width=96, blocks=2, condition=64, noise_features=32, components=10)
NARROW = replace(TINY, width=16, condition=16, dropout=0.1)
HELD_OUT = 0.25


def budget(out: Path, steps: int, **others: object) -> RunSettings:
    return RunSettings(**{"out": out, "steps": steps, "log_steps": 20, "check_s": 1e9, "decay": 0.98, **others})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `pairs` and the run `bridge`."""
    folder = tmp_path_factory.mktemp("gap")
    save_pairs(folder / "pairs", cones(2000))
    settings = BridgeSettings(
        pairs=folder / "pairs", config=TINY, batch=256, lr=8e-3, warmup=20, drop_text=0.3, held_out=HELD_OUT
    )
    train(settings, budget(folder / "bridge", 300))
    return folder


@pytest.fixture(scope="module")
def net(trained: Path) -> GapBridge:
    return load_bridge(trained / "bridge")[0]


@pytest.fixture(scope="module")
def held(trained: Path) -> ClapPairs:
    return split(load_pairs(trained / "pairs"), HELD_OUT)[1]


@pytest.fixture(scope="module")
def rows(trained: Path, net: GapBridge) -> dict[str, gap_table.Row]:
    training, held = split(load_pairs(trained / "pairs"), HELD_OUT)
    return {row.name: row for row in gap_table.measure(training, held, net, 20, 60, 0)}


def test_bridge_beats_raw_text_mean_shift_and_ridge_in_distance_and_coverage(rows: dict[str, gap_table.Row]):
    floor, bridge = rows[gap_table.FLOOR], rows["bridge"]
    for name in ("raw text", "mean shift", "ridge regression", "nearest training audio"):
        assert bridge.distance.value < 0.1 * rows[name].distance.value, name
        assert rows[name].places.coverage < 0.1, name
    assert bridge.distance.value < 3 * floor.distance.value
    assert bridge.places.coverage > 0.85
    assert floor.places.coverage > 0.95


def test_answers_spread_like_the_sounds_of_a_text(rows: dict[str, gap_table.Row]):
    sounds = rows[gap_table.FLOOR].spread
    assert sounds > 0.05
    assert rows["bridge"].spread == pytest.approx(sounds, rel=0.1)
    assert rows["bridge without text"].spread > 1.2 * sounds
    assert rows["mean shift"].spread == pytest.approx(0, abs=1e-6)


def test_samples_meet_all_three_kinds_of_sound_of_each_text(net: GapBridge):
    """A mean of the kinds would be near to none of them; random sounds would be near those of other texts."""
    kinds = unit(centres()).reshape(-1, 512)
    for text in range(TEXTS):
        made = draw(net, torch.from_numpy(texts_of(np.full(60, text))), seed=text, steps=20).numpy()
        met = np.bincount((made @ kinds.T).argmax(1), minlength=len(kinds)).reshape(TEXTS, -1)
        assert met[text].min() >= 5
        assert met[text].sum() >= 50


def test_without_text_it_invents_sounds_of_all_texts(net: GapBridge, held: ClapPairs, rows: dict[str, gap_table.Row]):
    made = draw(net, torch.from_numpy(held.texts), seed=3, given=False).numpy()
    other = draw(net, torch.from_numpy(held.texts[::-1].copy()), seed=3, given=False).numpy()
    assert np.array_equal(made, other)  # no text is looked at
    assert frechet_distance(held.audios, made).value < 0.01 * rows["raw text"].distance.value
    assert density_coverage(held.audios, made).coverage > 0.5
    marginal, conditional = (rows[name].cosine for name in ("bridge without text", "bridge"))
    assert marginal == pytest.approx(rows[gap_table.FLOOR].cosine, abs=0.01)
    assert conditional > marginal + 0.02


def test_best_of_two_is_nearer_to_the_text_and_less_varied(rows: dict[str, gap_table.Row]):
    assert rows["bridge, best of 2"].spread < rows["bridge"].spread


def test_log_says_what_the_text_is_worth(trained: Path):
    lines = [json.loads(line) for line in (trained / "bridge" / "log.jsonl").read_text().splitlines()]
    check = next(line for line in reversed(lines) if line.get("check"))
    assert check["right"] < check["none"] < check["wrong"]
    assert check["cosine"] > check["raw"] + 0.3


def test_measures_are_taken_of_the_songs_that_the_run_held_out(trained: Path, rows: dict[str, gap_table.Row]):
    assert load_bridge(trained / "bridge")[1]["held_out"] == HELD_OUT
    expected = len(split(load_pairs(trained / "pairs"), HELD_OUT)[1])
    for row in rows.values():
        assert row.places.reference_items == row.places.candidate_items == row.distance.candidate_items == expected


def test_table_is_one_command(trained: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    save_pairs(tmp_path / "few", cones(160))
    gap_table.main(tmp_path / "few", trained / "bridge", steps=5, samples=2, seed=0, out=tmp_path / "gap.md")
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "gap.md").read_text()
    for name in (gap_table.FLOOR, *gap_table.BASELINES, "bridge", "bridge, best of 2", "bridge without text"):
        assert f"| {name} " in printed
    assert "5 steps, 2 answers per text, seed 0" in printed
    assert "Spread over 6 texts" in printed


def test_resumed_run_ends_with_the_same_weights_as_an_unbroken_one(trained: Path, tmp_path: Path):
    settings = BridgeSettings(pairs=trained / "pairs", config=NARROW, batch=32, held_out=HELD_OUT)
    train(settings, budget(tmp_path / "whole", 12))
    broken = budget(tmp_path / "broken", 12)
    interrupted = TrainingRun(BridgeTask(settings, broken), broken)
    for _ in range(5):
        interrupted.train_step()
    interrupted.save()
    # The share that is held out is the first call's, whatever is said now: else songs would be trained on and judged.
    train(replace(settings, held_out=0.1), replace(broken, resume=True))
    (expected, _), (found, state) = load_checkpoint(tmp_path / "whole"), load_checkpoint(broken.out)
    assert (state["step"], state["held_out"], state["stage"]) == (12, HELD_OUT, "bridge")
    for group, tensors in expected.items():
        assert all(torch.equal(value, found[group][name]) for name, value in tensors.items()), group


def test_seeds_make_other_weights_and_other_samples(trained: Path, net: GapBridge, tmp_path: Path):
    settings = BridgeSettings(pairs=trained / "pairs", config=NARROW, batch=32, held_out=HELD_OUT)
    first, other = (BridgeTask(settings, budget(tmp_path / "run", 1, seed=seed)).module for seed in (0, 1))
    assert not torch.equal(first.input.weight, other.input.weight)
    assert torch.equal(first.audio.basis, other.audio.basis)
    texts = torch.from_numpy(texts_of(np.arange(3)))
    assert torch.equal(draw(net, texts, 4, 5), draw(net, texts, 4, 5))
    assert not torch.allclose(draw(net, texts, 4, 5), draw(net, texts, 5, 5), atol=1e-3)


def test_command_line_goes_on_from_another_run(trained: Path, tmp_path: Path):
    main(["--pairs", str(trained / "pairs"), "--from", str(trained / "bridge"), "--out", str(tmp_path / "on"),
          "--steps", "1", "--batch", "16", "--held-out", "0.25"])  # fmt: skip
    before, (after, meta) = load_bridge(trained / "bridge")[0], load_bridge(tmp_path / "on")
    assert meta["config"]["width"] == 96
    assert meta["pairs"] == 2000 - len(split(load_pairs(trained / "pairs"), HELD_OUT)[1])
    assert torch.equal(before.audio.mean, after.audio.mean)
    assert torch.allclose(before.output.weight, after.output.weight, atol=1e-2)
    assert not torch.equal(before.output.weight, after.output.weight)


def test_command_line_begins_with_a_preset_in_fewer_directions(trained: Path, tmp_path: Path):
    main(["--pairs", str(trained / "pairs"), "--out", str(tmp_path / "new"), "--steps", "1", "--batch", "16",
          "--held-out", "0.25", "--components", "8"])  # fmt: skip
    net, meta = load_bridge(tmp_path / "new")
    assert (meta["config"]["width"], meta["config"]["components"]) == (256, 8)
    assert net.output.weight.shape == (8, 256)
    assert meta["explained"] == pytest.approx(float(net.audio.explained), abs=1e-3)
    assert 0.8 < meta["explained"] < 0.99


# The folder of pairs


def test_a_song_never_changes_sides():
    few, many = cones(400), cones(4000)
    _, held_few = split(few, HELD_OUT)
    train_many, held_many = split(many, HELD_OUT)
    assert set(held_few.songs) == set(held_many.songs) & set(few.songs)
    assert not set(train_many.songs) & set(held_many.songs)
    assert 0.2 < len(held_many) / len(many) < 0.3
    assert set(split(many, HELD_OUT, "ridge")[1].songs) != set(held_many.songs)
    with pytest.raises(ValueError, match="give another share"):
        split(cones(8), 0.0)


def test_sounds_of_one_text_are_found_by_its_vector():
    pairs = ClapPairs(texts_of(np.array([1, 0, 1, 2, 0, 1])), cones(6).audios, np.arange(6))
    assert [rows.tolist() for rows in same_text(pairs)] == [[0, 2, 5], [1, 4]]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"texts": cones(8).texts.astype(np.float64)}, "must be float32"),
        ({"audios": cones(8).audios[:, :100]}, "must be float32"),
        ({"audios": cones(8).audios * 1.1}, "length is not 1"),
        ({"texts": cones(8).texts * np.float32("nan")}, "length is not 1"),
        ({"songs": np.arange(7)}, "songs int64"),
        ({"songs": np.arange(8) / 2}, "songs float64"),
        ({"audios": cones(6).audios}, "8 texts, 6 audios"),
    ],
)
def test_broken_folder_is_refused(tmp_path: Path, change: dict[str, np.ndarray], sentence: str):
    save_pairs(tmp_path, replace(cones(8), **change))
    with pytest.raises(ValueError, match=sentence):
        load_pairs(tmp_path)
