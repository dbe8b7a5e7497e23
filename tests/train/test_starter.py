"""The plan that trains a whole pack in a given time."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from models.train.starter import Step, carry_out, export_command, plan


def lines(*options: str) -> list[str]:
    command = [sys.executable, "-m", "models.train.starter", "--out", "runs", "--dry-run", *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def stages(planned: list[str]) -> list[str]:
    """Names of the run folders in the order of the plan, of what is not beside."""
    return [Path(line.split("--out ")[1].split()[0]).name for line in planned if not line.startswith("+")]


def planned_steps(gpus: int, start: Path | None = None, keep: Sequence[str] = ()) -> dict[str, Step]:
    """The plan for 20 minutes."""
    options = argparse.Namespace(
        minutes=20.0, gpus=gpus, out=Path("runs"), start=start, keep=list(keep), anew=[], sound_font=[], first_seed=0,
        workers=1, slots=8, pool=Path("pool"), latents=Path("latents"), pairs=Path("pairs"),
    )  # fmt: skip
    return {step.name: step for step in plan(options, 0.0)}


def begin_s(steps: dict[str, Step], name: str) -> float:
    """When a stage begins at the latest."""
    return max((steps[other].until_s for other in steps[name].after), default=0.0)


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
    steps = planned_steps(2)
    assert steps["latents"].after == ("clap", "encoder")
    assert steps["bridge"].after == ("clap",)
    assert set(steps["dit"].after) == {"clap", "encoder"}
    assert "encoder" in steps["decoder"].after
    assert [steps[name].gpus for name in ("encoder", "decoder", "dit", "latents")] == [(0,), (0,), (1,), (0,)]


def test_four_gpus_have_the_encoder_on_three_and_then_the_dit_on_two() -> None:
    steps = planned_steps(4, Path("PACK"))
    ends = {name: step.until_s / 1200 for name, step in steps.items() if not step.beside}
    assert ends == pytest.approx({"encoder": 0.3, "clap": 0.3, "decoder": 1, "dit": 0.56, "c_dit": 1, "unet": 0.82})
    for step in steps.values():
        if not step.beside:
            assert step.arguments[step.arguments.index("--until") + 1] == f"{step.until_s:.0f}"
    assert {name: step.gpus for name, step in steps.items()} == {
        "songs": (), "encoder": (0, 1, 2), "clap": (3,), "rehearsal": (3,), "decoder": (0,), "dit": (1, 2),
        "c_dit": (1, 2), "unet": (3,), "latents": (3,), "bridge": (3,),
    }  # fmt: skip
    assert steps["decoder"].after == ("encoder",)
    assert steps["dit"].after == steps["unet"].after == steps["latents"].after == ("clap", "encoder")
    assert steps["c_dit"].after == ("dit",)
    latents = steps["latents"].arguments
    assert latents[latents.index("--songs-per-s") + 1] == "60.0"
    assert latents[latents.index("--seconds") + 1] == "840"  # until the decoder stage is over
    assert "--from" not in steps["unet"].arguments


@pytest.mark.parametrize("kept", [(), ("encoder",), ("clap",), ("encoder", "clap"), ("decoder", "clap")])
def test_on_four_gpus_whatever_is_kept_no_gpu_has_two_stages_and_lanes_end_together(kept: tuple[str, ...]) -> None:
    steps = planned_steps(4, Path("PACK"), kept)
    stages = {name: step for name, step in steps.items() if not step.beside}
    alone = {"sketch"} if "encoder" in kept else set()
    assert set(stages) == {"encoder", "clap", "decoder", "dit", "c_dit", "unet"} - set(kept) | alone
    assert "decoder" in kept or stages["decoder"].until_s == pytest.approx(1200)
    assert stages["c_dit"].until_s == pytest.approx(1200)
    for name, stage in stages.items():
        assert begin_s(steps, name) < stage.until_s
        for other in stages.keys() - {name}:
            is_before = stages[other].until_s <= begin_s(steps, name) or stage.until_s <= begin_s(steps, other)
            assert is_before or not set(stage.gpus) & set(stages[other].gpus), (name, other)
    makers = {"encoder", "clap"} - set(kept)
    assert set(steps["latents"].after) == set(steps["dit"].after) == set(steps["unet"].after) == makers
    # The baseline has the DiT's device minutes.
    spent = {name: (stages[name].until_s - begin_s(steps, name)) * len(stages[name].gpus) for name in ("dit", "unet")}
    assert spent["unet"] == pytest.approx(spent["dit"])
    begun = 0.3 if makers else 0
    assert stages["dit"].until_s == pytest.approx(1200 * (begun + (1 - begun) * 0.26 / 0.7))
    assert ("bridge" in steps) == ("clap" not in kept)
    assert ("rehearsal" in steps) == ("decoder" not in kept)
    if "rehearsal" in steps:
        assert steps["rehearsal"].gpus == (3,)


def test_a_kept_codec_leaves_its_gpu_to_latents() -> None:
    steps = planned_steps(4, Path("PACK"), ("encoder", "decoder", "clap"))
    assert set(steps) == {"songs", "dit", "c_dit", "unet", "latents"}
    assert {name: step.gpus for name, step in steps.items()} == {
        "songs": (), "dit": (1, 2), "c_dit": (1, 2), "unet": (3,), "latents": (0, 3),
    }  # fmt: skip
    assert steps["latents"].command == steps["latents"].arguments
    assert steps["latents"].environment == {"CUDA_VISIBLE_DEVICES": "0,3"}
    # The C-DiT learns to the end and needs no more latents in its last minutes.
    assert steps["latents"].arguments[steps["latents"].arguments.index("--seconds") + 1] == "1050"


@pytest.mark.parametrize("gpus", [1, 2, 4])
def test_without_the_codec_the_dit_keeps_its_share_and_the_baseline_its_device_minutes(gpus: int) -> None:
    steps = planned_steps(gpus, Path("PACK"), ("encoder", "decoder", "clap"))
    share = {1: 0.13 / 0.31, 2: 0.28 / 0.7, 4: 0.26 / 0.7}[gpus]
    assert steps["dit"].until_s == pytest.approx(1200 * share)
    assert steps["c_dit"].until_s == pytest.approx(1200)
    if gpus > 1:
        spent = {name: steps[name].until_s * len(steps[name].gpus) for name in ("dit", "unet")}
        assert spent["unet"] == pytest.approx(spent["dit"])


def test_for_a_kept_decoder_the_encoder_learns_alone_and_then_leaves_its_gpus_to_latents() -> None:
    steps = planned_steps(4, Path("PACK"), ("decoder", "clap"))
    assert steps["encoder"].arguments[:2] == ("models.train.codec", "hearing")
    assert planned_steps(4, Path("PACK"))["encoder"].arguments[:2] == ("models.train.codec", "encoder")
    latents = steps["latents"].arguments
    assert latents[latents.index("--codec") + 1] == "runs/encoder"
    assert steps["latents"].gpus == (0, 3)


@pytest.mark.parametrize(
    ("kept", "codec", "words"),
    [((), "decoder", True), (("decoder", "clap"), "encoder", False), (("encoder", "clap"), "decoder", False),
     (("encoder", "decoder", "clap"), None, False)],
)  # fmt: skip
def test_the_pack_is_made_of_what_was_trained_last_and_of_what_was_kept(
    kept: tuple[str, ...], codec: str | None, words: bool
) -> None:
    given = argparse.Namespace(out=Path("runs"), start=Path("PACK") if kept else None, keep=kept)
    said = export_command(given).split()
    parts = dict(zip(said[3::2], said[4::2], strict=True))
    assert parts["--codec"] == (f"runs/{codec}" if codec else "PACK")
    assert parts["--dit"] == "runs/c_dit"
    assert (parts["--clap"], parts["--bridge"]) == (("runs/clap", "runs/bridge") if words else ("PACK", "PACK"))
    assert parts.get("--reuse") == ("PACK" if kept else None)


def test_what_follows_a_kept_stage_comes_in_its_place() -> None:
    steps = planned_steps(1, Path("PACK"), ("encoder",))
    assert steps["sketch"].after == ("clap",)
    assert steps["decoder"].after == ("sketch",)
    assert steps["decoder"].until_s == pytest.approx(1200 * (0.12 + 0.38) / 0.81)
    assert steps["sketch"].until_s == pytest.approx(1200 * (0.12 + 0.38 * 0.4) / 0.81)


def test_stages_on_several_gpus_are_started_by_torchrun_and_see_only_those() -> None:
    steps = planned_steps(4)
    torchrun = ("torch.distributed.run", "--standalone", "--nproc-per-node")
    assert steps["encoder"].command == (*torchrun, "3", "-m", *steps["encoder"].arguments)
    assert steps["c_dit"].command[:6] == (*torchrun, "2", "-m", "models.train.latent")
    assert steps["dit"].environment == {"CUDA_VISIBLE_DEVICES": "1,2", "NCCL_NVLS_ENABLE": "0"}
    assert steps["unet"].command == steps["unet"].arguments
    assert steps["unet"].environment == {"CUDA_VISIBLE_DEVICES": "3"}
    assert steps["decoder"].environment == steps["songs"].environment == {}
    assert all(step.command == step.arguments for gpus in (1, 2) for step in planned_steps(gpus).values())


def test_the_dry_run_names_the_gpus_and_the_whole_command() -> None:
    planned = lines("--minutes", "20", "--gpus", "4")
    assert planned[0].startswith("+   1200 s  CPU        models.data.pool ")
    assert planned[1].startswith("     360 s  GPU 0,1,2  torch.distributed.run --standalone --nproc-per-node 3 -m ")
    assert planned[2].startswith("     360 s  GPU 3      models.train.clap ")


def test_a_kept_encoder_is_not_trained_and_feeds_the_latents() -> None:
    planned = lines("--minutes", "10", "--from", "PACK", "--keep", "encoder")
    assert not any(" encoder " in line for line in planned)
    assert sum("--codec PACK" in line for line in planned) == 1


def test_a_decoder_for_a_kept_encoder_begins_with_the_sketch_alone() -> None:
    steps = planned_steps(2, Path("PACK"), ("encoder", "clap"))
    assert steps["sketch"].arguments[:2] == ("models.train.codec", "sketch")
    begins = {name: words[words.index("--from") + 1] for name in ("sketch", "decoder", "rehearsal")
              for words in [steps[name].arguments]}  # fmt: skip
    assert begins == {"sketch": "PACK", "decoder": "runs/sketch", "rehearsal": "PACK"}
    assert steps["rehearsal"].until_s == steps["sketch"].until_s
    assert steps["sketch"].gpus == steps["decoder"].gpus == (0,)


def test_kept_words_keep_their_bridge_and_latents_begin_at_once() -> None:
    planned = lines("--minutes", "20", "--gpus", "2", "--from", "PACK", "--keep", "encoder", "clap")
    assert stages(planned) == ["sketch", "decoder", "unet", "dit", "c_dit"]
    assert not any("gap_bridge" in line for line in planned)
    assert sum("--codec PACK --clap PACK" in line for line in planned) == 1


@pytest.mark.parametrize("kept", ["encoder", "clap"])
def test_what_is_kept_needs_a_pack(kept: str) -> None:
    command = [sys.executable, "-m", "models.train.starter", "--out", "runs", "--minutes", "5", "--keep", kept]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "--from" in result.stderr


def test_a_dit_can_begin_anew_beside_what_goes_on() -> None:
    def begins_from_a_pack(*options: str) -> dict[str, bool]:
        planned = lines("--minutes", "20", "--from", "PACK", *options)
        found = {Path(line.split("--out ")[1].split()[0]).name: line for line in planned if "--out " in line}
        return {name: "--from PACK" in line for name, line in found.items()}

    usual, anew = begins_from_a_pack(), begins_from_a_pack("--anew", "dit")
    assert usual["dit"]
    assert not anew["dit"]
    assert {name: fresh for name, fresh in usual.items() if name != "dit"} == {
        name: fresh for name, fresh in anew.items() if name != "dit"
    }
    assert anew["encoder"]


def test_the_decoder_stage_is_rehearsed_only_beside_a_codec_stage_that_goes_on_from_something() -> None:
    def rehearsals(*options: str) -> list[str]:
        return [line for line in lines("--minutes", "20", *options) if "rehearsal" in line]

    (line,) = rehearsals("--from", "PACK")
    assert line.startswith("+")
    assert " decoder " in line
    assert "--steps 6" in line
    assert not rehearsals()
    assert not rehearsals("--from", "PACK", "--keep", "encoder", "decoder")


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


def test_a_step_on_several_gpus_is_a_group_of_processes(tmp_path: Path) -> None:
    step = Step("group", ("tests.train.group_member", str(tmp_path)), 9, gpus=(1, 2))
    carry_out([step], tmp_path / "log")
    members = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]
    assert members == [{"ranks": [0, 1], "sees": "1,2"}] * 2
