"""Going on with the weights of a codec whose encoder heard less: what is new to it begins at zero."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from models.nets.codec import Codec


def hearing_relations(codec: Codec) -> Codec:
    """The same codec with an encoder that is given the phase relations, too; at first it computes what it did before.

    The planes of a spectrogram are the outermost part of a band's input channels, so the new ones stand at the end.
    """
    if codec.config.hears_relations:
        return codec
    wider = Codec(replace(codec.config, hears_relations=True))
    wider.load_state_dict(
        {name: _padded(codec.state_dict()[name], value) for name, value in wider.state_dict().items()}
    )
    return wider


def _padded(weight: Tensor, like: Tensor) -> Tensor:
    """The weight with zeros for the input channels that it lacks."""
    if weight.shape == like.shape:
        return weight
    new = like.shape[1] - weight.shape[1]
    return torch.cat([weight, weight.new_zeros(weight.shape[0], new, *weight.shape[2:])], 1)
