"""The plan that trains a whole pack in a given time."""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from models.train.starter import Step, carry_out, plan


def lines(*options: str) -> list[str]:
    command = [sys.executable, "-m", "models.train.starter", "--out", "runs", "--dry-run", *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def stages(planned: list[str]) -> list[str]:
    """Names of the run folders in the order of the plan, of what is not beside."""
    return [Path(line.split("--out ")[1].split()[0]).name for line in planned if not line.startswith("+")]


def test_one_gpu_has_all_stages_in_order_until_the_time_is_over() -> None:
    planned = lines("--minutes", "28", "--sound-font", "a.sf3")
    assert stages(planned) == ["clap", "encoder", "decoder", "dit", "c_dit"]
    seconds = [float(line[1:].split()[0]) for line in planned if not line.startswith("+")]
    assert seconds == sorted(seconds)
    assert seconds[-1] == 28 * 60


def test_two_gpus_have_a_lane_each() -> None:
    planned = lines("--minutes", "20", "--gpus", "2")
    assert stages(planned) == ["encoder", "decoder", "unet", "clap", "dit", "c_dit"]
    ends = [float(line[1:].split()[0]) for line in planned if not line.startswith("+")]
    assert ends[2] == ends[-1] == 20 * 60
    assert ends[2] - ends[1] == pytest.approx(ends[4] - ends[3])  # the baseline has the DiT's time


def test_what_lies_beside_waits_for_what_it_reads() -> None:
    options = argparse.Namespace(
        minutes=20.0, gpus=2, out=Path("runs"), start=None, keep=[], sound_font=[], first_seed=0, workers=1,
        slots=8, pool=Path("pool"), latents=Path("latents"), pairs=Path("pairs"),
    )  # fmt: skip
    steps = {step.name: step for step in plan(options, 0.0)}
    assert steps["latents"].after == ("clap", "encoder")
    assert steps["bridge"].after == ("clap",)
    assert set(steps["dit"].after) == {"clap", "encoder"}
    assert "encoder" in steps["decoder"].after
    assert (steps["encoder"].gpu, steps["decoder"].gpu, steps["dit"].gpu, steps["latents"].gpu) == (0, 0, 1, 0)


def test_a_kept_encoder_is_not_trained_and_feeds_the_latents() -> None:
    planned = lines("--minutes", "10", "--from", "PACK", "--keep", "encoder")
    assert not any(" encoder " in line for line in planned)
    assert sum("--codec PACK" in line for line in planned) == 1


def test_kept_words_keep_their_bridge_and_latents_begin_at_once() -> None:
    planned = lines("--minutes", "20", "--gpus", "2", "--from", "PACK", "--keep", "encoder", "clap")
    assert stages(planned) == ["decoder", "unet", "dit", "c_dit"]
    assert not any("gap_bridge" in line for line in planned)
    assert sum("--codec PACK --clap PACK" in line for line in planned) == 1


@pytest.mark.parametrize("kept", ["encoder", "clap"])
def test_what_is_kept_needs_a_pack(kept: str) -> None:
    command = [sys.executable, "-m", "models.train.starter", "--out", "runs", "--minutes", "5", "--keep", kept]
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
    assert not rehearsals("--from", "PACK", "--keep", "encoder")


def test_steps_wait_for_others_for_files_and_for_their_time(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    steps = [
        Step("late", ("platform",), 9, needs=(asked,), delay_s=0.5, beside=True),
        Step("second", ("platform",), 9, after=("first",)),
        Step("first", ("platform",), 9),
    ]
    threading.Timer(1.5, asked.touch).start()
    begun = time.monotonic()
    carry_out(steps, tmp_path / "log")
    assert time.monotonic() - begun > 1.5
    written = {step.name: tmp_path / "log" / f"{step.name}.txt" for step in steps}
    assert all(platform.machine() in file.read_text() for file in written.values())
    made = [written[name].stat().st_mtime for name in ("first", "second", "late")]
    assert made == sorted(made)


def test_a_step_that_fails_ends_the_plan_with_its_last_words(tmp_path: Path) -> None:
    steps = [Step("bad", ("models.no_such_module",), 9), Step("never", ("platform",), 9, after=("bad",))]
    with pytest.raises(SystemExit, match="no_such_module"):
        carry_out(steps, tmp_path / "log")
    assert not (tmp_path / "log" / "never.txt").exists()


def test_a_step_that_may_fail_does_not_take_the_others_along(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    steps = [Step("bad", ("models.no_such_module",), 9, may_fail=True), Step("good", ("platform",), 9, after=("bad",))]
    carry_out(steps, tmp_path / "log")
    assert "no_such_module" in capsys.readouterr().out
    assert platform.machine() in (tmp_path / "log" / "good.txt").read_text()
