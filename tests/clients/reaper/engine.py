"""The shipped Lua under real Lua engines inside pytest: lupa brings 5.3 (REAPER 6) and 5.4 (REAPER 7)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lupa.lua53
import lupa.lua54

SCRIPTS = Path(__file__).resolve().parents[3] / "reaper_scripts" / "Riffbridge"
RUNTIMES = {"5.3": lupa.lua53.LuaRuntime, "5.4": lupa.lua54.LuaRuntime}


def engine(version: str, scripts: Path = SCRIPTS) -> Any:
    """A Lua state that finds the shipped modules, or changed copies of them in `scripts`.

    Strings are bytes on the Python side, so OSC passes unharmed.
    Python objects are opaque in it, as REAPER's pointers are: a script that looks into one gets an error.
    """

    def refuse(_: object, name: object, __: bool) -> object:
        raise AttributeError(f"a script looked into a pointer ({name!r})")

    lua = RUNTIMES[version](
        encoding=None,
        unpack_returned_tuples=True,
        register_eval=False,
        register_builtins=False,
        attribute_filter=refuse,
    )
    lua.execute(f"package.path = {str(scripts) + '/?.lua'!r} .. ';' .. package.path".encode())
    lua.execute(b"python = nil")
    return lua


def module(lua: Any, name: str) -> Any:
    """A shipped module, as `require` gives it."""
    return lua.eval(f"(require({name!r}))".encode())


def plain(value: Any) -> Any:
    """A Lua value as Python: tables become dicts (lists, when their keys are 1..n), bytes become text."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if type(value).__name__ == "_LuaTable":
        held = {plain(key): plain(item) for key, item in value.items()}
        is_list = list(held) == list(range(1, len(held) + 1))
        return list(held.values()) if held and is_list else held
    return value


def table(lua: Any, value: Any) -> Any:
    """A Python value as Lua: dicts and lists become tables, text becomes bytes."""
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, dict):
        return lua.table_from({table(lua, key): table(lua, item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return lua.table_from([table(lua, item) for item in value])
    return value
