"""From the spectrogram to the tokens of a codec's transformers, and back."""

from __future__ import annotations

from torch import Tensor, nn

from models.nets.codec_config import CodecConfig
from models.nets.layers import HALF_POWER, BandSplit, ConvBlock, Downsample, Upsample


class Patchifier(nn.Module):
    """Spectrogram -> one map per resolution, finest first; the last one holds the tokens."""

    def __init__(self, config: CodecConfig, planes: int, condition: int = 0) -> None:
        super().__init__()
        self.split = BandSplit(planes, config.channels[0], config.bands)
        self.downs = nn.ModuleList(
            Downsample(fine, coarse, stride)
            for fine, coarse, stride in zip(config.channels, config.channels[1:], config.strides, strict=False)
        )
        self.blocks = nn.ModuleList(
            nn.ModuleList(ConvBlock(channels, condition) for _ in range(count))
            for channels, count in zip(config.channels, config.conv_blocks, strict=True)
        )

    def forward(
        self, spectrogram: Tensor, condition: Tensor | None = None, features: tuple[Tensor, ...] | None = None
    ) -> list[Tensor]:
        maps, here = [], self.split(spectrogram)
        for level, blocks in enumerate(self.blocks):
            if level:
                here = self.downs[level - 1](here)
            if features is not None:
                here = (here + features[level]) * HALF_POWER
            for block in blocks:
                here = block(here, condition)
            maps.append(here)
        return maps


class Depatchifier(nn.Module):
    """Token map -> one map per resolution, finest first; `skips` are the patchifier's maps."""

    def __init__(self, config: CodecConfig, condition: int = 0) -> None:
        super().__init__()
        self.ups = nn.ModuleList(
            Upsample(coarse, fine, stride)
            for fine, coarse, stride in zip(config.channels, config.channels[1:], config.strides, strict=False)
        )
        self.blocks = nn.ModuleList(
            nn.ModuleList(ConvBlock(channels, condition) for _ in range(count))
            for channels, count in zip(config.channels, config.conv_blocks, strict=True)
        )

    def forward(
        self, tokens: Tensor, condition: Tensor | None = None, skips: list[Tensor] | None = None
    ) -> list[Tensor]:
        maps: list[Tensor] = []
        here = tokens
        for level in reversed(range(len(self.blocks))):
            if maps:
                here = self.ups[level](here)
            if skips is not None:
                here = (here + skips[level]) * HALF_POWER
            for block in self.blocks[level]:
                here = block(here, condition)
            maps.append(here)
        return maps[::-1]
