"""Sizes of a codec, and the two presets: `paper` as published, `starter` for two CPU cores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.nets.layers import row_count
from models.nets.spectrogram import CHUNK_STFT_FRAMES

SLOTS = 8  # of a chunk, 85 ms each
LATENT = 64  # numbers of a slot


@dataclass(frozen=True, kw_only=True)
class CodecConfig:
    """Sizes of a codec. The last of `channels` is the width of the transformers."""

    bands: tuple[tuple[int, int, int], ...]  # first bin, end bin, bins per row
    channels: tuple[int, ...]
    conv_blocks: tuple[int, ...]  # per resolution
    strides: tuple[tuple[int, int], ...]  # rows, time steps; between resolutions
    heads: int
    encoder_layers: int
    feature_layers: int
    denoiser_layers: int
    condition: int
    slot_tied: bool  # latents tied to time slots, or untied learned queries
    queries: int  # tokens that carry the latents of a chunk; queries * query size = SLOTS * LATENT
    sketch: bool  # the pre-decoder predicts magnitudes, which scale the denoiser's output, and phase relations
    hears_relations: bool = False  # the encoder is given the phase relations beside the spectrogram
    anchored_bins: int = 0  # of the lowest bins the sketch tells the phases themselves, too
    wave_numbers: int = 0  # the last so many of a slot's 64 numbers, which hold those phases and nothing else
    envelope: bool = False  # the sketch tells the temporal envelope, too
    stereo_width: bool = False  # the sketch tells the stereo width, too

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> CodecConfig:
        """From `dataclasses.asdict`, also after JSON has made lists of the tuples."""
        return cls(**{name: _tuples(value) for name, value in fields.items()})

    @property
    def width(self) -> int:
        return self.channels[-1]

    @property
    def denoiser_maps(self) -> int:
        """How many of the features go into the denoiser: a map per resolution, then the magnitudes."""
        return len(self.channels) + self.sketch

    @property
    def sketch_parts(self) -> tuple[str, ...]:
        """What the pre-decoder gives after the feature maps."""
        if not self.sketch:
            return ()
        more = {"anchor": self.anchored_bins, "envelope": self.envelope, "stereo_width": self.stereo_width}
        return ("magnitude", "phase", *(part for part, there in more.items() if there))

    @property
    def token_grid(self) -> tuple[int, int]:
        """(rows, time steps) of the audio tokens of a chunk."""
        rows, steps = row_count(self.bands), CHUNK_STFT_FRAMES
        for row_stride, step_stride in self.strides:
            rows, steps = rows // row_stride, steps // step_stride
        return rows, steps


def _tuples(value: Any) -> Any:
    """Lists as tuples, all the way down."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list | tuple) else value


CODEC_PRESETS = {
    "paper": CodecConfig(
        bands=((0, 1024, 1),), channels=(64, 128, 256, 512), conv_blocks=(3, 3, 3, 1),
        strides=((2, 2), (4, 1), (2, 2)), heads=4, encoder_layers=12, feature_layers=12, denoiser_layers=12,
        condition=512, slot_tied=False, queries=128, sketch=False,
    ),
    "starter": CodecConfig(
        bands=((0, 64, 1), (64, 192, 2), (192, 448, 4), (448, 1024, 9)), channels=(64, 192, 320),
        conv_blocks=(1, 1, 0), strides=((4, 2), (2, 2)), heads=5, encoder_layers=5, feature_layers=4,
        denoiser_layers=6, condition=256, slot_tied=True, queries=8, sketch=True, hears_relations=True,
        anchored_bins=8, wave_numbers=8, envelope=True, stereo_width=True,
    ),
}  # fmt: skip
