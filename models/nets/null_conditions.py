"""What a latent network is fed where a condition is absent: learned vectors, the same for every architecture."""

from __future__ import annotations

import torch
from torch import Tensor


class NullConditions:
    """Mixin of networks with two learned parameters, `null_context` [64] and `null_clap` [512].

    No context is not a silent context: the codec's latents of silence would say that nothing plays.
    """

    null_context: Tensor
    null_clap: Tensor

    def fill_context(self, context: Tensor, present: Tensor) -> Tensor:
        """Puts `null_context` where `present` [batch] is false; context [batch, token, 64]."""
        return torch.where(present[:, None, None], context, self.null_context)

    def fill_clap(self, clap: Tensor, present: Tensor) -> Tensor:
        """Puts `null_clap` where `present` [batch] is false; clap [batch, 512]."""
        return torch.where(present[:, None], clap, self.null_clap)
