"""The torch side of phase relations: what they are, what is built from true ones, and the loss that trains them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from models.data.composer import soundfont
from models.data.composer.compose import compose
from models.data.composer.render import render
from models.evaluate.codec_metrics import log_spectral_distance, onset_correlation
from models.nets.phase import (
    DRAWS,
    RELATIONS,
    SURE,
    UNSURE,
    anchors,
    build_frame,
    build_spectrogram,
    drawn,
    phase_relations,
    relation_weights,
)
from models.nets.spectrogram import (
    BINS,
    CHUNK_FRAMES,
    CHUNK_STFT_FRAMES,
    WINDOW,
    chunk_audio,
    chunk_spectrograms,
    join_chunks,
    split_chunks,
)
from models.train.codec_losses import anchor_loss, magnitudes, phase_errors, phase_loss, timing_loss
from models.train.encoder_stage import explained_relations
from tests.models import test_phase as runtime

CHUNKS = 6
LOUD = 0.03
"""Weight above which phases mean something. `magnitudes` has a floor, so silence weighs 0.001."""
EVEN = torch.ones(BINS, 1)
"""Weights under which all bins count the same."""


@pytest.fixture(scope="module")
def mix() -> Iterator[Tensor]:
    """Part of a composed song, `[2, frame]`, with the composer's own synthesis alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(soundfont, "_fonts", [])
        yield torch.from_numpy(render(compose(7), 20.0, CHUNKS * CHUNK_FRAMES).stems.sum(0))


@pytest.fixture(scope="module")
def spectrogram(mix: Tensor) -> Tensor:
    return join_chunks(chunk_spectrograms(mix[None]))


@pytest.fixture(scope="module")
def truth(spectrogram: Tensor) -> Tensor:
    return phase_relations(spectrogram)


def noise(like: Tensor, seed: int = 0) -> Tensor:
    """Random numbers for `build_spectrogram`."""
    shape = (len(like), DRAWS, *like.shape[2:])
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def turned(phase: Tensor, spread: float) -> Tensor:
    """Relations turned by random angles."""
    angle = spread * torch.randn(phase[:, 0::2].shape, generator=torch.Generator().manual_seed(1))
    re, im = phase[:, 0::2], phase[:, 1::2]
    parts = (re * angle.cos() - im * angle.sin(), im * angle.cos() + re * angle.sin())
    return torch.stack(parts, 2).flatten(1, 2)


# Relations


@pytest.mark.parametrize("offset", [-0.4, 0, 0.25])
@pytest.mark.parametrize("k", [40, 41])
def test_relations_of_a_stationary_sine(k: int, offset: float):
    """All are +1 for a sine on its bin; off the bin the advance turns, by half a turn per bin of distance.

    The right channel is a quarter of a turn ahead, so left against right is a quarter behind.
    """
    time = torch.arange(2 * CHUNK_FRAMES, dtype=torch.float64)
    angle = 2 * torch.pi * (k + offset) * time / WINDOW + 0.7
    sine = torch.stack([angle.sin(), 0.3 * (angle + torch.pi / 2).sin()]).float()
    found = phase_relations(join_chunks(chunk_spectrograms(sine[None])))[0, ..., 2:-2].numpy()
    phasors = found[0::2] + 1j * found[1::2]
    for at in (k, k + 1):
        assert phasors[0:2, at] == pytest.approx(np.exp(1j * np.pi * (k + offset - at)), abs=0.01)
        assert phasors[2:4, at] == pytest.approx(1, abs=0.01)
        assert phasors[4, at] == pytest.approx(-1j, abs=0.01)


def test_relations_are_those_of_the_runtime(mix: Tensor, spectrogram: Tensor, truth: Tensor):
    """The same signs as in numpy's arithmetic of complex numbers."""
    loud = relation_weights(magnitudes(spectrogram))[0].numpy() > LOUD
    expected = runtime.planes_of(runtime.relations(mix.numpy()))
    assert np.abs(truth[0].numpy() - expected)[loud.repeat(2, 0)].max() < 0.01
    assert loud.mean() > 0.5


