"""Mixing and augmenting stems into training audio for the codec, on the device that trains.

All functions take and return audio `[batch, 2, frame]` at 48 kHz and draw with torch's generator of that device.
A codec must survive what musicians send, so stems and their sums are bent far beyond what the composer writes: timbre
(spectral envelope, pitch and formants, overtones), place, levels, equalisation, band limits, width, drive, and a few
items that are no music at all (noise bursts, sweeps).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

SAMPLE_RATE = 48_000
FULL_MIX = 0.45  # share of items that keep all stems
STRANGE = 0.5  # share of items whose stems may get another timbre


def uniform(low: float, high: float, *shape: int, device: torch.device) -> Tensor:
    """Uniform numbers in [low, high)."""
    return torch.rand(*shape, device=device) * (high - low) + low


def chance(probability: float, batch: int, device: torch.device) -> Tensor:
    """Bernoulli draws `[batch]` as booleans."""
    return torch.rand(batch, device=device) < probability


def mix_subset(stems: Tensor, present: Tensor) -> Tensor:
    """Sum a random non-empty subset of the stems, each at its own gain (-9 to +5 dB).

    stems `[batch, stem, 2, frame]`; present `[batch, stem]` booleans.
    """
    batch, count = present.shape
    device = stems.device
    wanted = torch.rand(batch, count, device=device) < torch.rand(batch, 1, device=device)
    wanted = (wanted | chance(FULL_MIX, batch, device)[:, None]) & present
    at_least = (torch.rand(batch, count, device=device) * present).argmax(1)
    wanted = wanted | torch.nn.functional.one_hot(at_least, count).bool()
    gain = 10 ** (uniform(-9, 5, batch, count, device=device) / 20) * wanted
    # A sum of products, not einsum: that is a matrix product, which TF32 and autocast would do in 10 or 7 bits.
    return (stems * gain[:, :, None, None]).sum(1)


def change_timbre(stems: Tensor) -> Tensor:
    """In half of the items some stems become instruments that no sound font has: `[batch, stem, 2, frame]`."""
    batch, count = stems.shape[:2]
    sounds, rows = stems.flatten(0, 1), batch * count
    strange = chance(STRANGE, batch, stems.device).repeat_interleave(count)

    def some(share: float) -> Tensor:
        return (strange & chance(share, rows, stems.device))[:, None, None]

    sounds = torch.where(some(0.3), slow_down(sounds), sounds)
    sounds = torch.where(some(0.25), add_overtones(sounds), sounds)
    sounds = torch.where(some(0.6), reshape_spectrum(sounds), sounds)
    return torch.where(some(0.3), place(sounds), sounds).unflatten(0, (batch, count))


def slow_down(audio: Tensor) -> Tensor:
    """Slower by up to half an octave, as tape would be: pitch and formants sink together."""
    frames, device = audio.shape[2], audio.device
    at = uniform(0.7, 1, len(audio), 1, device=device) * torch.arange(frames, device=device)
    first = at.long().clamp(max=frames - 2)
    share, index = (at - first)[:, None], first[:, None].expand_as(audio)
    return audio.gather(2, index) * (1 - share) + audio.gather(2, index + 1) * share


def add_overtones(audio: Tensor) -> Tensor:
    """Bend the waveform by a lopsided tanh, up to 24 dB into it; the level stays about the same."""
    rows, device = len(audio), audio.device
    peak = audio.abs().amax((1, 2), keepdim=True).clamp(min=1e-4)
    drive = 10 ** (uniform(0, 24, rows, 1, 1, device=device) / 20)
    lean = uniform(-0.5, 0.5, rows, 1, 1, device=device)
    bent = torch.tanh(drive * audio / peak + lean) - torch.tanh(lean)
    loudness = audio.square().mean((1, 2), keepdim=True) / bent.square().mean((1, 2), keepdim=True).clamp(min=1e-9)
    return bent * loudness.sqrt()


def reshape_spectrum(audio: Tensor) -> Tensor:
    """A random smooth spectral envelope: a bump every half octave, of 5 dB in the mean, and a tilt."""
    rows, _, frames = audio.shape
    device = audio.device
    octave = torch.log2(torch.fft.rfftfreq(frames, 1 / SAMPLE_RATE, device=device).clamp(min=20) / 1000)
    centres = torch.arange(-5, 4.6, 0.5, device=device)
    bumps = torch.exp(-(((octave - centres[:, None]) / 0.5) ** 2))
    tilt_db = uniform(-2.8, 2.8, rows, 1, device=device)
    heights_db = torch.randn(rows, len(centres), device=device) * 5.6 + tilt_db * centres
    gain_db = (heights_db @ bumps / bumps.sum(0)).clamp(-34, 25)
    return torch.fft.irfft(torch.fft.rfft(audio) * (10 ** (gain_db / 20))[:, None], n=frames)


def place(audio: Tensor) -> Tensor:
    """Another width, from mono to twice as wide, and up to 9 dB to a side."""
    rows, device = len(audio), audio.device
    middle, side = audio.mean(1), (audio[:, 0] - audio[:, 1]) / 2 * uniform(0, 2, rows, 1, device=device)
    tilt = 10 ** (uniform(-4.5, 4.5, rows, 1, device=device) / 20)
    return torch.stack([(middle + side) * tilt, (middle - side) / tilt], 1)


def equalise(audio: Tensor) -> Tensor:
    """Random tilt, two bells, and now and then a low-pass, in one pass through the frequency domain."""
    batch, _, frames = audio.shape
    device = audio.device
    frequency_hz = torch.fft.rfftfreq(frames, 1 / SAMPLE_RATE, device=device)
    octave = torch.log2(frequency_hz.clamp(min=20) / 1000)[None]
    gain_db = uniform(-1.5, 1.5, batch, 1, device=device) * chance(0.5, batch, device)[:, None] * octave
    for _ in range(2):
        centre, width = uniform(-4, 4, batch, 1, device=device), uniform(0.3, 1.5, batch, 1, device=device)
        height_db = uniform(-10, 8, batch, 1, device=device) * chance(0.35, batch, device)[:, None]
        gain_db = gain_db + height_db * torch.exp(-(((octave - centre) / width) ** 2))
    edge = torch.where(chance(0.06, batch, device), uniform(0, 3.5, batch, device=device), 9.0)[:, None]
    gain_db = (gain_db - 24 * (octave - edge).clamp(min=0)).clamp(-90, 24)
    return torch.fft.irfft(torch.fft.rfft(audio) * (10 ** (gain_db / 20))[:, None], n=frames)


def turn(audio: Tensor) -> Tensor:
    """Random width (12 % mono), channel swap and polarity."""
    batch, device = audio.shape[0], audio.device
    width = torch.where(chance(0.12, batch, device), 0.0, uniform(0.6, 1.5, batch, device=device))[:, None]
    middle, side = (audio[:, 0] + audio[:, 1]) / 2, (audio[:, 0] - audio[:, 1]) / 2 * width
    side = torch.where(chance(0.5, batch, device)[:, None], side, -side)
    sign = torch.where(chance(0.5, batch, device)[:, None, None], 1.0, -1.0)
    return torch.stack([middle + side, middle - side], 1) * sign


def sweeps_and_noise(batch: int, frames: int, device: torch.device) -> Tensor:
    """Test sounds at about -15 dBFS: half sine sweeps, half gated noise, on both channels."""
    time_s = torch.arange(frames, device=device) / SAMPLE_RATE
    start = 2 ** uniform(5, 13.5, batch, 1, device=device)
    frequency = start * 2 ** (uniform(-1.5, 1.5, batch, 1, device=device) * time_s)
    sweep = torch.sin(2 * math.pi * torch.cumsum(frequency / SAMPLE_RATE, 1)) * (frequency < 22_000)
    pulse = torch.sin(2 * math.pi * 2 ** uniform(0, 4, batch, 1, device=device) * time_s)
    gate = pulse > uniform(-1, 0.8, batch, 1, device=device)
    noise = torch.randn(batch, 2, frames, device=device) * gate[:, None]
    return 0.25 * torch.where(chance(0.5, batch, device)[:, None, None], sweep[:, None].expand(-1, 2, -1), noise)


def set_level(audio: Tensor) -> Tensor:
    """Bring each item to a random level: mostly -26 to -12 dBFS RMS, one in five down to -45; peaks below 0.99."""
    batch, device = audio.shape[0], audio.device
    loud, quiet = uniform(-26, -12, batch, device=device), uniform(-45, -20, batch, device=device)
    wanted = 10 ** (torch.where(chance(0.8, batch, device), loud, quiet) / 20)
    rms = audio.square().mean((1, 2)).sqrt() + 1e-5
    audio = audio * (wanted / rms).clamp(max=30)[:, None, None]
    driven = torch.tanh(audio * 3) / 2
    audio = torch.where(chance(0.1, batch, device)[:, None, None], driven, audio)
    return audio * (0.99 / audio.abs().amax((1, 2), keepdim=True).clamp(min=1e-6)).clamp(max=1)


def training_audio(stems: Tensor, present: Tensor) -> Tensor:
    """Stems int16 `[batch, stem, 2, frame]` -> augmented mixes `[batch, 2, frame]`; 3 % are test sounds."""
    audio = equalise(mix_subset(change_timbre(stems.float() / 32_768), present))
    batch, _, frames = audio.shape
    odd = chance(0.03, batch, audio.device)[:, None, None]
    audio = torch.where(odd, sweeps_and_noise(batch, frames, audio.device), audio)
    # A breath of noise (-100 dBFS) keeps digital silence from being the only silence the codec knows.
    return set_level(turn(audio)) + torch.randn_like(audio) * 1e-5
