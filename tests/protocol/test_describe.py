"""The document and the constants say what the table says."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import ERROR_BY_CODE
from bridge_server.protocol import describe
from bridge_server.protocol.table import MESSAGES, PAIRS

README = Path(__file__).parents[2] / "README.md"


def test_the_tables_name_every_address_pair_and_code() -> None:
    text = describe.markdown()
    for name in [row.address for row in MESSAGES] + [pair.name for pair in PAIRS] + list(ERROR_BY_CODE):
        assert f"`{name}`" in text


def test_the_readme_shows_the_tables_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert describe.renewed_readme(text) == text


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        describe.renewed_readme("# riffbridge\n")


def test_renewing_keeps_what_is_around_the_marks() -> None:
    old = f"before\n{describe.START_MARK}\noutdated tables\n{describe.END_MARK}\nafter\n"
    new = describe.renewed_readme(old)
    assert new.startswith("before\n")
    assert new.endswith("after\n")
    assert "outdated tables" not in new
    assert describe.renewed_readme(new) == new


def test_the_javascript_says_what_the_table_says() -> None:
    text = describe.javascript()
    body = text.partition("var RIFF = ")[2].partition(";\nif (typeof")[0]
    assert json.loads(body) == json.loads(json.dumps(describe.plain()))


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_node_reads_the_javascript(tmp_path: Path) -> None:
    module = tmp_path / "riff.js"
    module.write_text(describe.javascript(), encoding="utf-8")
    program = f"console.log(JSON.stringify(require({json.dumps(str(module))})))"
    told = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True, timeout=20)
    assert json.loads(told.stdout) == json.loads(json.dumps(describe.plain()))


def test_the_lua_says_what_the_table_says() -> None:
    body = describe.lua().partition("\nreturn ")[2]
    value, rest = read_lua(body)
    assert rest.strip() == ""
    assert value == with_lists_as_lua(json.loads(json.dumps(describe.plain())))


def read_lua(text: str) -> tuple[Any, str]:
    """A reader of the few Lua literals that are made: tables, strings, numbers, true and false."""
    text = text.lstrip()
    if text.startswith("{"):
        return read_lua_table(text[1:].lstrip())
    value, end = json.JSONDecoder().raw_decode(text)
    return value, text[end:]


def read_lua_table(text: str) -> tuple[dict[Any, Any], str]:
    found: dict[Any, Any] = {}
    while not text.startswith("}"):
        key: Any = len(found) + 1
        if text.startswith("["):
            key, text = read_lua(text[1:])
            text = text.partition("=")[2]
        found[key], text = read_lua(text)
        text = text.lstrip().removeprefix(",").lstrip()
    return found, text[1:]


def with_lists_as_lua(value: Any) -> Any:
    if isinstance(value, list):
        return {k + 1: with_lists_as_lua(item) for k, item in enumerate(value)}
    return {k: with_lists_as_lua(v) for k, v in value.items()} if isinstance(value, dict) else value
