"""Batches come from the right songs, with the right chances, normalised."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from models.train.latent_data import CLAP_NOISE_SHARE, LatentPool, _hold_out, count_songs, wait_for_songs
from tests.train.latent_folder import one_stem_each, write_folder

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_draws_only_present_stems_of_training_songs(tmp_path: Path):
    families = one_stem_each(20)
    targets = write_folder(tmp_path, families)
    pool = LatentPool(tmp_path, CPU)
    assert pool.held_out == (18, 20)
    batch = pool.draw(120, 15, generator())
    norm = json.loads((tmp_path / "norm.json").read_text())
    raw = batch.clean.numpy() / 0.5 * np.array(norm["std"]) + np.array(norm["mean"])
    distance = np.abs(raw[:, None] - targets[None, :, 0].astype(np.float32)).max((2, 3))
    assert distance.min(1).max() < 1e-3
    assert set(distance.argmin(1)) == set(range(18))


def test_target_context_and_clap_belong_together(tmp_path: Path):
    write_folder(tmp_path, np.tile(np.arange(6), (30, 1)), growth=0)
    pool = LatentPool(tmp_path, CPU)
    batch = pool.draw(300, 3, generator())
    target = batch.clean / pool.scale + pool.mean
    context = batch.context / pool.scale + pool.mean
    torch.testing.assert_close(target, -context, rtol=0, atol=1e-3)
    stems = pool.targets[:27, :, 0].float()  # [song, stem = family, 64]
    found = (stems[None] - target[:, None, :1]).abs().amax(-1).flatten(1).argmin(1) % 6
    assert torch.equal(found, batch.clap.argmax(1))
    torch.testing.assert_close(batch.clap.norm(dim=1), torch.ones(300))


def test_normalised_latents_have_mean_0_and_deviation_one_half(tmp_path: Path):
    write_folder(tmp_path, one_stem_each(200) * 0)
    clean = LatentPool(tmp_path, CPU).draw(2000, 3, generator()).clean
    assert clean.mean((0, 1)).abs().max() < 0.08
    assert (clean.std((0, 1)) - 0.5).abs().max() < 0.08


def test_songs_can_be_held_out_later(tmp_path: Path):
    write_folder(tmp_path, one_stem_each(12), growth=0)
    pool = LatentPool(tmp_path, CPU)
    pool.hold_out(0, 8)
    assert set(pool.draw(100, 3, generator()).clap.argmax(1).tolist()) == set(range(8, 12))
    assert pool.probe().clap.argmax(1).tolist() == list(range(8))


def test_waves_are_not_generated_but_heard_in_contexts(tmp_path: Path):
    write_folder(tmp_path, one_stem_each(20))
    norm = json.loads((tmp_path / "norm.json").read_text())
    (tmp_path / "norm.json").write_text(json.dumps(norm | {"wave_numbers": 8}))
    pool = LatentPool(tmp_path, CPU)
    for batch in (pool.draw(50, 3, generator()), pool.probe()):
        assert not batch.clean[..., 56:].any()
        assert batch.clean[..., :56].all()
        assert batch.context[..., 56:].all()


def test_conditions_are_dropped_independently_and_together(tmp_path: Path):
    write_folder(tmp_path, one_stem_each(20))
    batch = LatentPool(tmp_path, CPU).draw(8_000, 3, generator())
    context, clap = batch.context_present, batch.clap_present
    assert context.float().mean().item() == pytest.approx(0.9 * 0.8, abs=0.02)
    assert clap.float().mean().item() == pytest.approx(0.9 * 0.8, abs=0.02)
    assert (~context & ~clap).float().mean().item() == pytest.approx(0.1 + 0.9 * 0.04, abs=0.02)
    assert (context & ~clap).float().mean().item() == pytest.approx(0.9 * 0.16, abs=0.02)


def test_some_clap_vectors_are_noisy_and_all_have_length_one(tmp_path: Path):
    write_folder(tmp_path, one_stem_each(20))
    pool = LatentPool(tmp_path, CPU)
    drawn, known = pool.draw(4_000, 3, generator()).clap, pool.claps.view(-1, 512).float()
    torch.testing.assert_close(drawn.norm(dim=1), torch.ones(4_000))
    nearest = (drawn @ torch.nn.functional.normalize(known[known.any(1)], dim=1).T).amax(1)
    assert abs((nearest > 0.9999).float().mean() - (1 - CLAP_NOISE_SHARE)) < 0.03
    assert 0.5 < nearest.min() < 0.7
    probed = pool.probe().clap
    assert (probed @ torch.nn.functional.normalize(known[known.any(1)], dim=1).T).amax(1).min() > 0.9999


@pytest.mark.parametrize(("balance", "share"), [({}, 0.091), ({"balance": 0.0}, 0.01), ({"balance": 1.0}, 0.5)])
def test_rare_families_are_drawn_more_often_than_they_occur(tmp_path: Path, balance: dict[str, float], share: float):
    families = np.full((102, 6), -1)
    families[:, 0] = 0
    families[0, 0] = 11  # 1 % of the songs; the square root gives it 9 %
    write_folder(tmp_path, families)
    drawn = LatentPool(tmp_path, CPU, **balance).draw(8_000, 3, generator()).clap.argmax(1)
    assert (drawn == 11).float().mean().item() == pytest.approx(share, abs=0.014)


def test_crops_start_on_a_chunk_and_use_every_start(tmp_path: Path):
    write_folder(tmp_path, one_stem_each(6))
    pool = LatentPool(tmp_path, CPU)
    ramp = torch.arange(120, dtype=torch.float16)[:, None].expand(120, 64)
    pool.targets[:] = ramp
    batch = pool.draw(500, 8, generator())
    first = ((batch.clean / pool.scale + pool.mean)[:, :, 0]).round().int()
    assert torch.equal(first, first[:, :1] + torch.arange(64))
    assert set(first[:, 0].tolist()) == {8 * chunk for chunk in range(8)}


def test_probe_holds_each_held_out_song_once(tmp_path: Path):
    targets = write_folder(tmp_path, np.tile(np.arange(6), (200, 1)), growth=0)
    pool = LatentPool(tmp_path, CPU)
    probe = pool.probe()
    raw = (probe.clean / pool.scale + pool.mean)[:, 0]
    expected = [targets[song, song % 6, 0].astype(np.float32) for song in range(175, 200)]
    torch.testing.assert_close(raw, torch.tensor(np.array(expected)), rtol=0, atol=1e-3)
    assert probe.clap.argmax(1).tolist() == [song % 6 for song in range(175, 200)]
    assert bool(probe.context_present.all() and probe.clap_present.all())


def test_songs_that_arrive_later_are_taken_in_and_held_out_songs_stay(tmp_path: Path):
    write_folder(tmp_path, one_stem_each(50))
    (tmp_path / "count").write_text("10")
    pool = LatentPool(tmp_path, CPU)
    assert (pool.songs, pool.held_out) == (10, (8, 10))
    assert pool.refresh() == 10
    (tmp_path / "count").write_text("50")
    assert pool.refresh() == 50
    assert torch.equal(
        pool.targets[:50, 0],
        torch.from_numpy(np.fromfile(tmp_path / "targets.f16", np.float16)).view(50, 6, 120, 64)[:, 0],
    )
    songs = set((pool._pairs // 6).tolist())
    assert songs == set(range(50)) - {8, 9}


@pytest.mark.parametrize(("songs", "held_out"), [(4, 2), (200, 25), (1000, 32), (5000, 100)])
def test_held_out_share(songs: int, held_out: int):
    assert _hold_out(songs) == held_out


def test_waits_for_songs_and_gives_up_with_a_sentence(tmp_path: Path):
    with pytest.raises(TimeoutError, match="holds 0 songs after 0 s, not 5"):
        wait_for_songs(tmp_path, 5, patience_s=0.3)
    threading.Timer(0.3, lambda: (tmp_path / "count").write_text("5")).start()
    wait_for_songs(tmp_path, 5, patience_s=20)
    assert count_songs(tmp_path) == 5


def test_too_few_songs_are_refused_with_a_sentence(tmp_path: Path):
    write_folder(tmp_path, one_stem_each(3))
    with pytest.raises(ValueError, match="holds 3 songs; training needs at least 4"):
        LatentPool(tmp_path, CPU)
