"""Finds the files that an ONNX graph refers to, without the onnx package and without loading weights.

A graph may keep tensors in other files ("external data"); a pack must list those, or a graph could read any file
of the user. Only the protobuf wire format (varint, 64 bit, length-prefixed, 32 bit) is needed to look.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

# Field numbers of onnx.proto, fixed for ever by protobuf's rules: message -> field -> message inside.
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function", 20: "training"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
_DEEPEST = 64


def external_files(path: Path) -> set[str]:
    """Names of the files that hold tensors of the graph at `path`; ValueError when it is not a graph."""
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return set(_locations(memoryview(data), "model", 0))


def _locations(data: memoryview, message: str, depth: int) -> Iterator[str]:
    """Values of every `location` entry below a message."""
    if depth > _DEEPEST:
        raise ValueError("the graph is nested too deeply")
    try:
        if message == "entry":
            yield from _location(data)
            return
        for field, value in _fields(data):
            inside = _INSIDE[message].get(field)
            if inside is not None and isinstance(value, memoryview):
                yield from _locations(value, inside, depth + 1)
    finally:
        data.release()


def _location(data: memoryview) -> Iterator[str]:
    """The value of a key-value entry whose key is `location`."""
    entry = {field: bytes(value) for field, value in _fields(data) if isinstance(value, memoryview)}
    if entry.get(1) == b"location":
        yield entry.get(2, b"").decode("utf-8", "replace")


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """(field number, value) of one message; the value is a view for length-prefixed fields."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind, size = key & 7, {1: 8, 5: 4}.get(key & 7, 0)
        if kind == 0:
            number, at = _varint(data, at)
            yield key >> 3, number
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind not in (1, 5):
            raise ValueError("this is not an ONNX file")
        if at + size > len(data):
            raise ValueError("the ONNX file is cut off")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A variable-length number and the place after it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("the ONNX file is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("this is not an ONNX file")
