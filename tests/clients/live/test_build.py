"""What is committed is what the sources make; the container, the graph, the parameters and the face are sound; and
each check notices the fault that it is there for."""

from __future__ import annotations

import re
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import esprima
import numpy as np
import pytest
from PIL import Image

from max_for_live import build_device
from max_for_live.builder import amxd, checks, face, package, parameters, wiring
from max_for_live.builder.picture import Face
from tests.clients.live.studio import ROOT

FOLDER = ROOT / "max_for_live"
Patcher = dict[str, Any]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build from nothing."""
    folder = tmp_path_factory.mktemp("device")
    assert build_device.build(folder) == []
    return folder


@pytest.fixture
def patcher() -> Patcher:
    """The shipped patcher, to be spoilt."""
    return amxd.unpack((FOLDER / package.DEVICE_FILE).read_bytes())


@pytest.mark.parametrize(
    "name", [package.DEVICE_FILE, "Riffbridge.maxpat", wiring.LIVE_FILE, wiring.BRIDGE_FILE, package.MANUAL_FILE]
)
def test_what_is_committed_is_a_fresh_build(name: str, fresh: Path) -> None:
    assert (FOLDER / name).read_bytes() == (fresh / name).read_bytes(), "run python -m max_for_live.build_device"


def test_the_picture_is_that_of_the_face(fresh: Path) -> None:
    """Libraries for fonts differ by a shade, so the pixels may, a little."""
    committed, made = (np.asarray(Image.open(folder / package.PICTURE_FILE), float) for folder in (FOLDER, fresh))
    assert committed.shape == made.shape == (2 * face.HEIGHT, 2 * face.WIDTH, 3)
    assert np.abs(committed - made).mean() < 2


def test_building_twice_gives_the_same_bytes(fresh: Path, tmp_path: Path) -> None:
    build_device.build(tmp_path)
    for path in (path for path in fresh.rglob("*") if path.is_file()):
        assert path.read_bytes() == (tmp_path / path.relative_to(fresh)).read_bytes(), path.name


def test_the_package_holds_everything_that_is_needed(fresh: Path) -> None:
    with zipfile.ZipFile(fresh / "build" / "Riffbridge.zip") as archive:
        names = archive.namelist()
        device = archive.read("Riffbridge for the User Library/Riffbridge/Riffbridge.amxd")
    assert device == (fresh / "Riffbridge.amxd").read_bytes()
    for name in ("Riffbridge.amxd", wiring.LIVE_FILE, wiring.BRIDGE_FILE, "README.md", "LICENSE", "face.png"):
        assert sum(found.endswith("/" + name) for found in names) == 2
    assert "Riffbridge Max package/Riffbridge/package-info.json" in names


def test_the_container_is_three_chunks_with_lengths_little_endian() -> None:
    data = (FOLDER / package.DEVICE_FILE).read_bytes()
    assert data[:12] == b"ampf\x04\0\0\0aaaa"
    assert data[12:24] == b"meta\x04\0\0\0\0\0\0\0"
    assert data[24:28] == b"ptch"
    assert struct.unpack("<I", data[28:32])[0] == len(data) - 32
    assert data.endswith(b"\n\0")
    assert amxd.pack(amxd.unpack(data)) == data
    assert amxd.unpack(data)["project"]["amxdtype"] == 1633771873


def big_endian(data: bytes) -> bytes:
    """As generators get it wrong."""
    return data[:28] + data[28:32][::-1] + data[32:]


@pytest.mark.parametrize(
    "spoil",
    [big_endian, lambda d: d[:-1], lambda d: d[12:], lambda d: d.replace(b"aaaa", b"iiii"), lambda d: d + b"\0" * 8],
)
def test_a_broken_container_is_noticed(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises((ValueError, struct.error)):
        amxd.unpack(spoil((FOLDER / package.DEVICE_FILE).read_bytes()))


def test_the_shipped_patcher_has_no_fault(patcher: Patcher) -> None:
    assert checks.faults(patcher, FOLDER) == []
    assert Face(patcher).overflowing == []


def box(patcher: Patcher, **wanted: Any) -> dict[str, Any]:
    """The first box with these values."""
    for held in patcher["boxes"]:
        if all(str(held["box"].get(key, "")).startswith(value) for key, value in wanted.items()):
            found: dict[str, Any] = held["box"]
            return found
    raise AssertionError(wanted)


def _cord_past_the_last_outlet(p: Patcher) -> None:
    p["lines"][0]["patchline"]["source"][1] = 7


def _cord_to_nowhere(p: Patcher) -> None:
    p["lines"][0]["patchline"]["destination"][0] = "obj-9999"


def _no_deferlow(p: Patcher) -> None:
    receive, target = box(p, text="r ---from_bridge")["id"], box(p, text="prepend node")["id"]
    (line,) = [held["patchline"] for held in p["lines"] if held["patchline"]["source"][0] == receive]
    line["destination"] = [target, 0]


def _a_cut_ring(p: Patcher) -> None:
    phasor = box(p, text="plugphasor~")["id"]
    p["lines"] = [held for held in p["lines"] if held["patchline"]["source"][0] != phasor]


def _too_few_ports(p: Patcher) -> None:
    box(p, text="js")["numoutlets"] = 1


def _a_shared_name(p: Patcher) -> None:
    buffer = box(p, text="buffer~ ---v1")
    buffer["text"] = "buffer~ v1"


def _an_unknown_object(p: Patcher) -> None:
    box(p, text="dbtoa")["text"] = "atodb"


def _print(p: Patcher) -> None:
    box(p, text="dbtoa")["text"] = "print"


def _no_hover_text(p: Patcher) -> None:
    box(p, varname="Generate").pop("annotation")


def _an_unlisted_parameter(p: Patcher) -> None:
    p["parameters"].pop(box(p, varname="Fire 2")["id"])


def _another_long_name(p: Patcher) -> None:
    box(p, varname="Fire 2")["saved_attribute_attributes"]["valueof"]["parameter_longname"] = "Launch 2"


def _a_wide_integer(p: Patcher) -> None:
    box(p, varname="Seed")["saved_attribute_attributes"]["valueof"]["parameter_type"] = 1


def _a_stored_one_in_a_bank(p: Patcher) -> None:
    p["parameters"]["parameterbanks"]["0"]["parameters"][0] = "Seed"


def _one_over_the_other(p: Patcher) -> None:
    box(p, varname="Next")["presentation_rect"][1] = 16.0


def _off_the_grid(p: Patcher) -> None:
    box(p, varname="Next")["presentation_rect"][0] += 1


def _below_the_edge(p: Patcher) -> None:
    box(p, varname="status")["presentation_rect"][1] = 160.0


def _a_missing_script(p: Patcher) -> None:
    box(p, text="js")["text"] = "js elsewhere.js"


def _two_with_one_name(p: Patcher) -> None:
    box(p, varname="Next")["varname"] = "Stop"


FAULTS = {
    _cord_past_the_last_outlet: "not there",
    _cord_to_nowhere: "ends nowhere",
    _no_deferlow: "without deferlow",
    _a_cut_ring: "gets no signal",
    _too_few_ports: "has 1 inlets and 5 outlets",
    _a_shared_name: "shared by all devices",
    _an_unknown_object: "not in the table",
    _print: "no place",
    _no_hover_text: "no hover text",
    _an_unlisted_parameter: "is not listed",
    _another_long_name: "another name",
    _a_wide_integer: "end at 255",
    _a_stored_one_in_a_bank: "no automated parameter",
    _one_over_the_other: "over each other",
    _off_the_grid: "grid",
    _below_the_edge: "outside the face",
    _a_missing_script: "is missing",
    _two_with_one_name: "used twice",
}


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda spoil: spoil.__name__.strip("_"))
def test_each_check_notices_its_fault(spoil: Callable[[Patcher], None], patcher: Patcher) -> None:
    spoil(patcher)
    assert any(FAULTS[spoil] in fault for fault in checks.faults(patcher, FOLDER)), checks.faults(patcher, FOLDER)


def test_a_text_too_long_for_its_place_is_noticed(patcher: Patcher) -> None:
    box(patcher, varname="Generate")["text"] = "Generate all of it now, please"
    assert Face(patcher).overflowing == ["Generate all of it now, please"]


LONG_NAMES = (
    "Prompt", "Part", "Bars", "Variations", "Influence", "Strength", "Seed", "Seed Lock", "Quality", "Loop", "Nudge",
    "Generate", "Vary", "Cancel", "Source", "Fire 1", "Fire 2", "Fire 3", "Fire 4", "Next", "Stop", "Audition", "Gain",
    "Insert", "Variation", "State",
)  # fmt: skip


def test_the_long_names_that_sets_depend_on_are_all_there(patcher: Patcher) -> None:
    """Only ever add to the list: saved sets, automation and mappings are keyed by these."""
    held = {entry[0] for name, entry in patcher["parameters"].items() if name.startswith("obj-")}
    assert set(LONG_NAMES) <= held
    stored = {p.long_name for p in parameters.PARAMETERS if p.visibility < 2 and p.kind != "drop"} | {"State"}
    assert stored == set(LONG_NAMES)


ES5 = {
    "Program", "VariableDeclaration", "VariableDeclarator", "Identifier", "Literal", "FunctionDeclaration",
    "FunctionExpression", "BlockStatement", "ReturnStatement", "IfStatement", "ForStatement", "ForInStatement",
    "WhileStatement", "ExpressionStatement", "AssignmentExpression", "BinaryExpression", "LogicalExpression",
    "UnaryExpression", "UpdateExpression", "CallExpression", "NewExpression", "MemberExpression", "ObjectExpression",
    "ArrayExpression", "Property", "ConditionalExpression", "ThisExpression", "ThrowStatement", "TryStatement",
    "CatchClause", "SequenceExpression", "EmptyStatement", "BreakStatement", "ContinueStatement",
}  # fmt: skip


def newer_than_es5(text: str) -> list[str]:
    """Everything in a script that Max's old engine would not take."""
    return sorted({found for found in _newer(esprima.parseScript(text)) if found})


