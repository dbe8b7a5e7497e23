"""The two scripts that are shipped, each one file made of the small files in `source/`.

They are joined here and not by Max (`require`, `include`) or Node, because every file beside the device is one more
that a user can leave behind, and freezing collects scripts from Max's search path, where an old copy can win. So the
files of a script share one scope: each has a concept and the variables that belong to it, and the first of them those
that all use.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bridge_server.protocol import describe

SOURCE = Path(__file__).resolve().parents[1] / "source"
LIVE_FILES = (
    *("device", "controls", "from_bridge", "context", "asking", "job", "song", "queue"),
    *("inserting", "tracks", "warping", "playing", "memory", "selftest"),
)
BRIDGE_FILES = ("osc", "places", "link", "requests", "main")
MADE_BY = "// Made by `python -m max_for_live.build_device` from the files in source/{}; change those instead.\n"

RULE = "-" * 80
"""After the name of each file, so that a line number in Max's window leads to its source."""


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
    return "".join(f"\n// {path.name} {RULE[len(path.name) :]}\n\n{path.read_text(encoding='utf-8')}" for path in files)
