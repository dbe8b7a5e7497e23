"""The latent U-Net of Diff-A-Riff, the baseline that the DiT is compared with (NIME 2024; arXiv 2410.23005, table 1).

A DDPM++ U-Net (Song et al., arXiv 2011.13456; sizes as in arXiv 2206.00364) over the sequence of latents. As its
overview figure has it, the context's latents lie beside the noisy ones on the channel axis, and the prompt vector is
joined to the noise features: one condition for every block on the way down and up, no cross-attention. Here the
scales follow the codec: 8, 4, 2 and 1 positions per chunk, so that the coarsest sees whole chunks (0.68 s) and any
number of chunks divides. The slots of a chunk have no order that a convolution could know; each has an embedding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.nets.dit import CLAP, LATENT, SLOTS, NoiseFeatures
from models.nets.null_conditions import NullConditions

HALF_POWER = math.sqrt(0.5)  # keeps the variance when a branch is added to its input
SCALES = SLOTS.bit_length()  # 4: halving three times leaves one position per chunk


@dataclass(frozen=True)
class UNetConfig:
    """Size of a U-Net; ValueError for one that cannot be built."""

    channels: tuple[int, ...] = (512, 768, 1024, 1280)  # per scale, finest (8 positions per chunk) first
    blocks: int = 3  # per scale on the way down; one more on the way up
    attention_from: int = 2  # first scale with attention; 2: 30 positions per window, where DDPM++ has 16 x 16
    head_width: int = 64
    groups: int = 32  # of the group norms
    condition: int = 2048  # width of the vector that steers every block
    noise_features: int = 512  # sines and cosines of c_noise

    def __post_init__(self) -> None:
        if not 1 <= len(self.channels) <= SCALES:
            raise ValueError(f"a U-Net has 1 to {SCALES} scales, not {len(self.channels)}")
        attended = self.channels[self.attention_from :] or self.channels[-1:]
        if any(c % self.groups for c in self.channels) or any(c % self.head_width for c in attended):
            raise ValueError(f"channels {self.channels} do not divide into {self.groups} groups and whole heads")

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> UNetConfig:
        """The configuration that `asdict` and JSON made lists of."""
        return cls(**{**fields, "channels": tuple(fields["channels"])})


UNET_PRESETS: dict[str, UNetConfig] = {
    # Diff-A-Riff's sizes are not published; a copy of its encoder half has 165 M parameters and the whole about 430 M.
    # Here 425.9 M, of which input, way down and middle 172.3 M.
    "paper": UNetConfig(),
    "starter": UNetConfig(channels=(192, 256, 256, 320), blocks=2, condition=384),  # 23.1 M beside the DiT's 22.4 M
}


class UNetAttention(nn.Module):
    """Full self-attention over the positions of one scale, added to its input; born as a scaling by sqrt(1/2)."""

    def __init__(self, channels: int, config: UNetConfig) -> None:
        super().__init__()
        self.heads = channels // config.head_width
        self.norm = nn.GroupNorm(config.groups, channels, eps=1e-6)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = _zeroed(nn.Linear(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channel, position] -> the same shape."""
        heads = self.qkv(self.norm(x).mT).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*heads.unbind(0))
        return (x + self.out(mixed.transpose(1, 2).flatten(2)).mT) * HALF_POWER