def _newer(item: Any) -> Iterator[str]:
    if isinstance(item, list):
        for one in item:
            yield from _newer(one)
    elif hasattr(item, "type") and isinstance(item.type, str):
        yield "" if item.type in ES5 else item.type
        yield item.kind if item.type == "VariableDeclaration" and item.kind != "var" else ""
        yield "shorthand" if item.type == "Property" and (item.shorthand or item.method or item.computed) else ""
        for value in vars(item).values():
            yield from _newer(value)


def test_the_live_script_is_es5_in_ascii() -> None:
    text = (FOLDER / wiring.LIVE_FILE).read_text(encoding="utf-8")
    assert newer_than_es5(text) == []
    assert text.isascii()


@pytest.mark.parametrize(
    "newer", ["x = a => a;", "let x;", "const x = 1;", "x = `a`;", "x = {a};", "class X {}", "f(...a);"]
)
def test_anything_newer_is_noticed(newer: str) -> None:
    assert newer_than_es5(f"var old = function () {{ return 1; }};\n{newer}\n")


def test_the_bridge_is_conservative_and_needs_nothing_but_node() -> None:
    text = (FOLDER / wiring.BRIDGE_FILE).read_text(encoding="utf-8")
    esprima.parseScript(text)  # knows the language up to ES2017: no ??=, no ?., no private fields
    needed = set(re.findall(r'require\("([^"]+)"\)', text))
    assert needed == {"fs", "os", "path", "dgram", "crypto", "child_process", "max-api"}
    assert "fetch(" not in text
    assert "import " not in text.replace("important ", "")


