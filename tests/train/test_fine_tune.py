"""A pack is trained further on a folder of multitracks: the real commands, killed, resumed, refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from models.data.pool import PoolReader
from models.generator import Generator
from models.nets.codec import Codec
from models.pack import Pack
from models.train import fine_tune, packing
from models.train.checkpoint import load_checkpoint, save_parts
from models.train.latent_data import LatentPool
from models.train.lineage import PACKS, pack_behind, stage_of, write_note
from models.train.songs_of_user import UserSongs
from models.train.trained import dit_checkpoint, load_codec
from tests.data import user_folders
from tests.models.conftest import TINY_CODEC, exported, save_tiny_runs, tiny_pack  # noqa: F401 (two are fixtures)

RIFFBRIDGE = [sys.executable, "-m", "bridge_server.cli"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def riffbridge(*words: object) -> tuple[int, str]:
    command = [*RIFFBRIDGE, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=200, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three songs: of REAPER at 44.1 kHz with a broken file and a vocal, of Live, and of MUSDB18."""
    root = tmp_path_factory.mktemp("songs")
    for make in (user_folders.reaper, user_folders.live, user_folders.musdb):
        make(root)
    return root


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a tiny codec, as the codec's decoder stage leaves it."""
    torch.manual_seed(0)
    run = tmp_path_factory.mktemp("tiny") / "codec"
    save_parts(run / "ema", Codec(TINY_CODEC).state_dict(), {"stage": "decoder", "config": asdict(TINY_CODEC)})
    return run


def lines(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def newest(run: Path) -> int:
    """Step of the newest checkpoint that is complete; 0 while there is none."""
    return max((int(path.name.split("-")[1]) for path in run.glob("checkpoint-0*")), default=0)


def train_and_kill(run: Path, *words: object) -> int:
    """Start training with a checkpoint at every step, kill -9 after a few; returns the step that was safe then."""
    command = [*RIFFBRIDGE, "train", *map(str, words), "--steps", "100000", "--checkpoint-s", "0", "--out", str(run)]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while newest(run) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    safe = newest(run)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    return safe


@pytest.mark.slow
def test_killed_in_the_middle_and_resumed(data: Path, tiny: Path, tmp_path: Path) -> None:
    """Loses at most the interval (here: the step that ran), keeps the encoder, and changes what it trains."""
    run = tmp_path / "run"
    words = ("--data", data, "--from", tiny, "--stage", "codec", "--batch", 2, "--excerpts", 6)
    safe = train_and_kill(run, *words)
    assert safe >= 3
    kept = newest(run)
    assert "--resume" in riffbridge("train", *words, "--out", run)[1]

    code, said = riffbridge("train", *words, "--out", run, "--resume", "--steps", kept + 2)
    assert code == 0, said
    assert "Cutting" not in said  # the excerpts are still there
    resumed = [line for line in lines(run) if line.get("process") == "resumed"]
    assert [line["step"] for line in resumed] == [kept]
    assert kept >= safe
    assert (lines(run)[-1]["step"], stage_of(run)) == (kept + 2, "decoder")
    assert not (run / "work").exists()
    before, after = load_codec(tiny)[0].state_dict(), load_codec(run)[0].state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"feature_decoder", "denoiser"}
    assert all(torch.isfinite(value).all() for value in load_checkpoint(run)[0]["weights"].values())


@pytest.mark.slow
def test_excerpts_and_latents_are_made_once_and_validation_is_of_other_songs(data: Path, tiny: Path, tmp_path: Path):
    (tmp_path / "songs.wav").write_bytes(b"the user's own")
    songs = UserSongs(data, tmp_path, excerpts=6, workers=2)
    made = songs.render()
    assert (made["songs"], made["excerpts"], made["training"]) == (3, 6, 5)
    songs.encode(tiny, PACKS / "starter")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert songs.render() == made
    songs.encode(tiny, PACKS / "starter")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before

    pool, reader = LatentPool(songs.latents, torch.device("cpu")), PoolReader(songs.pool)
    assert pool.held_out == (10, 12)  # both windows of the excerpt of seed 0, though it was in the first slot
    of_validation, of_training = (set(reader.read(slot)[1]) - {-1} for slot in (0, 1))
    held_out = set(pool.families[10:12].ravel()) - {-1}
    assert held_out <= of_validation != of_training
    assert not any(np.array_equal(pool.targets[10], pool.targets[song]) for song in range(10))
    songs.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["songs.wav"]


