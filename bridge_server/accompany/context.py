"""The context as the models hear it: 48 kHz stereo, judged, hashed and measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bridge_server.accompany.recipe import ContextMark, CutMark
from bridge_server.accompany.request import StemRequest
from bridge_server.audio import Check, ring_note, safe_paths, wav_file, wav_gate
from bridge_server.audio.loudness import loudness_lufs
from bridge_server.audio.regions import check_length
from bridge_server.audio.resample import resample
from bridge_server.audio.ring import cut_bars
from bridge_server.audio.ring_note import read_note
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import FileNotReady

MODEL_RATE_HZ = 48_000


@dataclass(frozen=True)
class Context:
    """The region of the bounce: 48 kHz stereo, its mark for the recipe, its loudness; of a ring, where it was cut."""

    audio: Waveform
    mark: ContextMark
    lufs: float
    cut: CutMark | None = None


def read_context(request: StemRequest, context_file: Path | None, check: Check) -> Context:
    """Read and judge the context of a request; waits up to 5 s for a bounce to finish.

    Args:
        context_file: a private copy to read instead of the user's file, if the bounce was finished when it was made.
        check: called between the steps; raises when the job was stopped.

    Raises PathNotAllowed, FileNotReady, FormatNotSupported, TooShort, TooLong or SilentContext.
    """
    try:
        bounced, mark, cut = _read(request, context_file, check)
    except OSError as error:
        raise FileNotReady(
            f"The context could not be read: {error.strerror or error}.", "Check the drive and bounce it again."
        ) from error
    wav_file.require_sound(bounced)
    audio = resample(bounced.to_stereo(), MODEL_RATE_HZ, check=check)
    return Context(audio, mark, loudness_lufs(audio, check), cut)


def _read(
    request: StemRequest, context_file: Path | None, check: Check
) -> tuple[Waveform, ContextMark, CutMark | None]:
    """The region as it was bounced, and its marks. OSError when the drive fails."""
    most_channels = wav_gate.MAX_CHANNELS_USED if request.ring is None else ring_note.CHANNELS
    copied = context_file is not None and _is_finished(context_file, most_channels)
    with safe_paths.open_file(*_source(request, context_file if copied else None)) as file:
        # A finished copy is nobody's bounce any more: no need to watch whether it grows (0.2 s).
        if copied:
            header = wav_gate.read_header(file.handle, most_channels)
        else:
            header = wav_gate.wait_ready(file.handle, check=check, most_channels=most_channels)
        bounced = wav_file.read_region(file.handle, header, request.context_start, request.context_frames, check)
        sha256 = wav_file.sha256_of(file.handle, check)
    cut = None
    if request.ring is not None:
        bounced, cut = _cut(bounced, request.ring, _roots(request))
    return bounced, ContextMark(sha256, bounced.sample_rate, bounced.frames), cut


def _cut(recorded: Waveform, note: str, roots: list[Path] | None) -> tuple[Waveform, CutMark]:
    """The bars that a device's ring holds, and where in the song they are."""
    cut = cut_bars(recorded, read_note(note, roots))
    check_length(cut.audio.frames, cut.audio.sample_rate)
    mark = CutMark(cut.bars_wanted, cut.bars, cut.start_beat, cut.bar_length, round(cut.tempo, 4), cut.bar_frames)
    return cut.audio, mark


def _source(request: StemRequest, copy: Path | None) -> tuple[str, list[Path] | None]:
    """Path and roots to open it with: our own copy, or the user's file by the rules under which it was admitted."""
    if copy is not None:
        return str(copy), None
    return str(request.context), _roots(request)


def _roots(request: StemRequest) -> list[Path] | None:
    return None if request.roots is None else [Path(root) for root in request.roots]


def _is_finished(copy: Path, most_channels: int) -> bool:
    """Whether the bounce was complete when it was copied."""
    with safe_paths.open_file(str(copy)) as file:
        try:
            wav_gate.read_header(file.handle, most_channels)
        except FileNotReady:
            return False
        return True
