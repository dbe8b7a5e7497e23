"""The riff/1 protocol, once: every address, every argument, every range.

The checker (`check`), the messages (`messages`), the reader and writer (`wire`), the README's tables and
the constants of the Lua and JavaScript clients (`describe`) are all driven by `MESSAGES` and `PAIRS`.
A new message is a new row here and a dataclass in `messages`; within major version 1 rows and optional
pairs are only ever added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MAJOR = 1
MINOR = 1

MAX_INT = 2_147_483_647  # OSC's `i` is a signed 32-bit number; 31 bits are 12.4 hours at 48 kHz.
DEFAULT_PORT = 9510
PORTS_TRIED = 21  # the default and 20 above it

Value = int | float | str
"""What an argument may be: OSC types i, f and s."""

Form = Literal["text", "path", "name", "id", "choice"]
"""How a string is judged: free text, a path, a name that may become a file name, an id, one of `choices`."""


@dataclass(frozen=True)
class Argument:
    """One argument of a message, or one name/value pair of `generate`.

    - name: as in Python, in pairs as on the wire.
    - kind: the OSC type the server sends; `check` says what else it takes.
    - lowest, highest: range of a number, both ends included.
    - longest: bytes of a string in UTF-8.
    - clip: an over-long string is cut instead of refused (sentences and hints that we make).
    - default: what counts when a pair is absent; None = decided elsewhere, `default_words` says where.
    """

    name: str
    kind: Literal["i", "f", "s"]
    meaning: str
    lowest: float = 0
    highest: float = MAX_INT
    longest: int = 0
    form: Form = "text"
    choices: tuple[Value, ...] = ()
    clip: bool = False
    default: Value | None = None
    default_words: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Row:
    """One address: who sends it, its arguments in order, whether name/value pairs follow, whether † (acked)."""

    address: str
    sender: Literal["client", "server"]
    meaning: str
    arguments: tuple[Argument, ...] = ()
    pairs: bool = False
    acked: bool = False


def _int(name: str, meaning: str, lowest: int = 0, highest: int = MAX_INT, unit: str = "") -> Argument:
    return Argument(name, "i", meaning, lowest, highest, unit=unit)


def _text(name: str, meaning: str, longest: int, *, form: Form = "text", clip: bool = False) -> Argument:
    return Argument(name, "s", meaning, longest=longest, form=form, clip=clip)


def _seconds(name: str, meaning: str) -> Argument:
    return Argument(name, "f", meaning, 0, 1e9, unit="s")


REQUEST_ID = _text("request_id", "made by the client, 1 to 64 of A-Z a-z 0-9 _ -", 64, form="id")
# An answer to something that had no usable id carries an empty one, so the id is plain text there.
ANSWERED_ID = _text("request_id", "the request's id; empty when the message had none", 64)
SEQUENCE = _int("sequence", "number of this message within its request; named in the ack")
CODE = _text("code", "error code", 32)
SENTENCE = _text("message", "what happened, for the person at the DAW", 1000, clip=True)
HINT = _text("hint", "what to do next", 800, clip=True)
TOKEN = _text("token", "the token of state.json; empty = none", 128)
MAJOR_VERSION = _int("major", "protocol version, major", highest=999)
MINOR_VERSION = _int("minor", "protocol version, minor", highest=999)

MESSAGES: tuple[Row, ...] = (
    Row(
        "/riff/hello",
        "client",
        "introduces a client and starts or renews its lease",
        (
            _text("client_name", "name of the client", 64, form="name"),
            MAJOR_VERSION,
            MINOR_VERSION,
            _int("reply_port", "where answers go; 0 = the datagram's source", highest=65535),
            TOKEN,
        ),
    ),
    Row("/riff/generate", "client", "asks for stems", (REQUEST_ID,), pairs=True),
    Row("/riff/cancel", "client", "stops a request, queued or running", (REQUEST_ID,)),
    Row("/riff/query", "client", "asks for the latest message of a request again", (REQUEST_ID,)),
    Row("/riff/ack", "client", "says that a † message arrived", (REQUEST_ID, SEQUENCE)),
    Row("/riff/status", "client", "asks for the server's state"),
    Row("/riff/ping", "client", "asks for a pong", (_int("number", "comes back in the pong", -MAX_INT - 1),)),
    Row("/riff/quit", "client", "stops the server", (TOKEN,)),
    Row(
        "/riff/welcome",
        "server",
        "answers hello",
        (
            MAJOR_VERSION,
            MINOR_VERSION,
            _text("version", "of riffbridge", 64),
            _text("boot_id", "new at every start of the server", 64),
            _text("pack", "name of the model pack", 128, clip=True),
            _text("device", "what really computes", 128, clip=True),
            _int("ready", "1 = the models are loaded", highest=1),
            _int("queue_length", "jobs waiting or running"),
            _seconds("lease_s", "silence after which the client is forgotten"),
            _int("granted", "1 = the token was accepted", highest=1),
        ),
    ),
    Row(
        "/riff/accepted",
        "server",
        "the job is on disk and will be done",
        (
            REQUEST_ID,
            _int("position", "jobs before this one"),
            _seconds("estimate_s", "time until it is done"),
        ),
    ),
    Row("/riff/refused", "server", "the message was not acted on", (ANSWERED_ID, CODE, SENTENCE, HINT)),
    Row(
        "/riff/progress",
        "server",
        "how far a running job is",
        (
            REQUEST_ID,
            SEQUENCE,
            Argument("fraction", "f", "0 to 1, never falls", 0, 1),
            _text("stage", "what is being done", 64, clip=True),
            _seconds("eta_s", "time left"),
        ),
    ),
    Row(
        "/riff/stem",
        "server",
        "one finished stem",
        (
            REQUEST_ID,
            SEQUENCE,
            _int("index", "which variation, from 0", highest=7),
            _int("count", "variations in all", 1, 8),
            _text("path", "the stem's file", 2048, form="path"),
            _int("frames", "its length", 1, unit="frames"),
            _int("sample_rate", "of the stem", 8000, 192_000, unit="Hz"),
            _int("seed", "that makes it again"),
        ),
        acked=True,
    ),
    Row(
        "/riff/part",
        "server",
        "a part of a stem that is still being made, if `stream` was asked for; the stem replaces all its parts",
        (
            REQUEST_ID,
            SEQUENCE,
            _int("index", "which variation, from 0", highest=7),
            _int("part", "parts of a stem follow each other without a gap, from 0"),
            _text("path", "the part's file, complete and never changed", 2048, form="path"),
            _int("start", "the stem's frame at which the part begins", unit="frames"),
            _int("frames", "the part's length", 1, unit="frames"),
            _int("stem_frames", "the stem's length", 1, unit="frames"),
            _int("sample_rate", "of part and stem", 8000, 192_000, unit="Hz"),
        ),
        acked=True,
    ),
    Row(
        "/riff/done",
        "server",
        "all stems of the request are there",
        (
            REQUEST_ID,
            SEQUENCE,
            _int("count", "stems made", highest=8),
            _seconds("elapsed_s", "from start to end of the job"),
            _text("device", "what computed it", 128, clip=True),
        ),
        acked=True,
    ),
    Row(
        "/riff/failed",
        "server",
        "the job ended without its stems",
        (REQUEST_ID, SEQUENCE, CODE, SENTENCE, HINT),
        acked=True,
    ),
    Row("/riff/cancelled", "server", "the job was stopped as asked", (REQUEST_ID, SEQUENCE), acked=True),
    Row(
        "/riff/heartbeat",
        "server",
        "each second to every client with a lease",
        (
            _text("boot_id", "new at every start of the server", 64),
            _int("uptime_s", "since the start", unit="s"),
            _int("queue_length", "jobs waiting or running"),
            _text("running_request_id", "empty when nothing runs", 64),
        ),
    ),
    Row("/riff/status.reply", "server", "answers status", (_text("json", "one JSON object", 3800),)),
    Row("/riff/pong", "server", "answers ping", (_int("number", "the ping's number", -MAX_INT - 1),)),
)

PAIRS: tuple[Argument, ...] = (
    Argument(
        "context",
        "s",
        "absolute path of the bounced context WAV",
        longest=2048,
        form="path",
        default_words="no context",
    ),
    Argument("context_start", "i", "where the region starts in that file", unit="frames", default=0),
    Argument("context_frames", "i", "length of the region", 1, unit="frames", default_words="all"),
    Argument(
        "ring",
        "s",
        "path of a JSON note: `context` is a device's four-channel ring, whole bars are cut from it",
        longest=2048,
        form="path",
        default_words="`context` is plain audio",
    ),
    Argument(
        "length_frames",
        "i",
        "length of the stem at `sample_rate` when there is no context",
        1,
        unit="frames",
        default_words="the context's",
    ),
    Argument("out_dir", "s", "folder for the stems", longest=2048, form="path", default_words="the exchange folder"),
    Argument(
        "name",
        "s",
        "stem name; files are `<name>_<first 8 of request id>_v<k>.wav`",
        longest=64,
        form="name",
        default="stem",
    ),
    Argument("prompt", "s", "what to play, in words", longest=1000, default=""),
    Argument(
        "reference", "s", "absolute path of an audio style reference", longest=2048, form="path", default_words="none"
    ),
    Argument("blend", "f", "0 = text only to 1 = reference only", 0, 1, default_words="0.5"),
    Argument("prompt_to", "s", "another prompt, towards which the style is moved", longest=1000, default=""),
    Argument("prompt_position", "f", "0 = as `prompt` says to 1 = as `prompt_to` says", 0, 1, default_words="0.5"),
    Argument("tempo", "f", "of the music", 10, 1000, unit="beats per minute", default_words="unknown"),
    Argument("beats_per_bar", "i", "beats in a bar", 1, 64, default=4),
    Argument("beat_unit", "i", "note value of a beat", choices=(1, 2, 4, 8, 16, 32, 64), default=4),
    Argument(
        "grid",
        "s",
        "path of a JSON file with downbeat frames and tempo changes",
        longest=2048,
        form="path",
        default_words="none",
    ),
    Argument("variations", "i", "how many stems", 1, 8, default=1),
    Argument("seed", "i", "variation k uses seed + k", default_words="chosen by the server"),
    Argument("steps", "i", "sampling steps", 1, 30, default_words="the pack's"),
    Argument("guidance", "f", "how strongly the context leads", 0, 20, default_words="the pack's"),
    Argument("prompt_guidance", "f", "how strongly the prompt leads", 0, 20, default_words="the pack's"),
    Argument("init", "s", "path of an existing stem to vary", longest=2048, form="path", default_words="none"),
    Argument("strength", "f", "0 keeps `init`, 1 ignores it", 0, 1, default_words="0.5; 1 with `redo_start`"),
    Argument(
        "redo_start",
        "i",
        "where the part of `init` to make anew starts, at its own rate",
        unit="frames",
        default_words="none",
    ),
    Argument(
        "redo_frames", "i", "length of that part; the rest stays as it is", 1, unit="frames", default_words="none"
    ),
    Argument("loop", "i", "1 = the stem's end meets its start without a seam", 0, 1, default=0),
    Argument("sample_rate", "i", "of the stem", 8000, 192_000, unit="Hz", default_words="the context's, or 48000"),
    Argument(
        "format", "s", "of the stem", longest=16, form="choice", choices=("wav24", "wav16", "wav32f"), default="wav24"
    ),
    Argument("channels", "i", "of the stem: 2 = stereo, 1 = mono", 1, 2, default=2),
    Argument(
        "loudness",
        "s",
        "`match` sits under the context, `raw` is as the model made it",
        longest=16,
        form="choice",
        choices=("match", "raw"),
        default="match",
    ),
    Argument("stream", "i", "1 = a stem of 8 s or more is told in parts while it is made", 0, 1, default=0),
    Argument(
        "lane",
        "s",
        "a newer job of the same lane replaces queued and running older ones",
        longest=64,
        form="id",
        default_words="none",
    ),
    Argument(
        "expires_ms",
        "i",
        "the job is dropped if it has not started by then",
        1,
        86_400_000,
        unit="ms",
        default_words="never",
    ),
)  # fmt: skip  (one pair, one entry: the formatter would make it four times as long)

ROW_BY_ADDRESS: dict[str, Row] = {row.address: row for row in MESSAGES}
PAIR_BY_NAME: dict[str, Argument] = {pair.name: pair for pair in PAIRS}
