"""The starter CLAP: two small encoders that put audio and text into one space of 512-d unit vectors.

Trained contrastively (CLIP, arXiv 2103.00020, section 2.3). The audio tower is a strided convolution stem with a
transformer on its 6 x 32 positions; the text tower a transformer over the tokens of `models/tokenizer.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.log_mel import BANDS, COLUMNS
from models.nets.layers import HALF_POWER, MapNorm, TokenNorm, TransformerBlock
from models.tokenizer import PAD

EMBEDDING = 512
TEXT_LENGTH = 48
LARGEST_SCALE = math.log(100.0)  # CLIP clips the learned inverse temperature at 100


@dataclass(frozen=True)
class ClapConfig:
    """Sizes of both towers; `tokens` is the size of the tokenizer."""

    tokens: int = 1655
    channels: tuple[int, ...] = (64, 128, 256)
    heads: int = 4
    audio_layers: int = 5
    text_width: int = 256
    text_layers: int = 4
    dropout: float = 0.1


CLAP_PRESETS = {"starter": ClapConfig()}


class AudioTower(nn.Module):
    """log-mel `[batch, 96, 500]` -> unit vectors `[batch, 512]`."""

    def __init__(self, config: ClapConfig) -> None:
        super().__init__()
        widths, width = (1, *config.channels), config.channels[-1]
        strides = (4, *[2] * (len(config.channels) - 1))
        self.stem = nn.ModuleList(StemStage(a, b, by) for (a, b), by in zip(pairwise(widths), strides, strict=True))
        rows, columns = (-(-size // math.prod(strides)) for size in (BANDS, COLUMNS))
        self.row = nn.Parameter(torch.randn(rows, 1, width) * 0.02)
        self.column = nn.Parameter(torch.randn(1, columns, width) * 0.02)
        self.blocks = nn.ModuleList(TransformerBlock(width, config.heads) for _ in range(config.audio_layers))
        self.head = Head(width, config.dropout)

    def forward(self, log_mel: Tensor) -> Tensor:
        maps = log_mel[:, None]
        for stage in self.stem:
            maps = stage(maps)
        tokens = (maps.permute(0, 2, 3, 1) + self.row + self.column).flatten(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(tokens.mean(1))


class StemStage(nn.Module):
    """Rows and columns divided by a stride: a strided convolution, then a residual 3x3 one."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels_in, channels_out, 2 * stride - 1, stride, stride - 1)
        self.norm = MapNorm(channels_out)
        self.mix = nn.Conv2d(channels_out, channels_out, 3, 1, 1)

    def forward(self, maps: Tensor) -> Tensor:
        hidden = F.silu(self.norm(self.down(maps)))
        return (hidden + F.silu(self.mix(hidden))) * HALF_POWER


class TextTower(nn.Module):
    """Token numbers `[batch, 48]` or fewer (int64, PAD after the text) -> unit vectors `[batch, 512]`."""

    def __init__(self, config: ClapConfig) -> None:
        super().__init__()
        width = config.text_width
        self.table = nn.Embedding(config.tokens, width)
        self.position = nn.Parameter(torch.randn(TEXT_LENGTH, width) * 0.02)
        self.blocks = nn.ModuleList(TextBlock(width, config.heads) for _ in range(config.text_layers))
        self.head = Head(width, config.dropout)
        nn.init.normal_(self.table.weight, std=0.05)

    def forward(self, numbers: Tensor) -> Tensor:
        present = numbers != PAD
        tokens = self.table(numbers) + self.position[: numbers.shape[1]]
        for block in self.blocks:
            tokens = block(tokens, present)
        weight = present[..., None].to(tokens.dtype)
        return self.head((tokens * weight).sum(1) / weight.sum(1).clamp(min=1))


class TextBlock(TransformerBlock):
    """A transformer block in which nothing attends to padding."""

    def forward(self, tokens: Tensor, present: Tensor) -> Tensor:  # type: ignore[override]
        a = self.attention
        parts = a.qkv(self.attention_norm(tokens)).unflatten(-1, (3, a.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = a.query_norm(parts[0]), a.key_norm(parts[1]), parts[2]
        # A number for every pair, since ONNX Runtime's Attention takes no mask of one row for all.
        bias = torch.where(present, 0.0, -1e4)[:, None, None, :].expand(-1, 1, tokens.shape[1], -1).to(query.dtype)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        tokens = tokens + a.out(mixed.transpose(1, 2).flatten(2))
        gate, linear = self.widen(self.mlp_norm(tokens)).chunk(2, -1)
        return tokens + self.narrow(F.silu(gate) * linear)


class Head(nn.Module):
    """A pooled vector `[batch, width]` -> unit vector `[batch, 512]`, in float32."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.dropout = TokenNorm(width), nn.Dropout(dropout)
        self.out = nn.Linear(width, EMBEDDING, bias=False)

    def forward(self, pooled: Tensor) -> Tensor:
        vector = self.out(self.dropout(self.norm(pooled))).float()
        return vector / vector.square().sum(-1, keepdim=True).add(1e-12).sqrt()


class Clap(nn.Module):
    """Both towers and the learned inverse temperature (as its logarithm)."""

    def __init__(self, config: ClapConfig) -> None:
        super().__init__()
        self.config = config
        self.audio, self.text = AudioTower(config), TextTower(config)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def similarity(self, audio: Tensor, text: Tensor) -> Tensor:
        """Unit vectors `[n, 512]` of both -> logits `[audio, text]`."""
        return self.log_scale.clamp(max=LARGEST_SCALE).exp() * audio @ text.T


def contrastive_loss(logits: Tensor, same_text: Tensor | None = None) -> Tensor:
    """Symmetric InfoNCE of logits `[n, n]` whose right answers lie on the diagonal.

    same_text `[n, n]` (bool): pairs with the same words; off the diagonal they are neither right nor wrong and
    are left out, because "drums" is true of every drum part of a batch.
    """
    if same_text is not None:
        eye = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
        logits = logits.masked_fill(same_text & ~eye, -1e4)
    right = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)) / 2
