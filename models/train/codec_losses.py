"""Losses of the two codec stages, as pure functions of tensors.

Stage `encoder`: predict the magnitudes and phase relations of the chunk from its latents. Stage `decoder`: consistency
loss of a two-chunk denoiser (Music2Latent sec. 3; weights as measured below) and the energy distance of one-step
samples.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.nets.envelope import HOP as STEP_FRAMES
from models.nets.envelope import WINDOW as STEP_WINDOW
from models.nets.envelope import envelope_detail
from models.nets.phase import anchors, phase_relations, relation_weights
from models.nets.preconditioning import consistency_scalings
from models.nets.spectrogram import EDGE
from models.nets.stereo_width import stereo_width

PHASE_WEIGHT = 1.0  # of the phase relations beside the magnitudes; with 0.3 the timing above 1.5 kHz was hardly learnt
TIMING_WEIGHT, TIMING_BINS = 8.0, 32  # of slopes averaged over so many bins
ANCHOR_WEIGHT = 0.5  # of the phases of the lowest bins, which have numbers of their own to be told by
WIDTH_WEIGHT = 0.03  # in nepers squared: .7 of its variance is in latents that nobody asked for it
ENVELOPE_WEIGHT = 0.3  # enough: .91 of it was explained after four minutes of the decoder stage
TIMBRE_WEIGHT, TIMBRE_BINS, TIMBRE_FRAMES = 0.2, (4, 16, 64), 8  # see `timbre_loss`
LOW_BINS, LOW_WEIGHT = 17, 4.0
HUBER = 0.00054  # pseudo-Huber constant per square root of the number of values (iCT, sec. 3.3)


def magnitudes(chunks: Tensor) -> Tensor:
    """Square root of the companded magnitude of left and right: `[batch, 4, 1024, 32]` -> `[batch, 2, 1024, 32]`."""
    power = chunks[:, 0::2].square() + chunks[:, 1::2].square()
    return (power + 1e-6).pow(0.25)


def bin_weights(bands: tuple[tuple[int, int, int], ...], device: torch.device) -> Tensor:
    """`[1024, 1]`, mean 1: every row of the band split counts the same, so the many high bins do not drown the low.

    The bins below 400 Hz count LOW_WEIGHT times: there a semitone is an eighth of a bin, so the pitch of a bass is in
    small differences of few magnitudes (without it the chord score of real basses fell from 1.00 to .84 in the codec).
    """
    weight = torch.cat([torch.full((end - start,), 1 / per_row) for start, end, per_row in bands])
    weight[:LOW_BINS] *= LOW_WEIGHT
    return (weight / weight.mean()).to(device)[:, None]


def magnitude_loss(predicted: Tensor, chunks: Tensor, weight: Tensor) -> Tensor:
    """Weighted L1 of the magnitudes plus L1 of their difference over time."""
    error = predicted.float() - magnitudes(chunks)
    return (error.abs() * weight).mean() + (error.diff(dim=-1).abs() * weight).mean()


def timbre_loss(predicted: Tensor, chunks: Tensor) -> Tensor:
    """L1 of the logarithms of mean magnitudes over bands and TIMBRE_FRAMES, in bands of 4, 16 and 64 bins.

    What a sound that the encoder has not met loses is its spectral envelope: soft highs hardly count in magnitudes.
    The bands of 4 are those below 1.5 kHz, of 16 below 6 kHz. Silence has a magnitude of .03.
    """
    true, found = magnitudes(chunks), predicted.float().clamp(min=0)
    errors = []
    for bins in TIMBRE_BINS:
        upto = min(16 * bins, true.shape[2])
        pair = (maps[:, :, :upto].unflatten(3, (-1, TIMBRE_FRAMES)).unflatten(2, (-1, bins)) for maps in (found, true))
        told, wanted = (torch.log(part.mean((3, 5)) + 0.03) for part in pair)
        errors.append((told - wanted).abs().mean())
    return torch.stack(errors).mean()


def phase_loss(predicted: Tensor, spectrogram: Tensor, weight: Tensor) -> Tensor:
    """Weighted squared error of predicted phase relations `[batch, 10, 1024, n]`; `spectrogram` `[batch, 4, 1024, n]`.

    Squared, so that the best prediction is the mean phasor: its length tells how sure the relation is.
    """
    error, total = phase_errors(predicted, spectrogram, weight)
    return error.sum() / total.sum()


def phase_errors(predicted: Tensor, spectrogram: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted squared error, and the same for predicting nothing, of the five relations, `[5]` each."""
    error, matters = _phase_error(predicted, spectrogram, weight)
    return (error.square().sum(2) * matters).mean((0, 2, 3)), matters.mean((0, 2, 3))


