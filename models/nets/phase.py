"""Phase relations: what can be said about the phases of a spectrogram without knowing any of them.

The phase of a bin is arbitrary, its relation to the neighbours is not: to the frame before (a partial's frequency),
to the bin below (when inside the window a sound begins) and to the other channel (where it is placed). The pre-decoder
predicts these relations beside the magnitudes, and `build_spectrogram` joins both to a spectrogram with coherent
phases, from which the consistency decoder starts. Torch twin of `models/phase.py`, in real numbers so that it compiles.
Derivatives of the phase predicted by a network and integrated: Masuyama et al. 2020 (arXiv 2002.05832).

What is predicted is the mean phasor, and its direction is the most probable relation. Slopes that are all probable
make a click in the middle of every window out of steady noise, so slopes and the relation of the channels are drawn
from the spread that the length tells. The advance is taken as it is: a drawn one only blurs what is tonal.

Relations alone leave open by how much all of it is turned. Above a few hundred hertz nobody hears that; below, where a
window holds a period or two, the turn moves the loud and the silent moments of a bass. So the phases of the lowest bins
are predicted, too, as mean phasors (the anchor), which pull as far as they are sure.

Planes of relations, each a phasor (re, im) whose length says how sure it is:
    0-3  advance  left, right: from the frame before, times (-1)^bin
    4-7  slope    left, right: from the bin below, times -1
    8-9  between  right -> left channel
Planes of the anchor, of the lowest bins: 0-1 left, 2-3 right.
The signs make all relations of a stationary sine on a bin's centre +1: it turns by half a turn per bin in a hop of
half a window, and the windows are counted from their first frame instead of their middle.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from models.nets.spectrogram import BINS, COMPAND_POWER, expand, pre_emphasis

RELATIONS = 10
ITERATIONS = 8  # half rounds; playing takes more
LOOSE = 0.05  # pull of a random phase against a relation: it begins the first frame and the first after silence
ANCHOR_PULL = 2.0  # of an anchor that is sure, against a relation of the same loudness
DRAWS = 7  # random numbers per bin and frame: 4 for that, 2 for the slopes, 1 for the relation of the channels
SURE, UNSURE = 0.999, 0.02  # lengths of mean phasors between which their spread is computed

Phasor = tuple[Tensor, Tensor]
NextFrame = Callable[..., Phasor]


def phase_relations(spectrogram: Tensor) -> Tensor:
    """Companded spectrogram `[batch, 4, 1024, n]` -> relations of unit length `[batch, 10, 1024, n]`.

    Zero where there is no neighbour: the advance of the first frame and the slope of the lowest bin.
    """
    planes = expand(spectrogram.float() / pre_emphasis(spectrogram.device)[:, None]).unflatten(1, (2, 2))
    re, im = unit((planes[:, :, 0], planes[:, :, 1]))
    sign = alternating(spectrogram.device)[:, None]
    advance = relation((re[..., 1:], im[..., 1:]), (re[..., :-1], im[..., :-1]))
    slope = relation((re[:, :, 1:], im[:, :, 1:]), (re[:, :, :-1], im[:, :, :-1]))
    between = relation((re[:, :1], im[:, :1]), (re[:, 1:], im[:, 1:]))
    advance = F.pad(torch.stack(advance, 2) * sign, (1, 0))
    slope = F.pad(-torch.stack(slope, 2), (0, 0, 1, 0))
    return torch.cat([advance.flatten(1, 2), slope.flatten(1, 2), torch.stack(between, 2).flatten(1, 2)], 1)


def relation_weights(magnitude: Tensor) -> Tensor:
    """Magnitudes `[batch, 2, 1024, n]` -> how much each relation matters, `[batch, 5, 1024, n]`.

    The product of both magnitudes; 0 where there is no neighbour.
    """
    advance = F.pad(magnitude[..., 1:] * magnitude[..., :-1], (1, 0))
    slope = F.pad(magnitude[:, :, 1:] * magnitude[:, :, :-1], (0, 0, 1, 0))
    return torch.cat([advance, slope, magnitude[:, :1] * magnitude[:, 1:]], 1)


def weighted_relations(spectrogram: Tensor) -> Tensor:
    """Companded spectrogram `[batch, 4, 1024, n]` -> relations `[batch, 10, 1024, n]` as long as both bins are loud."""
    power = spectrogram[:, 0::2].float().square() + spectrogram[:, 1::2].float().square()
    weights = relation_weights((power + 1e-6).pow(0.25))
    return phase_relations(spectrogram) * weights.repeat_interleave(2, 1)


def anchors(spectrogram: Tensor, bins: int) -> Tensor:
    """Companded spectrogram `[batch, 4, 1024, n]` -> unit phasors of its lowest bins `[batch, 4, bins, n]`."""
    gain = pre_emphasis(spectrogram.device)[:bins, None]
    planes = expand(spectrogram[:, :, :bins].float() / gain).unflatten(1, (2, 2))
    return torch.stack(unit((planes[:, :, 0], planes[:, :, 1])), 2).flatten(1, 2)


def build_spectrogram(
    magnitude: Tensor, phase: Tensor, noise: Tensor, next_frame: NextFrame | None = None, anchor: Tensor | None = None
) -> Tensor:
    """Magnitudes and relations of neighbouring chunks -> companded spectrogram `[batch, 4, 1024, n]`.

    magnitude `[batch, 2, 1024, n]` (square root of the companded magnitude), phase `[batch, 10, 1024, n]`, standard
    normal noise `[batch, DRAWS, 1024, n]`. next_frame: `build_frame`, compiled or not. anchor `[batch, 4, bins, n]`.
    """
    next_frame = next_frame or build_frame
    frames = magnitude.float().clamp(min=0).movedim(-1, 0).contiguous()
    relations, random = phase.float().movedim(-1, 0).contiguous(), noise.movedim(-1, 0).contiguous()
    anchor = magnitude.new_zeros(len(magnitude), 4, 0, magnitude.shape[-1]) if anchor is None else anchor
    anchored = F.pad(anchor.float(), (0, 0, 0, BINS - anchor.shape[2])).movedim(-1, 0).contiguous()
    sign = alternating(magnitude.device)
    before, here = torch.zeros_like(frames[0]), (torch.zeros_like(frames[0]), torch.zeros_like(frames[0]))
    phasors = []
    for now, relation_now, anchor_now, random_now in zip(frames, relations, anchored, random, strict=True):
        here = next_frame(*here, before, now, relation_now, anchor_now, random_now, sign)
        phasors.append(torch.stack(here, 1))
        before = now
    return companded(torch.stack(phasors, -1), magnitude.float().clamp(min=0).square())


def build_frame(
    re: Tensor, im: Tensor, before: Tensor, now: Tensor, phase: Tensor, anchor: Tensor, noise: Tensor, sign: Tensor
) -> Phasor:
    """Phasors `[batch, 2, 1024]` of a frame from those of the frame before (`re`, `im`).

    before, now: magnitudes `[batch, 2, 1024]` of both frames; phase `[batch, 10, 1024]`; anchor
    `[batch, 4, 1024]`, zero where nothing is known; noise `[batch, 7, 1024]`.
    Every bin follows its neighbours, weighed by the product of both magnitudes; like the colours of a chessboard, one
    half of the bins moves and then the other. All at once, the halves would never agree (drums 0.24 dB worse).
    """
    advance_re, advance_im = unit((phase[:, 0:4:2], phase[:, 1:4:2]))
    slope_re, slope_im = drawn((phase[:, 4:8:2], phase[:, 5:8:2]), noise[:, 4:6])
    between_re, between_im = drawn((phase[:, 8], phase[:, 9]), noise[:, 6])
    carried, loose = sign * before * now, LOOSE * (now.square() + 1e-6)
    held = ANCHOR_PULL * now.square()
    pull_re = carried * (re * advance_re - im * advance_im) + loose * noise[:, 0:4:2] + held * anchor[:, 0::2]
    pull_im = carried * (re * advance_im + im * advance_re) + loose * noise[:, 1:4:2] + held * anchor[:, 1::2]
    checkered = torch.stack([sign, -sign]) > 0
    up = -now[..., 1:] * now[..., :-1]
    up_re, up_im = up * slope_re[..., 1:], up * slope_im[..., 1:]
    across = now[:, 0] * now[:, 1]
    across_re, across_im = across * between_re, across * between_im
    re, im = unit((pull_re, pull_im))
    for half in range(ITERATIONS):
        low_re, low_im, high_re, high_im = re[..., :-1], im[..., :-1], re[..., 1:], im[..., 1:]
        from_left = (re[:, 0] * across_re + im[:, 0] * across_im, im[:, 0] * across_re - re[:, 0] * across_im)
        from_right = (re[:, 1] * across_re - im[:, 1] * across_im, im[:, 1] * across_re + re[:, 1] * across_im)
        total_re = (
            pull_re
            + F.pad(low_re * up_re - low_im * up_im, (1, 0))
            + F.pad(high_re * up_re + high_im * up_im, (0, 1))
            + torch.stack([from_right[0], from_left[0]], 1)
        )
        total_im = (
            pull_im
            + F.pad(low_re * up_im + low_im * up_re, (1, 0))
            + F.pad(high_im * up_re - high_re * up_im, (0, 1))
            + torch.stack([from_right[1], from_left[1]], 1)
        )
        turn = checkered if half % 2 else ~checkered
        total_re, total_im = unit((total_re, total_im))
        re, im = torch.where(turn, total_re, re), torch.where(turn, total_im, im)
    return re, im


def companded(phasors: Tensor, radius: Tensor) -> Tensor:
    """Phasors `[batch, 2 (re, im), 2 (channel), 1024, n]` with companded magnitudes `[batch, 2, 1024, n]` -> planes.

    Companding works on real and imaginary part alone, so it turns the phase as well.
    """
    bent = phasors.sign() * phasors.abs() ** COMPAND_POWER
    length = bent.square().sum(1, keepdim=True).sqrt().clamp(min=1e-12)
    return (bent / length * radius[:, None]).transpose(1, 2).flatten(1, 2)


def relation(first: Phasor, second: Phasor) -> Phasor:
    """first * conj(second)."""
    return first[0] * second[0] + first[1] * second[1], first[1] * second[0] - first[0] * second[1]


def unit(phasor: Phasor) -> Phasor:
    """Phasors of length 1 (0 stays 0)."""
    scale = (phasor[0].square() + phasor[1].square()).sqrt().clamp(min=1e-12)
    return phasor[0] / scale, phasor[1] / scale


def drawn(mean: Phasor, noise: Tensor) -> Phasor:
    """Phasors of length 1 with the direction of the mean one, turned by as much as its length leaves open.

    An angle of normal distribution and variance -2 ln(R) has a mean phasor of length R.
    """
    re, im = unit(mean)
    length = (mean[0].square() + mean[1].square()).sqrt().clamp(UNSURE, SURE)
    angle = noise * (-2 * length.log()).sqrt()
    return re * angle.cos() - im * angle.sin(), im * angle.cos() + re * angle.sin()


def alternating(device: torch.device) -> Tensor:
    """(-1)^bin `[1024]`."""
    return 1.0 - 2.0 * (torch.arange(BINS, device=device) % 2)
