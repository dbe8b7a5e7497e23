"""The table of systems: floors and ceilings where they belong, counts and seeds told, nothing heard twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from models.evaluate import bench_run, table
from models.evaluate.bench import (
    ANCHORS,
    BRIDGED_MODES,
    C_DIT,
    C_DIT_BRIDGE,
    DECODED,
    MODES,
    NOISE,
    RANDOM,
    REAL,
    Bench,
    Row,
    Setup,
)
from models.evaluate.bench_run import hear_all
from models.evaluate.items import items
from models.evaluate.table import Table
from models.evaluate.table_picture import draw, interval
from tests.evaluate.made_up_material import DEAF, PERFECT, material

PACK = Path(__file__).parents[2] / "models" / "packs" / "starter"
ROWS = [Row(C_DIT, "text, ctx"), Row(C_DIT, "ctx")]


@pytest.fixture(scope="module")
def made() -> Table:
    return Table.of(ROWS, material())


def distance(made: Table, row: str, name: str) -> float:
    return made.figures[row].distances[name].value


@pytest.mark.parametrize("name", ["KD", "FAD", "FAD family"])
def test_noise_is_far_and_a_perfect_system_as_near_as_real_stems(made: Table, name: str):
    floor = distance(made, REAL, name)
    assert distance(made, NOISE, name) > 3 * abs(floor)
    spread = made.figures[REAL].distances[name].half_width
    assert abs(distance(made, PERFECT, name) - floor) < 2 * spread


def test_coverage_and_density_of_noise_are_0(made: Table):
    assert distance(made, NOISE, "coverage") == distance(made, NOISE, "density") == 0
    assert distance(made, REAL, "coverage") > 0.3


def test_adherence_tells_belonging_stems_from_others(made: Table):
    for kind in ("APA", "APA musical"):
        assert distance(made, REAL, kind) > 0.7
        assert distance(made, PERFECT, kind) > 0.7
        assert distance(made, DEAF, kind) < 0.3
        assert distance(made, RANDOM, kind) < 0.3
        assert kind not in made.figures[NOISE].distances


def test_clap_scores_stand_where_they_mean_something(made: Table):
    assert "CSAA" not in made.figures[REAL].distances
    assert distance(made, DECODED, "CSAA") > distance(made, DEAF, "CSAA") + 0.01
    assert distance(made, PERFECT, "CSAA") > distance(made, DEAF, "CSAA") + 0.01
    assert distance(made, REAL, "CSAT") > distance(made, RANDOM, "CSAT")


@pytest.mark.parametrize("score", ["on grid", "with context", "in chords", "in key", "family"])
def test_real_stems_are_the_ceiling_and_random_ones_the_floor(made: Table, score: str):
    values = {name: made.figures[name].aucs[score].value for name in (REAL, DECODED, PERFECT, DEAF, RANDOM)}
    assert values[REAL] > 0.95
    assert values[DECODED] > 0.95
    assert values[PERFECT] > 0.95
    assert values[RANDOM] == pytest.approx(0.5, abs=0.15)
    assert values[DEAF] < 0.6


def test_drums_have_no_harmony_and_pads_no_beat(made: Table):
    songs = {score: auc.songs for score, auc in made.figures[REAL].aucs.items()}
    assert songs == {"on grid": 30, "with context": 30, "in chords": 33, "in key": 33, "family": 36}


def test_families_heard_are_told_one_by_one(made: Table):
    assert made.figures[PERFECT].recognised.value == 1
    assert made.named[PERFECT] == dict.fromkeys(made.named[REAL], 1.0)
    assert made.figures[NOISE].recognised.value < 0.2


def test_the_report_tells_counts_seeds_intervals_and_what_is_missing(made: Table):
    text = table.report(made, Setup(PACK, steps=5), 360)
    assert "36 held-out songs, 72 reference songs" in text
    assert "songs from 9000000, reference from 14000000" in text
    assert "5 steps" in text
    assert "U-Net, DiT, DiT + bridge: not measured, because no model was given." in text
    assert "10 s a song" in text
    row = next(line for line in text.splitlines() if line.startswith(f"| {PERFECT} "))
    assert row.count("±") == len(table.DISTANCES)


def test_a_row_without_context_has_no_adherence():
    rows = [Row(C_DIT, "text")]
    heard = material(24, 24)
    for one in heard.items:
        one.update({key.replace(PERFECT, "C-DiT: text"): value for key, value in one.items()})
    assert not {"APA", "APA musical"} & set(Table.of(rows, heard).figures["C-DiT: text"].distances)


def test_the_picture_shows_every_row(made: Table, tmp_path: Path):
    draw(made.figures, "test", tmp_path / "table.png")
    assert (tmp_path / "table.png").stat().st_size > 10_000
    value, low, high = interval(made.figures[PERFECT], "FAD")
    assert low < value < high
    assert np.isnan(interval(made.figures[NOISE], "APA")[0])


def test_rows_are_systems_times_modes_and_only_those_that_can_be_played():
    everything = Setup(PACK, dit=PACK, unet=PACK).rows()
    assert len(everything) == 3 * len(MODES) + 2 * len(BRIDGED_MODES)
    assert {row.system for row in Setup(PACK).rows()} == {C_DIT, C_DIT_BRIDGE}
    assert [row.name for row in Setup(PACK, systems=(C_DIT_BRIDGE,)).rows()][-1] == "C-DiT + bridge: none*"
    assert [row.prompt for row in Setup(PACK, systems=(C_DIT,)).rows()] == ["audio", "text", "", "audio", "text", ""]
    assert [row.with_context for row in Setup(PACK, systems=(C_DIT,)).rows()] == [True] * 3 + [False] * 3


@pytest.mark.slow
def test_the_bench_hears_every_anchor_and_what_the_codec_leaves_of_the_real_stem():
    """With the shipped pack: a stem through the codec is nearer to itself than another song's, and not the same."""
    first, second = items(2)
    setup = Setup(PACK, systems=(C_DIT_BRIDGE,), modes=("text, ctx",), steps=1, device="cpu")
    heard = Bench(setup).hear_item(first, second)
    clap = {name: heard[f"{name}|clap"].astype(float) for name in (*ANCHORS, *(row.name for row in setup.rows()))}
    assert len(clap) == 5
    assert clap[REAL] @ clap[RANDOM] < clap[REAL] @ clap[DECODED] - 0.1
    assert 0.7 < clap[REAL] @ clap[DECODED] < 0.9999


