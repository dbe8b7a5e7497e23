"""The plain-Lua modules by themselves: OSC bytes, JSON, paths, memos, ranges, doors."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.protocol import messages as m
from bridge_server.protocol.wire import read_packet, write_packet
from tests.clients.reaper.engine import engine, module, plain, table
from tests.clients.reaper.socket_double import LuaSocketDouble
from tests.protocol.strategies import ANY_MESSAGE

ENGINES = {version: engine(version) for version in ("5.3", "5.4")}


@pytest.fixture(params=ENGINES)
def lua(request: pytest.FixtureRequest) -> Any:
    return ENGINES[request.param]


# OSC


@pytest.mark.parametrize("version", ENGINES)
@given(message=ANY_MESSAGE)
@settings(max_examples=60, deadline=None)
def test_bytes_are_those_of_the_server_both_ways(version: str, message: m.Message) -> None:
    osc = module(ENGINES[version], "riff.osc")
    if message.row.sender == "server":
        read = plain(osc[b"read"](write_packet(message)))
        values = [value for _, value in message.flat()]
        assert [read[name.name] for name in message.row.arguments] == values  # floats are 32 bits wide: exact
        assert read["acked"] == message.row.acked
    elif not message.row.pairs:
        arguments = [table(ENGINES[version], value) for _, value in message.flat()]
        packet = osc[b"write"](message.row.address.encode(), *arguments)
        assert packet == write_packet(message, 8_000)
    else:
        given_pairs = dict(message.pairs)  # type: ignore[attr-defined]
        packet = osc[b"write_generate"](message.request_id.encode(), table(ENGINES[version], given_pairs))  # type: ignore[attr-defined]
        (raw,) = read_packet(packet)
        again = m.parse(raw.address, raw.values)
        assert dict(again.pairs) == given_pairs  # type: ignore[attr-defined]


@given(packet=st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_bytes_at_all_raise(packet: bytes) -> None:
    module(ENGINES["5.4"], "riff.osc")[b"read"](packet)


@pytest.mark.parametrize("cut", [3, 9, 20, 44])
def test_a_message_that_is_cut_off_is_none(lua: Any, cut: int) -> None:
    packet = write_packet(m.Stem("id", 1, 0, 1, "/a/é.wav", 100, 48_000, 7))
    read = module(lua, "riff.osc")[b"read"]
    assert read(packet) is not None
    assert read(packet[:-cut]) is None


def test_addresses_and_pairs_that_the_table_does_not_have_are_mistakes(lua: Any) -> None:
    osc = module(lua, "riff.osc")
    with pytest.raises(Exception, match="no such address"):
        osc[b"write"](b"/riff/sing")
    with pytest.raises(Exception, match="no such pair"):
        osc[b"write_generate"](b"id", table(lua, {"loudnes": "raw"}))
    with pytest.raises(Exception, match="not a whole number"):
        osc[b"write_generate"](b"id", table(lua, {"seed": 1.5}))


# JSON

VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.text(), inner, min_size=1),
    max_leaves=12,
)


@given(value=VALUES, ensure_ascii=st.booleans())
@settings(max_examples=60, deadline=None)
def test_json_is_read_and_written_as_python_does(value: Any, ensure_ascii: bool) -> None:
    lua = ENGINES["5.4"]
    held = module(lua, "riff.json")
    text = json.dumps({"held": value}, ensure_ascii=ensure_ascii).encode("utf-8", "surrogatepass")
    again = json.loads(held[b"write"](held[b"read"](text)))
    assert again["held"] == value


@pytest.mark.parametrize("text", ["", "{", "[1,", '{"a" 1}', '{"a":1} x', "nope", '"\\u12"', "{'a':1}", "[1 2]"])
def test_what_is_no_json_is_nil(lua: Any, text: str) -> None:
    assert module(lua, "riff.json")[b"read"](text.encode()) is None


# Paths, memos, ranges


def test_state_folders_of_each_system(lua: Any) -> None:
    folders = module(lua, "riff.paths")[b"state_folders"]
    where = {b"HOME": b"/home/u", b"LOCALAPPDATA": b"C:\\Users\\u\\AppData\\Local", b"XDG_STATE_HOME": b"/x"}
    assert plain(folders(b"Other", where.get)) == ["/x/riffbridge", "/home/u/.local/state/riffbridge"]
    assert plain(folders(b"macOS-arm64", where.get)) == ["/home/u/Library/Application Support/riffbridge"]
    assert plain(folders(b"Win64", where.get)) == ["C:\\Users\\u\\AppData\\Local/riffbridge"]
    assert plain(folders(b"Other", {}.get)) == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [("bass", "bass"), ("like AI bass v1 seed 7", "like-AI-bass-v1-seed-7"), ('a/b\\c:"d"', "a-b-c-d"), ("...", "stem"),
     ("100% $x", "100-x"), ("ü" * 30, "ü" * 20)],
)  # fmt: skip
def test_names_of_stems_are_harmless(lua: Any, text: str, name: str) -> None:
    assert plain(module(lua, "riff.paths")[b"file_name"](text.encode(), 40)) == name


@given(values=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=30), max_size=5))
@settings(max_examples=100, deadline=None)
def test_memos_come_back_as_one_printable_line(values: dict[str, str]) -> None:
    memo = module(ENGINES["5.4"], "riff.memo")
    text = memo[b"write"](table(ENGINES["5.4"], values))
    assert text.isascii()
    assert text.decode().isprintable()
    assert plain(memo[b"read"](text)) == values


@given(start_s=st.floats(0, 36_000), length_s=st.floats(0.5, 600), rate=st.sampled_from([44_100, 48_000, 96_000]))
@settings(max_examples=200, deadline=None)
def test_ranges_lie_on_samples_and_ends_meet(start_s: float, length_s: float, rate: int) -> None:
    between = module(ENGINES["5.4"], "riff.range")[b"between"]
    one, next_one = (
        between(start_s, start_s + length_s, rate),
        between(start_s + length_s, start_s + 2 * length_s, rate),
    )
    assert one[b"first"] + one[b"frames"] == next_one[b"first"]
    assert abs(one[b"start_s"] * rate - round(one[b"start_s"] * rate)) < 1e-4
    assert abs(one[b"start_s"] - start_s) <= 0.5001 / rate


def test_wav_files_are_what_soundfile_reads(lua: Any, tmp_path: Path) -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, (1_000, 2)).astype(np.float32)
    path = tmp_path / "é.wav"
    module(lua, "riff.wav")[b"write"](str(path).encode(), 44_100, lua.table_from(samples.reshape(-1).tolist()))
    read, rate = soundfile.read(path, dtype="float32")
    assert rate == 44_100
    np.testing.assert_array_equal(read, samples)


def test_silence_is_heard_in_any_wav_and_only_silence(lua: Any, tmp_path: Path) -> None:
    path, is_silent = tmp_path / "maybe.wav", module(lua, "riff.wav")[b"is_silent"]
    audio = np.zeros((400_000, 2))
    for subtype in ("FLOAT", "PCM_24"):
        soundfile.write(path, audio, 48_000, subtype=subtype)
        assert is_silent(str(path).encode()) is True
    audio[-1, 1] = 1e-4
    soundfile.write(path, audio, 48_000, subtype="FLOAT")
    assert is_silent(str(path).encode()) is False
    assert is_silent(b"/nowhere.wav") is False


# Doors


def test_a_datagram_of_any_size_comes_whole_and_strangers_are_not_heard(lua: Any) -> None:
    """LuaSocket's default would cut it off at 8,192 bytes without a word."""
    sockets = LuaSocketDouble(lua)
    door = module(lua, "riff.udp_door")[b"open"](sockets.module())
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        server.bind(("127.0.0.1", 0))
        door[b"aim"](door, table(lua, {"host": "127.0.0.1", "port": server.getsockname()[1]}))
        door[b"send"](door, b"hello")
        client = server.recvfrom(100)[1]
        server.sendto(bytes(20_000), client)
        stranger.sendto(b"me too", client)
        assert [len(packet) for packet in plain_bytes(door[b"receive"](door))] == [20_000]
    door[b"close"](door)


def plain_bytes(value: Any) -> list[bytes]:
    return list(value.values())


@pytest.mark.parametrize(
    ("binary", "loads"),
    [(None, False), ("Lua 5.1.5", False), ("Lua 5.5.0", False), ("", False), ("Lua {own}.6", True)],
)
def test_a_socket_module_of_another_lua_is_never_loaded(binary: str | None, loads: bool, tmp_path: Path) -> None:
    """It would work on this Lua's memory with other layouts and crash REAPER."""
    for version in ENGINES:
        lua = engine(version)
        loaded: list[int] = []
        sockets = LuaSocketDouble(lua)
        spy = lua.eval(b"function(note, m) package.preload['socket.core'] = function() note(1) return m end end")
        spy(loaded.append, sockets.module())
        held = None if binary is None else binary.format(own=version).encode()
        result = module(lua, "riff.doors")[b"socket"](b"/resources", b"Other", lambda _, held=held: held)
        assert bool(loaded) is loads
        assert isinstance(result, tuple) is not loads
        assert sockets.open_sockets == 0
