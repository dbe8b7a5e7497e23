"""The log-mel spectrogram of the starter CLAP (torch twin of `models/log_mel.py`, which says what it is)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.log_mel import CLAP_FRAMES, EDGE, FLOOR, HOP, LEVEL, MEAN, QUIETEST, SPREAD, WINDOW, hann, mel_filters


class LogMel(nn.Module):
    """Mono audio `[batch, 480000]` at 48 kHz -> `[batch, 96, 500]`; always in float32."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filters", torch.from_numpy(mel_filters()).clone(), persistent=False)
        self.register_buffer("window", torch.from_numpy(hann()), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        if audio.shape[-1] != CLAP_FRAMES:
            raise ValueError(f"a window has {CLAP_FRAMES} frames, not {audio.shape[-1]}")
        rms = audio.square().mean(-1, keepdim=True).sqrt().clamp(min=QUIETEST)
        padded = F.pad(audio * (LEVEL / rms), (EDGE // 2, EDGE - EDGE // 2))
        bins = torch.fft.rfft(padded.unfold(-1, WINDOW, HOP) * self.window)
        power = (bins.real.square() + bins.imag.square()) @ self.filters.T
        return ((torch.log10(power + FLOOR) - MEAN) / SPREAD).transpose(1, 2)
