"""What is on the face besides the parameters: sizes, labels, lines that the device writes, colours of the theme."""

from __future__ import annotations

from typing import Any

from max_for_live.builder.parameters import PARAMETERS, Parameter
from max_for_live.builder.patcher import Rect

WIDTH, HEIGHT, GRID = 560, 169, 8
FONT, FONT_PT = "Ableton Sans Medium", 9.5

LABELS: tuple[tuple[str, Rect], ...] = (
    ("Prompt", (8, 8, 176, 16)),
    ("Part", (8, 64, 40, 16)),
    ("Bars", (8, 88, 40, 16)),
    ("Count", (8, 112, 40, 16)),
)
LAMP: Rect = (8, 144, 64, 16)
STATUS: Rect = (72, 144, 480, 16)
PROGRESS: Rect = (8, 136, 384, 8)
PLAYING: Rect = (480, 72, 72, 16)

STATUS_HELP = "What the device does, and what to do when something is missing."


def theme(**colours: str) -> dict[str, Any]:
    """Colours that follow Live's theme."""
    return {name: {"expression": f"themecolor.live_{colour}"} for name, colour in colours.items()}


def shown(rect: Rect) -> dict[str, Any]:
    """Keys of a box that is on the face."""
    return {"presentation": 1, "presentation_rect": [float(number) for number in rect]}


def comment(text: str, rect: Rect, name: str = "") -> dict[str, Any]:
    """Keys of a line of text."""
    held = shown(rect) | {"fontname": FONT, "fontsize": FONT_PT, "textjustification": 0}
    return held | ({"varname": name} if name else {})


def bar(name: str) -> dict[str, Any]:
    """Keys of a bar from 0 to 1 that the mouse does not move."""
    colours = theme(slidercolor="value_bar", bgcolor="lcd_bg")
    looks = {"setminmax": [0.0, 1.0], "orientation": 0, "ignoreclick": 1}
    return {"varname": name, **looks, "saved_attribute_attributes": colours}


def control(p: Parameter) -> dict[str, Any]:
    """Keys of a parameter's box: name, hover text, place, values, looks."""
    held: dict[str, Any] = {"varname": p.long_name, "annotation_name": p.long_name, "annotation": p.help}
    if p.rect is not None:
        held |= shown(p.rect)
    if p.kind == "drop":
        return held | {"legend": p.short_name, "parameter_enable": 0}
    held |= {"parameter_enable": 1, "fontname": FONT, "fontsize": FONT_PT} | _looks(p)
    colours = theme(bgcolor="lcd_bg", textcolor="lcd_control_fg") if p.kind == "text" else {}
    return held | {"saved_attribute_attributes": {**colours, "valueof": p.valueof()}}


def _looks(p: Parameter) -> dict[str, Any]:
    if p.kind in ("button", "toggle"):
        label = p.short_name.removeprefix("Fire ")
        return {"mode": int(p.kind == "toggle"), "text": label, "texton": label}
    if p.kind in ("tab", "menu"):
        return {"num_lines_presentation": 1, "num_lines_patching": 1} if p.kind == "tab" else {}
    if p.kind == "text":
        return {"keymode": 1, "lines": 2, "wordwrap": 1}
    return {"showname": 1} if p.kind == "dial" else {}


def parameter_of(name: str) -> Parameter:
    """By its long name."""
    return next(p for p in PARAMETERS if p.long_name == name)
