"""The context as the models hear it: 48 kHz stereo, judged, hashed and measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bridge_server.accompany.recipe import ContextMark
from bridge_server.accompany.request import StemRequest
from bridge_server.audio import Check, safe_paths, wav_file, wav_gate
from bridge_server.audio.loudness import loudness_lufs
from bridge_server.audio.resample import resample
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import FileNotReady

MODEL_RATE_HZ = 48_000


@dataclass(frozen=True)
class Context:
    """The region of the bounce: 48 kHz stereo, its mark for the recipe, its loudness."""

    audio: Waveform
    mark: ContextMark
    lufs: float


def read_context(request: StemRequest, context_file: Path | None, check: Check) -> Context:
    """Read and judge the context of a request; waits up to 5 s for a bounce to finish.

    Args:
        context_file: a private copy to read instead of the user's file, if the bounce was finished when it was made.
        check: called between the steps; raises when the job was stopped.

    Raises PathNotAllowed, FileNotReady, FormatNotSupported, TooShort, TooLong or SilentContext.
    """
    try:
        bounced, mark = _read(request, context_file, check)
    except OSError as error:
        raise FileNotReady(
            f"The context could not be read: {error.strerror or error}.", "Check the drive and bounce it again."
        ) from error
    wav_file.require_sound(bounced)
    audio = resample(bounced.to_stereo(), MODEL_RATE_HZ, check=check)
    return Context(audio, mark, loudness_lufs(audio, check))


def _read(request: StemRequest, context_file: Path | None, check: Check) -> tuple[Waveform, ContextMark]:
    """The region as it was bounced, and its mark. OSError when the drive fails."""
    copied = context_file is not None and _is_finished(context_file)
    with safe_paths.open_file(*_source(request, context_file if copied else None)) as file:
        # A finished copy is nobody's bounce any more: no need to watch whether it grows (0.2 s).
        header = wav_gate.read_header(file.handle) if copied else wav_gate.wait_ready(file.handle, check=check)
        bounced = wav_file.read_region(file.handle, header, request.context_start, request.context_frames, check)
        mark = ContextMark(wav_file.sha256_of(file.handle, check), bounced.sample_rate, bounced.frames)
    return bounced, mark


def _source(request: StemRequest, copy: Path | None) -> tuple[str, list[Path] | None]:
    """Path and roots to open it with: our own copy, or the user's file by the rules under which it was admitted."""
    if copy is not None:
        return str(copy), None
    return str(request.context), None if request.roots is None else [Path(root) for root in request.roots]


def _is_finished(copy: Path) -> bool:
    """Whether the bounce was complete when it was copied."""
    with safe_paths.open_file(str(copy)) as file:
        try:
            wav_gate.read_header(file.handle)
        except FileNotReady:
            return False
        return True
