"""Both stages of codec training and the encoding of a pool, with a tiny codec on composed songs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.data.pool import STEMS, WINDOW_FRAMES, PoolReader, _Maps, create, excerpt
from models.nets.clap import Clap
from models.nets.codec import Codec
from models.train import latents
from models.train.checkpoint import load_checkpoint, save_parts
from models.train.codec import CodecSettings, CodecTask, train
from models.train.latent_data import LatentPool
from models.train.latents import context_masks, roles
from models.train.lineage import holds_codec
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings
from models.train.trained import load_clap, load_codec
from tests.models.conftest import TINY_CLAP, TINY_CODEC

SONGS = 5  # of seeds 0 to 4; seed 0 is held out


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Songs of the composer, as its workers write them."""
    path = tmp_path_factory.mktemp("pool") / "songs"
    create(path, SONGS)
    maps = _Maps(path)
    for seed in range(SONGS):
        maps.audio[seed], maps.families[seed] = excerpt(seed)
        maps.serial[seed] = seed + 1
    return path


@pytest.fixture(scope="module")
def encoder_run(pool: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the encoder stage."""
    out = tmp_path_factory.mktemp("runs") / "encoder"
    train(settings(pool), budget(out, 6))
    return out


def settings(pool: Path, **others: object) -> CodecSettings:
    small = {"config": TINY_CODEC, "batch": 2, "check_batch": 2, "wait_for": SONGS - 1, "warm_up": 1}
    return CodecSettings(**{"stage": "encoder", "pool": pool, **small, **others})


def budget(out: Path, steps: int, **others: object) -> RunSettings:
    return RunSettings(**{"out": out, "steps": steps, "log_steps": 1, "check_s": 1e9, **others})


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(run)[0]["weights"]


@pytest.mark.parametrize(("stage", "waves"), [("encoder", 8), ("decoder", 0)])
def test_both_stages_tell_envelope_and_width_and_one_gives_anchors(
    pool: Path, tmp_path: Path, stage: str, waves: int
) -> None:
    """As the pack of 0.4 is: what its frozen latents do not hold, a decoder must not guess at."""
    without = replace(TINY_CODEC, anchored_bins=0, wave_numbers=0, envelope=False, stereo_width=False)
    torch.manual_seed(0)
    save_parts(tmp_path / "codec", Codec(without).state_dict(), {"config": asdict(without)})
    task = CodecTask(settings(pool, stage=stage, start=tmp_path / "codec"), budget(tmp_path / "run", 1))
    task.feed.stop()
    assert task.module.config.wave_numbers == task.module.config.anchored_bins == waves
    losses = task.losses(0.0, 0)
    losses["loss"].backward()
    assert torch.isfinite(losses["loss"])
    assert ("anchor" in losses) == bool(waves)
    assert task.module.config.envelope
    assert losses["stereo_width"] > 0
    assert losses["envelope"].item() == pytest.approx(1, abs=1e-6)  # nothing is told yet
    with torch.no_grad():
        assert all(np.isfinite(value) for value in task.check(task.module.eval()).values())


def test_joint_stage_trains_a_codec_without_a_sketch(pool: Path, tmp_path: Path) -> None:
    config = replace(TINY_CODEC, sketch=False, slot_tied=False, queries=16)
    torch.manual_seed(0)
    before = CodecTask(settings(pool, stage="joint", config=config), budget(tmp_path / "a", 1))
    first = {name: value.clone() for name, value in before.module.state_dict().items()}
    before.feed.stop()
    train(settings(pool, stage="joint", config=config), budget(tmp_path / "b", 3))
    trained = weights(tmp_path / "b")
    for part in ("encoder", "feature_decoder", "denoiser"):
        assert any(not torch.equal(first[name], trained[name]) for name in first if name.startswith(part)), part


@pytest.mark.parametrize("stage", ["encoder", "decoder", "hearing", "sketch"])
def test_stages_that_need_a_sketch_say_so(pool: Path, tmp_path: Path, stage: str) -> None:
    config = replace(TINY_CODEC, sketch=False)
    with pytest.raises(ValueError, match="joint"):
        CodecTask(settings(pool, stage=stage, config=config), budget(tmp_path, 1))


def test_encoder_stage_learns_a_batch(pool: Path, tmp_path: Path) -> None:
    task = CodecTask(settings(pool), budget(tmp_path, 30))
    run = TrainingRun(task, budget(tmp_path, 30))
    audio = task.held_out
    task.losses = lambda progress, step: task.stage.losses(audio, progress)
    run.train()
    task.feed.stop()
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").open() if "magnitude" in line]
    assert len(lines) == 30
    for part in ("magnitude", "phase"):
        losses = [line[part] for line in lines]
        assert np.mean(losses[-3:]) < 0.8 * losses[0], part


def test_decoder_stage_leaves_the_encoder_alone(pool: Path, encoder_run: Path, tmp_path: Path) -> None:
    before = load_codec(encoder_run)[0].state_dict()
    train(settings(pool, stage="decoder", start=encoder_run), budget(tmp_path / "run", 4))
    after = weights(tmp_path / "run")
    same = {name for name, value in after.items() if torch.equal(value, before[name])}
    frozen = {name for name in after if name.startswith(("encoder.", "latent_"))}
    assert len(frozen) > 20
    assert frozen <= same
    changed = set(after) - same
    assert {name.split(".")[0] for name in changed} == {"feature_decoder", "denoiser"}
    line = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").open() if "score" in line][-1]
    assert line["skipped"] == 0
    assert all(np.isfinite(line[name]) for name in ("loss", "consistency", "score", "magnitude", "phase", "gradient"))


@pytest.mark.parametrize(("stage", "part"), [("hearing", "encoder"), ("sketch", "feature_decoder")])
def test_one_part_learns_alone_and_latents_keep_their_scale(
    pool: Path, encoder_run: Path, tmp_path: Path, stage: str, part: str
) -> None:
    before = load_codec(encoder_run)[0].state_dict()
    train(settings(pool, stage=stage, start=encoder_run), budget(tmp_path / "run", 2))
    after = weights(tmp_path / "run")
    changed = {name.split(".")[0] for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed == {part}
    assert holds_codec(tmp_path / "run")


@pytest.mark.parametrize("stage", ["encoder", pytest.param("decoder", marks=pytest.mark.slow)])
def test_resumed_run_ends_with_the_same_weights(pool: Path, encoder_run: Path, tmp_path: Path, stage: str) -> None:
    given = settings(pool, stage=stage, start=encoder_run)
    train(given, budget(tmp_path / "whole", 4))
    broken = budget(tmp_path / "broken", 4)
    task = CodecTask(given, broken)
    interrupted = TrainingRun(task, broken)
    interrupted.train_step()
    interrupted.train_step()
    interrupted.save()
    task.feed.stop()
    train(given, replace(broken, resume=True))
    expected, found = load_checkpoint(tmp_path / "whole")[0], load_checkpoint(tmp_path / "broken")[0]
    for group, tensors in expected.items():
        for name, value in tensors.items():
            assert torch.equal(value, found[group][name]), f"{group} {name}"


@pytest.fixture(scope="module")
def clap_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small CLAP that nobody trained."""
    run = tmp_path_factory.mktemp("clap")
    save_parts(run / "ema", Clap(TINY_CLAP).state_dict(), {"config": asdict(TINY_CLAP)})
    return run


def test_encoder_stage_measures_the_latents(encoder_run: Path) -> None:
    codec, notes = load_codec(encoder_run)
    assert (notes["stage"], notes["step"]) == ("encoder", 6)
    assert (codec.latent_std > 0).all()
    assert not torch.equal(codec.latent_mean, torch.zeros(64))
    assert codec.latent_std.max() < 1


def test_latents_command_writes_what_the_latent_models_read(
    pool: Path, encoder_run: Path, clap_run: Path, tmp_path: Path
) -> None:
    """A row per window; its CLAP vectors are those of the excerpt's other window where the stem is a target there."""
    out, songs = tmp_path / "latents", 2
    count = 2 * songs
    command = ["--codec", encoder_run, "--clap", clap_run, "--pool", pool, "--out", out, "--seconds", 60]
    latents.main([str(word) for word in [*command, "--windows", count]])
    read = LatentPool(out, torch.device("cpu"))
    assert read.songs == int((out / "count").read_text()) == count
    maps, listener = _Maps(pool, "r"), latents.Listener(load_clap(clap_run)[0], torch.device("cpu"))
    families, claps = np.empty((count, STEMS), np.int8), np.zeros((count, STEMS, 512), np.float32)
    for song in range(songs):
        windows = (torch.from_numpy(maps.audio[song].copy()).float() / 32_768).split(WINDOW_FRAMES, dim=2)
        targets = [roles(window, maps.families[song])[0] for window in windows]
        heard = [listener(window).numpy() for window in windows]
        for place in range(2):
            row = 2 * song + place
            families[row] = np.where(targets[place], maps.families[song], -1)
            other = np.where(targets[1 - place][:, None], heard[1 - place], heard[place])
            claps[row] = np.where(targets[place][:, None], other, 0)
    assert np.array_equal(read.families, families)
    assert np.abs(read.claps[:count].float().numpy() - claps).max() < 2e-3
    norm, codec = json.loads((out / "norm.json").read_text()), load_codec(encoder_run)[0]
    assert norm["mean"] == pytest.approx(codec.latent_mean.tolist())
    assert norm["std"] == pytest.approx(codec.latent_std.tolist())
    assert norm["wave_numbers"] == 8
    assert norm["mean"][56:] == [0] * 8
    assert all(norm["mean"][:56])
    there = torch.from_numpy(families >= 0)
    assert (read.targets[:count].float().abs().amax((2, 3)) > 0)[there].all()
    assert (read.targets[:count] == 0).all(3).all(2)[~there].all()


def test_processes_encode_every_song_once_and_whole(encoder_run: Path, clap_run: Path, tmp_path: Path) -> None:
    """Two, as on a machine with a GPU, on a processor; all but the last song fit into the store.

    Every song has families of its own, and another target in each window; the third stem is only heard in contexts.
    """
    songs, audio = 3, np.tile(noise(3), 2)
    audio[0, :, WINDOW_FRAMES:] = audio[1, :, :WINDOW_FRAMES] = 0
    audio[2].reshape(2, 2, WINDOW_FRAMES)[..., int(0.4 * WINDOW_FRAMES) :] = 0
    write_pool(tmp_path / "songs", audio, [], songs)
    _Maps(tmp_path / "songs").families[:, :3] = np.arange(songs)[:, None] + np.arange(3)
    whole = [[[song, -1, *[-1] * 4], [-1, song + 1, *[-1] * 4]] for song in range(songs)]
    command = ["--codec", encoder_run, "--clap", clap_run, "--pool", tmp_path / "songs", "--out", tmp_path / "latents"]
    command += ["--windows", 2 * songs - 1, "--processes", 2, "--seconds", 30]
    latents.main([str(word) for word in command])
    count = 2 * songs - 2
    assert int((tmp_path / "latents" / "count").read_text()) == count
    families = np.fromfile(tmp_path / "latents" / "families.i8", np.int8).reshape(-1, STEMS)[:count]
    pairs = [families[row : row + 2].tolist() for row in range(0, count, 2)]
    assert all(pair in whole for pair in pairs)
    assert len({tuple(map(tuple, pair)) for pair in pairs}) == songs - 1


def test_latents_of_a_second_codec_come_behind_those_of_the_first(tmp_path: Path) -> None:
    def row(value: float) -> latents.Row:
        there = np.array([1])
        arrays = [np.full((1, *shape), value, np.float32) for shape in ((120, 64), (2, 120, 64), (512,))]
        return latents.Row(there, *arrays, np.array([-1, 3, *[-1] * 4], np.int8))

    first = latents.LatentStore(tmp_path, 5, latents.new_store(tmp_path, 5))
    first.add([row(1), row(2)])
    first.publish()
    second = latents.LatentStore(tmp_path, 5, latents.new_store(tmp_path, 5, append=True))
    second.add([row(3), row(4)])
    second.add([row(5), row(6)])  # no room for two
    second.publish()
    assert second.is_full
    targets = np.fromfile(tmp_path / "targets.f16", np.float16).reshape(5, STEMS, 120, 64)
    assert targets[:, 1, 0, 0].tolist() == [1, 2, 3, 4, 0]
    assert (tmp_path / "count").read_text() == "4"
    assert latents.new_store(tmp_path, 5).value == 0


def test_latents_of_another_scale_are_not_put_behind_those_that_are_there(encoder_run: Path, tmp_path: Path) -> None:
    codec, path = load_codec(encoder_run)[0], tmp_path / "norm.json"
    latents.write_norm(tmp_path, codec, append=True)
    noted = path.read_text()
    latents.write_norm(tmp_path, codec, append=True)
    codec.latent_std.mul_(2)
    with pytest.raises(SystemExit, match="append"):
        latents.write_norm(tmp_path, codec, append=True)
    assert path.read_text() == noted
    latents.write_norm(tmp_path, codec, append=False)
    assert path.read_text() != noted


def test_every_song_is_handed_out_once_round_and_round(tmp_path: Path) -> None:
    create(tmp_path / "songs", 4)
    maps = _Maps(tmp_path / "songs")
    songs = latents.FreshSongs(PoolReader(tmp_path / "songs"))
    assert songs.take() is None
    maps.serial[:] = [11, 12, 0, 14]
    assert [songs.take(), songs.take()] == [0, 1]
    maps.serial[:3] = [15, 16, 13]
    assert [songs.take() for _ in range(5)] == [2, 3, 0, 1, None]
    second = latents.FreshSongs(PoolReader(tmp_path / "songs"), 1, 3)
    assert [second.take(), second.take()] == [1, None]


def write_pool(path: Path, audio: np.ndarray, families: list[int], songs: int = 4) -> None:
    """A pool with the same stems int16 [stem, 2, 983040] in every slot."""
    create(path, songs)
    maps = _Maps(path)
    for slot in range(songs):
        maps.audio[slot, : len(audio)], maps.families[slot] = audio, -1
        maps.families[slot, : len(families)] = families
        maps.serial[slot] = slot + 1


def encode_pool(
    codec: Path, clap: Path, path: Path, out: Path, seconds: float = 60
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Runs the command over two songs, that is four windows: targets, contexts as float32, families."""
    command = ["--codec", codec, "--clap", clap, "--pool", path, "--out", out, "--seconds", seconds, "--windows", 4]
    latents.main([str(word) for word in command])
    contexts = np.fromfile(out / "contexts.f16", np.float16).reshape(4, STEMS, 2, 120, 64).astype(np.float32)
    targets = np.fromfile(out / "targets.f16", np.float16).reshape(4, STEMS, 120, 64).astype(np.float32)
    return targets, contexts, np.fromfile(out / "families.i8", np.int8).reshape(4, STEMS)


def noise(stems: int) -> np.ndarray:
    """One window."""
    return (np.random.default_rng(0).standard_normal((stems, 2, WINDOW_FRAMES)) * 3_000).astype(np.int16)


def test_a_stem_silent_in_most_of_the_window_is_heard_but_is_no_target(
    encoder_run: Path, clap_run: Path, tmp_path: Path
) -> None:
    """The first stem sounds in 40 % of the window, the second throughout, the third not at all."""
    audio = noise(3)
    audio[0, :, int(0.4 * WINDOW_FRAMES) :] = 0
    audio[2] = 0
    write_pool(tmp_path / "songs", np.tile(audio, 2), [0, 1, 2])
    targets, contexts, families = encode_pool(encoder_run, clap_run, tmp_path / "songs", tmp_path / "latents")
    assert families.tolist() == [[-1, 1, -1, -1, -1, -1]] * 4
    assert not targets[:, [0, 2]].any()
    codec = load_codec(encoder_run)[0]
    codec_silence = latents.encode_song(
        codec, torch.zeros(1, 2, WINDOW_FRAMES), torch.tensor([0]), torch.ones(1, 2, 1, dtype=torch.bool)
    )[0].numpy()
    distance = np.abs(contexts[:, 1] - codec_silence).max(-1)  # the first stem alone: [song, 2, token]
    assert (distance[..., :40] > 0.05).any(-1).all()
    assert distance[..., 56:].max() < 0.01


def test_a_song_in_which_one_stem_plays_alone_is_left_out(encoder_run: Path, clap_run: Path, tmp_path: Path) -> None:
    audio = noise(2)
    audio[0] = 0
    write_pool(tmp_path / "songs", np.tile(audio, 2), [0, 1])
    encode_pool(encoder_run, clap_run, tmp_path / "songs", tmp_path / "latents", seconds=1)
    assert (tmp_path / "latents" / "count").read_text() == "0"


def test_roles_follow_activity_and_level() -> None:
    audio = noise(6).astype(np.float32) / 32_768
    audio[1, :, int(0.45 * WINDOW_FRAMES) :] = 0
    audio[2, :, int(0.55 * WINDOW_FRAMES) :] = 0
    audio[3] *= 10 ** (-34 / 20)  # from -20.8 to about -55 dBFS: active, too soft for a target
    audio[4] = 0
    targets, sounding = roles(torch.from_numpy(audio), np.array([0, 1, 2, 3, 4, -1]))
    assert targets.tolist() == [True, False, True, False, False, False]
    assert sounding.tolist() == [True, True, True, True, False, False]


def test_context_masks_are_non_empty_subsets_of_the_other_stems_that_sound() -> None:
    random = np.random.default_rng(1)
    targets = np.array([1, 0, 1, 0, 0, 1], bool)
    sounding = np.array([1, 0, 1, 1, 0, 1], bool)
    masks = np.stack([context_masks(targets, sounding, random) for _ in range(200)])
    assert not masks[:, np.arange(6), :, np.arange(6)].any()
    assert not masks[..., ~sounding].any()
    assert not masks[:, ~targets].any()
    assert masks[:, targets][..., 3].any()
    assert set(masks[:, targets].sum(-1).flatten().tolist()) == {1, 2, 3}
    whole = (masks[:, targets].sum(-1) == 3).mean((0, 1))  # of the first context and of the second
    assert whole == pytest.approx([0.5 + 0.5 / 3, 1 / 3], abs=0.07)


def test_codec_of_a_run_is_the_averaged_one(encoder_run: Path) -> None:
    codec, _ = load_codec(encoder_run)
    averaged = load_checkpoint(encoder_run)[0]["ema"]
    assert isinstance(codec, Codec)
    for name, value in codec.state_dict().items():
        torch.testing.assert_close(value, averaged[name], rtol=1e-3, atol=1e-4)
