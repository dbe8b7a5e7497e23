"""Training of the starter CLAP: ten pairs by heart, a growing pool, resuming, and what a check says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.data import pool
from models.data.stem_facts import facts_of_seed
from models.data.tokenizer_file import SOURCE_TOKENIZER
from models.evaluate.retrieval import group_recall, ranks, recall, retrieval_figures, within_group_auc, zero_shot
from models.families import FAMILIES
from models.nets.clap import Clap, ClapConfig, contrastive_loss
from models.tokenizer import Tokenizer
from models.train.clap import ClapSettings, ClapTask, family_prompts, first_clap, load_clap, train
from models.train.clap_data import CAPTIONS, StemStore, augment, caption_codes
from models.train.run_settings import RunSettings

TINY = ClapConfig(channels=(8, 16, 32), heads=2, audio_layers=1, text_width=32, text_layers=1, dropout=0.0)
TONES = np.arange(pool.FRAMES) / 48_000


def put(path: Path, slot: int, seed: int) -> None:
    """A song of a seed in a slot: its families are the composer's, each sounds as a tone of a pitch of its own."""
    maps = pool._Maps(path)
    maps.serial[slot], maps.families[slot], maps.audio[slot] = 0, -1, 0
    for stem, family in enumerate(facts_of_seed(seed, fonts=False)):
        index = FAMILIES.index(family)
        tone = np.sin(2 * np.pi * 110 * 2 ** (index / 2 + seed / 10) * TONES)
        maps.audio[slot, stem], maps.families[slot, stem] = np.round(tone * 8000), index
    maps.serial[slot] = seed + 1


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Four songs; the one of seed 0 is held out."""
    pool.create(tmp_path / "songs", 5)
    for slot, seed in enumerate((0, 1, 2, 3)):
        put(tmp_path / "songs", slot, seed)
    return tmp_path / "songs"


def settings(path: Path, **others: object) -> ClapSettings:
    usual = {"pool": path, "config": TINY, "knows": "synthesis", "batch": 8, "wait_for": 4, "most_stems": 64}
    return ClapSettings(**{**usual, "lr": 3e-3, "warmup": 5, **others})


def budget(out: Path, steps: int, **others: object) -> RunSettings:
    return RunSettings(**{"out": out, "steps": steps, "log_steps": 5, "check_s": 1e9, **others})


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_ten_pairs_are_learnt_by_heart(songs: Path, tmp_path: Path) -> None:
    """Loss falls to under a half, and every text finds its sound."""
    chosen = settings(songs, batch=10)
    task = ClapTask(chosen, budget(tmp_path / "run", 1))
    batch = task.store.draw(64, task.generator)
    _, first = np.unique(batch.row.numpy(), return_index=True)
    ten = torch.from_numpy(first[:10])
    pairs = replace(batch, log_mel=batch.log_mel[ten], tokens=batch.tokens[ten], row=batch.row[ten])
    assert len(ten) == 10
    optimiser, losses = torch.optim.AdamW(task.module.parameters(), lr=2e-3), []
    for step in range(60):
        optimiser.param_groups[0]["lr"] = 2e-3 * (1 - step / 60)
        optimiser.zero_grad()
        loss = task.loss(pairs, step)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(np.log(10), abs=1.0)
    assert np.mean(losses[-5:]) < losses[0] / 2
    task.module.eval()
    with torch.no_grad():
        audio, text = task.module.audio(pairs.log_mel).numpy(), task.module.text(pairs.tokens).numpy()
    assert recall(text @ audio.T, 1) == 1.0


def test_a_run_logs_checks_resumes_and_leaves_loadable_weights(songs: Path, tmp_path: Path) -> None:
    train(settings(songs), budget(tmp_path / "run", 4))
    train(settings(songs), budget(tmp_path / "run", 6, resume=True))
    logged = lines(tmp_path / "run")
    assert [line["process"] for line in logged if "process" in line] == ["begun", "resumed"]
    check = next(line for line in reversed(logged) if "check" in line)
    assert {"usual_r10", "unseen_r10", "usual_zero_shot", "unseen_song_auc"} <= set(check)
    assert check["held_out_stems"] == len(facts_of_seed(0, fonts=False))
    net, notes = load_clap(tmp_path / "run")
    assert (notes["stage"], notes["step"], net.config.channels) == ("clap", 6, TINY.channels)
    prompts = family_prompts(net, Tokenizer.load(SOURCE_TOKENIZER), unseen=False)
    np.testing.assert_allclose(np.linalg.norm(prompts, axis=1), np.ones(12), atol=1e-5)


def test_a_run_goes_on_from_another_one_with_its_tokenizer(songs: Path, tmp_path: Path) -> None:
    train(settings(songs), budget(tmp_path / "first", 2))
    begun = ClapTask(settings(songs, start=tmp_path / "first"), budget(tmp_path / "second", 1)).module
    average, _ = load_clap(tmp_path / "first")
    assert begun.training
    for ours, theirs in zip(begun.parameters(), average.parameters(), strict=True):
        assert torch.equal(ours.cpu(), theirs)
    with pytest.raises(ValueError, match="tokens"):
        first_clap(settings(songs, start=tmp_path / "first"), tokens=9)


def test_bfloat16_gives_unit_vectors_in_float32_and_gradients_everywhere() -> None:
    """What CUDA trains with, here on the CPU."""
    torch.manual_seed(0)
    net = Clap(replace(TINY, tokens=40))
    tokens = torch.randint(3, 40, (4, 48))
    tokens[:, 9:] = 0
    with torch.autocast("cpu", torch.bfloat16):
        audio, text = net.audio(torch.randn(4, 96, 500)), net.text(tokens)
    assert audio.dtype == text.dtype == torch.float32
    torch.testing.assert_close(audio.norm(dim=1), torch.ones(4))
    contrastive_loss(net.similarity(audio, text)).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


def test_the_store_keeps_songs_that_are_overwritten_and_never_draws_held_out_ones(songs: Path) -> None:
    store = StemStore(songs, torch.device("cpu"), "synthesis", most_stems=64)
    store.wait(4)
    before = store.stems
    put(songs, 1, 5)
    while store.refresh():
        pass
    assert (store.songs, store.stems) == (5, before + len(facts_of_seed(5, fonts=False)))
    rows = store.draw(256, torch.Generator().manual_seed(0)).row.numpy()
    assert not store.held_out[rows].any()
    assert set(rows) == set(np.flatnonzero(~store.held_out[: store.stems]))


def test_captions_belong_to_their_stems(songs: Path) -> None:
    store = StemStore(songs, torch.device("cpu"), "synthesis", most_stems=64, workers=1)
    store.wait(4)
    store.close()
    known = {(seed, index): codes for seed in range(4) for index, codes in caption_codes(seed, "synthesis").items()}
    held = [(store.family[row], store.codes[row].numpy()) for row in range(store.stems)]
    assert len(held) == len(known)
    for family, codes in held:
        assert any((codes == other).all() for (_, index), other in known.items() if index == family)
    assert len(held[0][1]) == CAPTIONS + 2


def test_pairs_of_one_stem_are_no_wrong_answers(songs: Path) -> None:
    store = StemStore(songs, torch.device("cpu"), "families", most_stems=64)
    store.wait(4)
    batch = store.draw(256, torch.Generator().manual_seed(0))
    assert batch.alike.diagonal().all()
    assert batch.alike[batch.row[:, None] == batch.row[None]].all()
    texts = [tuple(row.tolist()) for row in batch.tokens]
    i, j = next((i, j) for i in range(256) for j in range(256) if texts[i] == texts[j] and batch.row[i] != batch.row[j])
    assert batch.alike[i, j]
    assert not batch.alike.all()


def test_waiting_for_songs_that_never_come_ends(songs: Path) -> None:
    store = StemStore(songs, torch.device("cpu"), "synthesis", most_stems=64)
    with pytest.raises(TimeoutError, match="holds"):
        store.wait(9, patience_s=0.3)


def test_augmentation_is_light_and_repeatable() -> None:
    mel = torch.randn(4, 96, 500, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(3)
    first = augment(mel, 7)
    torch.manual_seed(3)
    assert torch.equal(first, augment(mel, 7))
    assert first.shape == mel.shape
    assert (first == 0).float().mean() < 0.3
    assert 0.5 < float(first[first != 0].std()) < 1.5


def test_figures_of_perfect_blind_and_wrong_retrieval() -> None:
    family = np.array([0, 0, 1, 1])
    perfect = np.eye(4)
    assert (recall(perfect, 1), within_group_auc(perfect, family), group_recall(perfect, family)) == (1, 1, 1)
    blind = np.ones((4, 4))
    assert list(ranks(blind)) == [1.5] * 4
    assert (recall(blind, 1), within_group_auc(blind, family)) == (0, 0.5)
    swapped = perfect[[1, 0, 3, 2]]
    assert (recall(swapped, 1), recall(swapped, 2), within_group_auc(swapped, family)) == (0, 0, 0)
    assert group_recall(swapped, family) == 1
    assert zero_shot(np.eye(4)[[0, 1, 1, 0]], np.eye(4)[:2], family) == 0.5
    found = retrieval_figures(perfect, perfect, perfect[[0, 2]], family)
    assert (found["r1"], found["song_auc"]) == (1, 1)
