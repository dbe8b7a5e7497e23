"""One frozen dataclass per row of the table, checked when it is made.

The field names are the table's argument names in the table's order (a test compares them). A message made
here always fits the table: a wrong value raises BadArguments at construction, over-long sentences are cut.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Self

from bridge_server.errors import BadArguments, RiffError, UnknownAddress, UnknownParameter
from bridge_server.protocol.check import check, is_id, nearest
from bridge_server.protocol.table import PAIR_BY_NAME, ROW_BY_ADDRESS, Argument, Row, Value


@dataclass(frozen=True)
class Message:
    """What all messages share: the table's row, the check, the flat list of OSC arguments."""

    row: ClassVar[Row]

    def __post_init__(self) -> None:
        for argument in self.row.arguments:
            checked = check(argument, getattr(self, argument.name))
            object.__setattr__(self, argument.name, checked)

    def flat(self) -> list[tuple[str, Value]]:
        """The OSC arguments in order, each with its type letter."""
        return [(argument.kind, getattr(self, argument.name)) for argument in self.row.arguments]

    @classmethod
    def from_arguments(cls, values: Sequence[object]) -> Self:
        """The message made of raw OSC arguments; raises BadArguments when their number is wrong."""
        expected = cls.row.arguments
        if len(values) != len(expected):
            raise BadArguments(
                f"{cls.row.address} takes {_counted(expected)}, and {len(values)} came.",
                f"Send {_form(cls.row)}.",
            )
        return cls(**{a.name: v for a, v in zip(expected, values, strict=True)})


def _counted(arguments: Sequence[Argument]) -> str:
    return {0: "no arguments", 1: "one argument"}.get(len(arguments), f"{len(arguments)} arguments")


def _form(row: Row) -> str:
    return " ".join([row.address, *(f"({a.kind}) {a.name}" for a in row.arguments)])


@dataclass(frozen=True)
class Hello(Message):
    """/riff/hello: introduces a client."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/hello"]
    client_name: str
    major: int
    minor: int
    reply_port: int
    token: str


@dataclass(frozen=True)
class Generate(Message):
    """/riff/generate: asks for stems.

    `pairs` holds only what was given, in the table's order, each value checked; two requests that mean the
    same have equal `fingerprint()`.
    """

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/generate"]
    request_id: str
    pairs: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        given = {name: check(_pair(name), value) for name, value in self.pairs}
        if len(given) != len(self.pairs):
            raise BadArguments("A parameter was given twice.", "Send each name once.")
        ordered = tuple((name, given[name]) for name in PAIR_BY_NAME if name in given)
        object.__setattr__(self, "pairs", ordered)

    def flat(self) -> list[tuple[str, Value]]:
        """The request id, then each name and its value."""
        flat: list[tuple[str, Value]] = [("s", self.request_id)]
        for name, value in self.pairs:
            flat += [("s", name), (PAIR_BY_NAME[name].kind, value)]
        return flat

    @classmethod
    def from_arguments(cls, values: Sequence[object]) -> Self:
        """The request made of an id and alternating names and values."""
        if not values or not isinstance(values[0], str):
            raise BadArguments("generate starts with a request id.")
        if len(values) % 2 == 0:
            raise BadArguments("After the request id come names and values in turn; one value is missing.")
        names = values[1::2]
        if not all(isinstance(name, str) for name in names):
            raise BadArguments("After the request id come names and values in turn; a name is not text.")
        return cls(values[0], tuple(zip(names, values[2::2], strict=True)))  # type: ignore[arg-type]

    @property
    def given(self) -> dict[str, Value]:
        """What was given, without what only repeats the table's default."""
        return {name: value for name, value in self.pairs if value != PAIR_BY_NAME[name].default}

    def value(self, name: str) -> Value | None:
        """The given value of a pair, else the table's default (None where something else decides)."""
        return dict(self.pairs).get(name, PAIR_BY_NAME[name].default)

    def fingerprint(self) -> str:
        """SHA-256 (hex) of the request's meaning: order and repeated defaults do not count."""
        text = json.dumps(self.given, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _pair(name: str) -> Argument:
    pair = PAIR_BY_NAME.get(name)
    if pair is not None:
        return pair
    likely = nearest(name, PAIR_BY_NAME)
    hint = f"Did you mean {likely}?" if likely else ""
    raise UnknownParameter(f"generate has no parameter named {name[:64]!r}.", hint)


@dataclass(frozen=True)
class Cancel(Message):
    """/riff/cancel: stops a request."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/cancel"]
    request_id: str


@dataclass(frozen=True)
class Query(Message):
    """/riff/query: asks for a request's latest message again."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/query"]
    request_id: str


@dataclass(frozen=True)
class Ack(Message):
    """/riff/ack: a † message arrived."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/ack"]
    request_id: str
    sequence: int


@dataclass(frozen=True)
class Status(Message):
    """/riff/status: asks for the server's state."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/status"]


@dataclass(frozen=True)
class Ping(Message):
    """/riff/ping: asks for a pong."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/ping"]
    number: int


@dataclass(frozen=True)
class Quit(Message):
    """/riff/quit: stops the server."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/quit"]
    token: str


