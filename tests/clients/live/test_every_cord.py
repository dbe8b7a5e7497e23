"""Each cord of messages in the patch matters: a device without it, whichever it is, behaves differently.

This is the proof that the interpreter's tests see the patch at all. (That signals reach every signal inlet is checked
on the graph; what they do there only Max computes.)
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from max_for_live.builder import amxd, parameters, wiring
from tests.clients.live import rings
from tests.clients.live.studio import DEVICE_FILE, Studio
from tests.clients.live.test_inserting import stem_file

STATE = json.dumps({"uuid": "0123456789abcdef", "pending": "", "stems": []}).replace('"', "%22").replace(" ", "")
SAVED = {"State": STATE, "Seed Lock": 1, "Seed": 5}
OTHER = {"Loop": 0, "Quality": 2, "Seed": 20_000}
"""Values that differ from the initial ones where 1 does not."""

TICK_S = 0.02


def message_cords(patcher: dict[str, Any]) -> list[int]:
    """Numbers of the cords that no signal runs through."""
    types = {held["box"]["id"]: held["box"].get("outlettype", []) for held in patcher["boxes"]}
    lines = [held["patchline"] for held in patcher["lines"]]
    return [k for k, line in enumerate(lines) if types[line["source"][0]][line["source"][1]] != "signal"]


def box_text(patcher: dict[str, Any], name: str) -> str:
    """What a person calls a box."""
    (box,) = [held["box"] for held in patcher["boxes"] if held["box"]["id"] == name]
    return str(box.get("text") or box.get("varname"))


def behaviour(studio: Studio, name: str, file: Path, folder: Path, ring: dict[str, Any]) -> str:
    """Everything that a device does while all of it is used once, without what chance and the clock put in."""
    studio.do("live", version=[12, 3, 5])
    device = studio.device(name, file=file, ring=ring, saved=SAVED)
    time.sleep(TICK_S)
    for atoms in (["ready", "1.0"], ["paths", str(folder)], ["link", "loading", "Loading."], ["link", "up", "Ready."]):
        device.bridge(*atoms)
    time.sleep(TICK_S)
    trace = [device.look()]
    for p in parameters.PARAMETERS:
        if p.kind not in ("button", "drop"):
            value = "warm" if p.kind == "text" else OTHER.get(p.long_name, 1 if p.names else p.lowest + 1)
            device.touch(p.long_name, value)
    device.touch("Style File", "/style.wav")
    for number in (1, 2, 3, 4):
        device.touch(f"Fire {number}")
    trace.append(device.look())
    device.touch("Seed Lock", 0)
    device.touch("Generate")  # from the clip that nobody selected: draws a seed and goes no further
    trace.append({"drawn": device.look()["saved"]["Seed"] != OTHER["Seed"]})
    for control, value in {"Seed Lock": 1, "Seed": 6, "Source": 0, "Audition": 0}.items():
        device.touch(control, value)
    device.touch("Generate")
    time.sleep(2 * TICK_S)
    finish(device, folder)
    device.touch("Context File", "/context.wav")
    time.sleep(TICK_S)
    device.touch("Audition", 1)
    for number in (1, 2, 3, 4):
        device.touch(f"Fire {number}")
        for outlet, value in ((1, 7 + number), (0, number % 2), (6, 33.5)):
            studio.do("clock", name=name, outlet=outlet, value=value)
        trace.append(device.look())
    for control in ("Next", "Stop", "Reveal", "No Style", "Vary", "Cancel", "Start Server", "Self-test"):
        device.touch(control)
        time.sleep(TICK_S)
    studio.do("bridge", name=name, atoms=["terminated"], outlet=1)
    time.sleep(TICK_S)
    trace += [device.look(), studio.set]
    studio.do("reload_script", name=name)
    time.sleep(TICK_S)
    trace.append(device.look())
    device.remove()
    return re.sub(r"012345-[a-z0-9]+-\d+|_\d{13}", "ID", json.dumps(trace))


def finish(device: Any, folder: Path) -> None:
    """The bridge gives what was asked for, if anything was."""
    for _, request_id, _ in device.heard("generate")[-1:]:
        device.bridge("progress", request_id, 0.25, "playing", 3.0)
        for k in range(4):
            about = {"frames": 384_000, "sample_rate": 48_000, "seed": k}
            device.bridge("stem", request_id, k, 4, str(folder / f"s{k}.wav"), json.dumps(about))
        device.bridge("done", request_id, 4)
    time.sleep(10 * TICK_S)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_device_without_any_one_cord_behaves_differently(tmp_path: Path) -> None:
    patcher = amxd.unpack(DEVICE_FILE.read_bytes())
    ring = rings.ring(tmp_path)
    for k in range(4):
        stem_file(tmp_path, name=f"s{k}")
    for script in (wiring.LIVE_FILE, wiring.BRIDGE_FILE):
        shutil.copy(DEVICE_FILE.parent / script, tmp_path / script)
    unnoticed = []
    with Studio() as studio:
        studio.devices = Unlisted()
        whole = behaviour(studio, "whole", DEVICE_FILE, tmp_path, ring)
        assert behaviour(studio, "again", DEVICE_FILE, tmp_path, ring) == whole, "the scenario is not reproducible"
        for k in message_cords(patcher):
            spoilt = copy.deepcopy(patcher)
            line = spoilt["lines"].pop(k)["patchline"]
            (tmp_path / "spoilt.amxd").write_bytes(amxd.pack(spoilt))
            if behaviour(studio, f"without-{k}", tmp_path / "spoilt.amxd", tmp_path, ring) == whole:
                ends = [box_text(patcher, line[end][0]) + f" {line[end][1]}" for end in ("source", "destination")]
                unnoticed.append(" -> ".join(ends))
    assert not unnoticed, "\n".join(unnoticed)


class Unlisted(list[Any]):
    """Spoilt devices may have faults, so the studio does not keep them for its last look."""

    def append(self, _: Any) -> None:
        """Forget."""
