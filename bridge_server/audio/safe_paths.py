"""Which files and folders a message may name, and how they are opened.

Rules for a file, in this order, because each protects the next:

1. the raw text: no network or device form, no `file:` address, no NUL, at most 1,024 characters, absolute. On Windows
   the mere resolving of a network path sends the user's credentials to that host, so the text is judged first;
2. resolved, every link followed, the file exists;
3. for a client without the token: inside an allowed root, compared by identity of folders and not by spelling;
4. opened once, without following a link and without waiting (a FIFO would block), and found to be a regular file.

From then on the handle is used, never the path. Missing, forbidden and not-a-file get one code and one text, so that
an answer does not tell a stranger which files exist.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from bridge_server.audio import new_files
from bridge_server.audio.new_files import DEVICE_NAME
from bridge_server.errors import PathNotAllowed

MAX_PATH_CHARACTERS = 1_024
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_PATH_ERRORS = (OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class OpenFile:
    """A regular file, opened once for reading; `path` is for people and recipes, `handle` is for reading."""

    path: Path
    handle: BinaryIO

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.handle.close()


def open_file(text: str, roots: Sequence[Path] | None = None) -> OpenFile:
    """Open the file that a message names.

    Args:
        text: the path as it came over the wire.
        roots: folders in which the file must lie; None for a client that showed the token.

    Raises:
        PathNotAllowed: whatever the reason, with one and the same text.
    """
    _judge_text(text)
    try:
        path = Path(text).resolve(strict=True)
        _require_inside(path, roots)
        return OpenFile(path, _open_once(path, roots))
    except _PATH_ERRORS as error:
        raise PathNotAllowed() from error


def out_folder(text: str, roots: Sequence[Path] | None = None) -> Path:
    """The folder that a message names for its stems: made if it is missing, and tried with a small file.

    Raises:
        PathNotAllowed: by its text, or outside the roots.
        FolderNotWritable: not a folder, cannot be made, or refuses a new file.
    """
    _judge_text(text)
    try:
        path = Path(text).resolve()
        _require_inside(_nearest_existing(path), roots)
    except _PATH_ERRORS as error:
        raise PathNotAllowed() from error
    try:
        path.mkdir(parents=True, exist_ok=True)
        _try_writing(path)
    except OSError as error:
        raise new_files.write_error(error, path) from error
    return path


def _judge_text(text: str) -> None:
    """Rule 1. Forward and backward slashes count alike, on every system: sessions travel."""
    slashed = text.replace("\\", "/")
    unfit = (
        not text.strip()
        or len(text) > MAX_PATH_CHARACTERS
        or "\0" in text
        or slashed.startswith(("//", "/??/"))
        or _SCHEME.match(text) is not None
        or not os.path.isabs(text)
        or (sys.platform == "win32" and _unfit_on_windows(slashed))
    )
    if unfit:
        raise PathNotAllowed()


def _unfit_on_windows(slashed: str) -> bool:
    """Drive-less paths, alternate data streams and device names."""
    drive, rest = slashed[:2], slashed[2:]
    return drive[1:] != ":" or ":" in rest or any(DEVICE_NAME.match(part) for part in rest.split("/"))


def _require_inside(path: Path, roots: Sequence[Path] | None) -> None:
    """Rule 3: some parent of `path` IS a root. Identity holds for case-blind disks, short names and mounts alike."""
    if roots is None:
        return
    for root in roots:
        if root.is_dir() and any(parent.samefile(root) for parent in (path, *path.parents)):
            return
    raise PathNotAllowed()


def _open_once(path: Path, roots: Sequence[Path] | None) -> BinaryIO:
    """Rule 4. For clients without the token also: no second name elsewhere, and still inside after opening."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise PathNotAllowed()
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"):
        flags |= getattr(os, name, 0)
    handle = os.fdopen(os.open(path, flags), "rb")
    try:
        _judge_handle(handle, path, roots)
    except BaseException:
        handle.close()
        raise
    return handle


def _judge_handle(handle: BinaryIO, path: Path, roots: Sequence[Path] | None) -> None:
    found = os.fstat(handle.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise PathNotAllowed()
    if roots is None:
        return
    again = path.resolve(strict=True)
    _require_inside(again, roots)
    if found.st_nlink > 1 or not os.path.samestat(found, os.stat(again)):
        raise PathNotAllowed()


def _nearest_existing(path: Path) -> Path:
    """`path`, or the closest folder above it that exists; what lies below will be made by us."""
    return next(parent for parent in (path, *path.parents) if parent.exists())


def _try_writing(folder: Path) -> None:
    part, handle = new_files.create_part(folder, "try")
    handle.close()
    part.unlink()
