"""Distances between sounds in compressed magnitudes at several resolutions, and the energy distance made of them.

The energy distance (Székely and Rizzo 2013) of one-step samples is a proper score: unlike a regression it rewards a
generator whose samples spread as the data does, and unlike an adversary it needs no second network.
"""

from __future__ import annotations

import torch
from torch import Tensor

SAMPLE_RATE = 48_000
# (window, hop, bins per group, bins used). Short windows carry the timing, long ones the pitch; the longest looks
# only below 1.5 kHz: with windows up to 4,096 a decoder learnt everything but the pitch of basses.
RESOLUTIONS = ((256, 64, 2, 128), (1024, 256, 4, 512), (4096, 1024, 8, 2048), (16384, 4096, 4, 512))
FLUX_WEIGHT = 1.0  # of the difference between neighbouring frames, at the shortest window


def compressed_magnitudes(audio: Tensor) -> list[Tensor]:
    """|X|^0.3 `[4 batch, frame, bin]` per resolution, of left, right, middle and side of `audio` `[batch, 2, n]`."""
    middle, side = (audio[:, :1] + audio[:, 1:]) * 0.7071, (audio[:, :1] - audio[:, 1:]) * 0.7071
    planes = torch.cat([audio, middle, side], 1).flatten(0, 1)
    return [magnitude_power(planes, window, hop, bins) for window, hop, _, bins in RESOLUTIONS]


def magnitude_power(audio: Tensor, window: int, hop: int, bins: int) -> Tensor:
    """|X|^0.3 of the lowest `bins` of the STFT, scaled so that white noise keeps its level at every window length."""
    shape = torch.hann_window(window, device=audio.device) * (2 / window**0.5 / 0.6)
    spectrum = torch.view_as_real(torch.fft.rfft(audio.unfold(-1, window, hop) * shape)[..., :bins])
    return (spectrum.square().sum(-1) + 1e-7).pow(0.15)


def distance(first: list[Tensor], second: list[Tensor]) -> Tensor:
    """Mean over resolutions of the grouped distance, plus that of the flux at the shortest window."""
    total = sum(
        grouped_distance(a - b, window, group)
        for a, b, (window, _, group, _) in zip(first, second, RESOLUTIONS, strict=True)
    )
    window, _, group, _ = RESOLUTIONS[0]
    flux = grouped_distance((first[0] - second[0]).diff(dim=1), window, group)
    return (total + FLUX_WEIGHT * flux) / len(RESOLUTIONS)


def grouped_distance(difference: Tensor, window: int, group: int) -> Tensor:
    """Euclidean distance within groups of neighbouring bins, averaged; low frequencies weigh more.

    The Euclidean norm of a group (not of single bins) is what makes the score see how neighbours go together.
    """
    frequency_hz = torch.arange(difference.shape[-1], device=difference.device) * (SAMPLE_RATE / window)
    weight = (1 / (frequency_hz + 400) ** 0.8).unflatten(0, (-1, group)).mean(1)
    power = difference.square().unflatten(-1, (-1, group)).mean(-1)
    return ((power + 1e-5).sqrt() * (weight / weight.mean())).mean()


def energy_distance(target: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """d(x, y1) + d(x, y2) - d(y1, y2) for two samples of the same item, all `[batch, 2, n]`; and its last term."""
    with torch.no_grad():
        truth = compressed_magnitudes(target)
    one, two = compressed_magnitudes(first), compressed_magnitudes(second)
    spread = distance(one, two)
    return distance(truth, one) + distance(truth, two) - spread, spread.detach()


def log_spectral_distance_db(target: Tensor, estimate: Tensor) -> Tensor:
    """Log-spectral distance per item `[batch]` in dB (window 2048, hop 512), 80 dB below the item's peak at most."""

    window = torch.hann_window(2048, device=target.device)
    truth, guess = (torch.fft.rfft(a.unfold(-1, 2048, 512) * window).abs() / 1024 for a in (target, estimate))
    floor = (truth.amax((1, 2, 3), keepdim=True) * 1e-4).clamp(min=1e-6)
    difference = 20 * (torch.maximum(truth, floor) / torch.maximum(guess, floor)).log10()
    return difference.square().mean(3).sqrt().mean((1, 2))
