"""The stem that a request varies, or makes anew in part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bridge_server.accompany.recipe import ContextMark
from bridge_server.accompany.request import StemRequest
from bridge_server.audio import Check, safe_paths, wav_file, wav_gate
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import FileNotReady, SilentContext


@dataclass(frozen=True)
class Init:
    """The stem in stereo at its own rate, and its mark for the recipe."""

    stem: Waveform
    mark: ContextMark


def read_init(request: StemRequest, check: Check) -> Init:
    """Read and judge the whole of `request.init`.

    Raises PathNotAllowed, FileNotReady, FormatNotSupported, TooShort, TooLong; SilentContext for nothing to vary.
    """
    roots = None if request.roots is None else [Path(root) for root in request.roots]
    try:
        with safe_paths.open_file(str(request.init), roots) as file:
            header = wav_gate.wait_ready(file.handle, check=check)
            stem = wav_file.read_region(file.handle, header, check=check)
            mark = ContextMark(wav_file.sha256_of(file.handle, check), stem.sample_rate, stem.frames)
    except OSError as error:
        raise FileNotReady(
            f"The stem to vary could not be read: {error.strerror or error}.", "Check the drive it lies on."
        ) from error
    if stem.is_silent and request.redo_start is None:
        raise SilentContext("The stem to vary is silent.", "Name a stem that sounds, or leave init away.")
    return Init(stem.to_stereo(), mark)
