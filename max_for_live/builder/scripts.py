"""The two scripts that are shipped, each one file made of the small files in `source/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bridge_server.protocol import describe

SOURCE = Path(__file__).resolve().parents[1] / "source"
LIVE_FILES = ("device", "controls", "asking", "song", "queue", "inserting", "playing", "memory", "selftest")
BRIDGE_FILES = ("osc", "places", "link", "requests", "main")
MADE_BY = "// Made by `python -m max_for_live.build_device` from the files in source/{}; change those instead.\n"


def live_script() -> str:
    """The script in Max's own JavaScript (ES5)."""
    return MADE_BY.format("live") + _joined("live", LIVE_FILES)


def bridge_script() -> str:
    """The script in Node, with the protocol's constants."""
    constants = json.dumps(protocol(), separators=(",", ":"))
    return f'{MADE_BY.format("bridge")}"use strict";\n\nconst RIFF = {constants};\n{_joined("bridge", BRIDGE_FILES)}'


def protocol() -> dict[str, Any]:
    """What the bridge needs of the protocol table."""
    plain = describe.plain()
    return {
        "major": plain["major"],
        "minor": plain["minor"],
        "messages": plain["messages"],
        "pairs": {name: {"type": pair["type"]} for name, pair in plain["pairs"].items()},
    }


def _joined(folder: str, names: tuple[str, ...]) -> str:
    files = [SOURCE / folder / f"{name}.js" for name in names]
    left_out = {path.name for path in (SOURCE / folder).glob("*.js")} - {path.name for path in files}
    if left_out:
        raise ValueError(f"source/{folder} has files that nobody joins: {sorted(left_out)}")
    return "".join("\n" + path.read_text(encoding="utf-8") for path in files)
