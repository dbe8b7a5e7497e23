"""The tokenizer: deterministic, complete, and never two words in one token."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from models.errors import PackError
from models.tokenizer import PAD, START, UNKNOWN, Tokenizer, train, words

TEXTS = [
    "warm electric bass with a round tone",
    "a warm pad, slow and dreamy",
    "vibraphone playing a slow melody",
    "electric piano, warm, mellow",
    "electric guitar with a slow phaser",
    "slow electric bass in F# minor",
] * 5


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train(TEXTS, 260)


def test_the_same_texts_give_the_same_table(tokenizer: Tokenizer) -> None:
    assert train(TEXTS, 260).to_json() == tokenizer.to_json()
    assert train(TEXTS[::-1], 260).to_json() == tokenizer.to_json()


def test_common_words_are_one_token(tokenizer: Tokenizer) -> None:
    assert tokenizer.pieces("warm electric") == ["warm_", "electric_"]


def test_accents_capitals_and_hyphens_make_no_difference(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("  Wárm ELECTRIC-bass ", 16) == tokenizer.encode("warm electric bass", 16)
    assert words("F♯ B♭ lo-fi Rhodes/Wurli") == ["f#", "bb", "lo", "fi", "rhodes", "wurli"]


def test_unknown_words_stay_different_and_share_pieces_with_known_ones(tokenizer: Tokenizer) -> None:
    unseen = ["electronica", "warmth", "slower", "gnarly", "zither", "vibraphonist", "808", "bouzouki"]
    codes = [tuple(tokenizer.encode(word, 24)) for word in unseen]
    assert len(set(codes)) == len(unseen)
    assert not any(UNKNOWN in code for code in codes)
    assert 1 < len(tokenizer.pieces("vibraphonist")) < len("vibraphonist")


def test_the_length_is_exact(tokenizer: Tokenizer) -> None:
    short, long = tokenizer.encode("warm", 8), tokenizer.encode("gnarly " * 40, 8)
    assert short == [START, short[1]] + [PAD] * 6
    assert len(long) == 8
    assert PAD not in long
    assert tokenizer.encode("", 4) == [START, PAD, PAD, PAD]


def test_other_scripts_are_unknown_but_not_lost(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("ベース", 6).count(UNKNOWN) == 3


def test_it_survives_a_file(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.load(tmp_path / "tokenizer.json")
    for text in (*TEXTS[:6], "gnarly bouzouki"):
        assert again.encode(text, 32) == tokenizer.encode(text, 32)


@pytest.mark.parametrize("content", ["", "[]", '{"format": 9, "merges": []}', '{"format": 1, "merges": ["abc"]}'])
def test_a_foreign_file_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(PackError):
        Tokenizer.load(tmp_path / "tokenizer.json")


def test_left_out_merges_give_smaller_pieces_of_the_same_text(tokenizer: Tokenizer) -> None:
    draw = random.Random(1).random
    pieces = [tokenizer.tokens[n] for n in tokenizer.encode("electric vibraphone", 40, lambda: draw() < 0.3) if n > 2]
    assert "".join(pieces) == "electric_vibraphone_"
    assert len(pieces) > len(tokenizer.pieces("electric vibraphone"))
