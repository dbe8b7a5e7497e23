"""Which stems the sessions in some folders refer to, whatever DAW wrote them.

Nothing of a session's format is relied on: a stem is in use when its unmistakable name tail (`_1234abcd_v0`: letters of
the request id and number of the variation) occurs anywhere in any file that is not audio: as plain text (REAPER), in
16-bit text, or inside gzip (Ableton Live) or zip (dawproject, Studio One). Too many are kept that way, never too few.
"""

from __future__ import annotations

import gzip
import os
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, cast

from bridge_server.errors import BadArguments, RiffError

SOUND = (
    ".wav",
    ".wave",
    ".w64",
    ".aif",
    ".aiff",
    ".caf",
    ".flac",
    ".mp3",
    ".m4a",
    ".ogg",
    ".opus",
    ".asd",
    ".reapeaks",
)
PICTURES = (".mp4", ".mov", ".mkv", ".avi", ".jpg", ".png")
MEDIA = frozenset(SOUND + PICTURES)
"""Endings of files that name no others."""
BLOCK_BYTES = 1 << 20
LONGEST_TAIL_BYTES = 64


def tail_of(stem: str) -> str | None:
    """What in the path of a stem or part no other has: `_<first 8 of the request id>_v<k>`, plain ASCII by its making.

    None for a file that was not named by us.
    """
    found = re.search(r"_[A-Za-z0-9_-]{1,8}_v[0-7](?=(_[0-9]+|_part[0-9]+(_[0-9]+)?)?$)", Path(stem).stem)
    return found.group() if found else None


def mentioned(tails: Collection[str], folders: Collection[Path], own: Collection[Path] = ()) -> set[str]:
    """The tails that occur in sessions below these folders. `own`: files of ours that do not count, the recipes.

    Raises BadArguments when a folder is missing, RiffError when something cannot be read: then nothing is known.
    """
    for folder in folders:
        if not folder.is_dir():
            raise BadArguments(f"There is no folder {folder}.", "Name the folders in which your sessions are.")
    if not tails:
        return set()
    texts = {encoded: tail for tail in tails for encoded in (tail.encode(), tail.encode("utf-16-le"))}
    pattern = re.compile(b"|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)))
    found: set[str] = set()
    for path in _session_files(folders, {path.resolve() for path in own}):
        try:
            found |= {texts[text] for text in _search(path, pattern)}
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
            raise RiffError(f"{path} cannot be read ({error}).", "Nothing was touched; make it readable.") from error
    return found


def _session_files(folders: Collection[Path], own: set[Path]) -> Iterator[Path]:
    """Every file that may be a session; links to folders are followed, each folder once."""
    seen: set[Path] = set()
    for folder in folders:
        for at, below, names in os.walk(folder, followlinks=True, onerror=_unreadable):
            if (real := Path(at).resolve()) in seen:
                below.clear()
                continue
            seen.add(real)
            paths = (Path(at) / name for name in names if Path(name).suffix.lower() not in MEDIA)
            yield from (path for path in paths if path.is_file() and path.resolve() not in own)


def _unreadable(error: OSError) -> None:
    raise RiffError(f"{error.filename} cannot be read ({error.strerror}).", "Nothing was touched; make it readable.")


def _search(path: Path, pattern: re.Pattern[bytes]) -> set[bytes]:
    """What the pattern finds in a file as it lies there and in what is packed into it."""
    with path.open("rb") as file:
        found = _search_stream(file, pattern)
        file.seek(0)
        start = file.read(4)
        file.seek(0)
        if start[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as unpacked:
                found |= _search_stream(cast(IO[bytes], unpacked), pattern)
        elif start == b"PK\x03\x04":
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    with archive.open(name) as member:
                        found |= _search_stream(member, pattern)
    return found


def _search_stream(stream: IO[bytes], pattern: re.Pattern[bytes]) -> set[bytes]:
    """Block by block; each block begins with the end of the one before, so that nothing is cut in two."""
    found: set[bytes] = set()
    before = b""
    while block := stream.read(BLOCK_BYTES):
        text = before + block
        found |= set(pattern.findall(text))
        before = text[-LONGEST_TAIL_BYTES:]
    return found
