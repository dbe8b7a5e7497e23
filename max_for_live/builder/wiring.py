"""The patch: audio, ring, player, scripts, controls. It holds wires only; what happens is decided in the Live script.

Everything with a name is called `---name`: Live gives each device its own. Order of messages comes from `t`, never
from where a box lies.
"""

from __future__ import annotations

from typing import Any

from max_for_live.builder import amxd, face
from max_for_live.builder.parameters import AUTOMATED, BANKS, BLOB, PARAMETERS, STATE_NAME, STORED, Parameter
from max_for_live.builder.patcher import Patch

BRIDGE_FILE = "riffbridge-bridge.node.js"
LIVE_FILE = "riffbridge-live.js"
RING_MS = 64_000
"""16 bars of 4/4 at 60 BPM; 49 MB."""

VOICES = (1, 2, 3, 4)
TICKS_PER_QUARTER = 480
TO_BRIDGE, TO_FACE, TO_RING, TO_PLAYER, TO_STORE = range(5)
"""Outlets of the Live script."""


def patcher() -> dict[str, Any]:
    """The whole device as Max saves it."""
    patch = Patch()
    sound, beat = _audio(patch)
    script = _scripts(patch)
    _ring(patch, sound, beat, script)
    _player(patch, sound, beat, script)
    _state(patch, script)
    _lines(patch, script)
    _controls(patch, script)
    return _frame(patch)


def _audio(patch: Patch) -> tuple[tuple[str, str], str]:
    """The dry signal, in one piece from inlet to outlet; and the clock of the song."""
    source, target = patch.object("plugin~ 1 2"), patch.object("plugout~ 1 2")
    patch.cord(source, 0, target, 0)
    patch.cord(source, 1, target, 1)
    return (source, target), patch.object("plugsync~")


def _scripts(patch: Patch) -> str:
    """Both scripts, joined by names (two cords would be a loop), and how the device begins."""
    patch.section()
    script = patch.object(f"js {LIVE_FILE}", saved_object_attributes={"filename": LIVE_FILE, "parameter_enable": 0})
    bridge = patch.object(
        f"node.script {BRIDGE_FILE} @autostart 1 @watch 0",
        saved_object_attributes={"autostart": 1, "defer": 0, "watch": 0},
        textfile={"filename": BRIDGE_FILE, "flags": 0, "embed": 0, "autowatch": 0},
    )
    to_bridge, from_bridge = patch.object("s ---to_bridge"), patch.object("r ---to_bridge")
    patch.cord(script, TO_BRIDGE, to_bridge)
    patch.cord(from_bridge, 0, bridge)
    patch.cord(bridge, 0, patch.object("s ---from_bridge"))
    patch.chain(patch.object("r ---from_bridge"), patch.object("deferlow"), patch.object("prepend node"), script)
    life = patch.object("deferlow")
    patch.cord(bridge, 1, life)
    patch.chain(life, patch.object("prepend lifecycle"), script)
    return script


def _ring(patch: Patch, sound: tuple[str, str], clock: str, script: str) -> None:
    """Left, right, beat phase and beat number, always recorded; stopped only while the file is written."""
    patch.section()
    recorder = patch.object("record~ ---ctx 4 @loop 1 @append 1")
    memory = patch.object(f"buffer~ ---ctx {RING_MS} 4 @format float32")
    patch.cord(sound[0], 0, recorder, 0)
    patch.cord(sound[0], 1, recorder, 1)
    patch.cord(patch.object("plugphasor~"), 0, recorder, 2)
    number = patch.object("i")
    patch.cord(clock, 6, number)  # beats since the song's start
    patch.cord(patch.chain(number, patch.object("/ 65536."), patch.object("sig~")), 0, recorder, 3)
    orders = patch.object("route record grab")
    patch.cord(script, TO_RING, orders)
    patch.cord(orders, 0, recorder, 0)
    grab = patch.object("t s b b")
    patch.cord(orders, 1, grab)
    where = patch.object("snapshot~")
    patch.cord(recorder, 0, where, 0)
    patch.cord(grab, 2, where, 0)
    patch.chain(where, patch.object("prepend head"), script)
    off, on = patch.message("0"), patch.message("1")
    patch.cord(grab, 1, off)
    patch.cord(off, 0, recorder, 0)
    patch.chain(grab, patch.object("prepend writewave"), memory)
    done = patch.object("t b b")
    patch.cord(memory, 1, done)
    patch.cord(done, 1, on)
    patch.cord(on, 0, recorder, 0)
    patch.chain(done, patch.message("written"), script)


