"""A running average of the weights: what is validated, sampled and shipped."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Ema:
    """Keeps `net`, a copy of a module whose parameters trail the trained ones."""

    def __init__(self, net: nn.Module, decay: float = 0.999) -> None:
        self.decay = decay
        self.net = copy.deepcopy(net).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, net: nn.Module, step: int) -> None:
        """Moves towards `net` after optimiser step `step` (from 0); early steps forget the random start faster."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.net.parameters()), list(net.parameters()), 1 - decay)