def test_every_word_of_the_patch_has_a_function_in_the_script(patcher: Patcher) -> None:
    text = (FOLDER / wiring.LIVE_FILE).read_text(encoding="utf-8")
    words = {p.word.split()[0] for p in parameters.PARAMETERS if p.word} | {
        "node",
        "lifecycle",
        "head",
        "written",
        "init",
    }
    missing = [word for word in sorted(words) if f"function {word}(" not in text]
    assert missing == []


MENUS = {
    "Part": ("PARTS", "COLOURS"), "Bars": ("BARS",), "Quality": ("STEPS",),
    "Source": ("SOURCES",), "Insert": ("PLACES",),
}  # fmt: skip


@pytest.mark.parametrize("menu", MENUS)
def test_the_script_has_a_meaning_for_every_line_of_a_menu(menu: str) -> None:
    text = (FOLDER / wiring.LIVE_FILE).read_text(encoding="utf-8")
    (parameter,) = (p for p in parameters.PARAMETERS if p.long_name == menu)
    for name in MENUS[menu]:
        (values,) = (made.init for made in declared(text) if made.id.name == name)
        assert len(values.elements) == len(parameter.choices), name


def declared(text: str) -> Iterator[Any]:
    """Every function and variable at the top of a script."""
    for item in esprima.parseScript(text).body:
        if item.type == "VariableDeclaration":
            yield from item.declarations
        elif item.type in ("FunctionDeclaration", "ClassDeclaration"):
            yield item


def unused(text: str, called_from_outside: str = "") -> list[str]:
    """What a script declares at its top and nobody names again, in it or outside."""
    named = Counter(token.value for token in esprima.tokenize(text) if token.type == "Identifier")
    outside = set(re.findall(r"\w+", called_from_outside))
    return [made.id.name for made in declared(text) if named[made.id.name] < 2 and made.id.name not in outside]


def test_nothing_in_the_scripts_is_left_over(patcher: Patcher) -> None:
    words = amxd.patcher_text(patcher) + " loadbang"
    assert unused((FOLDER / wiring.LIVE_FILE).read_text(encoding="utf-8"), words) == []
    assert unused((FOLDER / wiring.BRIDGE_FILE).read_text(encoding="utf-8")) == []


def test_what_is_left_over_is_noticed() -> None:
    text = "var a = 1;\nfunction b() { return a; }\nfunction c() {}\nvar d = 2; // b, c and d\n"
    assert unused(text, "b") == ["c", "d"]


def test_the_manual_names_every_parameter_and_what_is_untested() -> None:
    manual = (FOLDER / package.MANUAL_FILE).read_text(encoding="utf-8")
    for p in parameters.PARAMETERS:
        assert f"| {p.long_name} |" in manual
    assert "face.png" in manual
    assert "Not opened in Live yet" in manual
