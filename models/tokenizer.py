"""Text of a prompt -> numbers: byte-pair encoding over plain lower-case words, in pure Python.

Common words are one token, unknown ones fall apart into pieces that they share with known words, so that no two
words look the same. The table is trained by our own
code with a fixed order of ties: `python -m models.tokenizer --out tokenizer.json` reads one text per line.
Method: Sennrich et al. 2016 (arXiv 1508.07909), section 3.2; merges left out at random: Provilkov et al. 2020
(arXiv 1910.13267).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from models.errors import PackError

FORMAT = 1
PAD, START, UNKNOWN = 0, 1, 2
SPECIAL = ("<pad>", "<start>", "<unknown>")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789#'&,.%$@*=<>^~|\\`"
END = "_"  # closes a word, so that "bass" and the "bass" of "bassoon" are different tokens
_WORD = re.compile(r"[^\W_]+#?|[^\w\s]")

Pair = tuple[str, str]
Skip = Callable[[], bool]


class Tokenizer:
    """A fixed list of merges; `encode` is a pure function of the text unless `skip` is given."""

    def __init__(self, merges: Iterable[Pair]) -> None:
        self.merges = tuple(merges)
        self._rank = {pair: rank for rank, pair in enumerate(self.merges)}
        names = [*SPECIAL, *LETTERS, *(letter + END for letter in LETTERS), *("".join(pair) for pair in self.merges)]
        self.tokens = tuple(dict.fromkeys(names))
        self._number = {token: number for number, token in enumerate(self.tokens)}
        self._split = lru_cache(maxsize=16_384)(self._pieces)

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: str, length: int, skip: Skip | None = None) -> list[int]:
        """Exactly `length` numbers: START, the tokens of the text as far as they fit, PAD.

        skip() is asked before every possible merge and leaves it out where true (for training: so that pieces of
        common words are learnt too).
        """
        numbers = [START]
        for word in words(text):
            pieces = self._pieces(word, skip) if skip else self._split(word)
            numbers += [self._number.get(piece, UNKNOWN) for piece in pieces]
        return (numbers + [PAD] * length)[:length]

    def pieces(self, text: str) -> list[str]:
        """The text as its tokens are written; "_" closes a word."""
        return [piece for word in words(text) for piece in self._split(word)]

    def to_json(self) -> dict[str, Any]:
        """As a JSON value; `from_json` gives the same tokenizer back."""
        return {"format": FORMAT, "merges": [" ".join(pair) for pair in self.merges]}

    @classmethod
    def from_json(cls, value: Any) -> Tokenizer:
        """Raises PackError for anything that `to_json` does not write."""
        merges = value.get("merges") if isinstance(value, dict) and value.get("format") == FORMAT else None
        if not isinstance(merges, list) or not all(isinstance(m, str) and m.count(" ") == 1 for m in merges):
            raise PackError("The tokenizer of this pack cannot be read: fetch the pack again.")
        pairs = [merge.split(" ") for merge in merges]
        return cls((left, right) for left, right in pairs)

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Reads a tokenizer's file; raises PackError when it is none."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise PackError(f"{path.name} cannot be read: fetch the pack again.") from error
        return cls.from_json(value)

    def save(self, path: Path) -> None:
        """Writes the tokenizer as one JSON file."""
        path.write_text(json.dumps(self.to_json(), indent=0) + "\n", encoding="utf-8")

    def _pieces(self, word: str, skip: Skip | None = None) -> tuple[str, ...]:
        """Merges of the word, lowest rank first, until none is left."""
        pieces = _letters(word)
        while len(pieces) > 1:
            ranks = [self._rank.get(pair) for pair in pairwise(pieces)]
            known = [rank for rank in ranks if rank is not None and not (skip and skip())]
            if not known:
                break
            pieces = _merged(pieces, self.merges[min(known)])
        return pieces


def words(text: str) -> list[str]:
    """Plain lower-case words and signs: accents and hyphens go, "F#" keeps its sharp.

    Characters outside our letters (other scripts, emoji) stay, and become UNKNOWN one by one.
    """
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c)).replace("♯", "#").replace("♭", "b")
    bare = bare.replace("’", "'").replace("ı", "i").replace("ø", "o").replace("æ", "ae")
    bare = re.sub(r"[-_/+()\[\]{}\"!?;:]+", " ", bare)
    return _WORD.findall(bare)


def train(texts: Iterable[str], size: int) -> Tokenizer:
    """Learns merges from texts until there are `size` tokens or no pair occurs twice.

    The most frequent pair is merged first; among equally frequent ones the first in the alphabet.
    """
    counts = Counter(word for text in texts for word in words(text))
    split = {word: _letters(word) for word in sorted(counts)}
    merges: list[Pair] = []
    room = size - len(SPECIAL) - 2 * len(LETTERS)
    pairs, places = _count_pairs(split, counts)
    while len(merges) < room and pairs:
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        if pairs[best] < 2:
            break
        merges.append(best)
        for word in places.pop(best):
            _count(split[word], -counts[word], pairs)
            split[word] = _merged(split[word], best)
            _count(split[word], counts[word], pairs)
            for pair in pairwise(split[word]):
                places.setdefault(pair, {})[word] = None
        pairs.pop(best, None)
    return Tokenizer(merges)


def _count_pairs(
    split: dict[str, tuple[str, ...]], counts: Counter[str]
) -> tuple[Counter[Pair], dict[Pair, dict[str, None]]]:
    """How often neighbours occur, and in which words."""
    pairs: Counter[Pair] = Counter()
    places: dict[Pair, dict[str, None]] = {}
    for word, pieces in split.items():
        _count(pieces, counts[word], pairs)
        for pair in pairwise(pieces):
            places.setdefault(pair, {})[word] = None
    return pairs, places


def _count(pieces: tuple[str, ...], times: int, pairs: Counter[Pair]) -> None:
    for pair in pairwise(pieces):
        pairs[pair] += times


def _letters(word: str) -> tuple[str, ...]:
    """A word before any merge; its last letter carries the end mark."""
    return (*word[:-1], word[-1] + END)


def _merged(pieces: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    """Every occurrence of a pair joined, from the left."""
    joined: list[str] = []
    at = 0
    while at < len(pieces):
        both = pieces[at : at + 2] == pair
        joined.append("".join(pair) if both else pieces[at])
        at += 2 if both else 1
    return tuple(joined)


def main(arguments: list[str] | None = None) -> None:
    """Trains on the lines of standard input."""
    parser = argparse.ArgumentParser(description="Learns a tokenizer from texts, one a line, on standard input.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=2048)
    options = parser.parse_args(arguments)
    tokenizer = train(sys.stdin, options.size)
    tokenizer.save(options.out)
    print(f"{options.out}: {len(tokenizer)} tokens")


if __name__ == "__main__":
    main()
