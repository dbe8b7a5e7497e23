"""How wide the sound of a chunk is: what of its energy is in the difference of the channels (torch twin of
`models/stereo_width.py`).

How the channels relate is told bin by bin, as a mean phasor that is shorter the less is known; drawing from it, the
channels of a sound in the middle come apart by a thirtieth, and what must be mono is not. Its share of the energy, band
by band, is known far better, so it is told as well: ln of the side's share of the amplitude, `[6, STFT frame]`.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nets.layers import zero_init
from models.nets.spectrogram import expand, pre_emphasis

EDGES = (0, 6, 16, 64, 192, 448, 1024)
"""First bins of the bands and the end of the last: to 141, 375, 1500, 4500, 10500 Hz and the top."""
BANDS = len(EDGES) - 1
MONO = 1e-5  # share of the energy that nobody hears; what is mono has this
USUAL = -2.5  # where the head begins: a share of -22 dB
SILENCE = 1e-6  # energy of a band and STFT frame: a sine of -114 dB
LOUDER = 0.15  # power of the energy by which a band and frame matter
GROUPS, HIDDEN = 16, 128


class StereoWidthHead(nn.Module):
    """The pre-decoder's finest map `[batch, channels, rows, 32]` -> width `[batch, 6, 32]`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hear = nn.Conv1d(channels * GROUPS, HIDDEN, 3, padding=1)
        self.tell = zero_init(nn.Conv1d(HIDDEN, BANDS, 1))
        nn.init.constant_(self.tell.bias, USUAL)  # type: ignore[arg-type]

    def forward(self, finest: Tensor) -> Tensor:
        pooled = finest.unflatten(2, (GROUPS, -1)).mean(3).flatten(1, 2)
        told: Tensor = self.tell(F.gelu(self.hear(pooled)))
        return told


def stereo_width(spectrogram: Tensor) -> tuple[Tensor, Tensor]:
    """Width `[batch, 6, n]` of a companded spectrogram `[batch, 4, 1024, n]`, and how much each number matters."""
    parts = expand(spectrogram.float() / pre_emphasis(spectrogram.device)[:, None]).unflatten(1, (2, 2))
    side, middle = ((parts[:, 0] + sign * parts[:, 1]).square().sum(1) / 4 for sign in (-1, 1))
    side, whole = (_bands(energy) for energy in (side, side + middle))
    return ((side + MONO * whole + SILENCE * MONO) / (whole + SILENCE)).log() / 2, (whole + SILENCE).pow(LOUDER)


def _bands(energy: Tensor) -> Tensor:
    """Energy per band `[batch, 6, n]`."""
    return torch.stack([energy[:, first:end].sum(1) for first, end in pairwise(EDGES)], 1)
