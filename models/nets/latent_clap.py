"""A CLAP audio tower that reads latents: what a stem sounds like, without decoding it. For training only.

It is what a style reward looks through (`models.train.style_reward`): the gradient of a decoder and of the CLAP that
hears its audio would cost a hundred times as much (the "latent proxy" of arXiv 2403.11027).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.nets.clap import LARGEST_SCALE, Head
from models.nets.dit import LATENT, SLOTS
from models.nets.layers import TransformerBlock


@dataclass(frozen=True)
class LatentClapConfig:
    """Sizes; a window has at most `max_chunks` chunks of 8 latents."""

    width: int = 256
    layers: int = 4
    heads: int = 4
    max_chunks: int = 16
    dropout: float = 0.1


class LatentClap(nn.Module):
    """The tower and a learned inverse temperature (as its logarithm)."""

    def __init__(self, config: LatentClapConfig) -> None:
        super().__init__()
        self.config = config
        self.input = nn.Linear(LATENT, config.width)
        self.positions = nn.Parameter(torch.randn(config.max_chunks * SLOTS, config.width) * 0.02)
        self.blocks = nn.ModuleList(TransformerBlock(config.width, config.heads) for _ in range(config.layers))
        self.head = Head(config.width, config.dropout)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(self, latents: Tensor) -> Tensor:
        """Normalised latents `[batch, token, 64]` -> unit vectors `[batch, 512]` near the CLAP vectors of the audio."""
        tokens = self.input(latents) + self.positions[: latents.shape[1]]
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(tokens.mean(1))

    def similarity(self, heard: Tensor, clap: Tensor) -> Tensor:
        """Unit vectors `[n, 512]` and `[m, 512]` -> logits `[n, m]`."""
        return self.log_scale.clamp(max=LARGEST_SCALE).exp() * heard @ clap.T
