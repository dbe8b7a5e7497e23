"""Values against the table: kinds, ranges, lengths, names. Every refusal says what would be right.

What OSC senders differ in is evened out here: a whole float is taken where an integer is meant (Pure Data
and TouchOSC send only floats), True and False are 1 and 0, floats are rounded to the 32 bits they have on
the wire, so that the same request through the file door and through UDP is the same request.
"""

from __future__ import annotations

import difflib
import math
import struct
from collections.abc import Iterable
from typing import Any

from bridge_server.errors import BadArguments
from bridge_server.protocol.table import Argument, Value

ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
NOT_IN_NAMES = frozenset('/\\:*?"<>|')
"""Characters that some file system refuses; names become file names."""
RESERVED_NAMES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
"""Names that Windows keeps for devices, with any extension."""


def check(argument: Argument, value: object) -> Value:
    """The value as the table wants it; raises BadArguments with the range when it cannot be used."""
    if argument.kind == "s":
        return _check_string(argument, value)
    if argument.kind == "i":
        return _check_int(argument, value)
    return _check_float(argument, value)


def is_id(text: object) -> bool:
    """Whether the text is a usable request id: 1 to 64 of A-Z a-z 0-9 _ -."""
    return isinstance(text, str) and 1 <= len(text) <= 64 and ID_CHARACTERS.issuperset(text)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name most like the word, or an empty string; bounded, whatever the word's length."""
    found = difflib.get_close_matches(word[:64].lower(), list(known), n=1, cutoff=0.5)
    return found[0] if found else ""


def clip(text: str, longest: int) -> str:
    """The text cut to so many UTF-8 bytes, never within a character, without NUL."""
    clean = text.replace("\0", " ").encode("utf-8", "replace")
    if len(clean) <= longest:
        return clean.decode("utf-8")
    return clean[: longest - 3].decode("utf-8", "ignore") + "…"


def _check_int(argument: Argument, value: object) -> int:
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    if not isinstance(value, int):
        raise BadArguments(f"{argument.name} must be a whole number, not {_shown(value)}.")
    return int(_in_range(argument, int(value)))


def _check_float(argument: Argument, value: object) -> float:
    if not isinstance(value, int | float):
        raise BadArguments(f"{argument.name} must be a number, not {_shown(value)}.")
    in_range = float(_in_range(argument, value))
    rounded: float = struct.unpack(">f", struct.pack(">f", in_range))[0]
    return rounded


def _in_range(argument: Argument, value: int | float) -> int | float:
    if argument.choices and value not in argument.choices:
        raise BadArguments(f"{argument.name} must be one of {_listed(argument)}, not {_shown(value)}.")
    if not argument.lowest <= value <= argument.highest:  # false for NaN too
        raise BadArguments(
            f"{argument.name} must be from {argument.lowest:.10g} to {argument.highest:.10g}, not {_shown(value)}."
        )
    return value


def _check_string(argument: Argument, value: object) -> str:
    if not isinstance(value, str):
        raise BadArguments(f"{argument.name} must be text, not {_shown(value)}.")
    if argument.clip:
        return clip(value, argument.longest)
    if "\0" in value or _byte_length(argument, value) > argument.longest:
        raise BadArguments(f"{argument.name} must be text of at most {argument.longest} bytes.")
    _check_form(argument, value)
    return value


def _byte_length(argument: Argument, value: str) -> int:
    try:
        return len(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise BadArguments(f"{argument.name} is not valid UTF-8 text.") from None


def _check_form(argument: Argument, value: str) -> None:
    if argument.form == "id" and not is_id(value):
        raise BadArguments(f"{argument.name} must be 1 to 64 of A-Z a-z 0-9 _ -, not {_shown(value)}.")
    if argument.form == "path" and not value:
        raise BadArguments(f"{argument.name} must be a path, not empty.")
    if argument.form == "name" and not _is_name(value):
        raise BadArguments(f"{argument.name} must be usable as a file name, not {_shown(value)}.")
    if argument.form == "choice" and value not in argument.choices:
        raise BadArguments(f"{argument.name} must be one of {_listed(argument)}, not {_shown(value)}.")


def _is_name(value: str) -> bool:
    if not value or not value.isprintable() or NOT_IN_NAMES & set(value):
        return False
    return not {value[0], value[-1]} & set(". ") and value.split(".")[0].lower() not in RESERVED_NAMES


def _listed(argument: Argument) -> str:
    return ", ".join(str(choice) for choice in argument.choices)


def _shown(value: Any) -> str:
    return clip(repr(value), 60)
