"""The phases of the lowest bins, in numbers of a latent that hold nothing else.

Where the wave of a bass stands is news in every slot that no magnitude tells, and without it the bass of a copy comes
and goes at other moments (`models/nets/phase.py`, the anchor). Latents that hold it among all else are harder to
generate, so it has numbers of its own: the transformers never see them, and latent models leave them at zero, where
they say nothing: no anchor, magnitudes as the rest of the latent tells them.

A phase is told from a wave, and a wave from a phase, by a matrix: a wave and its quarter period are a straight line
away from each other. Which matrix it has to be, the rest of the latent knows, for it tells which partials there are and
how they turn within the slot. So the matrix is a product of two with gains from the rest in between.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nets.codec_config import LATENT, SLOTS
from models.nets.spectrogram import CHUNK_STFT_FRAMES, PLANES

SLOT_STFT_FRAMES = CHUNK_STFT_FRAMES // SLOTS
CHANNELS = 2
QUIET = 0.03  # companded magnitude below which a bin counts as a pause
HIDDEN = 256


class WaveEncoder(nn.Module):
    """Spectrogram and the rest of the latents -> the numbers that hold the waves, before the tanh."""

    def __init__(self, bins: int, numbers: int) -> None:
        super().__init__()
        self.bins, self.numbers = bins, numbers
        values = PLANES * bins * SLOT_STFT_FRAMES
        self.straight = nn.Linear(values, numbers, bias=False)
        self.into = nn.Linear(values, HIDDEN, bias=False)
        self.gains = Gains(LATENT - numbers)
        self.out = nn.Linear(HIDDEN, numbers, bias=False)

    def forward(self, spectrogram: Tensor, rest: Tensor) -> Tensor:
        """spectrogram `[batch, 4, 1024, 32]`, rest `[batch, 8, 64 - numbers]` -> `[batch, 8, numbers]`."""
        waves = low_waves(spectrogram, self.bins)
        numbers: Tensor = self.straight(waves) + self.out(self.into(waves) * self.gains(rest.detach()))
        return numbers


class WaveDecoder(nn.Module):
    """Latents -> the anchor, and by how much the magnitudes of its bins are other than the rest tells."""

    def __init__(self, bins: int, numbers: int) -> None:
        super().__init__()
        self.bins, self.numbers = bins, numbers
        values = (PLANES + CHANNELS) * bins * SLOT_STFT_FRAMES
        self.straight = nn.Linear(numbers, values, bias=False)
        self.into = nn.Linear(numbers, HIDDEN, bias=False)
        self.gains = Gains(LATENT - numbers)
        self.out = nn.Linear(HIDDEN, values, bias=False)

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Latents `[batch, 8, 64]` -> anchor `[batch, 4, bins, 32]`, magnitudes `[batch, 2, bins, 32]`."""
        # The rest of the latents is not asked to help: what it would hold for that, latent models had to generate.
        rest, numbers = latents[..., : -self.numbers].detach(), latents[..., -self.numbers :]
        values = self.straight(numbers) + self.out(self.into(numbers) * self.gains(rest))
        maps = values.unflatten(2, (PLANES + CHANNELS, self.bins, SLOT_STFT_FRAMES)).permute(0, 2, 3, 1, 4).flatten(3)
        return maps[:, :PLANES], maps[:, PLANES:]


class Gains(nn.Module):
    """Gains `[batch, 8, HIDDEN]`, 1 at first, from what slots `[batch, 8, size]` and their neighbours tell."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.hear = nn.Linear(3 * size, HIDDEN)
        self.tell = nn.Linear(HIDDEN, HIDDEN)
        nn.init.zeros_(self.tell.weight)
        nn.init.ones_(self.tell.bias)

    def forward(self, rest: Tensor) -> Tensor:
        around = F.pad(rest, (0, 0, 1, 1))
        beside = torch.cat([around[:, :-2], rest, around[:, 2:]], 2)
        gains: Tensor = self.tell(F.gelu(self.hear(beside)))
        return gains


def low_waves(spectrogram: Tensor, bins: int) -> Tensor:
    """The lowest bins of chunks `[batch, 4, 1024, 32]` at one level: `[batch, 8, 4 * bins * 4]`, a row per slot."""
    rows = spectrogram[:, :, :bins].unflatten(3, (SLOTS, SLOT_STFT_FRAMES)).permute(0, 3, 1, 2, 4).flatten(2)
    return rows / (rows.square().mean(2, keepdim=True) + QUIET**2).sqrt()