def test_relations_have_length_one_and_are_nothing_at_the_edges(spectrogram: Tensor, truth: Tensor):
    assert truth.shape == (1, RELATIONS, BINS, CHUNKS * CHUNK_STFT_FRAMES)
    assert not truth[:, 0:4, :, 0].any()
    assert not truth[:, 4:8, 0].any()
    lengths = truth.unflatten(1, (-1, 2)).norm(dim=2)
    there = relation_weights(torch.ones_like(spectrogram[:, :2])) > 0
    heard = relation_weights(magnitudes(spectrogram)) > LOUD
    torch.testing.assert_close(lengths[there & heard], torch.ones(int((there & heard).sum())))


def test_weights_are_products_and_zero_where_there_is_no_neighbour():
    magnitude = 0.1 + torch.rand(2, 2, BINS, 5)
    weights = relation_weights(magnitude)
    assert weights.shape == (2, 5, BINS, 5)
    assert not weights[:, 0:2, :, 0].any()
    assert not weights[:, 2:4, 0].any()
    assert (weights[:, 0:2, :, 1:] > 0).all()
    assert (weights[:, 2:4, 1:] > 0).all()
    assert (weights[:, 4] > 0).all()
    left, right = magnitude[1, :, 7, 3]
    here = torch.stack([left, right, left, right, left])
    others = [magnitude[1, 0, 7, 2], magnitude[1, 1, 7, 2], magnitude[1, 0, 6, 3], magnitude[1, 1, 6, 3], right]
    torch.testing.assert_close(weights[1, :, 7, 3], here * torch.stack(others))


# Drawing


