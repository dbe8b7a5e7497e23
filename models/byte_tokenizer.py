"""Text -> numbers as RoBERTa does it, in pure Python: byte-level pair encoding with a fixed vocabulary.

The vocabulary comes from an imported checkpoint's own tokenizer and is never trained here. Method: Radford et al. 2019,
"Language models are unsupervised multitask learners", section 2.2; the way texts are cut into pieces is GPT-2's.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from models.errors import PackError

KIND = "byte-level"
START, PAD, END, UNKNOWN = 0, 1, 2, 3
TEXT_LENGTH = 77  # tokens that LAION's text towers read
_ENDINGS = re.compile(r"'(?:s|t|re|ve|m|ll|d)")
_RUN = re.compile(r"b?L+|b?N+|b?O+|[bS]+(?![LNO])|[bS]+")  # over classes: b blank, S other space, L letter, N number


class ByteTokenizer:
    """A fixed vocabulary and its merges; `encode` is a pure function of the text."""

    def __init__(self, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> None:
        self.vocabulary = vocabulary
        self._rank = {pair: rank for rank, pair in enumerate(merges)}
        self._numbers = lru_cache(maxsize=16_384)(self._numbers_of)

    def __len__(self) -> int:
        return len(self.vocabulary)

    def encode(self, text: str, length: int) -> list[int]:
        """Exactly `length` numbers: START, the tokens of the text as far as they fit, END, PAD."""
        numbers = [number for piece in pieces(text) for number in self._numbers(piece)]
        numbers = [START, *numbers[: length - 2], END]
        return numbers + [PAD] * (length - len(numbers))

    @classmethod
    def load(cls, path: Path) -> ByteTokenizer:
        """Reads what `save` wrote; PackError when it is something else."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if value["kind"] != KIND:
                raise ValueError(value["kind"])
            merges = [(left, right) for left, right in value["merges"]]
            return cls({str(token): int(number) for token, number in value["vocabulary"].items()}, merges)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PackError(f"{path.name} cannot be read: import the CLAP again.") from error

    def save(self, path: Path) -> None:
        """Writes vocabulary and merges as one JSON file."""
        value = {"kind": KIND, "vocabulary": self.vocabulary, "merges": list(self._rank)}
        path.write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")

    def _numbers_of(self, piece: str) -> tuple[int, ...]:
        """A piece as tokens: its bytes, merged in the order in which merges were learnt."""
        parts = [_LETTER_OF_BYTE[byte] for byte in piece.encode("utf-8")]
        while len(parts) > 1:
            ranks = {self._rank[pair]: pair for pair in pairwise(parts) if pair in self._rank}
            if not ranks:
                break
            parts = _merged(parts, ranks[min(ranks)])
        return tuple(self.vocabulary.get(part, UNKNOWN) for part in parts)


def pieces(text: str) -> Iterator[str]:
    """Words with the blank before them, numbers, signs, and English endings such as 's."""
    classes = "".join(map(_class_of, text))
    at = 0
    while at < len(text):
        found = _ENDINGS.match(text, at) or _RUN.match(classes, at)
        assert found is not None
        yield text[at : found.end()]
        at = found.end()


def _class_of(character: str) -> str:
    """Blank, other space, letter, number or other."""
    if character == " ":
        return "b"
    if character.isspace():
        return "S"
    kind = unicodedata.category(character)[0]
    return kind if kind in "LN" else "O"


def _merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    """Every occurrence of a pair joined, from the left."""
    joined: list[str] = []
    at = 0
    while at < len(parts):
        both = (parts[at], parts[at + 1]) == pair if at + 1 < len(parts) else False
        joined.append("".join(pair) if both else parts[at])
        at += 2 if both else 1
    return joined


def _letters_of_bytes() -> dict[int, str]:
    """A printable letter for every byte: itself where it is printable, else one from U+0100 on."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + k) for k, byte in enumerate(others)}


_LETTER_OF_BYTE = _letters_of_bytes()
