"""Straight on: a new stem from beginning to end, or a variation of one."""

from __future__ import annotations

import numpy as np

from bridge_server.accompany.playing import MODEL_RATE_HZ, Material, Report
from bridge_server.audio.regions import frames_at
from bridge_server.audio.resample import resample
from bridge_server.audio.waveform import Samples, Waveform
from models.underlay import Underlay


class Straight:
    """Plays a stem of any length from its first to its last frame."""

    keeps_level = False

    def __init__(self, material: Material) -> None:
        self._material = material
        self._wished = frames_at(material.length.frames, material.length.rate, MODEL_RATE_HZ)
        self._chunks = material.generator.chunks_for(self._wished)
        context = material.context
        self._context = None if context is None else self._encode(context.audio)
        init = material.init
        self._under = None if init is None else Underlay(self._encode(init.stem), material.request.how_far)

    def play(self, seed: int, attempt: int, report: Report) -> Waveform:
        """48 kHz, whole chunks."""
        material, request = self._material, self._material.request
        samples = material.generator.generate(
            self._context,
            self._chunks,
            request.family,
            seed,
            request.steps,
            report,
            attempt,
            guidance=material.guidance,
            under=self._under,
        )
        return Waveform(np.asarray(samples, np.float32), MODEL_RATE_HZ)

    def judged(self, stem: Waveform) -> Samples:
        """As far as it will be heard."""
        return stem.samples[:, : self._wished]

    def _encode(self, audio: Waveform) -> Samples:
        heard = resample(audio, MODEL_RATE_HZ, self._wished, self._material.check)
        return self._material.generator.encode_context(heard.samples, self._material.encoded)