def test_workers_that_cut_excerpts_end_with_their_parent(tmp_path: Path) -> None:
    script = (
        "import sys, time, numpy as np; from models.data import pool\n"
        "def slow(seed): time.sleep(.1); return np.zeros((6, 2, pool.FRAMES), np.int16), np.zeros(6, np.int8)\n"
        "pool.create(sys.argv[1], 2); pool.fill_from(slow, sys.argv[1], 2, 60, 0)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "songs")])
    parent, deadline = psutil.Process(process.pid), time.monotonic() + 20
    while len(parent.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = parent.children()
    assert len(workers) == 2
    time.sleep(0.3)
    process.kill()
    process.wait(10)
    assert psutil.wait_procs(workers, timeout=10)[1] == []


def refusal(*words: object) -> str:
    with pytest.raises(SystemExit) as ended:
        fine_tune.main([str(word) for word in words])
    return str(ended.value.code)


def test_refusals_are_sentences(data: Path, tiny: Path, tmp_path: Path) -> None:
    usual = ("--data", data, "--out", tmp_path / "run")
    assert "from which --stage clap cannot go on" in refusal(*usual, "--stage", "clap", "--from", tiny)
    assert "neither a pack nor a run" in refusal(*usual, "--stage", "codec", "--from", tmp_path)
    assert "holds a decoder run" in refusal(*usual, "--stage", "dit", "--from", tiny)
    assert "There is no folder" in refusal(
        "--data", tmp_path / "no", "--out", tmp_path / "run", "--stage", "codec", "--from", tiny
    )
    empty = tmp_path / "empty"
    user_folders.lonely(empty)
    said = refusal("--data", empty, "--out", tmp_path / "run", "--stage", "codec", "--from", tiny)
    assert "only bass in it" in said
    most = ("--excerpts", 10**9)
    assert "GB are free" in refusal(*usual, "--stage", "codec", "--from", tiny, *most)
    assert not list(tmp_path.glob("run/checkpoint-*"))


def test_a_run_goes_on_only_with_what_it_began_with(data: Path, tiny: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "checkpoint-00000001").mkdir(parents=True)
    write_note(run, {"data": "/elsewhere", "start": str(tiny), "stage": "codec", "seed": 0})
    words = ("--data", data, "--out", run, "--stage", "codec", "--from", tiny)
    assert "holds a run: go on with it by --resume" in refusal(*words)
    assert "was begun with data /elsewhere" in refusal(*words, "--resume")


def test_what_to_install_is_said_in_one_line() -> None:
    script = (
        "import sys; sys.modules['torch'] = None; sys.argv = ['riffbridge', sys.argv[1], 'x', '--out', 'y']\n"
        "from bridge_server.cli import main; main()"
    )
    for command in ("train", "pack"):
        done = subprocess.run([sys.executable, "-c", script, command], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr == "Training needs torch. Install it with: pip install 'riffbridge[train]'\n"


def test_packs_of_runs_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    codec, dit, *_ = save_tiny_runs(tmp_path)
    weights = load_codec(codec)[0].state_dict()
    notes = {"config": asdict(TINY_CODEC)}
    for name in ("one", "two"):
        save_parts(tmp_path / name / "ema", weights, {"stage": "decoder", **notes})
    other = {key: value + 0.05 if key.startswith("encoder.") else value for key, value in weights.items()}
    save_parts(tmp_path / "other" / "ema", other, {"stage": "encoder", **notes})
    for stage in ("dit", "consistency"):
        save_parts(tmp_path / stage / "ema", {"dit.null_clap": torch.zeros(1)}, {"stage": stage})
        write_note(tmp_path / stage, {"codec": str(tmp_path / "one"), "start": str(tmp_path / "one")})
    with pytest.raises(ValueError, match="both codec runs"):
        packing.choose([tmp_path / "one", tmp_path / "two"])
    with pytest.raises(ValueError, match="train --stage consistency"):
        packing.choose([tmp_path / "dit"])
    assert packing.choose([tmp_path / "consistency"]).codec == tmp_path / "one"
    packing.check_latents(packing.choose([tmp_path / "consistency", tmp_path / "two"]))
    with pytest.raises(ValueError, match="makes other ones"):
        packing.check_latents(packing.choose([tmp_path / "consistency", tmp_path / "other"]))
    assert pack_behind(tmp_path / "one").name == "starter"
    assert dit.is_dir()


@pytest.mark.slow
def test_two_processes_by_the_command_leave_one_run(data: Path, tiny: Path, tmp_path: Path) -> None:
    saved = save_tiny_runs(tmp_path).dit
    weights, notes = dit_checkpoint(saved)
    save_parts(tmp_path / "first" / "ema", weights, {**notes, "stage": "dit"})
    run = tmp_path / "run"
    words = ("--from", tmp_path / "first", "--codec", tiny, "--stage", "consistency", "--excerpts", 8, "--batch", 4)
    code, said = riffbridge("train", "--gpus", 2, "--data", data, *words, "--out", run, "--steps", 5)
    assert code == 0, said
    assert said.count("Cutting 3 songs") == 1
    assert [line["step"] for line in lines(run) if "finished" in line] == [5]
    assert stage_of(run) == "consistency"


@pytest.mark.slow
def test_from_a_pack_over_all_stages_to_a_pack_that_plays(data: Path, tiny_pack: Path, tmp_path: Path) -> None:  # noqa: F811
    usual = ("--data", data, "--work", tmp_path / "work", "--excerpts", 8, "--batch", 4)
    codec, dit, fast, at_once = (tmp_path / name for name in ("codec", "dit", "fast", "at_once"))
    train_and_kill(codec, *usual, "--from", tiny_pack, "--stage", "codec")
    steps = newest(codec) + 2
    for words in (
        ("--from", tiny_pack, "--stage", "codec", "--out", codec, "--resume", "--steps", steps),
        ("--from", tiny_pack, "--stage", "dit", "--out", dit, "--steps", 6),
        ("--from", dit, "--stage", "consistency", "--out", fast, "--steps", 6),
        ("--from", tiny_pack, "--stage", "consistency", "--out", at_once, "--steps", 6),
    ):
        code, said = riffbridge("train", *usual, *words)
        assert code == 0, said
    pack = tmp_path / "mine"
    code, said = riffbridge("pack", codec, fast, "--out", pack)
    assert code == 0, said
    assert "opened and played 1.4 s" in said
    manifest = Pack.open(pack).manifest
    assert manifest.name == "mine"
    assert "codec on 3 songs of 'songs" in manifest.trained_on
    assert str(tmp_path) not in (pack / "manifest.json").read_text()
    mine, before = (Generator(folder, "cpu", threads=1).generate(None, 2, None, seed=1) for folder in (pack, tiny_pack))
    assert np.isfinite(mine).all()
    assert not np.array_equal(mine, before)
    assert "holds a pack" in riffbridge("pack", codec, "--out", pack)[1]