def _player(patch: Patch, sound: tuple[str, str], clock: str, script: str) -> None:
    """The audition: four stems in memory, read in phase with the song, swapped at bar lines, faded in 10 ms."""
    patch.section()
    orders = patch.object("route load length play")
    patch.cord(script, TO_PLAYER, orders)
    loads = patch.object("route 1 2 3 4")
    patch.cord(orders, 0, loads)
    position = _position(patch, orders)
    chosen = _chosen(patch, orders, clock)
    left, right = _outputs(patch, sound, clock)
    for voice in VOICES:
        patch.cord(loads, voice - 1, load := patch.object("prepend replace"))
        patch.chain(load, patch.object(f"buffer~ ---v{voice}"))
        reader, is_on = patch.object(f"play~ ---v{voice} 2"), patch.object(f"== {voice}")
        patch.cord(position, 0, reader)
        patch.cord(chosen, 0, is_on)
        fade = patch.chain(is_on, patch.message("$1 10"), patch.object("line~"))
        for side, output in enumerate((left, right)):
            level = patch.object("*~ 0.")
            patch.cord(reader, side, level, 0)
            patch.cord(fade, 0, level, 1)
            patch.cord(level, 0, output, 0)


def _position(patch: Patch, orders: str) -> str:
    """Milliseconds in the stem, from the position of the song: a ramp over as many beats as the stem has."""
    patch.section()
    split = patch.object("t l l")
    patch.cord(orders, 1, split)
    ramp, scale = patch.object("phasor~ 1n @lock 1"), patch.object("*~ 2000.")
    beats = patch.message("$1")
    patch.cord(split, 0, beats)
    patch.chain(beats, patch.object(f"* {TICKS_PER_QUARTER}."), patch.object("i"), patch.message("$1 ticks"), ramp)
    length = patch.message("$2")
    patch.cord(split, 1, length)
    patch.cord(length, 0, scale, 1)
    patch.cord(ramp, 0, scale, 0)
    return scale


def _chosen(patch: Patch, orders: str, clock: str) -> str:
    """The voice that sounds: a new one waits for the bar line, silence does not."""
    hold, now = patch.object("i"), patch.object("t i i")
    patch.cord(orders, 2, now)
    patch.cord(now, 1, hold, 1)
    patch.chain(now, patch.object("sel 0"), hold)
    bar = patch.object("change")
    patch.cord(clock, 1, bar)
    patch.chain(bar, patch.object("t b"), hold)
    return hold


def _outputs(patch: Patch, sound: tuple[str, str], clock: str) -> tuple[str, str]:
    """Left and right: at the level of `Gain`, silent while the song stands, added to the dry signal."""
    gain = _control(patch, face.parameter_of("Gain"))
    level = patch.chain(gain, patch.object("dbtoa"), patch.message("$1 20"), patch.object("line~"))
    runs = patch.object("change")
    patch.cord(clock, 0, runs)
    running = patch.chain(runs, patch.message("$1 20"), patch.object("line~"))
    sides = []
    for side in (0, 1):
        louder, gate = patch.object("*~ 1."), patch.object("*~ 0.")
        patch.cord(level, 0, louder, 1)
        patch.cord(running, 0, gate, 1)
        patch.chain(louder, gate)
        patch.cord(gate, 0, sound[1], side)
        sides.append(louder)
    return sides[0], sides[1]


def _state(patch: Patch, script: str) -> None:
    """What is saved with the set; `init` when Live is ready, `init_again` for a script that came later."""
    patch.section()
    block = {"parameter_longname": STATE_NAME, "parameter_shortname": STATE_NAME, "parameter_type": BLOB}
    state = patch.object(
        f"pattr {STATE_NAME}",
        varname=STATE_NAME,
        parameter_enable=1,
        saved_attribute_attributes={"valueof": block | {"parameter_invisible": STORED}},
        saved_object_attributes={"initial": [""], "parameter_enable": 1, "parameter_mappable": 0},
    )
    patch.cord(script, TO_STORE, state)
    patch.chain(state, patch.object("prepend stored_text"), script)
    begin, was_ready, latch = patch.object("t b b"), patch.message("1"), patch.object("gate")
    patch.chain(patch.object("live.thisdevice"), begin)
    patch.cord(begin, 1, was_ready)
    patch.cord(was_ready, 0, latch, 0)
    patch.chain(begin, patch.message("init"), script)
    again = patch.object("t b b")
    patch.chain(latch, again, patch.message("init_again"), script)
    patch.cord(again, 1, state)  # what was saved comes before the script begins
    orders = patch.object("route boot")
    patch.cord(script, TO_FACE, orders)
    patch.cord(orders, 0, latch, 1)


def _lines(patch: Patch, script: str) -> None:
    """What the device says: status, progress, the lamp, what plays. Shown without touching any parameter."""
    patch.section()
    orders = patch.object("route status progress lamp playing")
    patch.cord(script, TO_FACE, orders)
    status = patch.box("live.comment", "Riffbridge", **face.comment("", face.STATUS, "status"),
                       annotation_name="Status", annotation=face.STATUS_HELP)  # fmt: skip
    bar = patch.box("multislider", **face.shown(face.PROGRESS), **face.bar("progress"))
    lamp = patch.box("live.comment", "No server", **face.comment("", face.LAMP, "lamp"))
    plays = patch.box("live.comment", "None plays", **face.comment("", face.PLAYING, "playing"))
    patch.chain(orders, patch.object("prepend set"), status)
    patch.cord(orders, 1, bar)
    lamps = patch.object("sel 0 1 2")
    patch.cord(orders, 2, lamps)
    for state, words in enumerate(("No server", "Loading", "Server up")):
        patch.cord(lamps, state, text := patch.message(f"set {words}"))
        patch.cord(text, 0, lamp)
    patch.cord(orders, 3, text := patch.message("set $1 plays"))
    patch.cord(text, 0, plays)
    for label, rect in face.LABELS:
        patch.box("live.comment", label, **face.comment(label, rect))