class UNetBlock(nn.Module):
    """Two convolutions of three taps, the condition added in between; optionally to half or twice the positions.

    resample: 0.5 takes the mean of two positions, 2.0 repeats each, before the first convolution and in the skip.
    """

    def __init__(self, into: int, out: int, config: UNetConfig, attention: bool = False, resample: float = 1.0) -> None:
        super().__init__()
        self.resample = resample
        self.norm = nn.GroupNorm(config.groups, into, eps=1e-6)
        self.first = nn.Conv1d(into, out, 3, padding=1)
        self.shift = nn.Linear(config.condition, out)
        self.second_norm = nn.GroupNorm(config.groups, out, eps=1e-6)
        self.second = _zeroed(nn.Conv1d(out, out, 3, padding=1))
        self.skip = nn.Conv1d(into, out, 1) if into != out else nn.Identity()
        self.attention = UNetAttention(out, config) if attention else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x [batch, into, position], condition [batch, condition] -> [batch, out, position x resample]."""
        hidden = self.first(resample(F.silu(self.norm(x)), self.resample))
        hidden = hidden + self.shift(condition)[:, :, None]
        hidden = self.second(F.silu(self.second_norm(hidden)))
        return self.attention((self.skip(resample(x, self.resample)) + hidden) * HALF_POWER)


class UNet(NullConditions, nn.Module):
    """The raw network F of `D(x) = c_skip x + c_out F(c_in x, c_noise)`, called as `models.nets.dit.DiT` is."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        finest = config.channels[0]
        self.noise_features = NoiseFeatures(config.noise_features)
        self.condition_mlp = nn.Sequential(
            nn.Linear(config.noise_features + CLAP, config.condition),
            nn.SiLU(),
            nn.Linear(config.condition, config.condition),
            nn.SiLU(),
        )
        self.null_clap = nn.Parameter(torch.zeros(CLAP))
        self.null_context = nn.Parameter(torch.randn(LATENT) * 0.5)
        self.slot_positions = nn.Parameter(torch.randn(finest, SLOTS) * 0.02)
        self.input = nn.Conv1d(2 * LATENT, finest, 3, padding=1)
        self.down = nn.ModuleList(_down_blocks(config))
        self.middle = nn.ModuleList(_middle_blocks(config))
        self.up = nn.ModuleList(_up_blocks(config))
        self.output_norm = nn.GroupNorm(config.groups, finest, eps=1e-6)
        self.output = _zeroed(nn.Conv1d(finest, LATENT, 3, padding=1))

    def forward(self, noisy: Tensor, noise: Tensor, context: Tensor, clap: Tensor) -> Tensor:
        """Runs F.

        Args:
            noisy: c_in times the noisy latents [batch, token, 64]; tokens = 8 x chunks, any number of chunks.
            noise: c_noise [batch].
            context: the context's normalised latents [batch, token, 64], or `null_context` on every token.
            clap: prompt vectors of length 1 [batch, 512], or `null_clap`.

        Returns:
            [batch, token, 64]
        """
        condition = self._condition(noise, clap)
        x = self.input(torch.cat([noisy, context], -1).mT)
        x = x + self.slot_positions.repeat(1, x.shape[-1] // SLOTS)
        kept = [x]
        for block in self.down:
            x = block(x, condition)
            kept.append(x)
        for block in self.middle:
            x = block(x, condition)
        for block in self.up:
            x = block(x if block.resample > 1 else torch.cat([x, kept.pop()], 1), condition)
        return self.output(F.silu(self.output_norm(x))).mT

    def _condition(self, noise: Tensor, clap: Tensor) -> Tensor:
        # Prompt vectors have length 1; times sqrt(512) they enter as loud as the noise features.
        return self.condition_mlp(torch.cat([self.noise_features(noise), clap * math.sqrt(CLAP)], -1))


def resample(x: Tensor, factor: float) -> Tensor:
    """Half (mean of two), as many or twice (each repeated) the positions of x [batch, channel, position]."""
    if factor == 1:
        return x
    return F.avg_pool1d(x, 2) if factor < 1 else x.repeat_interleave(2, -1)


def _down_blocks(config: UNetConfig) -> Iterator[UNetBlock]:
    """From the finest scale to the coarsest; the first block of every scale but the finest halves the positions."""
    before = config.channels[0]
    for scale, channels in enumerate(config.channels):
        if scale:
            yield UNetBlock(before, before, config, resample=0.5)
        for _ in range(config.blocks):
            yield UNetBlock(before, channels, config, scale >= config.attention_from)
            before = channels


def _middle_blocks(config: UNetConfig) -> Iterator[UNetBlock]:
    """Two blocks at the coarsest scale, the first with attention."""
    for attention in (True, False):
        yield UNetBlock(config.channels[-1], config.channels[-1], config, attention)


def _up_blocks(config: UNetConfig) -> Iterator[UNetBlock]:
    """Back to the finest scale; every block that does not double the positions takes one map that the way down kept."""
    kept = [config.channels[0], *(block.first.out_channels for block in _down_shapes(config))]
    before = config.channels[-1]
    for scale, channels in reversed(list(enumerate(config.channels))):
        for _ in range(config.blocks + 1):
            yield UNetBlock(before + kept.pop(), channels, config, scale >= config.attention_from)
            before = channels
        if scale:
            yield UNetBlock(before, before, config, resample=2.0)


def _down_shapes(config: UNetConfig) -> Iterator[UNetBlock]:
    """The blocks of the way down without memory, to ask them for their shapes."""
    with torch.device("meta"):
        yield from _down_blocks(config)


def _zeroed(layer: nn.Module) -> nn.Module:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
