"""One run of an action file in a Lua state of its own: main chunk, deferred turns, atexit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.clients.reaper.socket_double import LuaSocketDouble

if TYPE_CHECKING:
    from tests.clients.reaper.reaper_double.reaper import ReaperDouble

SOCKET_PACKAGE = "Scripts/Mavriq ReaScript Repository/Various/Mavriq-Lua-Sockets/socket/core.so"
END_WHEN_PRESSED_AGAIN = 1
OWN = ("atexit", "defer", "new_array", "set_action_options")


class Script:
    """A running script. Errors end it, and atexit runs all the same."""

    def __init__(self, reaper: ReaperDouble, path: Path, lua: Any) -> None:
        self._reaper, self.path, self._lua = reaper, path, lua
        self._deferred: list[Any] = []
        self._at_exit: list[Any] = []
        self._ended = False
        self.options = 0
        self.error: Exception | None = None
        self.sockets = LuaSocketDouble(lua, reaper.weather)
        self._give_sockets()
        lua.globals()[b"reaper"] = self._api()
        lua.globals()[b"gfx"] = reaper.gfx.table(lua)

    @property
    def ends_when_pressed_again(self) -> bool:
        return bool(self.options & END_WHEN_PRESSED_AGAIN)

    def start(self) -> None:
        """Run the file."""
        assert self.path.is_file(), f"there is no action file {self.path.name}"
        load = self._lua.eval(
            b"function(text, name) local f, e = load(text, name) if not f then error(e) end return f end"
        )
        chunk = load(self.path.read_bytes(), b"@" + str(self.path).encode())
        self._guarded(chunk)

    def turn(self) -> None:
        """Run what was deferred."""
        waiting, self._deferred = self._deferred, []
        for function in waiting:
            self._guarded(function)

    def end(self) -> None:
        """The script ends, by itself or by force: atexit, once."""
        if self._ended:
            return
        self._ended = True
        self._deferred = []
        for function in self._at_exit:
            try:
                function()
            except Exception as error:
                self.error = error
        self._reaper.scripts.remove(self)
        self._reaper.check_turn()
        assert self.sockets.open_sockets == 0, "a socket was not closed"

    def _guarded(self, function: Any) -> None:
        try:
            function()
        except Exception as error:
            self.error = error
            self._deferred = []
        if not self._deferred:
            self.end()
        else:
            self._reaper.check_turn()

    def _api(self) -> Any:
        members = {name: getattr(self._reaper.functions, name) for name in self._reaper.signatures if name not in OWN}
        members |= {
            "atexit": self._at_exit.append,
            "defer": self._defer,
            "set_action_options": self._set_options,
            "new_array": lambda size: self._reaper.new_array(self._lua, size),
        }
        made = {name.encode(): self._counted(name, call) for name, call in members.items()}
        missing = {name.encode() for name in self._reaper.missing}
        strict = self._lua.eval(
            b"function(t, missing) return setmetatable(t, {__index = function(_, k)"
            b" if not missing[k] then error('no reaper.' .. tostring(k), 2) end end}) end"
        )
        kept = {name: call for name, call in made.items() if name not in missing}
        return strict(self._lua.table_from(kept), self._lua.table_from(dict.fromkeys(missing, True)))

    def _counted(self, name: str, call: Any) -> Any:
        return lambda *arguments: self._reaper.call(name, arguments, call)

    def _defer(self, function: Any) -> None:
        self._deferred.append(function)

    def _set_options(self, flags: int) -> None:
        self.options = flags

    def _give_sockets(self) -> None:
        if not self._reaper.has_sockets:
            return
        binary = self._reaper.resources / SOCKET_PACKAGE
        binary.parent.mkdir(parents=True, exist_ok=True)
        binary.write_bytes(b"\x7fELF double of LuaSocket " + b"Lua " + self._reaper.version.encode() + b".6\0")
        preload = self._lua.eval(b"function(module) package.preload['socket.core'] = function() return module end end")
        preload(self.sockets.module())
