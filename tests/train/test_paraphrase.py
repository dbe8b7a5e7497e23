"""Words learnt from other words: what a caption means stays what its plain words meant before."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from models.data.captions import Caption, plain
from models.data.composer.dice import Dice
from models.data.tokenizer_file import SOURCE_TOKENIZER
from models.nets.clap import Clap
from models.tokenizer import PAD, Tokenizer
from models.train import paraphrase
from models.train.checkpoint import load_checkpoint, save_parts
from models.train.paraphrase import Bank, ParaphraseSettings, ParaphraseTask, read, train
from models.train.run_settings import RunSettings
from models.train.trained import load_clap
from tests.models.conftest import TINY_CLAP


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small CLAP that nobody trained."""
    run = tmp_path_factory.mktemp("clap")
    torch.manual_seed(0)
    save_clap(run, len(Tokenizer.load(SOURCE_TOKENIZER)))
    return run


def save_clap(run: Path, tokens: int) -> None:
    config = replace(TINY_CLAP, tokens=tokens)
    save_parts(run / "ema", Clap(config).state_dict(), {"config": asdict(config)})


@pytest.fixture(scope="module")
def learnt(start: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("words")
    settings = ParaphraseSettings(start=start, batch=32, lr=3e-3, warmup=5, songs=33)
    train(settings, RunSettings(out=out, steps=40, log_steps=40, check_s=1e9))
    return out


def test_plain_words_are_the_facts_of_a_caption_with_the_instrument_first() -> None:
    used = (
        (("mood", "sad"), "wistful"), (("family", "organ"), "b3 with leslie"), (("bpm", "90"), "at 90 bpm"),
        (("family", "organ"), "key click"), (("role", "comping"), "comping"),
    )  # fmt: skip
    assert plain(Caption("", used)) == "organ, sad, at 90 bpm, playing chords"


def test_the_banks_share_no_song_and_the_same_dice_write_the_same(start: Path) -> None:
    settings = ParaphraseSettings(start=start, songs=33)
    tokenizer = Tokenizer.load(SOURCE_TOKENIZER)
    learnt, held = Bank(settings, False), Bank(settings, True)
    stems = [stem for family in learnt.by_family for stem in family]
    assert not any(stem in stems for family in held.by_family for stem in family)
    first, again = (learnt.captions(20, Dice(3), tokenizer) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert not np.array_equal(*first)


def test_a_tower_learns_what_captions_mean_and_nothing_else_changes(start: Path, learnt: Path) -> None:
    before, after = load_clap(start)[0], load_clap(learnt)[0]
    for (name, old), new in zip(before.state_dict().items(), after.state_dict().values(), strict=True):
        assert name.startswith("text.") or torch.equal(old, new), name
    told, meant = Bank(ParaphraseSettings(start=start, songs=33), True).captions(
        128, Dice(1), Tokenizer.load(SOURCE_TOKENIZER)
    )
    cpu = torch.device("cpu")
    with torch.no_grad():
        target = read(before.text, meant, cpu)
        old, new = ((read(net.text, told, cpu) * target).sum(1).mean().item() for net in (before, after))
    assert new > old + 0.2 * (1 - old)


def test_padding_that_all_have_is_not_read_and_makes_no_difference(start: Path) -> None:
    net, tokenizer = load_clap(start)[0].eval(), Tokenizer.load(SOURCE_TOKENIZER)
    tokens = np.array([tokenizer.encode(text, 48) for text in ("organ", "slow warm pad with long notes")])
    with torch.no_grad():
        whole = net.text(torch.from_numpy(tokens))
        assert torch.allclose(read(net.text, tokens, torch.device("cpu")), whole, atol=1e-5)


def test_a_bank_is_sorted_by_length_and_every_caption_is_read_once(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paraphrase, "BANK", 4)
    task = ParaphraseTask(ParaphraseSettings(start=start, batch=8, songs=33), RunSettings(out=tmp_path))
    lengths = [[int(n) for n in (task._batch(step)[0] != PAD).sum(1)] for step in range(4)]
    spans = sorted((min(batch), max(batch)) for batch in lengths)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert not np.array_equal(task._batch(3)[0], task._batch(4)[0])


def test_another_tokenizer_is_refused(tmp_path: Path) -> None:
    save_clap(tmp_path, 1000)
    with pytest.raises(ValueError, match="tokens, not"):
        ParaphraseTask(ParaphraseSettings(start=tmp_path, songs=33), RunSettings(out=tmp_path / "run"))


def test_the_run_says_what_it_is(learnt: Path) -> None:
    _, state = load_checkpoint(learnt)
    assert (state["stage"], state["step"]) == ("paraphrase", 40)
