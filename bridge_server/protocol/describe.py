"""The table in other forms: Markdown for the README, constants for the Lua and JavaScript clients.

    python -m bridge_server.protocol.describe markdown | lua | javascript
    python -m bridge_server.protocol.describe readme README.md      (renews the part between the marks)

A test compares what lies in the repository with what this module makes, so the document cannot drift.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bridge_server.errors import ERROR_BY_CODE
from bridge_server.protocol.table import (
    DEFAULT_PORT,
    MAJOR,
    MAX_INT,
    MESSAGES,
    MINOR,
    PAIRS,
    PORTS_TRIED,
    Argument,
    Row,
)

START_MARK = "<!-- addresses: made by `python -m bridge_server.protocol.describe readme README.md` -->"
END_MARK = "<!-- end of addresses -->"
MADE_BY = "Made by `python -m bridge_server.protocol.describe`; change bridge_server/protocol/table.py instead."

Plain = dict[str, Any]


def markdown() -> str:
    """The address tables and the table of pairs, as the README shows them."""
    parts = [
        "| client to server | arguments | |\n|---|---|---|",
        *(_message_line(row) for row in MESSAGES if row.sender == "client"),
        "\n| server to client († = repeated until acked) | arguments | |\n|---|---|---|",
        *(_message_line(row) for row in MESSAGES if row.sender == "server"),
        "\n| pair of `generate` | type | meaning | default |\n|---|---|---|---|",
        *(_pair_line(pair) for pair in PAIRS),
        "\nError codes: " + ", ".join(f"`{code}`" for code in ERROR_BY_CODE) + ".",
    ]
    return "\n".join(parts) + "\n"


def renewed_readme(text: str) -> str:
    """The README's text with fresh tables between the marks; raises ValueError when the marks are missing."""
    before, start, rest = text.partition(START_MARK)
    _, end, after = rest.partition(END_MARK)
    if not start or not end:
        raise ValueError(f"The README needs the lines {START_MARK!r} and {END_MARK!r}.")
    return f"{before}{START_MARK}\n{markdown()}{END_MARK}{after}"


def plain() -> Plain:
    """The table as plain values: what the Lua and JavaScript clients need of it."""
    return {
        "major": MAJOR,
        "minor": MINOR,
        "default_port": DEFAULT_PORT,
        "ports_tried": PORTS_TRIED,
        "messages": {row.address: _plain_row(row) for row in MESSAGES},
        "pairs": {pair.name: _plain_argument(pair) for pair in PAIRS},
        "errors": {code: {"sentence": k.usual_sentence, "hint": k.usual_hint} for code, k in ERROR_BY_CODE.items()},
    }


def lua() -> str:
    """A Lua module that returns the table."""
    return f"-- {MADE_BY}\nreturn {_lua_value(plain(), 0)}\n"


def javascript() -> str:
    """ES5 that works in Node and in Max's own JavaScript."""
    return (
        f"// {MADE_BY}\n"
        f"var RIFF = {json.dumps(plain(), indent=2, ensure_ascii=True)};\n"
        'if (typeof module !== "undefined") {\n  module.exports = RIFF;\n}\n'
    )


def _message_line(row: Row) -> str:
    arguments = ", ".join(f"{a.kind} {a.name}" for a in row.arguments) or "none"
    if row.pairs:
        arguments += ", then names and values in turn"
    return f"| `{row.address}`{' †' if row.acked else ''} | {arguments} | {row.meaning} |"


def _pair_line(pair: Argument) -> str:
    return f"| `{pair.name}` | {pair.kind} | {_meaning(pair)} | {_default(pair)} |"


def _meaning(pair: Argument) -> str:
    """The meaning with the range, where the range says something."""
    if pair.choices:
        return f"{pair.meaning}: {', '.join(str(choice) for choice in pair.choices)}"
    if pair.kind == "s" or pair.highest == MAX_INT:
        return pair.meaning + (f" ({pair.unit})" if pair.unit else "")
    unit = f" {pair.unit}" if pair.unit else ""
    return f"{pair.meaning} ({pair.lowest:g}..{pair.highest:.10g}{unit})"


def _default(pair: Argument) -> str:
    return pair.default_words or (f"`{pair.default}`" if pair.default != "" else "none")


def _plain_row(row: Row) -> Plain:
    return {
        "sender": row.sender,
        "acked": row.acked,
        "pairs": row.pairs,
        "types": "".join(argument.kind for argument in row.arguments),
        "arguments": [argument.name for argument in row.arguments],
    }


def _plain_argument(pair: Argument) -> Plain:
    described: Plain = {"type": pair.kind}
    if pair.kind != "s" and not pair.choices:
        described.update(lowest=pair.lowest, highest=pair.highest)
    if pair.kind == "s":
        described["longest"] = pair.longest
    if pair.choices:
        described["choices"] = list(pair.choices)
    if pair.default is not None:
        described["default"] = pair.default
    return described


def _lua_value(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        lines = (f"[{json.dumps(key)}] = {_lua_value(v, depth + 1)}" for key, v in value.items())
        return _lua_table(list(lines), depth)
    if isinstance(value, list):
        return _lua_table([_lua_value(item, depth + 1) for item in value], depth)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # no control characters in the table: the same in Lua
    return str(value).lower() if isinstance(value, bool) else f"{value:.10g}"


def _lua_table(lines: list[str], depth: int) -> str:
    if not lines:
        return "{}"
    pad = "  " * (depth + 1)
    return "{\n" + "".join(f"{pad}{line},\n" for line in lines) + "  " * depth + "}"


def main(arguments: list[str]) -> None:
    """Print one form, or renew the README."""
    forms = {"markdown": markdown, "lua": lua, "javascript": javascript}
    if len(arguments) == 2 and arguments[0] == "readme":
        path = Path(arguments[1])
        path.write_text(renewed_readme(path.read_text(encoding="utf-8")), encoding="utf-8")
    elif len(arguments) == 1 and arguments[0] in forms:
        sys.stdout.write(forms[arguments[0]]())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
