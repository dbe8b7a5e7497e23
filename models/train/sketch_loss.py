"""What both codec stages ask of the sketch: that it explains its chunk."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from models.nets.codec import Codec
from models.nets.spectrogram import join_chunks
from models.train.codec_losses import (
    ANCHOR_WEIGHT,
    ENVELOPE_WEIGHT,
    PHASE_WEIGHT,
    TIMBRE_WEIGHT,
    TIMING_WEIGHT,
    WIDTH_WEIGHT,
    anchor_loss,
    bin_weights,
    envelope_loss,
    magnitude_loss,
    phase_loss,
    timbre_loss,
    timing_loss,
    width_loss,
)
from models.train.pairs import join_pairs

Compiled = Callable[..., Callable[..., Tensor]]
WEIGHTS = {
    "magnitude": 1.0,
    "timbre": TIMBRE_WEIGHT,
    "phase": PHASE_WEIGHT,
    "timing": TIMING_WEIGHT,
    "anchor": ANCHOR_WEIGHT,
    "envelope": ENVELOPE_WEIGHT,
    "stereo_width": WIDTH_WEIGHT,
}


class SketchLoss:
    """Losses of the parts of a sketch, and their weighted sum."""

    def __init__(self, codec: Codec, compiled: Compiled) -> None:
        self.weight = bin_weights(codec.config.bands, codec.latent_mean.device)
        self._magnitude, self._phase, self._timing = map(compiled, (magnitude_loss, phase_loss, timing_loss))
        self._anchor, self._width, self._timbre = map(compiled, (anchor_loss, width_loss, timbre_loss))

    def parts(self, sketch: dict[str, Tensor], pairs: Tensor, audio: Tensor) -> dict[str, Tensor]:
        """A loss per part. sketch: maps of single chunks, item-major; pairs: as `as_chunks(audio)` gives them."""
        relations, spectrogram = join_pairs(sketch["phase"]), join_chunks(pairs)
        found = {
            "magnitude": self._magnitude(sketch["magnitude"], pairs.flatten(0, 1), self.weight),
            "timbre": self._timbre(sketch["magnitude"], pairs.flatten(0, 1)),
            "phase": self._phase(relations, spectrogram, self.weight),
            "timing": self._timing(relations, spectrogram, self.weight),
        }
        if "anchor" in sketch:
            found["anchor"] = self._anchor(join_pairs(sketch["anchor"]), spectrogram)
        if "stereo_width" in sketch:
            found["stereo_width"] = self._width(sketch["stereo_width"].unflatten(0, (-1, 2)), spectrogram)
        if "envelope" in sketch:
            # Not compiled: its spectrogram is complex, which the compiler leaves as it is.
            found["envelope"] = envelope_loss(sketch["envelope"].unflatten(0, (-1, 2)), audio)
        return found


def total(parts: dict[str, Tensor]) -> Tensor:
    """The weighted sum of what `SketchLoss.parts` gives."""
    return sum((WEIGHTS[name] * value for name, value in parts.items()), start=parts["magnitude"].new_zeros(()))
