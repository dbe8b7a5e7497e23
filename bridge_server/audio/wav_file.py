"""Read the audio of an admitted WAV, and write stems so that a half-written one never carries its final name.

Reading and writing are done here with numpy and not with a decoder library: the gate already knows the layout, PCM
needs no decoder, and what is not there cannot be attacked. Writing it ourselves also makes equal audio equal bytes
(libsndfile puts the time of day into float WAVs).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from bridge_server.audio import Check, go_on, new_files, safe_paths, wav_gate
from bridge_server.audio.regions import check_region
from bridge_server.audio.wav_gate import WavHeader
from bridge_server.audio.waveform import Samples, Waveform
from bridge_server.errors import FileNotReady, FormatNotSupported, Internal, RiffError, SilentContext

FORMATS = {"wav16": (16, False), "wav24": (24, False), "wav32f": (32, True)}
"""Format name of the protocol: bits per sample, float."""

LOUDEST = 100.0
"""+40 dBFS. Float WAVs may exceed full scale; beyond this the samples are not audio (integers stored as float)."""

HASHED_BYTES = 1 << 24
SYNCED_BYTES = 1 << 24
"""Synced at a time: syncing the 150 MB of a 10-minute stem at once cannot be ended and took 1.2 s."""

BLOCK_FRAMES = 1 << 18
"""Converted at a time: 5.5 s at 48 kHz, so that a 10-minute file is never in memory twice."""


@dataclass(frozen=True)
class Written:
    """A stem on disk."""

    path: Path
    sha256: str
    bytes: int


def read_region(
    handle: BinaryIO,
    header: WavHeader,
    start: int = 0,
    frames: int | None = None,
    check: Check = go_on,
) -> Waveform:
    """`frames` frames from `start` on, as float32 `[channel, frame]`, full scale 1.0.

    `check` is called between blocks and may raise to end the reading.

    Raises:
        TooShort, TooLong: the region leaves the file or the limits.
        FormatNotSupported: NaN, infinite or absurdly large samples.
        FileNotReady: the file was cut while it was read.
    """
    count = check_region(header, start, frames)
    samples = np.empty((header.channels, count), dtype=np.float32)
    handle.seek(header.data_offset + start * header.block_align)
    for first in range(0, count, BLOCK_FRAMES):
        check()
        block = _read_block(handle, header, min(BLOCK_FRAMES, count - first))
        samples[:, first : first + block.shape[1]] = block
    return Waveform(samples, header.sample_rate)


def read_file(path: Path) -> Waveform:
    """A whole WAV of our own (a stem, the demo's context), by the same gate as a user's."""
    with safe_paths.open_file(str(path.absolute())) as file:
        return read_region(file.handle, wav_gate.read_header(file.handle))


def require_sound(waveform: Waveform) -> None:
    """Refuse (SilentContext) audio that stays under -80 dBFS: there is nothing to play along with."""
    if waveform.is_silent:
        raise SilentContext(
            "The context is silent.", "Check that the right tracks were bounced and none of them was muted."
        )


def sha256_of(handle: BinaryIO, check: Check = go_on) -> str:
    """Hash of everything in an open file."""
    handle.seek(0)
    digest = hashlib.sha256()
    while piece := handle.read(HASHED_BYTES):
        check()
        digest.update(piece)
    return digest.hexdigest()


def write_stem(
    folder: Path, name: str, stem: Waveform, format_name: str, dither_seed: int = 0, check: Check = go_on
) -> Written:
    """Write `stem` as `<folder>/<name>.wav`; returns only when it is safely on disk.

    A temporary file in the same folder, written, synced, read again and compared, then named. An existing file is never
    replaced: the same bytes under that name count as written (a job done again after a crash), other bytes make
    the name `<name>_2`, `<name>_3` and so on.

    Args:
        stem: float32, 1 or 2 channels; beyond full scale it is clipped in the integer formats.
        format_name: a key of `FORMATS`.
        dither_seed: seed of the 16-bit dither, so that the same stem gives the same bytes.
        check: may raise between blocks; nothing is left behind then.

    Raises:
        DiskFull, FolderNotWritable: by the folder. Internal: what was read again differs from what was written.
    """
    try:
        part, handle = new_files.create_part(folder, name)
    except OSError as error:
        raise new_files.write_error(error, folder) from error
    try:
        with handle:
            sha256, size = _write_synced(handle, wav_blocks(stem, format_name, dither_seed), check)
            _compare(handle, stem, sha256, check)
        return Written(_name_it(part, folder, name, sha256), sha256, size)
    except OSError as error:
        raise new_files.write_error(error, folder) from error
    finally:
        part.unlink(missing_ok=True)


def wav_blocks(stem: Waveform, format_name: str, dither_seed: int = 0) -> Iterator[bytes]:
    """The bytes of the file, header first."""
    bits, is_float = FORMATS[format_name]
    data_bytes = stem.frames * stem.channels * bits // 8
    yield _header(stem, bits, is_float, data_bytes)
    rng = np.random.Generator(np.random.PCG64(dither_seed))
    for first in range(0, stem.frames, BLOCK_FRAMES):
        block = stem.samples[:, first : first + BLOCK_FRAMES].T
        yield np.ascontiguousarray(block, "<f4").tobytes() if is_float else _to_integers(block, bits, rng)
    if data_bytes % 2:
        yield b"\0"


def _read_block(handle: BinaryIO, header: WavHeader, frames: int) -> NDArray[np.float64]:
    raw = handle.read(frames * header.block_align)
    if len(raw) != frames * header.block_align:
        raise FileNotReady("The WAV became shorter while it was read.", wav_gate.HINT_READY)
    block = _from_bytes(raw, header).reshape(frames, header.channels).T
    largest = np.abs(block).max() if header.is_float else 0.0
    if not largest <= LOUDEST:  # NaN compares false, so it is refused here too
        raise FormatNotSupported(
            "The WAV holds broken samples (not a number, infinite, or far beyond full scale).",
            "Bounce the context again; a plug-in on the bounced tracks may be putting out bad samples.",
        )
    return block


def _from_bytes(raw: bytes, header: WavHeader) -> NDArray[np.float64]:
    """Interleaved samples of any admitted encoding as float64, full scale 1.0."""
    if header.is_float:
        return np.frombuffer(raw, f"<f{header.bits // 8}").astype(np.float64)
    if header.bits == 24:
        wide = np.zeros((len(raw) // 3, 4), dtype=np.uint8)
        wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        return wide.view("<i4")[:, 0] / 2.0**31
    return np.frombuffer(raw, f"<i{header.bits // 8}") / 2.0 ** (header.bits - 1)


def _to_integers(block: Samples, bits: int, rng: np.random.Generator) -> bytes:
    """`[frame, channel]` to interleaved little-endian integers; 16 bits with triangular dither (one step).

    What is a whole number already gets none: silence stays silent, and what is kept of a 16-bit stem keeps its bits.
    """
    scaled = block.astype(np.float64) * 2.0 ** (bits - 1)
    if bits == 16:
        dither = rng.random(scaled.shape) - rng.random(scaled.shape)
        scaled += np.where(scaled == np.rint(scaled), 0.0, dither)
    top = 2.0 ** (bits - 1) - 1
    whole = np.clip(np.rint(scaled), -top - 1, top)
    if bits == 16:
        return whole.astype("<i2").tobytes()
    narrow = np.ascontiguousarray(whole, "<i4").view(np.uint8).reshape(-1, 4)[:, :3]
    return narrow.tobytes()


def _header(stem: Waveform, bits: int, is_float: bool, data_bytes: int) -> bytes:
    """RIFF header; float carries the size field and the `fact` chunk the format asks for."""
    block = stem.channels * bits // 8
    tag = wav_gate.FLOAT if is_float else wav_gate.PCM
    fmt = struct.pack("<HHIIHH", tag, stem.channels, stem.sample_rate, stem.sample_rate * block, block, bits)
    chunks = struct.pack("<4sI", b"fmt ", 18) + fmt + b"\0\0" if is_float else struct.pack("<4sI", b"fmt ", 16) + fmt
    if is_float:
        chunks += struct.pack("<4sII", b"fact", 4, stem.frames)
    chunks += struct.pack("<4sI", b"data", data_bytes)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks) + data_bytes + data_bytes % 2, b"WAVE") + chunks


def _write_synced(handle: BinaryIO, blocks: Iterator[bytes], check: Check) -> tuple[str, int]:
    """SHA-256 and size of what was written and synced."""
    digest, size = hashlib.sha256(), 0
    for block in blocks:
        check()
        handle.write(block)
        digest.update(block)
        if (size + len(block)) // SYNCED_BYTES > size // SYNCED_BYTES:
            new_files.sync_file(handle)
        size += len(block)
    new_files.sync_file(handle)
    return digest.hexdigest(), size


def _compare(handle: BinaryIO, stem: Waveform, sha256: str, check: Check) -> None:
    """Read the file as a DAW would, before it gets its name."""
    try:
        found = wav_gate.read_header(handle)
    except RiffError as error:
        raise Internal("The stem could not be read again after writing.", "Try another folder.") from error
    as_written = (found.channels, found.frames, found.sample_rate) == (stem.channels, stem.frames, stem.sample_rate)
    if not as_written or sha256_of(handle, check) != sha256:
        raise Internal("The stem read again differs from the stem written.", "Try another folder or disk.")


def _name_it(part: Path, folder: Path, name: str, sha256: str) -> Path:
    for attempt in range(1, 1000):
        final = folder / (f"{name}.wav" if attempt == 1 else f"{name}_{attempt}.wav")
        if new_files.publish(part, final) or _holds(final, sha256):
            return final
    raise Internal(f"Too many files called {name} in {folder}", "Use another name or folder.")


def _holds(final: Path, sha256: str) -> bool:
    with final.open("rb") as file:
        return sha256_of(file) == sha256
