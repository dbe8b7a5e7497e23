"""A patch under construction: boxes with their ports from the table, cords that are checked when they are drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from max_for_live.builder.ports import Ports, ports_of

Rect = tuple[int, int, int, int]
COLUMN, ROW, ROWS = 200, 32, 22


class Patch:
    """Boxes and cords of one patcher, in the order in which they were made."""

    def __init__(self) -> None:
        self.boxes: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self._ports: dict[str, Ports] = {}
        self._column, self._row = 0, 0

    def section(self) -> None:
        """Start a new column, for the reader of the patch."""
        self._column, self._row = self._column + 1, 0

    def box(self, maxclass: str, text: str = "", **more: Any) -> str:
        """Add a box; returns its id. `text` is an object's name and arguments, or what a message or comment says."""
        number = f"obj-{len(self.boxes) + 1}"
        ports = ports_of(maxclass, text)
        held: dict[str, Any] = {"id": number, "maxclass": maxclass}
        if text:
            held["text"] = text
        held |= {"numinlets": ports.inlets, "numoutlets": len(ports.outlets)}
        if ports.outlets:
            held["outlettype"] = list(ports.outlets)
        held["patching_rect"] = self._place(len(text))
        self.boxes.append({"box": held | more})
        self._ports[number] = ports
        return number

    def object(self, text: str, **more: Any) -> str:
        """Add an object box."""
        return self.box("newobj", text, **more)

    def message(self, text: str) -> str:
        """Add a message box."""
        return self.box("message", text)

    def cord(self, source: str, outlet: int, target: str, inlet: int = 0) -> None:
        """Connect two boxes; raises ValueError for a port that is not there."""
        if outlet >= len(self._ports[source].outlets) or inlet >= self._ports[target].inlets:
            raise ValueError(f"no cord from {source} outlet {outlet} to {target} inlet {inlet}")
        order = sum(line["patchline"]["source"] == [source, outlet] for line in self.lines)
        line: dict[str, Any] = {"source": [source, outlet], "destination": [target, inlet]}
        if order:
            line["order"] = order
        self.lines.append({"patchline": line})

    def chain(self, *boxes: str) -> str:
        """Connect first outlets with first inlets, one after the other; returns the last."""
        for source, target in pairwise(boxes):
            self.cord(source, 0, target)
        return boxes[-1]

    def _place(self, characters: int) -> list[float]:
        if self._row == ROWS:
            self.section()
        self._row += 1
        return [20.0 + COLUMN * self._column, 20.0 + ROW * self._row, max(40.0, 8.0 + 6.5 * characters), 22.0]
