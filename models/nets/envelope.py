"""How loud it is every 2.7 ms: the temporal envelope that the sketch of a chunk tells beside magnitudes and phases.

When within a window of 43 ms a sound begins is in the phases, and phases that are only likely smear it. So the
pre-decoder also says how the level of four bands moves, and decoding moves it so (`models/envelope.py`, the twin of
this). Audio coders do the same where a quantised spectrum would smear an attack (temporal noise shaping, Herre and
Johnston, AES 101, 1996), with the envelope sent; here it is one more thing that is read from the latents.

The envelope of a band is the mean over channels and bins of ln(magnitude + 1e-4), in windows of 512 frames (square root
of Hann), 128 apart, the first one centred on a chunk's first frame: 256 steps a chunk. What is told is its detail: what
is left without the mean of the 33 steps (88 ms) around, since slower movement is in the magnitudes. Below 280 Hz a
window holds a period or two, and its level tells where a wave stands, not how loud it is: nothing is said there.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nets.layers import zero_init

WINDOW, HOP = 512, 128
EDGES = (3, 24, 64, 133, 257)
"""First bins of the bands and the end of the last, 93.75 Hz each: 281, 2250, 6000, 12469 Hz and the top."""
BANDS = len(EDGES) - 1
AROUND = 33
FLOOR = 1e-4  # of a magnitude where a sine of height 1 reads about 0.6: below -80 dB nothing moves
STEPS_PER_STFT_FRAME = 8
GROUPS, HIDDEN = 16, 128


class EnvelopeHead(nn.Module):
    """The pre-decoder's finest map `[batch, channels, rows, 32]` -> detail of the envelope `[batch, 4, 256]`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hear = nn.Conv1d(channels * GROUPS, HIDDEN, 3, padding=1)
        self.tell = zero_init(nn.Conv1d(HIDDEN, BANDS * STEPS_PER_STFT_FRAME, 1))

    def forward(self, finest: Tensor) -> Tensor:
        pooled = finest.unflatten(2, (GROUPS, -1)).mean(3).flatten(1, 2)
        told: Tensor = self.tell(F.gelu(self.hear(pooled)))
        return told.unflatten(1, (BANDS, STEPS_PER_STFT_FRAME)).transpose(2, 3).flatten(2)


def envelope_detail(audio: Tensor) -> Tensor:
    """Audio `[batch, 2, 128 (n - 1) + 512]` -> detail of the envelope `[batch, 4, n]` of windows that lie inside."""
    window = torch.hann_window(WINDOW, device=audio.device).sqrt()
    flat = audio.float().flatten(0, 1)
    bins = torch.stft(flat, WINDOW, HOP, window=window, center=False, return_complex=True)
    log = (bins.abs() * (2 / WINDOW) + FLOOR).log().unflatten(0, (-1, 2)).mean(1)
    levels = torch.stack([log[:, first:end].mean(1) for first, end in pairwise(EDGES)], 1)
    around = F.avg_pool1d(levels, AROUND, stride=1, padding=AROUND // 2, count_include_pad=False)
    return levels - around