@dataclass(frozen=True)
class Welcome(Message):
    """/riff/welcome: answers hello."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/welcome"]
    major: int
    minor: int
    version: str
    boot_id: str
    pack: str
    device: str
    ready: int
    queue_length: int
    lease_s: float
    granted: int


@dataclass(frozen=True)
class Accepted(Message):
    """/riff/accepted: the job is on disk."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/accepted"]
    request_id: str
    position: int
    estimate_s: float


@dataclass(frozen=True)
class Refused(Message):
    """/riff/refused: the message was not acted on."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/refused"]
    request_id: str
    code: str
    message: str
    hint: str

    @classmethod
    def because(cls, request_id: str, error: RiffError) -> Self:
        """The refusal that says what the error says."""
        return cls(request_id, error.code, error.sentence, error.hint)


@dataclass(frozen=True)
class Progress(Message):
    """/riff/progress: how far a running job is. The transport fills in `sequence`."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/progress"]
    request_id: str
    sequence: int
    fraction: float
    stage: str
    eta_s: float


@dataclass(frozen=True)
class Stem(Message):
    """/riff/stem †: one finished stem. The transport fills in `sequence`."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/stem"]
    request_id: str
    sequence: int
    index: int
    count: int
    path: str
    frames: int
    sample_rate: int
    seed: int


@dataclass(frozen=True)
class Part(Message):
    """/riff/part †: a part of a stem that is still being made. The transport fills in `sequence`."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/part"]
    request_id: str
    sequence: int
    index: int
    part: int
    path: str
    start: int
    frames: int
    stem_frames: int
    sample_rate: int


@dataclass(frozen=True)
class Done(Message):
    """/riff/done †: all stems are there. The transport fills in `sequence`."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/done"]
    request_id: str
    sequence: int
    count: int
    elapsed_s: float
    device: str


@dataclass(frozen=True)
class Failed(Message):
    """/riff/failed †: the job ended without its stems. The transport fills in `sequence`."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/failed"]
    request_id: str
    sequence: int
    code: str
    message: str
    hint: str

    @classmethod
    def because(cls, request_id: str, error: RiffError) -> Self:
        """The failure that says what the error says."""
        return cls(request_id, 0, error.code, error.sentence, error.hint)


@dataclass(frozen=True)
class Cancelled(Message):
    """/riff/cancelled †: stopped as asked. The transport fills in `sequence`."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/cancelled"]
    request_id: str
    sequence: int = 0


@dataclass(frozen=True)
class Heartbeat(Message):
    """/riff/heartbeat: each second to every client with a lease."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/heartbeat"]
    boot_id: str
    uptime_s: int
    queue_length: int
    running_request_id: str


@dataclass(frozen=True)
class StatusReply(Message):
    """/riff/status.reply: one JSON object."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/status.reply"]
    json: str


@dataclass(frozen=True)
class Pong(Message):
    """/riff/pong: answers ping."""

    row: ClassVar[Row] = ROW_BY_ADDRESS["/riff/pong"]
    number: int


KINDS: tuple[type[Message], ...] = tuple(Message.__subclasses__())
KIND_BY_ADDRESS: dict[str, type[Message]] = {kind.row.address: kind for kind in KINDS}


def parse(address: str, values: Sequence[object]) -> Message:
    """The message of an address and its raw arguments; raises UnknownAddress, UnknownParameter, BadArguments."""
    kind = KIND_BY_ADDRESS.get(address)
    if kind is not None:
        return kind.from_arguments(values)
    likely = nearest(address, KIND_BY_ADDRESS)
    hint = f"Did you mean {likely}?" if likely else ""
    raise UnknownAddress(f"The server does not know the address {address[:64]!r}.", hint)


def request_id_of(message: Message) -> str:
    """The request a message is about, or an empty string."""
    return str(getattr(message, "request_id", ""))


def answered_id(address: str, values: Sequence[object]) -> str:
    """The id to name in a refusal of raw arguments that could not be parsed; empty when there is none."""
    row = ROW_BY_ADDRESS.get(address)
    about_request = row is not None and row.arguments[:1] and row.arguments[0].name == "request_id"
    return str(values[0]) if about_request and values and is_id(values[0]) else ""


def numbered(message: Message, sequence: int) -> Message:
    """The message with its sequence number; messages without one come back as they are."""
    if not any(field.name == "sequence" for field in fields(message)):
        return message
    values = {a.name: getattr(message, a.name) for a in message.row.arguments}
    return type(message)(**{**values, "sequence": sequence})