@pytest.mark.parametrize("length", [0.1, 0.5, 0.8, 0.95])
def test_drawn_phasors_have_the_mean_that_was_asked_for(length: float):
    """The mean of what is drawn is the mean phasor itself, in length and direction."""
    count, direction = 100_000, 2.0
    mean = tuple(torch.full((count,), length * part) for part in (np.cos(direction), np.sin(direction)))
    re, im = drawn(mean, torch.randn(count, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(re.square() + im.square(), torch.ones(count))
    assert re.mean() == pytest.approx(length * np.cos(direction), abs=0.01)
    assert im.mean() == pytest.approx(length * np.sin(direction), abs=0.01)


@pytest.mark.parametrize(("length", "counts_as"), [(0.0, 0.0), (1e-3, UNSURE), (1.0, SURE), (1.4, SURE)])
def test_lengths_that_no_mean_has(length: float, counts_as: float):
    count = 100_000
    re, im = drawn((torch.full((count,), length), torch.zeros(count)), torch.randn(count))
    assert re.mean() == pytest.approx(counts_as, abs=0.01)
    assert im.abs().max() <= 1


# Building


def test_true_relations_give_the_sound_back(mix: Tensor, spectrogram: Tensor, truth: Tensor):
    """Measured: 1.6 dB and .98; with random phases 5.6 dB and .62."""
    magnitude, audio = magnitudes(spectrogram), mix.numpy()
    built, random = (
        chunk_audio(split_chunks(build_spectrogram(magnitude, phase, noise(magnitude))))[0].numpy()
        for phase in (truth, torch.zeros_like(truth))
    )
    assert log_spectral_distance(audio, built) < 2.2
    assert log_spectral_distance(audio, random) > 4
    assert onset_correlation(audio, built) > 0.95 > 0.8 > onset_correlation(audio, random)


def test_magnitudes_are_those_asked_for(spectrogram: Tensor, truth: Tensor):
    magnitude = magnitudes(spectrogram)
    built = build_spectrogram(magnitude, truth, noise(magnitude))
    assert built.shape == spectrogram.shape
    found = torch.hypot(built[:, 0::2], built[:, 1::2])
    torch.testing.assert_close(found, magnitude.square(), rtol=1e-5, atol=1e-7)


def test_items_of_a_batch_do_not_meet(spectrogram: Tensor, truth: Tensor):
    """The second item is the first one, backwards; also, any `next_frame` may do the work."""
    magnitude, random = magnitudes(spectrogram)[..., :8], noise(spectrogram)[..., :8]
    maps = [torch.cat([part, part.flip(-1)]) for part in (magnitude, truth[..., :8], random)]
    calls = []

    def next_frame(*arguments: Tensor) -> tuple[Tensor, Tensor]:
        calls.append(arguments[0].shape)
        return build_frame(*arguments)

    together = build_spectrogram(*maps, next_frame)
    alone = torch.cat([build_spectrogram(*(part[at : at + 1] for part in maps)) for at in (0, 1)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)
    assert calls == [(2, 2, BINS)] * 8


@pytest.mark.parametrize(("start", "reach"), [(500, 8), (501, 7)])
def test_black_and_white_fields_take_turns(start: int, reach: int):
    """A frame without a past: a pull at one bin of the left channel goes one bin further in every half round.

    The odd bins of the left channel move first, so from an odd one the first half round goes nowhere.
    """
    sign = 1.0 - 2.0 * (torch.arange(BINS) % 2)
    zero, now = torch.zeros(1, 2, BINS), torch.ones(1, 2, BINS)
    phase, random = torch.zeros(1, RELATIONS, BINS), torch.zeros(1, DRAWS, BINS)
    phase[:, 4:8:2], phase[:, 8] = 1, 1
    random[:, 0, start] = sign[start]
    re, im = build_frame(zero, zero, zero, now, phase, torch.zeros(1, 4, BINS), random, sign)
    reached = torch.hypot(re, im)[0] > 0.5
    for channel, distance in ((0, reach), (1, reach - 1)):
        expected = (torch.arange(BINS) - start).abs() <= distance
        assert torch.equal(reached[channel], expected)
        torch.testing.assert_close(re[0, channel][expected], sign[expected])  # slopes of 1: half a turn per bin
    assert not im.any()


# Loss


def test_loss_of_the_truth_is_zero_and_of_nothing_one(spectrogram: Tensor, truth: Tensor):
    assert phase_loss(truth, spectrogram, EVEN).item() == 0
    assert phase_loss(torch.zeros_like(truth), spectrogram, EVEN).item() == pytest.approx(1, abs=1e-3)
    assert phase_loss(-truth, spectrogram, EVEN).item() == pytest.approx(4, abs=4e-3)
    error, total = phase_errors(torch.zeros_like(truth), spectrogram, EVEN)
    assert error.shape == total.shape == (5,)
    torch.testing.assert_close(error, total, rtol=1e-3, atol=0)


def test_timing_hears_what_all_bins_have_in_common_and_not_the_noise_of_each(spectrogram: Tensor, truth: Tensor):
    assert timing_loss(truth, spectrogram, EVEN).item() == 0
    common, single = torch.zeros_like(truth), torch.zeros_like(truth)
    common[:, 4:8] = 0.3
    single[:, 4:8] = 0.3 * noise(truth)[:, :4].sign()
    together, alone = (timing_loss(truth + off, spectrogram, EVEN).item() for off in (common, single))
    assert together == pytest.approx(phase_loss(truth + common, spectrogram, EVEN).item(), rel=1e-2)
    assert alone < together / 10
    other = torch.zeros_like(truth)
    other[:, :4] = other[:, 8:] = 0.3
    assert timing_loss(truth + other, spectrogram, EVEN).item() == 0


def test_best_prediction_is_as_long_as_it_is_sure(spectrogram: Tensor, truth: Tensor):
    """Relations known to a spread s have a mean phasor of length R = exp(-s^2 / 2); predicting it explains R^2."""
    spread = 0.8
    best = np.exp(-(spread**2) / 2)
    guess = turned(truth, spread)
    losses = {length: phase_loss(length * guess, spectrogram, EVEN).item() for length in (best - 0.2, best, 1.0)}
    assert losses[best] == pytest.approx(1 - best**2, abs=0.01)
    assert losses[best] < min(losses[best - 0.2], losses[1.0]) - 0.03


def test_explained_share_is_told_for_each_kind_of_relation(spectrogram: Tensor, truth: Tensor):
    """Slopes known for sure, advances of length 0.5, and nothing about the channels."""
    guess = truth.clone()
    guess[:, 0:4] *= 0.5
    guess[:, 8:] = 0
    pairs = split_chunks(spectrogram[..., : 2 * CHUNK_STFT_FRAMES])
    single = split_chunks(guess[..., : 2 * CHUNK_STFT_FRAMES])[0]
    shares = explained_relations(single, pairs, EVEN)
    assert shares == pytest.approx({"advance": 0.75, "slope": 1, "between": 0}, abs=1e-3)


def test_only_weighted_bins_count(spectrogram: Tensor, truth: Tensor):
    weight = EVEN.clone()
    weight[100:] = 0
    wrong = truth.clone()
    wrong[:, :, 100:] *= -1
    assert phase_loss(wrong, spectrogram, weight).item() == 0
    assert phase_loss(wrong, spectrogram, EVEN).item() > 1


def test_gradient_leads_to_the_truth_and_is_zero_without_a_neighbour(spectrogram: Tensor, truth: Tensor):
    predicted = torch.zeros_like(truth, requires_grad=True)
    phase_loss(predicted, spectrogram, EVEN).backward()
    gradient = predicted.grad
    assert gradient is not None
    assert gradient.shape == truth.shape
    assert gradient.isfinite().all()
    assert not gradient[:, 0:4, :, 0].any()
    assert not gradient[:, 4:8, 0].any()
    downhill = (-gradient * truth).unflatten(1, (-1, 2)).sum(2)
    loud = relation_weights(magnitudes(spectrogram)) > LOUD
    assert (downhill[loud] > 0).all()


def test_anchors_are_the_phases_and_their_loss_counts_what_is_loud(spectrogram: Tensor):
    true = anchors(spectrogram, 8)
    phasors = true.unflatten(1, (2, 2))
    torch.testing.assert_close(phasors.square().sum(2).max(), torch.tensor(1.0), rtol=1e-4, atol=0)
    slopes = phase_relations(spectrogram)[:, 4:8, 1:8].unflatten(1, (2, 2))
    above, below = (torch.complex(*part.unbind(2)) for part in (phasors[:, :, :, 1:], phasors[:, :, :, :-1]))
    loud = (magnitudes(spectrogram)[:, :, 1:8] > LOUD) & (magnitudes(spectrogram)[:, :, :7] > LOUD)
    off = (-above * below.conj() - torch.complex(*slopes.unbind(2))).abs()
    assert off[loud].max() < 1e-3
    assert anchor_loss(true, spectrogram).item() == pytest.approx(0, abs=1e-6)
    assert anchor_loss(torch.zeros_like(true), spectrogram).item() == pytest.approx(1, abs=1e-3)
    assert anchor_loss(-true, spectrogram).item() == pytest.approx(4, abs=4e-3)


def test_silence_makes_no_trouble():
    silent = torch.zeros(1, 4, BINS, 3)
    predicted = torch.zeros(1, RELATIONS, BINS, 3, requires_grad=True)
    loss = phase_loss(predicted, silent, EVEN)
    loss.backward()
    assert loss.isfinite()
    assert predicted.grad is not None
    assert predicted.grad.isfinite().all()
    assert not build_spectrogram(silent[:, :2], predicted.detach(), noise(silent)).any()
