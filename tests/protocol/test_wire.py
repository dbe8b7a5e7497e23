"""Bytes: golden ones per message, round trips, and python-osc's reader as the second opinion."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from bridge_server.errors import BadArguments
from bridge_server.protocol import messages as m
from bridge_server.protocol.wire import NotOsc, RawMessage, read_packet, write_bundle, write_packet
from tests.protocol.strategies import ANY_MESSAGE

GOLDEN = json.loads((Path(__file__).parent / "golden_riff_1_0.json").read_text(encoding="utf-8"))

EXAMPLES: tuple[m.Message, ...] = (
    m.Hello("REAPER é", 1, 0, 9600, "00ff"),
    m.Generate("a-1_B", (("context", "/tmp/Ü ber.wav"), ("tempo", 97.5), ("seed", 2147483647), ("loop", 1))),
    m.Cancel("a-1_B"),
    m.Query("a-1_B"),
    m.Ack("a-1_B", 3),
    m.Status(),
    m.Ping(-5),
    m.Quit("00ff"),
    m.Welcome(1, 0, "0.1.0", "b00t", "starter", "cpu", 1, 2, 15.0, 1),
    m.Accepted("a-1_B", 2, 3.25),
    m.Refused("", "unknown-address", "No.", "Try."),
    m.Progress("a-1_B", 1, 0.5, "sampling", 1.5),
    m.Stem("a-1_B", 2, 0, 1, "/tmp/bass_a-1_B_v1.wav", 491520, 48000, 7),
    m.Part("a-1_B", 2, 0, 1, "/tmp/bass_a-1_B_v0_parts/bass_a-1_B_v0_part1.wav", 131072, 262144, 491520, 48000),
    m.Done("a-1_B", 3, 1, 4.5, "cpu"),
    m.Failed("a-1_B", 4, "disk-full", "Full.", "Make room."),
    m.Cancelled("a-1_B", 5),
    m.Heartbeat("b00t", 61, 1, "a-1_B"),
    m.StatusReply('{"pack":"starter"}'),
    m.Pong(-5),
)


def test_every_message_has_an_example() -> None:
    assert [type(example) for example in EXAMPLES] == list(m.KINDS)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: type(e).__name__)
def test_the_bytes_of_version_1_0_never_change(example: m.Message) -> None:
    assert write_packet(example).hex() == GOLDEN[example.row.address]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: type(e).__name__)
def test_the_golden_bytes_are_read_as_the_message(example: m.Message) -> None:
    [raw] = read_packet(bytes.fromhex(GOLDEN[example.row.address]))
    assert m.parse(raw.address, raw.values) == example


@given(ANY_MESSAGE)
@settings(max_examples=400, deadline=None)
def test_what_is_written_is_read_back_and_python_osc_agrees(message: m.Message) -> None:
    packet = write_packet(message, 8000)
    [raw] = read_packet(packet)
    assert m.parse(raw.address, raw.values) == message
    theirs = OscMessage(packet)
    assert (theirs.address, tuple(theirs.params)) == (raw.address, raw.values)


@given(ANY_MESSAGE, ANY_MESSAGE)
@settings(max_examples=100, deadline=None)
def test_bundles_are_read_in_order_and_python_osc_agrees(one: m.Message, two: m.Message) -> None:
    inner = write_bundle([two, one])
    packet = (
        b"#bundle\0"
        + bytes(7)
        + b"\1"
        + b"".join(struct.pack(">i", len(part)) + part for part in (write_packet(one, 8000), inner))
    )
    if len(packet) > 8000:
        with pytest.raises(NotOsc):
            read_packet(packet)
        return
    ours = [(raw.address, list(raw.values)) for raw in read_packet(packet)]
    theirs = [(timed.message.address, list(timed.message.params)) for timed in OscPacket(packet).messages]
    assert ours == theirs


def test_only_i_f_s_are_written() -> None:
    for example in EXAMPLES:
        assert {kind for kind, _ in example.flat()} <= {"i", "f", "s"}


def test_the_other_accepted_types_are_read() -> None:
    builder = OscMessageBuilder("/x")
    for kind, value in [("h", 2**40), ("d", math.pi), ("T", True), ("F", False), ("i", -1), ("s", "")]:
        builder.add_arg(value, kind)
    assert read_packet(builder.build().dgram) == [RawMessage("/x", (2**40, math.pi, True, False, -1, ""))]


@pytest.mark.parametrize("kind", ["b", "t", "N", "I", "c", "r", "m", "[", "]", "S", "\x01"])
def test_other_types_are_refused_by_name(kind: str) -> None:
    with pytest.raises(NotOsc, match="type"):
        read_packet(b"/x\0\0," + kind.encode() + b"\0\0" + bytes(8))


def test_a_message_without_type_tags_has_no_arguments() -> None:
    assert read_packet(b"/riff/status\0\0\0\0") == [RawMessage("/riff/status", ())]


def test_a_message_longer_than_4000_bytes_is_not_written() -> None:
    request = m.Generate("r", (("context", "/" + "x" * 2000), ("out_dir", "/" + "y" * 2000)))
    with pytest.raises(BadArguments, match="bytes"):
        write_packet(request)
    assert len(write_packet(request, 8000)) > 4000


def test_the_longest_answers_fit_4000_bytes() -> None:
    long = "ü" * 5000
    for answer in (
        m.Failed("r" * 64, 2**31 - 1, "x" * 32, long, long),
        m.Stem("r" * 64, 1, 0, 1, "/" + "é" * 1023, 1, 8000, 0),
        m.StatusReply("x" * 3800),
        m.Welcome(1, 0, "v" * 64, "b" * 64, long, long, 1, 1, 15, 1),
    ):
        assert len(write_packet(answer)) <= 4000