def timing_loss(predicted: Tensor, spectrogram: Tensor, weight: Tensor) -> Tensor:
    """Squared error of the slopes' weighted means over bands of TIMING_BINS, in the units of `phase_loss`.

    When an attack comes is the same news in all bins, but drowns in what the noise of every single bin adds. A mean
    over a band loses the noise and keeps the attack, so the gradient hears of it.
    """
    error, matters = _phase_error(predicted, spectrogram, weight)
    slopes = error[:, 2:4].unflatten(3, (-1, TIMING_BINS))
    bands = matters[:, 2:4].unflatten(2, (-1, TIMING_BINS))
    off = (slopes * bands[:, :, None]).sum(4).square().sum(2) / (bands.sum(3) + 1e-6)
    return off.mean((0, 2, 3)).sum() / TIMING_BINS / matters.mean((0, 2, 3)).sum()


def anchor_loss(predicted: Tensor, spectrogram: Tensor) -> Tensor:
    """Squared error of the predicted phases of the lowest bins `[batch, 4, bins, n]`, in the units of `phase_loss`."""
    error, total = anchor_errors(predicted, spectrogram)
    return error / total


def anchor_errors(predicted: Tensor, spectrogram: Tensor) -> tuple[Tensor, Tensor]:
    """Squared error weighed by the square root of the companded power, and the same for predicting nothing."""
    bins = predicted.shape[2]
    error = (predicted.float() - anchors(spectrogram, bins)).unflatten(1, (2, 2))
    matters = magnitudes(spectrogram)[:, :, :bins].square()
    return (error.square().sum(2) * matters).mean(), matters.mean()


def envelope_loss(predicted: Tensor, audio: Tensor) -> Tensor:
    """Squared error of the told envelope detail `[batch, 2, 4, 256]` of pairs, in parts of what telling nothing gives.

    audio: of the pairs with the 512 frames on either side into which their outer windows reach.
    """
    error, total = envelope_errors(predicted, audio)
    return error / total


def envelope_errors(predicted: Tensor, audio: Tensor) -> tuple[Tensor, Tensor]:
    """Mean squared error, and the same for telling nothing."""
    told = predicted.float().transpose(1, 2).flatten(2)
    first = EDGE - STEP_WINDOW // 2
    true = envelope_detail(audio[..., first : first + (told.shape[2] - 1) * STEP_FRAMES + STEP_WINDOW])
    return (told - true).square().mean(), true.square().mean()


def width_loss(predicted: Tensor, spectrogram: Tensor) -> Tensor:
    """Squared error of the stereo width told `[batch, 2, 6, 32]` of pairs, loud bands first; nepers squared."""
    return width_errors(predicted, spectrogram)[0]


def width_errors(predicted: Tensor, spectrogram: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted squared error, and the same for telling the mean of each band; divided by the mean weight."""
    true, matters = stereo_width(spectrogram)
    matters = matters / matters.mean()
    usual = (true * matters).sum((0, 2), keepdim=True) / matters.sum((0, 2), keepdim=True)
    told = predicted.float().transpose(1, 2).flatten(2)
    return ((told - true).square() * matters).mean(), ((true - usual).square() * matters).mean()


def _phase_error(predicted: Tensor, spectrogram: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """How far the predicted phasors are off `[batch, 5, 2, 1024, n]`, and what each matters `[batch, 5, 1024, n]`."""
    error = (predicted.float() - phase_relations(spectrogram)).unflatten(1, (-1, 2))
    return error, relation_weights(magnitudes(spectrogram)) * weight


def latent_penalty(before_tanh: Tensor) -> Tensor:
    """Keep the latents inside the straight part of the tanh, centred and spread out.

    Without it 37 % of the values lay beyond 0.9 within 500 steps; with it 0.02 % beyond 0.97.
    """
    mean, spread = before_tanh.mean(0), before_tanh.std(0)
    excess = (before_tanh.abs() - 1.8).clamp(min=0).square().mean()
    return excess + 0.5 * mean.square().mean() + (0.6 - spread).clamp(min=0).square().mean()


def consistency_loss(estimate: Tensor, target: Tensor, sigma: Tensor) -> Tensor:
    """Pseudo-Huber distance per chunk `[batch, half]` for `[batch, half, 4, 1024, 32]`.

    The weight 0.5 / c_out judges the network's own output alike at all noise levels; the published 1 / (s - s')
    gives high noise, where a one-step decoder works, an 85 times smaller gradient than low noise.
    """
    values = target[0, 0].numel()
    constant = HUBER * math.sqrt(values)
    squared = (estimate - target).square().sum((2, 3, 4))
    huber = ((squared + constant**2).sqrt() - constant) / math.sqrt(values)
    return huber * 0.5 / consistency_scalings(sigma)[1].clamp(min=0.04)
