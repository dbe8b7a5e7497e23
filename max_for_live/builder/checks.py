"""What is wrong with a patcher, as sentences; the build fails on any. Reads the JSON that is shipped, not ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from max_for_live.builder import face
from max_for_live.builder.ports import CONTROLS, Ports, ports_of

FORBIDDEN = ("print", "dac~", "adc~", "adstatus", "loadbang", "delay", "pipe")
"""Noise in the user's window, sound past Live, and what is not safe while audio is off."""

NAMED = ("s", "r", "buffer~", "record~", "play~", "groove~", "dict", "coll")
Box = dict[str, Any]


def faults(patcher: dict[str, Any], folder: Path) -> list[str]:
    """Everything that is wrong; `folder` holds the script files."""
    boxes: dict[str, Box] = {held["box"]["id"]: held["box"] for held in patcher["boxes"]}
    found: list[str] = []
    for check in (_ids, _objects, _parameters, _banks, _face):
        found += check(patcher, boxes)
    for more in (_cords(patcher, boxes), _signals(patcher, boxes), _deferred(patcher, boxes), _scripts(boxes, folder)):
        found += more
    return found


def _ids(patcher: dict[str, Any], boxes: dict[str, Box]) -> list[str]:
    names = [box["varname"] for box in boxes.values() if "varname" in box]
    twice = [name for name, count in Counter(names).items() if count > 1]
    missing = len(patcher["boxes"]) - len(boxes)
    return [f"varname {name!r} is used twice" for name in twice] + ["two boxes have one id"] * bool(missing)


def _words(box: Box) -> list[str]:
    return str(box.get("text", "")).split() if box["maxclass"] == "newobj" else [box["maxclass"]]


def _ports(box: Box) -> Ports | None:
    """None for an object that is not in the table."""
    try:
        return ports_of(box["maxclass"], box.get("text", ""))
    except KeyError:
        return None


def _objects(_: dict[str, Any], boxes: dict[str, Box]) -> list[str]:
    found = []
    for name, box in boxes.items():
        words = _words(box)
        if words[0] in FORBIDDEN:
            found.append(f"{name}: {words[0]} has no place in a device")
            continue
        ports = _ports(box)
        if ports is None:
            found.append(f"{name}: {words[0]} is not in the table of objects")
            continue
        if (box["numinlets"], box["numoutlets"]) != (ports.inlets, len(ports.outlets)):
            found.append(f"{name}: {words[0]} has {ports.inlets} inlets and {len(ports.outlets)} outlets")
        if box.get("outlettype", []) != list(ports.outlets):
            found.append(f"{name}: {words[0]} has other types of outlets")
        if words[0] in NAMED and not words[1].startswith("---"):
            found.append(f"{name}: {words[0]} {words[1]} would be shared by all devices")
        if box["maxclass"] in CONTROLS and not (box.get("annotation") and box.get("annotation_name")):
            found.append(f"{name}: {words[0]} has no hover text")
    return found


def _cords(patcher: dict[str, Any], boxes: dict[str, Box]) -> Iterator[str]:
    for line in (held["patchline"] for held in patcher["lines"]):
        (source, outlet), (target, inlet) = line["source"], line["destination"]
        if source not in boxes or target not in boxes:
            yield f"a cord from {source} to {target} ends nowhere"
        elif outlet >= boxes[source]["numoutlets"] or inlet >= boxes[target]["numinlets"]:
            yield f"a cord uses outlet {outlet} of {source} or inlet {inlet} of {target}, which are not there"
        elif inlet and _words(boxes[target])[0] in ("sel", "route"):
            yield f"{target}: the further inlets of sel and route are not the same in every Max"


def _signals(patcher: dict[str, Any], boxes: dict[str, Box]) -> Iterator[str]:
    fed: set[tuple[str, int]] = set()
    for line in (held["patchline"] for held in patcher["lines"]):
        (source, outlet), (target, inlet) = line["source"], line["destination"]
        types = boxes.get(source, {}).get("outlettype", [])
        is_signal = outlet < len(types) and types[outlet] == "signal"
        if is_signal:
            fed.add((target, inlet))
        if is_signal and target in boxes and not _words(boxes[target])[0].endswith("~"):
            yield f"{target}: a signal goes into {_words(boxes[target])[0]}"
    for name, box in boxes.items():
        ports = _ports(box)
        for inlet in ports.signal_inlets if ports else ():
            if (name, inlet) not in fed:
                yield f"{name}: inlet {inlet} of {_words(box)[0]} gets no signal"


