"""Hand-made WAV bytes, good and bad, for the tests of this folder: the writer under test is never its own judge."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


@dataclass(frozen=True)
class WavSpec:
    """Every number of a WAV, each of which a test may falsify. None = the right value."""

    tag: int = 1
    channels: int = 2
    rate: int = 48_000
    bits: int = 16
    frames: int = 48_000
    block: int | None = None
    data_bytes_said: int | None = None
    riff_bytes_said: int | None = None
    extensible: bool = False
    valid_bits: int | None = None
    before: bytes = b""
    after: bytes = b""
    rf64: bool = False

    def but(self, **changes: object) -> WavSpec:
        """A copy with some numbers changed."""
        return replace(self, **changes)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame, truthfully."""
        return self.channels * self.bits // 8

    def to_bytes(self, data: bytes | None = None) -> bytes:
        """The file; silent audio unless `data` is given."""
        data = bytes(self.frames * self.frame_bytes) if data is None else data
        said = len(data) if self.data_bytes_said is None else self.data_bytes_said
        body = chunk(b"fmt ", self._format()) + self.before
        total = 4 + len(body) + 8 + len(data) + len(self.after) + (36 if self.rf64 else 0)
        riff = total if self.riff_bytes_said is None else self.riff_bytes_said
        if not self.rf64:
            return struct.pack("<4sI4s", b"RIFF", riff, b"WAVE") + body + self._data(said, data)
        long_sizes = chunk(b"ds64", struct.pack("<QQQI", riff, said, self.frames, 0))
        return struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE") + long_sizes + body + self._data(0xFFFFFFFF, data)

    def _data(self, said: int, data: bytes) -> bytes:
        return struct.pack("<4sI", b"data", said) + data + self.after

    def _format(self) -> bytes:
        block = self.frame_bytes if self.block is None else self.block
        tag = 0xFFFE if self.extensible else self.tag
        fmt = struct.pack("<HHIIHH", tag, self.channels, self.rate, self.rate * block & 0xFFFFFFFF, block, self.bits)
        if not self.extensible:
            return fmt
        valid = self.bits if self.valid_bits is None else self.valid_bits
        return fmt + struct.pack("<HHIH", 22, valid, 3, self.tag) + GUID_TAIL


def chunk(name: bytes, body: bytes) -> bytes:
    """One RIFF chunk with its pad byte."""
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
