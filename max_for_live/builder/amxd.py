"""The container of a Max for Live device, plain ("unfrozen") layout: three small chunks around a patcher's JSON.

A chunk is four letters, the payload's length as a little-endian u32, the payload. `ampf` says what kind of device,
`meta` holds four zero bytes, `ptch` the JSON, ended by a newline and a zero byte as Max writes it.
"""

from __future__ import annotations

import json
import struct
from typing import Any

AUDIO_EFFECT = b"aaaa"
DEVICE_TYPE = int.from_bytes(AUDIO_EFFECT, "big")
"""What `project.amxdtype` of the patcher must say."""

CHUNKS = (b"ampf", b"meta", b"ptch")


def patcher_text(patcher: dict[str, Any]) -> str:
    """The patcher as a .maxpat file holds it; keys in the order in which they were made."""
    return json.dumps({"patcher": patcher}, indent="\t", ensure_ascii=False) + "\n"


def pack(patcher: dict[str, Any]) -> bytes:
    """A device file."""
    payloads = (AUDIO_EFFECT, bytes(4), patcher_text(patcher).encode("utf-8") + b"\0")
    return b"".join(
        tag + struct.pack("<I", len(payload)) + payload for tag, payload in zip(CHUNKS, payloads, strict=True)
    )


def unpack(data: bytes) -> dict[str, Any]:
    """The patcher in a device file; raises ValueError for what `pack` would not write."""
    found, position = {}, 0
    while position < len(data):
        tag, length = data[position : position + 4], struct.unpack_from("<I", data, position + 4)[0]
        payload = data[position + 8 : position + 8 + length]
        if len(payload) != length:
            raise ValueError(f"chunk {tag!r} claims {length} bytes and has {len(payload)}")
        found[tag] = payload
        position += 8 + length
    if tuple(found) != CHUNKS or found[b"ampf"] != AUDIO_EFFECT or not found[b"ptch"].endswith(b"\n\0"):
        raise ValueError(f"not a plain audio effect: {list(found)}")
    patcher: dict[str, Any] = json.loads(found[b"ptch"][:-1])["patcher"]
    return patcher
