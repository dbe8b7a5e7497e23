"""The stem that a request varies, or makes anew in part."""

from __future__ import annotations

from dataclasses import dataclass

from bridge_server.accompany.recipe import ContextMark
from bridge_server.accompany.request import StemRequest
from bridge_server.accompany.sound_file import read_sound
from bridge_server.audio import Check
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import SilentContext


@dataclass(frozen=True)
class Init:
    """The stem in stereo at its own rate, and its mark for the recipe."""

    stem: Waveform
    mark: ContextMark


def read_init(request: StemRequest, check: Check) -> Init:
    """Read and judge the whole of `request.init`; raises as `read_sound`, and SilentContext for nothing to vary."""
    stem, mark = read_sound(request, str(request.init), "The stem to vary", check)
    if stem.is_silent and request.redo_start is None:
        raise SilentContext("The stem to vary is silent.", "Name a stem that sounds, or leave init away.")
    return Init(stem, mark)
