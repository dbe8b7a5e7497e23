"""As a loop: the stem's end goes on into its start.

The models count in slots of 85 ms, and loops have any length. So context and stem are played a little slower or faster,
where they are a whole number of slots (at most 4.1 % for half a second, 0.5 % for four), and are brought back by one
change of sample rate that goes round with them: the pitch is right, the length exact, and a seam has nowhere to be.
"""

from __future__ import annotations

import numpy as np

from bridge_server.accompany.context import MODEL_RATE_HZ
from bridge_server.accompany.playing import Hear, Material, Report
from bridge_server.audio.regions import frames_at
from bridge_server.audio.resample import resample_ring
from bridge_server.audio.waveform import Samples, Waveform
from models.loop import Looper, slots_for
from models.spectrogram import SLOT_FRAMES
from models.underlay import Underlay


class Loop:
    """Plays a loop that is as long as its context."""

    keeps_level = False
    goes_straight = False

    def __init__(self, material: Material) -> None:
        self._material = material
        self._looper = Looper(material.generator)
        self._slots = slots_for(frames_at(material.length.frames, material.length.rate, MODEL_RATE_HZ))
        context, init = material.context, material.init
        self._context = None if context is None else self._encode(context.audio)
        self._under = None if init is None else Underlay(self._encode(init.stem), material.request.how_far)

    def play(self, seed: int, attempt: int, report: Report, hear: Hear | None = None) -> Waveform:
        """At the stem's own rate and length."""
        material, request = self._material, self._material.request
        samples = self._looper.generate(
            self._context,
            self._slots,
            material.style.of(seed),
            seed,
            request.steps,
            report,
            attempt,
            guidance=material.guidance,
            under=self._under,
        )
        ring = Waveform(np.asarray(samples, np.float32), MODEL_RATE_HZ)
        return Waveform(resample_ring(ring, material.length.frames, material.check).samples, material.length.rate)

    def judged(self, stem: Waveform) -> Samples:
        """All of it."""
        return stem.samples

    def _encode(self, audio: Waveform) -> Samples:
        ring = resample_ring(audio, self._slots * SLOT_FRAMES, self._material.check)
        return self._looper.encode(ring.samples, self._material.encoded)
