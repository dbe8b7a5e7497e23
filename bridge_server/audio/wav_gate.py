"""Judge the header of a WAV before any of its audio is touched.

Only what a DAW bounces passes: RIFF or RF64, integer PCM of 16, 24 or 32 bits or float of 32 or 64 bits (plain or
"extensible"), mono or stereo, 8 to 192 kHz, with a header that agrees with the file. The check reads a few hundred
bytes, uses the standard library only (the server process runs it) and trusts no size it has not compared with the file.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from bridge_server.audio import Check, go_on
from bridge_server.errors import FileNotReady, FormatNotSupported, TooShort

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
MAX_CHANNELS_READABLE = 8
MAX_CHANNELS_USED = 2
MAX_CHUNKS = 64
UNKNOWN_SIZE = 0xFFFFFFFF

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
BITS_OF_TAG = {PCM: (16, 24, 32), FLOAT: (32, 64)}
EXTENSIBLE_TAIL = bytes.fromhex("000000001000800000aa00389b71")
"""Bytes 2 to 15 of the sub-format GUID; the first two hold the real format tag."""

HINT_FORMAT = "Bounce the context as a stereo or mono WAV, 16, 24 or 32 bits, 8 to 192 kHz."
HINT_READY = "Wait until the bounce has finished, then ask again."


@dataclass(frozen=True)
class WavHeader:
    """What the header says, after it was compared with the file."""

    channels: int
    sample_rate: int
    frames: int
    bits: int
    is_float: bool
    data_offset: int

    @property
    def block_align(self) -> int:
        """Bytes of one frame."""
        return self.channels * self.bits // 8

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate


@dataclass(frozen=True)
class _Format:
    channels: int
    sample_rate: int
    bits: int
    is_float: bool


@dataclass(frozen=True)
class _Layout:
    """Where the data chunk starts, how long it claims to be, and where the RIFF claims to end."""

    format: _Format
    data_offset: int
    data_bytes: int
    riff_end: int


def read_header(handle: BinaryIO, most_channels: int = MAX_CHANNELS_USED) -> WavHeader:
    """Judge the WAV in `handle` as it is now, without waiting. Only a device's ring may have more than two channels.

    Raises:
        FormatNotSupported: not a WAV of an admitted kind, or a header that contradicts itself.
        FileNotReady: header and file disagree in the way an unfinished bounce does.
        TooShort: the file holds no audio at all.
    """
    file_bytes = handle.seek(0, os.SEEK_END)  # this also drops what a buffered reader remembers of a growing file
    layout = _walk(handle, file_bytes)
    _check_sizes(layout, file_bytes)
    fmt = layout.format
    if fmt.channels > most_channels:
        raise FormatNotSupported(f"The WAV has {fmt.channels} channels; Riffbridge takes mono or stereo.", HINT_FORMAT)
    block = fmt.channels * fmt.bits // 8
    if layout.data_bytes % block:
        raise _refused("its audio does not end on a whole frame")
    frames = layout.data_bytes // block
    return WavHeader(fmt.channels, fmt.sample_rate, frames, fmt.bits, fmt.is_float, layout.data_offset)


def wait_ready(
    handle: BinaryIO,
    limit_s: float = 5.0,
    look_every_s: float = 0.1,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
    check: Check = go_on,
    most_channels: int = MAX_CHANNELS_USED,
) -> WavHeader:
    """The header of a file that has stopped changing; waits up to `limit_s` for a bounce to finish.

    A file that was last written over 2 s ago and agrees with its header is taken at once, and after 10 s without a
    write nobody is bouncing into it any more: what it lacks is said at once. Otherwise size and time of change must
    stay the same over three looks. `check` is called at each look and may raise to end the waiting. Raises what
    `read_header` raises, FileNotReady after the limit.
    """
    age_s = now() - os.fstat(handle.fileno()).st_mtime
    if age_s > 2.0:
        try:
            return read_header(handle, most_channels)
        except FileNotReady:
            if age_s > 10.0:
                raise
    seen: list[tuple[int, int]] = []
    for _ in range(max(3, round(limit_s / look_every_s))):
        stat = os.fstat(handle.fileno())
        seen.append((stat.st_size, stat.st_mtime_ns))
        if len(seen) >= 3 and len(set(seen[-3:])) == 1:
            try:
                return read_header(handle, most_channels)
            except FileNotReady:
                pass
        check()
        sleep(look_every_s)
    return read_header(handle, most_channels) if len(set(seen[-3:])) == 1 else _still_growing()


def _still_growing() -> WavHeader:
    raise FileNotReady("The context is still being written.", HINT_READY)


def _walk(handle: BinaryIO, file_bytes: int) -> _Layout:
    """Follow the chunks up to the audio; sizes are judged later."""
    kind, riff_end = _outer(_exactly(handle, 0, 12))
    position, fmt, long_sizes = 12, None, None
    for _ in range(MAX_CHUNKS):
        if position + 8 > file_bytes:
            raise _cut_off() if fmt else _refused("it holds no audio")
        name, size = struct.unpack("<4sI", _exactly(handle, position, 8))
        body = position + 8
        if name == b"data":
            return _layout(fmt, body, size, riff_end, long_sizes)
        if name == b"ds64" and kind == b"RF64":
            long_sizes = struct.unpack("<QQ", _exactly(handle, body, 16))
        if name == b"fmt ":
            if fmt is not None:
                raise _refused("it has two format chunks")
            fmt = _format(_exactly(handle, body, min(size, 40)))
        position = body + size + size % 2
    raise _refused(f"it has more than {MAX_CHUNKS} chunks before its audio")


def _outer(head: bytes) -> tuple[bytes, int]:
    kind, size, wave = struct.unpack("<4sI4s", head)
    if kind not in (b"RIFF", b"RF64") or wave != b"WAVE":
        raise FormatNotSupported("The file is not a WAV.", HINT_FORMAT)
    return kind, 8 + size


def _layout(fmt: _Format | None, offset: int, size: int, riff_end: int, long_sizes: tuple[int, int] | None) -> _Layout:
    if fmt is None:
        raise _refused("its audio comes before its format")
    if long_sizes is not None:
        riff_end = 8 + long_sizes[0]
        size = long_sizes[1] if size == UNKNOWN_SIZE else size
    return _Layout(fmt, offset, size, riff_end)


def _check_sizes(layout: _Layout, file_bytes: int) -> None:
    """Compare the sizes the header claims with the file. A bounce in progress is recognised by their disagreement.

    Writers that count the 8 bytes of the outer header in, or a missing pad byte, are forgiven; nothing else is. Bytes
    behind the RIFF are ignored up to one second of audio (tags); more means a header that was not brought up to date.
    """
    present = file_bytes - layout.data_offset
    if layout.data_bytes == 0 and present == 0:
        raise TooShort("The file holds no audio.", "Bounce a region that contains music.")
    fmt = layout.format
    one_second = fmt.sample_rate * fmt.channels * fmt.bits // 8
    data_end = layout.data_offset + layout.data_bytes
    if layout.data_bytes == 0 or layout.data_bytes > present or layout.riff_end < data_end:
        raise _cut_off()
    if layout.riff_end > file_bytes + 8 or file_bytes - layout.riff_end > one_second:
        raise _cut_off()


def _format(body: bytes) -> _Format:
    """The `fmt ` chunk, strictly."""
    if len(body) < 16:
        raise _refused("its format chunk is too short")
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", body)
    if tag == EXTENSIBLE:
        tag = _extensible_tag(body, bits)
    if bits not in BITS_OF_TAG.get(tag, ()):
        raise FormatNotSupported(f"The WAV's encoding (format {tag}, {bits} bits) is not supported.", HINT_FORMAT)
    _check_numbers(channels, rate)
    if block != channels * bits // 8:
        raise _refused("its header contradicts itself (bytes per frame)")
    return _Format(channels, rate, bits, tag == FLOAT)


def _extensible_tag(body: bytes, bits: int) -> int:
    """The real format tag of an extensible header."""
    if len(body) < 40 or body[26:40] != EXTENSIBLE_TAIL:
        raise FormatNotSupported("The WAV's extended encoding is not supported.", HINT_FORMAT)
    valid_bits, tag = struct.unpack_from("<H4xH", body, 18)
    if valid_bits > bits or (tag == FLOAT and valid_bits not in (0, bits)):
        raise _refused("its header contradicts itself (valid bits)")
    return int(tag)


def _check_numbers(channels: int, rate: int) -> None:
    if not 1 <= channels <= MAX_CHANNELS_READABLE:
        raise _refused(f"its header claims {channels} channels")
    if not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        raise FormatNotSupported(f"The WAV's sample rate of {rate} Hz is not supported.", HINT_FORMAT)


def _exactly(handle: BinaryIO, offset: int, count: int) -> bytes:
    """`count` bytes at `offset`; a file that ends before is no WAV (or not one yet)."""
    try:
        handle.seek(offset)
        found = handle.read(count)
    except (OSError, OverflowError) as error:
        raise _refused("it cannot be read") from error
    if len(found) < count:
        raise _refused("it ends inside its header") if offset else _not_even_begun(found)
    return found


def _not_even_begun(found: bytes) -> FileNotReady | FormatNotSupported:
    if found == b"RIFF"[: len(found)]:
        return _cut_off()
    return FormatNotSupported("The file is not a WAV.", HINT_FORMAT)


def _cut_off() -> FileNotReady:
    return FileNotReady("The WAV's header and its audio do not agree: the bounce is not finished.", HINT_READY)


def _refused(why: str) -> FormatNotSupported:
    return FormatNotSupported(f"The WAV cannot be used: {why}.", HINT_FORMAT)
