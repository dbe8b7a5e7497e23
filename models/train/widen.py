"""Going on with the weights of a codec that heard or told less: what is new to it begins at zero."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from models.nets.codec import Codec
from models.nets.codec_config import CodecConfig


def widened(codec: Codec, like: CodecConfig, encoder: bool) -> Codec:
    """The same codec with what it lacks of `like`: a sketch that tells more; if `encoder`, an encoder that hears more.

    What it has is never taken away. New planes of the spectrogram stand at the end of a band's input channels and have
    no weight; of the envelope nothing is told at first, and the width is the same everywhere: so it goes on computing
    what it did. Only numbers for the waves are taken from those that the latents have.
    """
    mine = codec.config
    config = replace(mine, envelope=mine.envelope or like.envelope, stereo_width=mine.stereo_width or like.stereo_width)
    if encoder:
        config = replace(config, hears_relations=mine.hears_relations or like.hears_relations)
        if not mine.wave_numbers:
            config = replace(config, anchored_bins=like.anchored_bins, wave_numbers=like.wave_numbers)
    if config == mine:
        return codec
    wider, known = Codec(config), codec.state_dict()
    wider.load_state_dict(
        {name: _padded(known[name], value) if name in known else value for name, value in wider.state_dict().items()}
    )
    return wider


def _padded(weight: Tensor, like: Tensor) -> Tensor:
    """The weight with zeros for the input channels that it lacks."""
    if weight.shape == like.shape:
        return weight
    new = like.shape[1] - weight.shape[1]
    return torch.cat([weight, weight.new_zeros(weight.shape[0], new, *weight.shape[2:])], 1)
