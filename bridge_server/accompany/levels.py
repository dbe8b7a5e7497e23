"""A stem as it leaves: its rate, its length, its channels, its level.

Nothing here delays anything: resampling is linear-phase and cut to the frame, so a click stays on its frame.
"""

from __future__ import annotations

import numpy as np

from bridge_server.accompany.request import StemRequest
from bridge_server.audio import Check, loudness, true_peak
from bridge_server.audio.resample import resample
from bridge_server.audio.waveform import Samples, Waveform
from bridge_server.errors import Internal


def leveled(
    request: StemRequest, context_lufs: float | None, audio: Waveform, rate: int, frames: int, check: Check
) -> tuple[Waveform, float]:
    """Audio of the models `[2, frame]` as a stem of `frames` frames at `rate` Hz, and the linear gain that it got.

    context_lufs: of the context, None when there is none. `check` is called between blocks.
    """
    stem = resample(audio, rate, frames, check)
    if request.channels == 1:
        stem = stem.to_mono()
    gain = gain_of(request, context_lufs, stem, check)
    return Waveform(stem.samples * np.float32(gain), rate), float(np.float32(gain))


def gain_of(request: StemRequest, context_lufs: float | None, stem: Waveform, check: Check) -> float:
    """By `loudness`: `raw` is never touched; `match` sits under the context, or only under -1 dBTP without one."""
    if request.loudness == "raw":
        return 1.0
    if context_lufs is None:
        return min(1.0, true_peak.limit_gain(stem, check))
    return loudness.match_gain(stem, context_lufs, check)


def require_numbers(samples: Samples) -> None:
    """Raise Internal for NaN and infinity: they must never reach a file, nor a loudspeaker."""
    if not np.isfinite(samples).all():
        raise Internal("The models gave samples that are no numbers.", "Try another seed; then tell us.")
