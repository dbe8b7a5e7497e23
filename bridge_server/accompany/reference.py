"""Audio that sounds as the stem shall: a style reference."""

from __future__ import annotations

from dataclasses import dataclass

from bridge_server.accompany.context import MODEL_RATE_HZ
from bridge_server.accompany.recipe import ContextMark
from bridge_server.accompany.request import StemRequest
from bridge_server.accompany.sound_file import read_sound
from bridge_server.audio import Check
from bridge_server.audio.resample import resample
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import SilentContext

LONGEST_HEARD_S = 60.0
"""A style is the mean over windows of 10 s; more than six change it little and cost 0.1 s each."""


@dataclass(frozen=True)
class Reference:
    """The beginning of the file in stereo at 48 kHz, and its mark for the recipe."""

    audio: Waveform
    mark: ContextMark


def read_reference(request: StemRequest, check: Check) -> Reference:
    """Read and judge `request.reference`; raises as `read_sound`, and SilentContext for silence."""
    heard, mark = read_sound(request, str(request.reference), "The reference", check, LONGEST_HEARD_S)
    if heard.is_silent:
        raise SilentContext("The reference is silent.", "Name one that sounds, or describe the sound in the prompt.")
    return Reference(resample(heard, MODEL_RATE_HZ, check=check), mark)
