"""Straight on: a new stem from beginning to end, or a variation of one."""

from __future__ import annotations

import numpy as np

from bridge_server.accompany.context import MODEL_RATE_HZ, Context
from bridge_server.accompany.playing import Hear, Material, Report
from bridge_server.audio.regions import frames_at
from bridge_server.audio.resample import resample
from bridge_server.audio.waveform import Samples, Waveform
from models.on_demand import LatentsOnDemand
from models.underlay import Underlay


class Straight:
    """Plays a stem of any length from its first to its last frame."""

    keeps_level = False
    goes_straight = True

    def __init__(self, material: Material) -> None:
        self._material = material
        self._wished = frames_at(material.length.frames, material.length.rate, MODEL_RATE_HZ)
        self._chunks = material.generator.chunks_for(self._wished)
        context = material.context
        self._context = None if context is None else self._heard(context)
        init = material.init
        self._under = (
            None if init is None else Underlay(self._encode(init.stem, self._wished), material.request.how_far)
        )

    def play(self, seed: int, attempt: int, report: Report, hear: Hear | None = None) -> Waveform:
        """48 kHz, whole chunks."""
        material, request = self._material, self._material.request
        samples = material.generator.generate(
            self._context,
            self._chunks,
            material.style.of(seed),
            seed,
            request.steps,
            report,
            attempt,
            guidance=material.guidance,
            under=self._under,
            on_audio=hear,
        )
        return Waveform(np.asarray(samples, np.float32), MODEL_RATE_HZ)

    def judged(self, stem: Waveform) -> Samples:
        """As far as it will be heard."""
        return stem.samples[:, : self._wished]

    def _heard(self, context: Context) -> Samples | LatentsOnDemand:
        """Latents of the context; for a stem that is told in parts, encoded while it is played."""
        if not self._material.request.stream:
            return self._encode(context.audio)
        return self._material.generator.encode_on_demand(context.audio.samples, self._material.encoded)

    def _encode(self, audio: Waveform, frames: int | None = None) -> Samples:
        """Latents of some audio; `frames` at 48 kHz of it, which for a stem to vary are those of the new stem."""
        heard = resample(audio, MODEL_RATE_HZ, frames, self._material.check)
        return self._material.generator.encode_context(heard.samples, self._material.encoded)
