"""The plan that trains a whole pack in a given time."""

from __future__ import annotations

import subprocess
import sys

import pytest


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
