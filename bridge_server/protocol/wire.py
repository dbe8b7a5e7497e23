"""OSC 1.0 bytes: a strict reader of our own, and python-osc as the writer.

One 20-byte packet (a bundle element of size -4) makes python-osc 1.10's reader loop for ever, and an address
full of `*` freezes the process in `re`. So this reader stands in front: no regular expression, no recursion,
every size checked before it is used, everything bounded by `Bounds`. It accepts types i f s h d T F, ignores
time tags, and refuses what is not exactly OSC.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pythonosc.osc_message_builder import OscMessageBuilder

from bridge_server.errors import BadArguments
from bridge_server.protocol.messages import Message

BUNDLE = b"#bundle\0"
BUNDLE_HEAD_BYTES = 16  # "#bundle\0" and an 8-byte time tag
NOT_IN_ADDRESSES = frozenset("#*,?[]{} ")
"""Pattern characters (matching them is where other readers hang) and those OSC 1.0 forbids in addresses."""

LONGEST_IN = 8000  # python-osc's own receive size is 8,192
LONGEST_OUT = 4000  # Pure Data and oscpack receive 4,096

INT32 = struct.Struct(">i")
INT64 = struct.Struct(">q")
FLOAT32 = struct.Struct(">f")
FLOAT64 = struct.Struct(">d")


class NotOsc(BadArguments):
    """The bytes are not a packet this reader takes; the code on the wire is bad-arguments."""

    usual_hint = "Send plain OSC 1.0 messages with types i, f and s, at most 8,000 bytes in all."


@dataclass(frozen=True)
class RawMessage:
    """An address and its arguments, not yet compared with the table."""

    address: str
    values: tuple[int | float | str | bool, ...]


@dataclass(frozen=True)
class Bounds:
    """How much one packet may hold."""

    packet_bytes: int = LONGEST_IN
    arguments: int = 64
    bundle_levels: int = 4
    bundle_messages: int = 64


DEFAULT_BOUNDS = Bounds()


def read_packet(packet: bytes, bounds: Bounds = DEFAULT_BOUNDS) -> list[RawMessage]:
    """The messages of one datagram, in order; raises NotOsc and nothing else."""
    _demand(0 < len(packet) <= bounds.packet_bytes, f"It has {len(packet)} bytes.")
    _demand(len(packet) % 4 == 0, "Its length is not a multiple of 4.")
    messages: list[RawMessage] = []
    waiting = [(0, len(packet), 0)]  # (start, end, bundles around it), last one next
    while waiting:
        start, end, level = waiting.pop()
        if packet.startswith(BUNDLE, start, end):
            _demand(level < bounds.bundle_levels, "Its bundles are nested too deep.")
            waiting += [(a, b, level + 1) for a, b in reversed(_elements(packet, start, end))]
        else:
            messages.append(_read_message(packet, start, end, bounds.arguments))
            _demand(len(messages) <= bounds.bundle_messages, "It holds too many messages.")
    return messages


def _elements(packet: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Where the elements of the bundle at `start` lie."""
    _demand(end - start >= BUNDLE_HEAD_BYTES, "A bundle has no time tag.")
    found: list[tuple[int, int]] = []
    at = start + BUNDLE_HEAD_BYTES
    while at < end:
        size = INT32.unpack_from(packet, at)[0]  # 4 bytes are there: all sizes are multiples of 4
        _demand(0 < size <= end - at - 4 and size % 4 == 0, "A bundle element has an impossible size.")
        found.append((at + 4, at + 4 + size))
        at += 4 + size
    return found


def _read_message(packet: bytes, start: int, end: int, most: int) -> RawMessage:
    _demand(packet[start] == 0x2F, "It is neither a message nor a bundle.")
    address, at = _read_string(packet, start, end)
    plain = address.isascii() and address.isprintable() and not NOT_IN_ADDRESSES & set(address)
    _demand(plain, "The address has characters that addresses cannot have.")
    if at == end:  # old senders leave the type tags away when there are no arguments
        return RawMessage(address, ())
    tags, at = _read_string(packet, at, end)
    _demand(tags.startswith(","), "The type tags are missing.")
    _demand(len(tags) <= most + 1, f"It has more than {most} arguments.")
    return RawMessage(address, _read_values(packet, at, end, tags[1:]))


def _read_values(packet: bytes, at: int, end: int, tags: str) -> tuple[int | float | str | bool, ...]:
    values: list[int | float | str | bool] = []
    for tag in tags:
        value, at = _read_value(packet, at, end, tag)
        values.append(value)
    _demand(at == end, "Bytes follow after the last argument.")
    return tuple(values)


def _read_value(packet: bytes, at: int, end: int, tag: str) -> tuple[int | float | str | bool, int]:
    if tag == "s":
        return _read_string(packet, at, end)
    if tag in "TF":
        return tag == "T", at
    number = {"i": INT32, "f": FLOAT32, "h": INT64, "d": FLOAT64}.get(tag)
    if number is None:
        raise NotOsc(f"The packet has an argument of type {tag!r}, which the server does not take.")
    _demand(end - at >= number.size, "It ends within an argument.")
    return number.unpack_from(packet, at)[0], at + number.size


def _read_string(packet: bytes, start: int, end: int) -> tuple[str, int]:
    """The zero-ended, zero-padded UTF-8 string at `start`, and where the next item begins."""
    stop = packet.find(0, start, end)
    _demand(stop >= 0, "A string has no end.")
    following = start + (stop - start) // 4 * 4 + 4
    _demand(not any(packet[stop:following]), "A string is not padded with zeros.")
    try:
        return packet[start:stop].decode("utf-8"), following
    except UnicodeDecodeError:
        raise NotOsc("The packet has a string that is not UTF-8.") from None


def _demand(condition: bool, sentence: str) -> None:
    if not condition:
        raise NotOsc(f"The packet is not usable OSC. {sentence}")


def write_packet(message: Message, longest: int = LONGEST_OUT) -> bytes:
    """One message as a datagram; raises BadArguments when it would be longer than `longest` bytes."""
    builder = OscMessageBuilder(address=message.row.address)
    for kind, value in message.flat():
        builder.add_arg(value, kind)
    packet: bytes = builder.build().dgram
    if len(packet) > longest:
        raise BadArguments(f"The message {message.row.address} would have {len(packet)} bytes.")
    return packet


def write_bundle(messages: list[Message]) -> bytes:
    """Several messages as one packet for the file door, to be handled in order, with the time tag "now"."""
    packets = [write_packet(message, LONGEST_IN) for message in messages]
    elements = b"".join(INT32.pack(len(packet)) + packet for packet in packets)
    return BUNDLE + b"\0\0\0\0\0\0\0\1" + elements
