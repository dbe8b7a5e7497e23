"""Inlets and outlets of every object that the device uses; nothing else may be used.

The counts are facts of Max: read from the reference pages and compared with files that Max saved and with the
catalogue of py2max 0.6.0 (July 2026). Where an argument changes them the rule says how.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ports:
    """One object's ports: number of inlets, type of each outlet, which inlets must be fed by a signal.

    Outlet types are those of Max files: "signal", "bang", "int", "float", "" (anything).
    """

    inlets: int
    outlets: tuple[str, ...]
    signal_inlets: tuple[int, ...] = ()


Rule = Callable[[list[str]], Ports]


def _fixed(inlets: int, *outlets: str, signals: tuple[int, ...] = ()) -> Rule:
    return lambda _: Ports(inlets, outlets, signals)


def _plain(arguments: list[str]) -> list[str]:
    """Without attributes (`@loop 1`)."""
    at = next((k for k, word in enumerate(arguments) if word.startswith("@")), len(arguments))
    return arguments[:at]


def _route(arguments: list[str]) -> Ports:
    # Max 8 and 9 save one inlet per argument and one more; only the first is for messages.
    return Ports(len(arguments) + 1, ("",) * (len(arguments) + 1))


def _select(arguments: list[str]) -> Ports:
    return Ports(len(arguments) + 1, ("bang",) * len(arguments) + ("",))


def _trigger(arguments: list[str]) -> Ports:
    types = {"b": "bang", "i": "int", "f": "float", "s": "", "l": ""}
    return Ports(1, tuple(types.get(word, "") for word in arguments))


def _record(arguments: list[str]) -> Ports:
    channels = int(_plain(arguments)[1]) if len(_plain(arguments)) > 1 else 1
    return Ports(channels + 2, ("signal",), tuple(range(channels)))


def _play(arguments: list[str]) -> Ports:
    channels = int(_plain(arguments)[1]) if len(_plain(arguments)) > 1 else 1
    return Ports(1, ("signal",) * channels + ("bang",), (0,))


OBJECTS: dict[str, Rule] = {
    # signals
    "plugin~": _fixed(2, "signal", "signal"),
    "plugout~": _fixed(2, "signal", "signal", signals=(0, 1)),
    "plugphasor~": _fixed(1, "signal", ""),
    "plugsync~": _fixed(1, "int", "int", "int", "float", "", "float", "float", "int", "int"),
    "record~": _record,
    "buffer~": _fixed(1, "float", "bang"),
    "play~": _play,
    "phasor~": _fixed(2, "signal"),
    "sig~": _fixed(1, "signal"),
    "snapshot~": _fixed(2, "float", signals=(0,)),
    "line~": _fixed(2, "signal", "bang"),
    "*~": _fixed(2, "signal", signals=(0,)),
    # messages
    "t": _trigger,
    "route": _route,
    "sel": _select,
    "prepend": _fixed(1, ""),
    "deferlow": _fixed(1, ""),
    "gate": _fixed(2, ""),
    "change": _fixed(1, "", "int", "int"),
    "i": _fixed(2, "int"),
    "==": _fixed(2, "int"),
    "/": _fixed(2, "float"),
    "*": _fixed(2, "float"),
    "dbtoa": _fixed(1, "float"),
    "s": _fixed(1),
    "r": _fixed(0, ""),
    "message": _fixed(2, ""),
    "pattr": _fixed(1, "", "", ""),
    # scripts; the js box has the ports that its script names
    "node.script": _fixed(1, "", ""),
    "js": lambda _: Ports(1, ("",) * 5),
    # Live
    "live.thisdevice": _fixed(1, "bang", "int", "int"),
    "live.text": _fixed(1, "", ""),
    "live.dial": _fixed(1, "", "float"),
    "live.numbox": _fixed(1, "", "float"),
    "live.tab": _fixed(1, "", "", "float"),
    "live.menu": _fixed(1, "", "", "float"),
    "live.drop": _fixed(1, "", ""),
    "live.comment": _fixed(1),
    "textedit": _fixed(1, "", "int", "", ""),
    "multislider": _fixed(1, "", ""),
}
# `r` is saved by Max with no inlet when it has a name.

CONTROLS = ("live.text", "live.dial", "live.numbox", "live.tab", "live.menu", "live.drop", "textedit")
"""What the mouse can touch: each needs a hover text."""


def ports_of(maxclass: str, text: str) -> Ports:
    """Ports of a box; raises KeyError for an object that is not in the table."""
    words = re.findall(r"\S+", text) if maxclass == "newobj" else [maxclass]
    return OBJECTS[words[0]](words[1:])
