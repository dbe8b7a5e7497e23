"""Reading a WAV that a request names beside its context: whole, judged, with its mark for the recipe."""

from __future__ import annotations

from bridge_server.accompany.recipe import ContextMark
from bridge_server.accompany.request import StemRequest
from bridge_server.audio import Check, safe_paths, wav_file, wav_gate
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import FileNotReady


def read_sound(
    request: StemRequest, path: str, what: str, check: Check, most_s: float | None = None
) -> tuple[Waveform, ContextMark]:
    """Audio in stereo at its own rate, at most its first `most_s` seconds, and its mark.

    Args:
        what: how the file is called in a sentence, for instance "The reference".

    Raises PathNotAllowed, FileNotReady, FormatNotSupported, TooShort or TooLong.
    """
    try:
        with safe_paths.open_file(path, request.root_paths) as file:
            header = wav_gate.wait_ready(file.handle, check=check)
            frames = None if most_s is None else min(header.frames, round(most_s * header.sample_rate))
            audio = wav_file.read_region(file.handle, header, 0, frames, check)
            mark = ContextMark(wav_file.sha256_of(file.handle, check), audio.sample_rate, audio.frames)
    except OSError as error:
        raise FileNotReady(
            f"{what} could not be read: {error.strerror or error}.", "Check the drive it lies on."
        ) from error
    return audio.to_stereo(), mark
