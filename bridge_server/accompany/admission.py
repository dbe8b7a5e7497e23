"""Judge a request before it is queued: a few milliseconds, no waiting, nothing decoded.

Runs in the server process, so it imports the standard library's side of `audio` only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge_server.accompany.length import USUAL_RATE_HZ, Length, stem_length
from bridge_server.accompany.request import StemRequest
from bridge_server.audio import new_files, ring_note, safe_paths, wav_gate
from bridge_server.audio.regions import check_region
from bridge_server.audio.wav_gate import WavHeader
from bridge_server.errors import FileNotReady

MOST_BYTES_PER_FRAME = 8
"""Stereo at 32 bits."""


@dataclass(frozen=True)
class Admission:
    """The judge of one server. `default_folder` takes the stems of requests that name no `out_dir`."""

    default_folder: Path

    def __call__(
        self, request_id: str, pairs: Mapping[str, Any], roots: Sequence[Path] | None, seed: int
    ) -> tuple[dict[str, Any], float]:
        """The complete request as plain JSON types, and its seconds of audio (0.0 = not known yet).

        Args:
            pairs: of `generate`, checked against the table.
            roots: folders the client may use; None for a client that showed the token.
            seed: taken when the client named none; store it with the job, so that doing it again gives the same.

        Raises RiffError, which is the refusal.
        """
        asked = StemRequest.from_pairs(request_id, {"out_dir": str(self.default_folder), **pairs}, seed)
        request = replace(asked, roots=None if roots is None else tuple(str(root) for root in roots))
        if "format" not in pairs and request.redo_start is not None:
            request = replace(request, format=_format_that_keeps(request, roots))
        return request.to_dict(), admit(request, roots)


def admit(request: StemRequest, roots: Sequence[Path] | None) -> float:
    """Paths, header, region, folder and room on the disk; returns the seconds of audio, 0.0 when not known yet.

    A bounce that is not finished is not refused: the worker waits for it and says file-not-ready if it never is.
    """
    length = _length(request, roots)
    folder = safe_paths.out_folder(request.out_dir, roots)
    frames = 0 if length is None else length.frames
    copies = request.variations * (2 if request.stream else 1)  # the parts of a stem take as much again
    new_files.require_space(folder, frames * MOST_BYTES_PER_FRAME * copies)
    return 0.0 if length is None else length.seconds


def _length(request: StemRequest, roots: Sequence[Path] | None) -> Length | None:
    """Length of the stems, or None while one of the files is still being written."""
    context = init = None
    if request.context is not None:
        context = _context_length(request, request.context, roots)
        if context is None:
            return None
    if request.reference is not None:
        _header(request.reference, roots)
    if request.init is not None:
        header = _header(request.init, roots)
        if header is None:
            return None
        init = Length(check_region(header, 0, None), header.sample_rate)
    return stem_length(request, context, init)


def _context_length(request: StemRequest, path: str, roots: Sequence[Path] | None) -> Length | None:
    """Of the region that is used; of a ring as its note says: how much was heard is known when it has been cut."""
    if request.ring is not None:
        seconds = ring_note.read_note(request.ring, roots).seconds
        _header(path, roots, ring_note.CHANNELS)
        return Length(round(seconds * USUAL_RATE_HZ), USUAL_RATE_HZ)
    header = _header(path, roots)
    if header is None:
        return None
    return Length(check_region(header, request.context_start, request.context_frames), header.sample_rate)


def _format_that_keeps(request: StemRequest, roots: Sequence[Path] | None) -> str:
    """The format in which what is not made anew stays bit for bit: 24 bits hold 16, too."""
    header = _header(str(request.init), roots)
    return "wav32f" if header is not None and (header.is_float or header.bits > 24) else request.format


def _header(path: str, roots: Sequence[Path] | None, channels: int = wav_gate.MAX_CHANNELS_USED) -> WavHeader | None:
    """A WAV's header, None while it is still being written."""
    with safe_paths.open_file(path, roots) as file:
        try:
            return wav_gate.read_header(file.handle, channels)
        except FileNotReady:
            return None
