"""The plan that trains a whole pack in a given time."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.train.starter import Step, carry_out


def lines(*options: str) -> list[str]:
    command = [sys.executable, "-m", "models.train.starter", "--out", "runs", "--dry-run", *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_all_stages_in_order_until_the_time_is_over() -> None:
    plan = lines("--minutes", "28", "--sound-font", "a.sf3")
    names = [line.split(" s  ")[1].split()[:2] for line in plan]
    assert [pair[1] for pair in names if pair[0].endswith((".codec", ".latent"))] == [
        "encoder",
        "decoder",
        "dit",
        "consistency",
    ]
    seconds = [float(line[1:].split()[0]) for line in plan if not line.startswith("+")]
    assert seconds == sorted(seconds)
    assert seconds[-1] == 28 * 60


def test_a_kept_encoder_is_not_trained_and_feeds_the_latents() -> None:
    plan = lines("--minutes", "10", "--from", "PACK", "--keep-encoder")
    assert not any(" encoder " in line for line in plan)
    assert sum("--codec PACK" in line for line in plan) == 1


@pytest.mark.parametrize("missing", ["--keep-encoder"])
def test_keeping_an_encoder_needs_one(missing: str) -> None:
    command = [sys.executable, "-m", "models.train.starter", "--out", "runs", "--minutes", "5", missing]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "--from" in result.stderr


def test_the_decoder_stage_is_rehearsed_only_beside_an_encoder_stage_that_goes_on_from_something() -> None:
    def rehearsals(*options: str) -> list[str]:
        return [line for line in lines("--minutes", "20", *options) if "rehearsal" in line]

    (line,) = rehearsals("--from", "PACK")
    assert line.startswith("+")
    assert " decoder " in line
    assert "--steps 6" in line
    assert not rehearsals()
    assert not rehearsals("--from", "PACK", "--keep-encoder")


def test_a_step_beside_the_others_can_begin_later(tmp_path: Path) -> None:
    pool = tmp_path / "songs"
    steps = [Step("late", ("platform",), 9, beside=True, after_s=1.5), Step("now", ("platform",), 9)]
    begun = time.monotonic()
    carry_out(steps, tmp_path / "log", pool)
    assert time.monotonic() - begun > 1.5
    written = {name: (tmp_path / "log" / f"{name}.txt") for name in ("late", "now")}
    assert all(platform.machine() in file.read_text() for file in written.values())
    assert written["late"].stat().st_mtime > written["now"].stat().st_mtime


def test_a_step_that_fails_ends_the_plan_with_its_last_words(tmp_path: Path) -> None:
    steps = [Step("bad", ("models.no_such_module",), 9), Step("never", ("platform",), 9)]
    with pytest.raises(SystemExit, match="no_such_module"):
        carry_out(steps, tmp_path / "log", tmp_path / "songs")
    assert not (tmp_path / "log" / "never.txt").exists()
