"""`api.txt` as values, and the judgement of one call's arguments by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.reaper.reaper_double.model import Item, Project, Source, Take, Track

LINE = re.compile(r"(\w+)\((.*?)\)(?: -> (.*))?$")
POINTERS = {"MediaTrack": Track, "MediaItem": Item, "MediaItem_Take": Take, "PCM_source": Source}


class Misuse(Exception):
    """The script called REAPER in a way that raises an error there, or crashes it."""


@dataclass(frozen=True)
class Signature:
    name: str
    arguments: tuple[str, ...]
    optional: int
    returns: tuple[str, ...]


def read() -> dict[str, Signature]:
    """Every function of api.txt by its name."""
    text = (Path(__file__).parent / "api.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = [_signature(line) for line in lines]
    return {signature.name: signature for signature in found}


def _signature(line: str) -> Signature:
    match = LINE.match(line)
    assert match is not None, line
    name, inside, returns = match.groups()
    kinds = [argument.split()[0] for argument in inside.split(", ")] if inside else []
    optional = sum(kind.endswith("?") for kind in kinds)
    return Signature(
        name, tuple(kind.rstrip("?") for kind in kinds), optional, tuple(returns.split(", ")) if returns else ()
    )


def judge(signature: Signature, arguments: tuple[Any, ...], active: Project) -> list[Any]:
    """The arguments as the functions of the double take them; raises Misuse."""
    most = len(signature.arguments)
    if not most - signature.optional <= len(arguments) <= most:
        raise Misuse(f"{signature.name} takes {most} arguments, not {len(arguments)}")
    pairs = zip(signature.arguments, arguments, strict=False)
    return [_judged(signature.name, kind, value, active) for kind, value in pairs]


def _judged(name: str, kind: str, value: Any, active: Project) -> Any:
    if kind == "ReaProject":
        project = active if value in (0, None) else value
        if not isinstance(project, Project) or not project.alive:
            raise Misuse(f"{name}: REAPER crashes, the project is closed")
        return project
    if kind in POINTERS:
        if not isinstance(value, POINTERS[kind]):
            raise Misuse(f"{name}: {kind} expected, got {value!r}")
        if not value.alive:
            raise Misuse(f"{name}: REAPER crashes, the {kind} was deleted")
        return value
    return _plain(name, kind, value)


def _plain(name: str, kind: str, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "integer" and is_number and value == int(value):
        return int(value)
    if kind == "number" and is_number:
        return float(value)
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind == "string" and isinstance(value, bytes) and b"\0" not in value:
        return value.decode("utf-8")
    if kind in ("identifier", "function", "reaper.array", "AudioAccessor") and value is not None:
        return value
    raise Misuse(f"{name}: {kind} expected, got {value!r}")
