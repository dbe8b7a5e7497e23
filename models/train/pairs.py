"""Pairs of neighbouring chunks, the items of codec training: from audio to spectrograms, and back."""

from __future__ import annotations

import torch
from torch import Tensor

from models.nets.spectrogram import EDGE, istft, join_chunks, split_chunks, stft

LATENT_NOISE = 0.1  # uniform, on half of the items: what the latent model will do to the latents
NO_WAVES = 0.3  # share of the items whose numbers for the waves are zero, as in all that is generated


def as_chunks(audio: Tensor) -> Tensor:
    """Audio of a pair -> `[batch, 2, 4, 1024, 32]`."""
    return split_chunks(stft(audio)).contiguous()


def pair_audio(chunks: Tensor) -> Tensor:
    """Audio of a pair without the first and last window's halves: `[batch, 2, 4, 1024, 32]` -> `[batch, 2, n]`."""
    return istft(join_chunks(chunks.float()))[..., 2 * EDGE : -2 * EDGE]


def join_pairs(maps: Tensor) -> Tensor:
    """Maps of single chunks `[2 batch, planes, 1024, 32]`, item-major -> of pairs `[batch, planes, 1024, 64]`."""
    return join_chunks(maps.unflatten(0, (-1, 2)))


def scale(sigma: Tensor) -> Tensor:
    """`[batch, 2]` -> broadcastable to chunks."""
    return sigma[..., None, None, None]


def roughened(latents: Tensor, wave_numbers: int = 0) -> Tensor:
    """Latents with uniform noise on half of the items, and without waves on some, as latent models will leave them."""
    noise = (torch.rand_like(latents) - 0.5) * 2 * LATENT_NOISE
    rough = latents + noise * (torch.rand(len(latents), 1, 1, device=latents.device) < 0.5)
    if not wave_numbers:
        return rough
    kept = torch.rand(len(latents), 1, 1, device=latents.device) >= NO_WAVES
    return torch.cat([rough[..., :-wave_numbers], rough[..., -wave_numbers:] * kept], 2)
