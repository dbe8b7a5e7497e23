"""The double's drawing surface: records what is shown, and plays keys that a test scripted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.clients.reaper.reaper_double.reaper import ReaperDouble

ESCAPE, CLOSED = 27, -1


class Gfx:
    """The functions of `gfx.*` that the scripts may call."""

    NAMES = ("init", "quit", "dock", "getchar", "set", "setfont", "measurestr", "drawstr", "rect", "update")

    def __init__(self, reaper: ReaperDouble) -> None:
        self._reaper = reaper
        self.is_open = False
        self.opened = 0
        self.keys: list[int] = []
        self.drawn: list[str] = []
        self.shown = ""

    def table(self, lua: Any) -> Any:
        """`gfx` for one script: other names are errors, x and y can be set."""
        members: dict[bytes, Any] = {b"x": 0, b"y": 0}
        for name in self.NAMES:
            members[name.encode()] = self._counted(name)
        strict = lua.eval(
            b"function(t) return setmetatable(t, {__index = function(_, k) error('no gfx.' .. tostring(k)) end,"
            b" __newindex = function(_, k) error('no gfx.' .. tostring(k)) end}) end"
        )
        return strict(lua.table_from(members))

    def _counted(self, name: str) -> Any:
        return lambda *arguments: self._reaper.call(f"gfx.{name}", arguments, getattr(self, name))

    def init(self, title: bytes, width: int, height: int, dock: int, x: int, y: int) -> int:
        assert not self.is_open, "the window is open already"
        assert dock == 0
        assert width > 0
        assert height > 0
        self.is_open, self.opened, self.drawn = True, self.opened + 1, []
        self.position = (x, y)
        return 1

    def quit(self) -> None:
        assert self.is_open
        self.is_open = False

    def dock(self, query: int, *_: int) -> tuple[int, int, int, int, int]:
        assert query == -1
        return (0, *self.position, 420, 112)

    def getchar(self) -> int:
        assert self.is_open
        return self.keys.pop(0) if self.keys else 0

    def set(self, *colour: float) -> None:
        assert all(0 <= part <= 1 for part in colour)

    def setfont(self, number: int, face: bytes, size: int) -> int:
        assert number >= 1
        return 1

    def measurestr(self, text: bytes) -> tuple[int, int]:
        return 7 * len(text.decode("utf-8")), 15

    def drawstr(self, text: bytes) -> None:
        assert self.is_open
        self.drawn.append(text.decode("utf-8"))

    def rect(self, x: int, y: int, width: int, height: int, filled: int) -> None:
        assert self.is_open
        assert width >= 0
        assert height >= 0
        assert filled in (0, 1)

    def update(self) -> None:
        """The picture is complete."""
        self.shown, self.drawn = " ".join(self.drawn), []
