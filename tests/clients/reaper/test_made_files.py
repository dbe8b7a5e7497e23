"""What is made from something else agrees with it, and everything that ships is sound Lua for both versions."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from PIL import Image

from bridge_server import __version__
from reaper_scripts.making.__main__ import SCRIPTS, texts
from reaper_scripts.making.actions import PARTS, actions
from reaper_scripts.making.icons import SIZES
from reaper_scripts.making.index import CATEGORY, PACKAGE, REPOSITORY, index_xml, installed_files
from tests.clients.reaper.engine import RUNTIMES, engine, module, plain
from tests.clients.reaper.reaper_double import signatures
from tests.clients.reaper.reaper_double.gfx import Gfx

FOLDER = SCRIPTS / CATEGORY
LUA = sorted(FOLDER.rglob("*.lua"))
CALL = re.compile(r"reaper\.(\w+)\s*\(")


def test_constants_actions_and_manual_are_as_made() -> None:
    for path, text in texts().items():
        assert (SCRIPTS / path).read_text(encoding="utf-8") == text, f"{path}: run python -m reaper_scripts.making"


def test_no_action_and_no_page_is_left_over() -> None:
    made = {SCRIPTS / path for path in texts()}
    found = {path for path in FOLDER.glob("*.lua")} | {path for path in (SCRIPTS / "manual").iterdir()}
    assert found <= made
    assert len(actions()) == 25


def test_the_index_lists_every_file_with_its_hash_and_a_pinned_address() -> None:
    text = (SCRIPTS / "index.xml").read_text(encoding="utf-8")
    assert text == index_xml(SCRIPTS), "run python -m reaper_scripts.making"
    root = ElementTree.fromstring(text)
    sources = root.findall("./category/reapack/version/source")
    assert {FOLDER / str(source.get("file")) for source in sources} == set(installed_files(SCRIPTS))
    for source in sources:
        path = FOLDER / str(source.get("file"))
        assert source.get("hash") == "1220" + hashlib.sha256(path.read_bytes()).hexdigest()
        assert unquote(str(source.text)) == (
            f"{REPOSITORY}/raw/v{__version__}/reaper_scripts/{path.relative_to(SCRIPTS).as_posix()}"
        )
    main = {str(source.get("file")) for source in sources if source.get("main")}
    assert main == {action.file_name for action in actions()}


def test_headers_have_what_reapack_asks_for() -> None:
    for path in FOLDER.glob("*.lua"):
        header = re.match(r"(?:--.*\n)+", path.read_text(encoding="utf-8"))
        assert header is not None
        tags = set(re.findall(r"^-- @(\w+)", header.group(), re.MULTILINE))
        wished = {"description", "version", "author", "about", "provides"} if path.name == PACKAGE else {"noindex"}
        assert {"description", *wished} <= tags, path.name


def test_toolbar_icons_have_three_states_in_three_sizes() -> None:
    icons = FOLDER / "toolbar_icons"
    for below, size in SIZES.items():
        names = {path.name for path in (icons / below).glob("*.png")}
        assert {f"riffbridge_{part}.png" for part in PARTS} <= names
        for name in names:
            with Image.open(icons / below / name) as image:
                assert image.size == (3 * size, size)
                states = [image.crop((place * size, 0, (place + 1) * size, size)).tobytes() for place in range(3)]
                assert len(set(states)) == 3


@pytest.mark.parametrize("version", RUNTIMES)
def test_every_file_is_lua_of_both_versions(version: str) -> None:
    load = engine(version).eval(b"function(text, name) return load(text, name) end")
    for path in LUA:
        loaded = load(path.read_bytes(), path.name.encode())
        assert not isinstance(loaded, tuple), loaded


@pytest.mark.parametrize("version", ["5.3", "5.4"])
def test_the_compilers_of_both_versions_take_every_file(version: str) -> None:
    compiler = shutil.which(f"luac{version}")
    if compiler is None:
        pytest.skip(f"luac{version} is not installed (Debian: lua{version})")
    for path in LUA:  # one by one: luac 5.4.4 crashes over a list of many
        subprocess.run([compiler, "-p", str(path)], check=True)


def test_only_the_host_touches_reaper_and_only_functions_of_the_list_with_their_number_of_arguments() -> None:
    known = signatures.read()
    for path in LUA:
        text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        calls = [(match.group(1), _count(text, match.end())) for match in CALL.finditer(text)]
        assert not calls or path.name == "host.lua", path.name
        for name, count in calls:
            signature = known[name]
            most = len(signature.arguments)
            assert most - signature.optional <= count <= most, f"{name} takes {most} arguments, not {count}"
    assert "reaper" not in "".join(re.findall(r"\b(?:reaper|gfx)\b", (FOLDER / "riff" / "job.lua").read_text()))


def unused(texts: list[str]) -> list[str]:
    """Functions that are named where they are made and nowhere else in the files (comments do not count)."""
    code = [re.sub(r"--.*", "", text) for text in texts]
    named = Counter(word for text in code for word in re.findall(r"\w+", text))
    made = [name for text in code for name in re.findall(r"^(?:local )?function (?:\w+[.:])?(\w+)", text, re.MULTILINE)]
    return [name for name in made if named[name] < 2]


def test_no_function_is_left_over() -> None:
    assert unused([path.read_text(encoding="utf-8") for path in LUA]) == []


def test_a_function_that_is_left_over_is_noticed() -> None:
    module = "local function a() end\nfunction host.b() a() end\nfunction link:c() end -- c\n"
    assert unused([module, "host.b()"]) == ["c"]


def _count(text: str, at: int) -> int:
    """Arguments of a call whose bracket opened before `at`."""
    depth, count, is_empty = 1, 1, True
    while depth:
        mark = text[at]
        depth += (mark in "([{") - (mark in ")]}")
        count += mark == "," and depth == 1
        is_empty = is_empty and (mark.isspace() or depth == 0)
        at += 1
    return 0 if is_empty else count


def test_every_function_of_the_list_is_used_or_needed_by_a_test() -> None:
    used = set(re.findall(r"reaper\.(\w+)", (FOLDER / "riff" / "host.lua").read_text(encoding="utf-8")))
    assert set(signatures.read()) == used


def test_luacheck_knows_exactly_the_functions_of_the_list() -> None:
    text = (SCRIPTS / ".luacheckrc").read_text(encoding="utf-8")
    listed = set(re.findall(r'"(\w+)"', text.partition("reaper = ")[2].partition("gfx = ")[0]))
    assert listed == set(signatures.read())
    drawing = set(re.findall(r'"(\w+)"', text.partition("gfx = ")[2].partition("}\n")[0]))
    assert drawing - {"x", "y"} == set(Gfx.NAMES)


def test_luacheck_has_nothing_to_say() -> None:
    if shutil.which("luacheck") is None:
        pytest.skip("luacheck is not installed (Debian: lua-check)")
    told = subprocess.run(
        ["luacheck", "--no-color", "--no-cache", "--config", ".luacheckrc", CATEGORY],
        cwd=SCRIPTS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout


def test_luacheck_notices_a_wrong_name(tmp_path: Path) -> None:
    if shutil.which("luacheck") is None:
        pytest.skip("luacheck is not installed (Debian: lua-check)")
    wrong = tmp_path / "wrong.lua"
    wrong.write_text("reaper.GetSet_AudioAccessorStartTime()\n")
    told = subprocess.run(
        ["luacheck", "--no-color", "--no-cache", "--config", ".luacheckrc", str(wrong)],
        cwd=SCRIPTS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "undefined field" in told.stdout


def test_the_lua_reads_the_constants_as_the_table_says() -> None:
    lua = engine("5.4")
    protocol = plain(module(lua, "riff.protocol"))
    assert (protocol["major"], protocol["default_port"]) == (1, 9510)
    assert protocol["messages"]["/riff/stem"]["acked"] is True
