"""Building blocks of the codec: norms, convolutional and transformer blocks, band split and merge, noise embedding.

Shapes: maps are `[batch, channel, row, time]` (row = a group of neighbouring frequency bins), tokens
`[batch, token, width]`. Every residual branch ends in a zero-initialised layer, so a block starts as the identity.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

HALF_POWER = math.sqrt(0.5)  # keeps the variance when two maps are added


class TokenNorm(nn.Module):
    """RMS norm over the last axis with a learned gain."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, tokens: Tensor) -> Tensor:
        scale = torch.rsqrt(tokens.float().square().mean(-1, keepdim=True) + 1e-4)
        return tokens * scale.to(tokens.dtype) * self.gain.to(tokens.dtype)


class MapNorm(nn.Module):
    """RMS norm over the channels of a map, position by position: silence stays silence, unlike with a group norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))

    def forward(self, maps: Tensor) -> Tensor:
        scale = torch.rsqrt(maps.float().square().mean(1, keepdim=True) + 1e-2)
        return maps * scale.to(maps.dtype) * self.gain.to(maps.dtype)[:, None, None]


def repeat_edges(maps: Tensor, rows: int = 1) -> Tensor:
    """Pad one time step and `rows` rows on each side with the edge values.

    Zero padding left faint lines every chunk (0.683 s) and at the borders between bands.
    """
    return F.pad(maps, (1, 1, rows, rows), mode="replicate")


class ConvBlock(nn.Module):
    """Residual block of two 3x3 convolutions; the condition scales the channels in between."""

    def __init__(self, channels: int, condition: int = 0) -> None:
        super().__init__()
        self.norm = MapNorm(channels)
        self.first = nn.Conv2d(channels, channels, 3)
        self.second = zero_init(nn.Conv2d(channels, channels, 3))
        self.scale = zero_init(nn.Linear(condition, channels)) if condition else None

    def forward(self, maps: Tensor, condition: Tensor | None = None) -> Tensor:
        hidden = self.first(repeat_edges(self.norm(maps)))
        if self.scale is not None:
            hidden = hidden * (1 + self.scale(condition))[:, :, None, None]
        return maps + self.second(repeat_edges(F.silu(hidden)))


class Attention(nn.Module):
    """Multi-head attention with RMS-normed queries and keys; `pairs` makes it chunk-causal over two halves."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = zero_init(nn.Linear(width, width, bias=False))
        self.query_norm = TokenNorm(width // heads)
        self.key_norm = TokenNorm(width // heads)
        nn.init.xavier_uniform_(self.qkv.weight)

    def forward(self, tokens: Tensor, pairs: bool = False) -> Tensor:
        query, key, value = self.qkv(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key = self.query_norm(query), self.key_norm(key)
        attend = attend_chunk_causal if pairs else F.scaled_dot_product_attention
        mixed = attend(query, key, value)
        return self.out(mixed.transpose(1, 2).flatten(2))


def attend_chunk_causal(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """`[batch, head, 2 n, d]`: the left half attends to itself, the right half to both.

    Two calls without a mask: fused kernels, and one Attention node each in ONNX.
    """
    half = query.shape[2] // 2
    left = F.scaled_dot_product_attention(query[:, :, :half], key[:, :, :half], value[:, :, :half])
    right = F.scaled_dot_product_attention(query[:, :, half:], key, value)
    return torch.cat([left, right], 2)


class TransformerBlock(nn.Module):
    """Pre-norm attention and gated MLP (2 x width hidden); the condition scales the normed tokens (scale only)."""

    def __init__(self, width: int, heads: int, condition: int = 0) -> None:
        super().__init__()
        self.attention_norm = TokenNorm(width)
        self.attention = Attention(width, heads)
        self.mlp_norm = TokenNorm(width)
        self.widen = nn.Linear(width, 4 * width, bias=False)
        self.narrow = zero_init(nn.Linear(2 * width, width, bias=False))
        self.scales = zero_init(nn.Linear(condition, 2 * width)) if condition else None
        nn.init.xavier_uniform_(self.widen.weight)

    def forward(self, tokens: Tensor, condition: Tensor | None = None, pairs: bool = False) -> Tensor:
        """tokens `[batch, token, width]`; condition `[batch, half, condition]`, one row for each half of the tokens."""
        attention_in, scales = self.attention_norm(tokens), None
        if self.scales is not None and condition is not None:
            scales = self.scales(condition).repeat_interleave(tokens.shape[1] // condition.shape[1], 1).chunk(2, -1)
            attention_in = attention_in * (1 + scales[0])
        tokens = tokens + self.attention(attention_in, pairs)
        mlp_in = self.mlp_norm(tokens)
        if scales is not None:
            mlp_in = mlp_in * (1 + scales[1])
        gate, linear = self.widen(mlp_in).chunk(2, -1)
        return tokens + self.narrow(F.silu(gate) * linear)


class NoiseEmbedding(nn.Module):
    """sigma `[...]` -> condition `[..., width]`: sinusoid of ln(sigma)/4, then two linear layers with SiLU.

    ln(sigma)/4 spans only -1.6 to 1.1, so it is multiplied by 16 first: otherwise most frequency pairs are constant.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.register_buffer("frequency", torch.exp(-math.log(1e4) * torch.arange(128) / 128), persistent=False)

    def forward(self, sigma: Tensor) -> Tensor:
        angle = (sigma.log() / 4)[..., None] * 16 * self.frequency
        return self.mlp(torch.cat([angle.cos(), angle.sin()], -1))


class BandSplit(nn.Module):
    """Spectrogram `[batch, planes, 1024, time]` -> map `[batch, channels, row, time]`.

    bands: (first bin, end bin, bins per row); low bands get a row per bin, high bands share a row among several.
    """

    def __init__(self, planes: int, channels: int, bands: tuple[tuple[int, int, int], ...]) -> None:
        super().__init__()
        self.bands = bands
        self.convs = nn.ModuleList(nn.Conv2d(planes * per_row, channels, 3) for _, _, per_row in bands)
        self.position = nn.Parameter(torch.zeros(channels, row_count(bands)))

    def forward(self, spectrogram: Tensor) -> Tensor:
        widest = max(per_row for _, _, per_row in self.bands)
        padded = repeat_edges(spectrogram, widest)
        rows = [
            conv(group_bins(padded[:, :, widest + start - per_row : widest + end + per_row], per_row))
            for conv, (start, end, per_row) in zip(self.convs, self.bands, strict=True)
        ]
        joined = torch.cat(rows, 2)
        return joined + self.position.to(joined.dtype)[None, :, :, None]


class BandMerge(nn.Module):
    """Map `[batch, channels, row, time]` -> spectrogram-like `[batch, planes, 1024, time]`; starts at zero."""

    def __init__(self, channels: int, planes: int, bands: tuple[tuple[int, int, int], ...]) -> None:
        super().__init__()
        self.bands = bands
        self.norm = MapNorm(channels)
        self.convs = nn.ModuleList(zero_init(nn.Conv2d(channels, planes * per_row, 3)) for _, _, per_row in bands)

    def forward(self, maps: Tensor) -> Tensor:
        padded = repeat_edges(F.silu(self.norm(maps)))
        bins, row = [], 0
        for conv, (start, end, per_row) in zip(self.convs, self.bands, strict=True):
            count = (end - start) // per_row
            bins.append(ungroup_bins(conv(padded[:, :, row : row + count + 2]), per_row))
            row += count
        return torch.cat(bins, 2)


def row_count(bands: tuple[tuple[int, int, int], ...]) -> int:
    """Number of rows that the bands make together."""
    return sum((end - start) // per_row for start, end, per_row in bands)


def group_bins(spectrogram: Tensor, per_row: int) -> Tensor:
    """`[batch, planes, rows * per_row, time]` -> `[batch, planes * per_row, rows, time]`."""
    return spectrogram.unflatten(2, (-1, per_row)).transpose(2, 3).flatten(1, 2)


def ungroup_bins(maps: Tensor, per_row: int) -> Tensor:
    """Inverse of `group_bins`."""
    return maps.unflatten(1, (-1, per_row)).transpose(2, 3).flatten(2, 3)


class Downsample(nn.Conv2d):
    """Strided convolution whose kernel is its stride: every value is read once."""

    def __init__(self, channels_in: int, channels_out: int, stride: tuple[int, int]) -> None:
        super().__init__(channels_in, channels_out, stride, stride)


class Upsample(nn.Module):
    """1x1 convolution, then each position is unfolded to `stride` positions: the inverse shape of `Downsample`."""

    def __init__(self, channels_in: int, channels_out: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(channels_in, channels_out * stride[0] * stride[1], 1)

    def forward(self, maps: Tensor) -> Tensor:
        parts = self.conv(maps).unflatten(1, (-1, *self.stride))  # batch, channel, row step, time step, row, time
        return parts.permute(0, 1, 4, 2, 5, 3).flatten(4, 5).flatten(2, 3)


def zero_init(layer: nn.Module) -> nn.Module:
    """Set weight and bias to zero and return the layer."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
