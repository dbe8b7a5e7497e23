"""In one region: the rest of the stem stays as it is, frame by frame.

What the models hear begins on one of their slots (85 ms) exactly where the region begins, with up to a window of the
stem around it. The new audio is put between the old by cross-fades inside the region.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_server.accompany.context import MODEL_RATE_HZ, Context
from bridge_server.accompany.playing import Hear, Material, Report
from bridge_server.audio.crossfade import put_between
from bridge_server.audio.resample import resample
from bridge_server.audio.waveform import Samples, Waveform
from models.inpainting import inpaint
from models.spectrogram import SLOT_FRAMES, SLOTS

AROUND_SLOTS = 60
"""Slots (5.1 s) heard on either side of a region: with a short one that is a full window of the models."""


class Region:
    """Makes one region of a stem anew. With `loop` what lies behind the stem's end is its start."""

    keeps_level = True
    goes_straight = False

    def __init__(self, material: Material) -> None:
        assert material.init is not None
        self._material, request = material, material.request
        self._stem = material.init.stem
        self._start, self._frames = int(request.redo_start or 0), int(request.redo_frames or 0)
        self._turn = self._stem.frames // 2 - (self._start + self._frames // 2) if request.loop else 0
        self._place = _Place.around(self._start + self._turn, self._frames, self._stem)
        self._latents = self._encode(self._rolled(self._stem))
        self._context = None if material.context is None else self._encode(self._at_rate(material.context))

    def play(self, seed: int, attempt: int, report: Report, hear: Hear | None = None) -> Waveform:
        """The whole stem at its own rate."""
        material, request, place = self._material, self._material.request, self._place
        latents = inpaint(
            material.generator,
            self._latents,
            place.known(len(self._latents)),
            self._context,
            material.style.of(seed),
            seed,
            request.steps,
            lambda done, of: report(0.2 * done / of, "playing"),
            attempt,
            material.guidance,
            request.how_far,
        )
        chunks = latents[place.decoded_from : place.decoded_to].reshape(-1, SLOTS, latents.shape[-1])
        audio = material.generator.codec.decode(
            chunks, seed, on_step=lambda done, of: report(0.2 + 0.8 * done / of, "decoding")
        )
        new = resample(
            Waveform(np.ascontiguousarray(audio[:, place.frames_before :]), MODEL_RATE_HZ), self._stem.sample_rate
        )
        return self._spliced(new.samples[:, : self._frames])

    def judged(self, stem: Waveform) -> Samples:
        """The region."""
        return stem.samples[:, self._start : self._start + self._frames]

    def _spliced(self, new: Samples) -> Waveform:
        rolled = self._rolled(self._stem)
        samples = put_between(rolled.samples, new, self._start + self._turn, rolled.sample_rate)
        return Waveform(np.roll(samples, -self._turn, axis=1), rolled.sample_rate)

    def _rolled(self, audio: Waveform) -> Waveform:
        """With the region of a loop in its middle."""
        return Waveform(np.roll(audio.samples, self._turn, axis=1), audio.sample_rate) if self._turn else audio

    def _at_rate(self, context: Context) -> Waveform:
        """The context at the stem's rate and length, so that one place serves both."""
        return self._rolled(resample(context.audio, self._stem.sample_rate, self._stem.frames, self._material.check))

    def _encode(self, audio: Waveform) -> Samples:
        """Latents `[slot, 64]` of the place in some audio at the stem's rate."""
        part = Waveform(np.ascontiguousarray(audio.samples[:, self._place.cut]), audio.sample_rate)
        heard = resample(part, MODEL_RATE_HZ, check=self._material.check)
        latents = self._material.generator.encode_context(heard.samples, self._material.encoded)
        return latents.reshape(-1, latents.shape[-1])


class _Place:
    """Where the models look: frames `cut` of the stem, of which the slots `first` to `end` are made anew."""

    def __init__(self, cut: slice, first: int, end: int, slots: int) -> None:
        self.cut, self.first, self.end = cut, first, end
        self._slots = slots
        self.decoded_from = max(first - SLOTS, 0)
        self.frames_before = (first - self.decoded_from) * SLOT_FRAMES
        chunks = -(-(end + 1 - self.decoded_from) // SLOTS)
        self.decoded_to = self.decoded_from + chunks * SLOTS

    @classmethod
    def around(cls, start: int, frames: int, stem: Waveform) -> _Place:
        """The place of a region (at the stem's rate) with as much around it as there is and helps."""
        slot = SLOT_FRAMES * stem.sample_rate / MODEL_RATE_HZ
        first = min(AROUND_SLOTS, int(start / slot))
        end = first + int(np.ceil(frames / slot))
        slots = min(end + AROUND_SLOTS, first + int((stem.frames - start) / slot))
        begin = start - round(first * slot)
        whole_chunks = -(-(end + SLOTS) // SLOTS) * SLOTS
        last = begin + round(max(slots, whole_chunks) * slot)
        return cls(slice(max(begin, 0), min(last, stem.frames)), first, end, slots)

    def known(self, slots: int) -> NDArray[np.bool_]:
        """Which slots are kept: all of the stem but those of the region."""
        at = np.arange(slots)
        return ((at < self.first) | (at >= self.end)) & (at < self._slots)
