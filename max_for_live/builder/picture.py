"""A picture of the face, drawn from the patcher's JSON: for the manual, and to see that every text fits.

Live draws the real face with its own font and theme; DejaVu Sans, used here, runs wider than Ableton's, so what fits
here fits there. Drawn at twice the size.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

SCALE = 2
FONT_PX = 9.5
SURFACE, CONTROL, LCD, TEXT, DIM, ACCENT = "#363636", "#1f1f1f", "#161616", "#e0e0e0", "#9a9a9a", "#ff9f2f"
Box = dict[str, Any]


class Face:
    """The presentation of one patcher as a picture; `overflowing` lists the texts that do not fit."""

    def __init__(self, patcher: dict[str, Any]) -> None:
        width, height = round(patcher["devicewidth"]), 169
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), SURFACE)
        self.overflowing: list[str] = []
        self._draw = ImageDraw.Draw(self.image)
        path = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
        self._font = ImageFont.truetype(str(path), round(FONT_PX * SCALE))
        for box in (held["box"] for held in patcher["boxes"]):
            if box.get("presentation"):
                self._box(box)

    def _box(self, box: Box) -> None:
        x, y, w, h = (number * SCALE for number in box["presentation_rect"])
        draw = {"live.comment": self._comment, "live.tab": self._tab, "live.dial": self._dial, "multislider": self._bar}
        draw.get(box["maxclass"], self._button)(box, (x, y, x + w, y + h))

    def _comment(self, box: Box, area: tuple[float, ...]) -> None:
        self._write(box["text"], area, TEXT, centred=False)

    def _button(self, box: Box, area: tuple[float, ...]) -> None:
        kind = box["maxclass"]
        block = box.get("saved_attribute_attributes", {}).get("valueof", {})
        initial = block.get("parameter_initial", [0])[0]
        is_on = kind == "live.text" and box["mode"] == 1 and initial == 1
        self._draw.rounded_rectangle(
            area, 4, fill=ACCENT if is_on else LCD if kind in ("textedit", "live.drop") else CONTROL
        )
        if kind == "textedit":
            self._write("warm, sparse, behind the beat", area, DIM, centred=False)
        elif kind == "live.drop":
            self._draw.rounded_rectangle(area, 4, outline=DIM)
            self._write(box["legend"], area, DIM)
        elif kind == "live.menu":
            for name in block["parameter_enum"]:
                self._measure(name, (area[0], area[1], area[2] - 6 * SCALE, area[3]))
            self._write(block["parameter_enum"][initial], area, ACCENT, centred=False)
        elif kind == "live.numbox":
            for value in (block["parameter_mmin"], block["parameter_mmax"]):
                self._measure(self._number(block, value), area)
            self._write(self._number(block, initial), area, ACCENT)
        else:
            self._write(box["text"], area, "#101010" if is_on else TEXT)

    @staticmethod
    def _number(block: dict[str, Any], value: float) -> str:
        style, units = block["parameter_unitstyle"], block.get("parameter_units", "")
        return f"{value:.1f} dB" if style == 4 else units.replace("%.0f", f"{value:g}") if units else f"{value:g}"

    def _tab(self, box: Box, area: tuple[float, ...]) -> None:
        block = box["saved_attribute_attributes"]["valueof"]
        names = block["parameter_enum"]
        left, top, right, bottom = area
        step = (right - left) / len(names)
        for k, name in enumerate(names):
            cell = (left + k * step + 1, top, left + (k + 1) * step - 1, bottom)
            chosen = k == block["parameter_initial"][0]
            self._draw.rounded_rectangle(cell, 3, fill=ACCENT if chosen else CONTROL)
            self._write(name, cell, "#101010" if chosen else TEXT)

    def _dial(self, box: Box, area: tuple[float, ...]) -> None:
        block = box["saved_attribute_attributes"]["valueof"]
        left, top, right, bottom = area
        middle, radius = (left + right) / 2, 10 * SCALE
        ring = (middle - radius, top + 13 * SCALE, middle + radius, top + 13 * SCALE + 2 * radius)
        part = (block["parameter_initial"][0] - block["parameter_mmin"]) / (
            block["parameter_mmax"] - block["parameter_mmin"]
        )
        self._draw.arc(ring, 135, 405, fill=CONTROL, width=3 * SCALE)
        self._draw.arc(ring, 135, 135 + 270 * part, fill=ACCENT, width=3 * SCALE)
        self._write(block["parameter_shortname"], (left, top, right, top + 13 * SCALE), TEXT)
        self._write(f"{block['parameter_initial'][0]:g} %", (left, bottom - 13 * SCALE, right, bottom), DIM)

    def _bar(self, _: Box, area: tuple[float, ...]) -> None:
        self._draw.rounded_rectangle((area[0], area[1] + 2 * SCALE, area[2], area[3] - 2 * SCALE), 2, fill=LCD)

    def _measure(self, text: str, area: tuple[float, ...]) -> float:
        width = self._font.getlength(text)
        if width > area[2] - area[0]:
            self.overflowing.append(text)
        return width

    def _write(self, text: str, area: tuple[float, ...], colour: str, centred: bool = True) -> None:
        width = self._measure(text, area)
        left = (area[0] + area[2] - width) / 2 if centred else area[0] + 3 * SCALE
        self._draw.text((left, (area[1] + area[3]) / 2), text, colour, self._font, anchor="lm")
