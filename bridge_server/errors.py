"""The error family: one class per error code of the protocol, each with a sentence and a hint.

    RiffError
    ├── AskedWrongly            what the client sent cannot be used as it is
    │   ├── BadArguments        bad-arguments
    │   ├── UnknownAddress      unknown-address
    │   ├── UnknownParameter    unknown-parameter
    │   ├── UnknownRequest      unknown-request
    │   ├── VersionMismatch     version-mismatch
    │   ├── NotAuthorised       not-authorised
    │   └── IdReused            id-reused
    ├── ContextUnusable         a file or its audio cannot be used
    │   ├── PathNotAllowed      path-not-allowed
    │   ├── FileNotReady        file-not-ready
    │   ├── FormatNotSupported  format-not-supported
    │   ├── TooShort            too-short
    │   ├── TooLong             too-long
    │   └── SilentContext       silent-context
    ├── ServerBusy              right question, wrong moment
    │   ├── QueueFull           queue-full
    │   └── RateLimited         rate-limited
    ├── MachineUnable           the computer cannot do it now
    │   ├── DiskFull            disk-full
    │   ├── FolderNotWritable   folder-not-writable
    │   ├── ModelMissing        model-missing
    │   └── OutOfMemory         out-of-memory
    └── JobEnded                the job stopped before its stems were finished
        ├── Expired             expired
        ├── Replaced            replaced
        ├── Cancelled           cancelled
        ├── TimedOut            timed-out
        ├── WorkerDied          worker-died
        └── Internal            internal

Every class carries `code` (what programs compare), `sentence` (for the person at the DAW) and `hint`
(what to do next). `error_for(code, ...)` turns what came over the wire back into the class.
"""

from __future__ import annotations

from typing import ClassVar


class RiffError(Exception):
    """Something the server could not do, in words that fit on a DAW's panel.

    - sentence: what happened; the class's own sentence when not given.
    - hint: what to do next; the class's own hint when not given.
    """

    code: ClassVar[str] = ""
    usual_sentence: ClassVar[str] = "The server could not do that."
    usual_hint: ClassVar[str] = "See the server's log."

    def __init__(self, sentence: str = "", hint: str = "") -> None:
        self.sentence = sentence or self.usual_sentence
        self.hint = hint or self.usual_hint
        super().__init__(self.sentence)

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()

    def __reduce__(self) -> tuple[type[RiffError], tuple[str, str]]:
        """Pickle with both texts, so that the worker process can hand an error to the server process."""
        return type(self), (self.sentence, self.hint)


class AskedWrongly(RiffError):
    """The message cannot be used as it is."""


class BadArguments(AskedWrongly):
    """An argument is missing, of the wrong kind or outside its range."""

    code = "bad-arguments"
    usual_sentence = "The message's arguments are not usable."
    usual_hint = "Compare the message with the address table in the README."


class UnknownAddress(AskedWrongly):
    """No such address in the table."""

    code = "unknown-address"
    usual_sentence = "The server does not know this address."
    usual_hint = "The address table in the README lists all of them."


class UnknownParameter(AskedWrongly):
    """A name of a name/value pair is not in the table."""

    code = "unknown-parameter"
    usual_sentence = "The server does not know this parameter."
    usual_hint = "The table of pairs in the README lists all of them."


class UnknownRequest(AskedWrongly):
    """No job has this request id."""

    code = "unknown-request"
    usual_sentence = "The server knows no request with this id."
    usual_hint = "Send it again with generate; finished requests are kept for 7 days."


class VersionMismatch(AskedWrongly):
    """Client and server speak different major versions."""

    code = "version-mismatch"
    usual_sentence = "Client and server speak different versions of the protocol."
    usual_hint = "Update the older of the two."


class NotAuthorised(AskedWrongly):
    """The token is missing or wrong."""

    code = "not-authorised"
    usual_sentence = "This needs the server's token."
    usual_hint = "Read the token from state.json and send it with hello."


class IdReused(AskedWrongly):
    """The request id came before with other arguments."""

    code = "id-reused"
    usual_sentence = "This request id was already used with other arguments."
    usual_hint = "Make a new request id for every new request."


class ContextUnusable(RiffError):
    """A file, or the audio in it, cannot be used."""


class PathNotAllowed(ContextUnusable):
    """Missing, forbidden and not a file are one code and one text, so that it is no existence probe."""

    code = "path-not-allowed"
    usual_sentence = "The server cannot use a file or folder at this path."
    usual_hint = "Check that it exists, and put it in the exchange folder if the client has no token."


class FileNotReady(ContextUnusable):
    """The file is still being written."""

    code = "file-not-ready"
    usual_sentence = "The audio file is still being written or has no audio yet."
    usual_hint = "Wait until the bounce is finished and send the request again."


