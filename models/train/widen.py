"""Going on with the weights of a codec that heard or told less: what is new to it begins at zero."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from models.nets.codec import Codec


def widened(codec: Codec, hears_relations: bool = False, anchored_bins: int = 0, envelope: bool = False) -> Codec:
    """The same codec, with an encoder that is given the phase relations, too, and a sketch that tells more.

    What it has is never taken away, and it goes on computing what it did: new planes of the spectrogram stand at the
    end of a band's input channels and have no weight. The way of the waves into the latents has none either, and the
    one out of them a little, or neither would learn. Of the envelope nothing is told at first.
    """
    config = replace(
        codec.config,
        hears_relations=codec.config.hears_relations or hears_relations,
        anchored_bins=codec.config.anchored_bins or anchored_bins,
        envelope=codec.config.envelope or envelope,
    )
    if config == codec.config:
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