def _controls(patch: Patch, script: str) -> None:
    """Every control tells the script its word; seed and source are also set by it."""
    patch.section()
    made = {p.word: _control(patch, p) for p in PARAMETERS if p.word}
    for p in PARAMETERS:
        if p.kind == "button":
            _press(patch, made[p.word], p.word, script)
        elif p.word:
            patch.chain(made[p.word], patch.object(f"prepend {p.word}"), script)
    orders = patch.object("route seed source")
    patch.cord(script, TO_FACE, orders)
    for outlet, word in enumerate(("seed", "source")):
        patch.cord(orders, outlet, quiet := patch.object("prepend set"))
        patch.cord(quiet, 0, made[word])


def _press(patch: Patch, button: str, word: str, script: str) -> None:
    """A mouse gives a bang; a mapped pedal gives 1 and then 0, which is no second press."""
    presses = patch.object("route 0")
    patch.chain(button, presses)
    patch.cord(presses, 1, pressed := patch.message(word))
    patch.chain(pressed, script)


def _control(patch: Patch, p: Parameter) -> str:
    return patch.box(p.maxclass, **face.control(p))


def _frame(patch: Patch) -> dict[str, Any]:
    """Everything around the boxes."""
    return {
        "fileversion": 1,
        "appversion": {"major": 8, "minor": 5, "revision": 0, "architecture": "x64", "modernui": 1},
        "classnamespace": "box",
        "rect": [80.0, 80.0, 1400.0, 800.0],
        "openrect": [0.0, 0.0, float(face.WIDTH), float(face.HEIGHT)],
        "openinpresentation": 1,
        "default_fontsize": 10.0,
        "default_fontface": 0,
        "default_fontname": "Arial",
        "gridsize": [float(face.GRID), float(face.GRID)],
        "devicewidth": float(face.WIDTH),
        "description": "Plays along: listens to the bus, asks the riffbridge server, puts variations in clip slots.",
        "boxes": patch.boxes,
        "lines": patch.lines,
        "parameters": registry(patch.boxes),
        "dependency_cache": [
            {"name": LIVE_FILE, "bootpath": ".", "type": "TEXT", "implicit": 1},
            {"name": BRIDGE_FILE, "bootpath": ".", "type": "TEXT", "implicit": 1},
        ],
        "latency": 0,
        "is_mpe": 0,
        "external_mpe_tuning_enabled": 0,
        "minimum_live_version": "",
        "minimum_max_version": "",
        "platform_compatibility": 0,
        "autosave": 0,
        "project": _project(),
    }


def registry(boxes: list[dict[str, Any]]) -> dict[str, Any]:
    """Live's list of parameters, and the banks of controllers. A parameter that is missing here does not exist."""
    found: dict[str, Any] = {}
    for box in (held["box"] for held in boxes):
        if box.get("parameter_enable"):
            block = box["saved_attribute_attributes"]["valueof"]
            found[box["id"]] = [block["parameter_longname"], block["parameter_shortname"], 0]
    banks = {
        str(number): {"index": number, "name": name, "parameters": [*names, *["-"] * (8 - len(names))],
                      "buttons": ["-"] * 8}
        for number, (name, names) in enumerate(BANKS)
    }  # fmt: skip
    return found | {"parameterbanks": banks, "inherited_shortname": 1}


def _project() -> dict[str, Any]:
    """Fixed dates, so that the same sources give the same bytes (2026-11-01 in seconds since 1904)."""
    made = 3_876_336_000
    code = {name: {"kind": "javascript", "local": 1} for name in (BRIDGE_FILE, LIVE_FILE)}
    return {
        "version": 1, "creationdate": made, "modificationdate": made, "viewrect": [0.0, 0.0, 300.0, 500.0],
        "autoorganize": 1, "hideprojectwindow": 1, "showdependencies": 1, "autolocalize": 0,
        "contents": {"patchers": {}, "code": code}, "layout": {}, "searchpath": {}, "detailsvisible": 0,
        "amxdtype": amxd.DEVICE_TYPE, "readonly": 0, "devpathtype": 0, "devpath": ".", "sortmode": 0, "viewmode": 0,
        "includepackages": 0,
    }  # fmt: skip


__all__ = ["AUTOMATED", "BRIDGE_FILE", "LIVE_FILE", "patcher", "registry"]