class FormatNotSupported(ContextUnusable):
    """Not a WAV file the server reads."""

    code = "format-not-supported"
    usual_sentence = "The audio file is not a WAV file that the server reads."
    usual_hint = "Bounce as WAV, PCM or float, 16 to 32 bits, 8 to 192 kHz, mono or stereo."


class TooShort(ContextUnusable):
    """Less audio than the models can use."""

    code = "too-short"
    usual_sentence = "The audio is too short."
    usual_hint = "Use at least half a second."


class TooLong(ContextUnusable):
    """More audio than the server accepts."""

    code = "too-long"
    usual_sentence = "The audio is too long."
    usual_hint = "Use at most ten minutes, or give context_start and context_frames."


class SilentContext(ContextUnusable):
    """Nothing to accompany."""

    code = "silent-context"
    usual_sentence = "The context is silent."
    usual_hint = "Check the bounce's range, or leave the context away to play from nothing."


class ServerBusy(RiffError):
    """A right question at the wrong moment."""


class QueueFull(ServerBusy):
    """No more jobs are taken for now."""

    code = "queue-full"
    usual_sentence = "The queue is full."
    usual_hint = "Wait until a job is finished, or cancel one."


class RateLimited(ServerBusy):
    """Too many messages from one source."""

    code = "rate-limited"
    usual_sentence = "Messages are coming faster than the server takes them from one client."
    usual_hint = "Send fewer messages; the server answers again after a second."


class MachineUnable(RiffError):
    """The computer cannot do it now."""


class DiskFull(MachineUnable):
    """No room for the stems."""

    code = "disk-full"
    usual_sentence = "The disk has no room for the stems."
    usual_hint = "Make room, or choose an out_dir on another disk."


class FolderNotWritable(MachineUnable):
    """The stems' folder cannot be written."""

    code = "folder-not-writable"
    usual_sentence = "The folder for the stems cannot be written."
    usual_hint = "Choose another out_dir, or change the folder's permissions."


class ModelMissing(MachineUnable):
    """No usable model pack."""

    code = "model-missing"
    usual_sentence = "The server has no usable model pack."
    usual_hint = "Run `riffbridge doctor` to see what is wrong with the pack."


class OutOfMemory(MachineUnable):
    """Not enough memory for this job."""

    code = "out-of-memory"
    usual_sentence = "The computer ran out of memory while playing."
    usual_hint = "Ask for fewer variations or a shorter region, or close other programs."


class JobEnded(RiffError):
    """The job stopped before its stems were finished."""


class Expired(JobEnded):
    """It did not start before expires_ms."""

    code = "expired"
    usual_sentence = "The request waited longer than expires_ms and was dropped."
    usual_hint = "Send it again, with a longer expires_ms if it may wait."


class Replaced(JobEnded):
    """A newer job of the same lane took its place."""

    code = "replaced"
    usual_sentence = "A newer request of the same lane took the place of this one."
    usual_hint = "Nothing to do; the newer one is being played."


class Cancelled(JobEnded):
    """Stopped at the client's wish."""

    code = "cancelled"
    usual_sentence = "The request was cancelled."
    usual_hint = "Send a new request when wanted."


class TimedOut(JobEnded):
    """Something took far longer than it should."""

    code = "timed-out"
    usual_sentence = "The job took far longer than expected and was stopped."
    usual_hint = "Try again; `riffbridge doctor` shows how fast this machine is."


class WorkerDied(JobEnded):
    """The worker process died on this job twice."""

    code = "worker-died"
    usual_sentence = "The process that plays died twice on this job."
    usual_hint = "Try another context or fewer variations; worker.log in the state folder says more."


class Internal(JobEnded):
    """A fault of ours."""

    code = "internal"
    usual_sentence = "The server made a mistake."
    usual_hint = "Try again; the server's log says more."


_ALL: tuple[type[RiffError], ...] = (
    BadArguments,
    UnknownAddress,
    UnknownParameter,
    UnknownRequest,
    VersionMismatch,
    NotAuthorised,
    PathNotAllowed,
    FileNotReady,
    FormatNotSupported,
    TooShort,
    TooLong,
    SilentContext,
    QueueFull,
    RateLimited,
    IdReused,
    DiskFull,
    FolderNotWritable,
    ModelMissing,
    OutOfMemory,
    Expired,
    Replaced,
    Cancelled,
    TimedOut,
    WorkerDied,
    Internal,
)

ERROR_BY_CODE: dict[str, type[RiffError]] = {kind.code: kind for kind in _ALL}
"""Every code of the protocol and its one class, in the protocol's order."""


def error_for(code: str, sentence: str = "", hint: str = "") -> RiffError:
    """The exception for a code that came over the wire; a code from a newer server becomes Internal."""
    kind = ERROR_BY_CODE.get(code)
    if kind is None:
        return Internal(sentence or f"The server answered with the unknown code {code!r}.", hint)
    return kind(sentence, hint)