def _deferred(patcher: dict[str, Any], boxes: dict[str, Box]) -> Iterator[str]:
    """The bridge speaks whenever it likes; its words wait for the thread on which Live may be changed."""
    spoken = {
        name for name, box in boxes.items() if _words(box)[0] == "node.script" or _words(box) == ["r", "---from_bridge"]
    }
    for line in (held["patchline"] for held in patcher["lines"]):
        source, target = line["source"][0], line["destination"][0]
        if source in spoken and target in boxes and _words(boxes[target])[0] not in ("deferlow", "s"):
            yield f"{target}: hears the bridge without deferlow"


def _parameters(patcher: dict[str, Any], boxes: dict[str, Box]) -> list[str]:
    enabled = {
        name: box["saved_attribute_attributes"]["valueof"] for name, box in boxes.items() if box.get("parameter_enable")
    }
    listed = {name: entry for name, entry in patcher["parameters"].items() if name.startswith("obj-")}
    found = [
        f"{name}: parameter {enabled[name]['parameter_longname']!r} is not listed"
        for name in enabled
        if name not in listed
    ]
    found += [f"{name}: is listed and no parameter" for name in listed if name not in enabled]
    long_names = Counter(block["parameter_longname"] for block in enabled.values())
    found += [f"parameter {name!r} exists twice" for name, count in long_names.items() if count > 1]
    for name, block in enabled.items():
        if name in listed and listed[name][0] != block["parameter_longname"]:
            found.append(f"{name}: is listed under another name")
        found += _values(name, block)
    return found


def _values(name: str, block: dict[str, Any]) -> Iterator[str]:
    kind = block["parameter_type"]
    if kind == 1:
        yield f"{name}: integer parameters end at 255; use a float that shows whole numbers"
    if kind == 2 and block.get("parameter_mmax") != len(block["parameter_enum"]) - 1:
        yield f"{name}: the enumeration's range does not fit its names"
    if kind == 3 and block["parameter_invisible"] != 1:
        yield f"{name}: text cannot be automated; it is stored only"
    if kind == 0 and not block["parameter_mmin"] <= block["parameter_initial"][0] <= block["parameter_mmax"]:
        yield f"{name}: the initial value lies outside the range"


def _banks(patcher: dict[str, Any], boxes: dict[str, Box]) -> list[str]:
    blocks = [box["saved_attribute_attributes"]["valueof"] for box in boxes.values() if box.get("parameter_enable")]
    automated = {block["parameter_longname"] for block in blocks if block["parameter_invisible"] == 0}
    found, seen = [], set()
    for bank in patcher["parameters"]["parameterbanks"].values():
        names = [name for name in bank["parameters"] if name != "-"]
        found += [f"bank {bank['name']}: {name!r} is no automated parameter" for name in names if name not in automated]
        if len(bank["parameters"]) != 8:
            found.append(f"bank {bank['name']} has not eight places")
        seen |= set(names)
    return found + [f"{name!r} is in no bank" for name in sorted(automated - seen)]


def _face(patcher: dict[str, Any], boxes: dict[str, Box]) -> list[str]:
    shown = {name: box["presentation_rect"] for name, box in boxes.items() if box.get("presentation")}
    width, height = patcher["devicewidth"], 169
    found = []
    for name, (x, y, w, h) in shown.items():
        if any(number % face.GRID for number in (x, y, w, h)):
            found.append(f"{name}: is not on the {face.GRID} px grid")
        if x < 0 or y < 0 or x + w > width or y + h > height:
            found.append(f"{name}: lies outside the face")
    for (one, a), (other, b) in combinations(shown.items(), 2):
        if a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]:
            found.append(f"{one} and {other} lie over each other on the face")
    if width > face.WIDTH:
        found.append("the face is wider than 560 px")
    return found


def _scripts(boxes: dict[str, Box], folder: Path) -> Iterator[str]:
    for name, box in boxes.items():
        words = _words(box)
        if words[0] not in ("js", "node.script"):
            continue
        path = folder / words[1]
        if not path.is_file():
            yield f"{name}: {words[1]} is missing"
        elif words[0] == "js":
            text = path.read_text(encoding="utf-8")
            for word, key in (("inlets", "numinlets"), ("outlets", "numoutlets")):
                told = re.search(rf"^{word} = (\d+);", text, re.MULTILINE)
                if told is None or int(told[1]) != box[key]:
                    yield f"{name}: the script says {told and told[1]} {word}, the box {box[key]}"