class CountingBench:
    """A bench that says of an item how it is called, and counts; nothing is played."""

    heard = 0

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def hear_item(self, item: int, partner: int) -> dict[str, np.ndarray]:
        CountingBench.heard += 1
        assert item != partner
        return {"item": np.array([item, 0])}

    hear_reference = hear_item


def test_what_was_heard_is_kept_and_another_setup_hears_again(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(bench_run, "Bench", CountingBench)
    monkeypatch.setattr(bench_run, "items", lambda count, first: [first + k for k in range(count)])
    done: list[int] = []
    setup = Setup(PACK)

    def hear(setup: Setup) -> list[int]:
        heard = hear_all(setup, 3, 2, tmp_path, 1, lambda: done.append(1))
        assert len(heard.references) == 2
        return [int(one["item"][0]) for one in heard.items]

    assert hear(setup) == [0, 1, 2]
    assert CountingBench.heard == len(done) == 5
    next(tmp_path.glob("*/item_0001.npz")).unlink()  # as if killed before it was there
    assert hear(replace(setup, threads=2, device="cpu")) == [0, 1, 2]
    assert (CountingBench.heard, len(done)) == (6, 10)
    hear(replace(setup, edm_steps=18))
    assert CountingBench.heard == 11


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--table", "--systems", "GAN"], "there is no 'GAN'"),
        (["--table", "--modes", "video"], "there is no 'video'"),
        (["--table", "--edm-guidance", "-1", "1"], "finite number"),
        (["--table", "--songs", "5"], "24"),
    ],
)
def test_wrong_options_are_refused(words: list[str], said: str):
    app = typer.Typer()
    app.command()(table.main)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
