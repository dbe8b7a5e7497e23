"""Judge a request before it is queued: a few milliseconds, no waiting, nothing decoded.

Runs in the server process, so it imports the standard library's side of `audio` only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge_server.accompany.request import StemRequest
from bridge_server.audio import new_files, ring_note, safe_paths, wav_gate
from bridge_server.audio.regions import check_length, check_region
from bridge_server.audio.wav_gate import WavHeader
from bridge_server.errors import FileNotReady

DEFAULT_RATE_HZ = 48_000
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
        return request.to_dict(), admit(request, roots)


def admit(request: StemRequest, roots: Sequence[Path] | None) -> float:
    """Paths, header, region, folder and room on the disk; returns the seconds of audio, 0.0 when not known yet.

    A bounce that is not finished is not refused: the worker waits for it and says file-not-ready if it never is.
    """
    seconds = _seconds(request, roots)
    folder = safe_paths.out_folder(request.out_dir, roots)
    rate = request.sample_rate or DEFAULT_RATE_HZ
    copies = request.variations * (2 if request.stream else 1)  # the parts of a stem take as much again
    new_files.require_space(folder, round(seconds * rate) * MOST_BYTES_PER_FRAME * copies)
    return seconds


def _seconds(request: StemRequest, roots: Sequence[Path] | None) -> float:
    if request.context is None:
        rate = request.sample_rate or DEFAULT_RATE_HZ
        frames = request.length_frames or 0
        check_length(frames, rate)
        return frames / rate
    if request.ring is not None:
        return _ring_seconds(request.context, request.ring, roots)
    header = _header(request.context, roots)
    if header is None:
        return 0.0
    return check_region(header, request.context_start, request.context_frames) / header.sample_rate


def _ring_seconds(context: str, note: str, roots: Sequence[Path] | None) -> float:
    """As its note says; how much of it was really heard is known when the worker has cut it."""
    seconds = ring_note.read_note(note, roots).seconds
    _header(context, roots, ring_note.CHANNELS)
    check_length(round(seconds * DEFAULT_RATE_HZ), DEFAULT_RATE_HZ)
    return seconds


def _header(path: str, roots: Sequence[Path] | None, channels: int = wav_gate.MAX_CHANNELS_USED) -> WavHeader | None:
    """The context's header, None while it is still being written."""
    with safe_paths.open_file(path, roots) as file:
        try:
            return wav_gate.read_header(file.handle, channels)
        except FileNotReady:
            return None
