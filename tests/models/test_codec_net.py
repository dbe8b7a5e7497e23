"""The torch codec: size of both presets, training steps, chunk-causality, batches, and what a slot covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.nets import layers
from models.nets.codec import Codec
from models.nets.codec_config import CODEC_PRESETS, LATENT, SLOTS, CodecConfig
from models.nets.preconditioning import SIGMA_MIN
from models.nets.spectrogram import (
    CHUNK_FRAMES,
    EDGE,
    HOP,
    chunk_spectrograms,
    expand,
    pre_emphasis,
    split_chunks,
    stft,
)
from models.nets.waves import low_waves
from models.train.codec_losses import anchor_loss, bin_weights, consistency_loss, phase_loss
from models.train.pairs import roughened
from models.train.widen import widened

SLOT_FRAMES = CHUNK_FRAMES // SLOTS
PRESETS = pytest.mark.parametrize("preset", ["paper", "starter"])


def shallow(preset: str) -> CodecConfig:
    """A preset with its widths, bands and tokens but one layer of each kind: the same shapes in a tenth of the time."""
    config = CODEC_PRESETS[preset]
    blocks = tuple(int(level == 1) for level in range(len(config.channels)))
    return replace(config, conv_blocks=blocks, encoder_layers=1, feature_layers=1, denoiser_layers=1)


def awake(config: CodecConfig) -> Codec:
    """A codec whose zero-initialised layers got random weights, so that every input can reach the output."""
    torch.manual_seed(0)
    codec = Codec(config).eval()
    with torch.no_grad():
        for parameter in codec.parameters():
            if not parameter.any():
                parameter.normal_(std=0.05)
    return codec


def pair(items: int = 1) -> Tensor:
    """Spectrograms of two neighbouring chunks `[items, 2, 4, 1024, 32]`."""
    return 0.5 * torch.randn(items, 2, 4, 1024, 32)


def reconstruct(codec: Codec, chunks: Tensor, sigma: Tensor, noise: Tensor) -> Tensor:
    """Encode both chunks `[items, 2, ...]`, and denoise them from their latents' features."""
    features = codec.features(codec.encode(chunks.flatten(0, 1)))
    halves = tuple(feature.unflatten(0, (-1, 2)) for feature in features)
    return codec.denoise(chunks + sigma[..., None, None, None] * noise, sigma, halves)


def training_loss(codec: Codec, chunks: Tensor, noise: Tensor) -> Tensor:
    """Consistency loss towards the clean chunks, through encoder, pre-decoder and denoiser.

    What a sketch says of phases does not go through the denoiser: it has losses of its own.
    """
    sigma = torch.ones(chunks.shape[:2], device=chunks.device)
    loss = consistency_loss(reconstruct(codec, chunks, sigma, noise), chunks, sigma).mean()
    if not codec.config.sketch:
        return loss
    single = chunks.flatten(0, 1)
    weight = bin_weights(codec.config.bands, chunks.device)
    sketch = codec.sketch(codec.features(codec.encode(single)))
    loss = loss + phase_loss(sketch["phase"], single, weight) + anchor_loss(sketch["anchor"], single)
    return loss + (sketch["envelope"] - 1).square().mean() + sketch["stereo_width"].square().mean()


# Size


@pytest.mark.parametrize(("preset", "low", "high"), [("paper", 140e6, 155e6), ("starter", 0, 25e6)])
def test_number_of_parameters(preset: str, low: float, high: float):
    with torch.device("meta"):
        codec = Codec(CODEC_PRESETS[preset])
    assert low < sum(parameter.numel() for parameter in codec.parameters()) < high


def test_ten_seconds_are_467_frames_which_fill_120_tokens():
    """Without padding 480,000 samples give 467 STFT frames; padded to 480 they are 15 chunks of 8 latents."""
    unpadded = stft(torch.zeros(1, 2, 480_000))
    assert unpadded.shape == (1, 4, 1024, 467)
    chunks = split_chunks(F.pad(unpadded, (0, 480 - 467)))
    assert chunks.shape == (1, 15, 4, 1024, 32)
    with torch.device("meta"):
        latents = Codec(CODEC_PRESETS["starter"]).encode(chunks[0].to("meta"))
    assert latents.flatten(0, 1).shape == (120, 64)


@PRESETS
def test_a_chunk_of_65536_stereo_samples_becomes_512_numbers(preset: str):
    audio = torch.randn(1, 2, CHUNK_FRAMES)
    assert audio.numel() == 65_536
    with torch.device("meta"):
        latents = Codec(CODEC_PRESETS[preset]).encode(chunk_spectrograms(audio)[0].to("meta"))
    assert latents.shape == (1, SLOTS, LATENT)
    assert latents.numel() == 512 == 65_536 // 128


# Training


@PRESETS
def test_whole_preset_takes_a_step_on_the_meta_device(preset: str):
    """Shapes of forward and backward at full size; the gradient reaches every parameter."""
    with torch.device("meta"):
        codec = Codec(CODEC_PRESETS[preset])
        loss = training_loss(codec, pair(2), pair(2))
    loss.backward()
    assert all(parameter.grad is not None for parameter in codec.parameters())
    torch.optim.SGD(codec.parameters(), lr=0.1).step()


def step_lowers_the_loss(config: CodecConfig) -> None:
    """One step down the gradient on one pair lowers the loss on that pair."""
    codec = awake(config).train()
    chunks, noise = pair(), pair()
    before = training_loss(codec, chunks, noise)
    before.backward()
    gradients = [parameter.grad for parameter in codec.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
    torch.optim.SGD(codec.parameters(), lr=0.01).step()
    with torch.no_grad():
        assert training_loss(codec, chunks, noise) < 0.999 * before


def test_starter_takes_a_training_step():
    step_lowers_the_loss(CODEC_PRESETS["starter"])


@pytest.mark.slow
def test_shallow_paper_takes_a_training_step():
    step_lowers_the_loss(shallow("paper"))


@pytest.mark.slow
def test_paper_takes_a_training_step():
    """Measured on one busy core: 33 s and 6.3 GB."""
    step_lowers_the_loss(CODEC_PRESETS["paper"])


# What a codec of before lacks


@pytest.mark.parametrize("hears", [True, False])
def test_what_a_codec_lacks_begins_without_effect(hears: bool):
    """Latents, magnitudes and relations stay, no envelope is told, and one width for all; then it is learnt."""
    new = replace(shallow("starter"), hears_relations=hears)
    old = awake(
        replace(new, hears_relations=False, anchored_bins=0, wave_numbers=0, envelope=False, stereo_width=False)
    )
    wider = widened(old, replace(new, anchored_bins=0, wave_numbers=0), encoder=True)
    chunks = pair()[0]
    with torch.no_grad():
        latents = old.encode(chunks)
        torch.testing.assert_close(wider.encode(chunks), latents)
        *_, magnitude, phase = old.features(latents)
        *_, same_magnitude, same_phase, envelope, width = wider.features(latents)
    torch.testing.assert_close(same_magnitude, magnitude)
    torch.testing.assert_close(same_phase, phase)
    assert not envelope.any()
    assert envelope.shape == (2, 4, 256)
    assert width.shape == (2, 6, 32)
    assert width.unique().numel() == 1
    assert wider.config.hears_relations == hears
    assert widened(wider, old.config, encoder=True).config == wider.config


def test_an_encoder_that_stays_as_it_is_hears_no_waves():
    old = Codec(replace(shallow("starter"), anchored_bins=0, wave_numbers=0, stereo_width=False))
    wider = widened(old, shallow("starter"), encoder=False)
    assert (wider.config.wave_numbers, wider.config.anchored_bins, wider.config.stereo_width) == (0, 0, True)


# The waves of the lowest bins


@pytest.fixture(scope="module")
def with_waves() -> Codec:
    """A codec that has got numbers for the waves beside what it knew."""
    old = awake(replace(shallow("starter"), anchored_bins=0, wave_numbers=0))
    codec = widened(old, shallow("starter"), encoder=True)
    chunks = pair()[0]
    with torch.no_grad():
        torch.testing.assert_close(codec.encode(chunks)[..., :56], old.encode(chunks)[..., :56])
    return codec


def test_waves_are_in_the_last_numbers_alone(with_waves: Codec):
    """Turned by a quarter period, the lowest bins change those numbers; the others hear them as all of the spectrum."""
    chunks = pair()[0]
    rest = torch.tanh(with_waves.encoder(chunks)[..., :56])
    turned = chunks.clone()
    turned[:, 0, :8], turned[:, 1, :8] = -chunks[:, 1, :8], chunks[:, 0, :8]
    waves, other = (with_waves.encoder.waves(given, rest) for given in (chunks, turned))
    assert waves.shape == (2, SLOTS, 8)
    assert (waves - other).abs().mean() > 0.1
    above = chunks.clone()
    above[:, :, 8:] = 0
    torch.testing.assert_close(with_waves.encoder.waves(above, rest), waves)


def test_numbers_that_are_zero_say_nothing_of_waves_and_the_rest_never_sees_them(with_waves: Codec):
    """The magnitudes of the anchored bins apart, which the waves tell better."""
    latents = torch.tanh(torch.randn(2, SLOTS, LATENT))
    without = latents.clone()
    without[..., 56:] = 0
    names = (0, 1, 2, *with_waves.config.sketch_parts)
    with torch.no_grad():
        told, nothing = (dict(zip(names, with_waves.features(given), strict=True)) for given in (latents, without))
    assert not nothing["anchor"].any()
    assert told["anchor"].shape == (2, 4, 8, 32)
    assert told["anchor"].std() > 0.01
    assert (told["magnitude"] - nothing["magnitude"])[:, :, :8].std() > 0.001
    torch.testing.assert_close(told["magnitude"][:, :, 8:], nothing["magnitude"][:, :, 8:], rtol=0, atol=0)
    for name in (0, 1, 2, "phase", "envelope", "stereo_width"):
        torch.testing.assert_close(told[name], nothing[name], rtol=0, atol=0)


def test_waves_are_learnt_without_a_change_to_the_other_numbers(with_waves: Codec):
    codec, chunks, losses = with_waves, pair()[0], []
    for _ in range(3):
        codec.zero_grad()
        losses.append(anchor_loss(codec.sketch(codec.features(codec.encode(chunks)))["anchor"], chunks))
        losses[-1].backward()
        touched = {name for name, p in codec.encoder.named_parameters() if p.grad is not None and p.grad.any()}
        assert touched
        assert all(name.startswith("waves.") for name in touched)
        torch.optim.SGD(codec.parameters(), lr=0.1).step()
    assert losses[2] < losses[1] < losses[0]


def test_some_items_of_a_batch_come_without_waves():
    latents = torch.ones(400, SLOTS, LATENT)
    rough = roughened(latents, 8)
    silent = (rough[..., 56:] == 0).flatten(1).all(1)
    assert 0.2 < silent.float().mean() < 0.4
    assert ((rough[~silent] - 1).abs() <= 0.1).all()
    assert ((rough[..., :56] - 1).abs() <= 0.1).all()
    assert (rough[..., :56] != 1).flatten(1).any(1).float().mean() == pytest.approx(0.5, abs=0.1)
    assert (roughened(latents) != 0).all()


def test_low_waves_are_those_of_the_slot_whatever_their_level():
    chunks = pair()[0]
    rows = low_waves(chunks, 8)
    assert rows.shape == (2, SLOTS, 4 * 8 * 4)
    other = chunks.clone()
    other[:, :, 8:] = 0
    other[..., 4 * 3 : 4 * 4] *= 5
    torch.testing.assert_close(low_waves(other, 8), rows, rtol=1e-2, atol=1e-2)
    other[..., 4 * 3 : 4 * 4] *= -1
    changed = (low_waves(other, 8) - rows).abs().amax(2) > 0.1
    assert changed[:, 3].all()
    assert changed.sum() == 2
    assert not low_waves(torch.zeros_like(chunks), 8).any()


# The consistency model


class Probe:
    """Two noisy chunks with their features, and what the codec makes of them."""

    def __init__(self, codec: Codec) -> None:
        torch.manual_seed(1)
        features = codec.features(torch.randn(2, SLOTS, LATENT) * 0.5)
        self.codec = codec
        self.inputs = (pair(), torch.tensor([[0.9, 2.0]]), *(feature[None] for feature in features))
        self.before = self.denoise(self.inputs)

    def denoise(self, inputs: tuple[Tensor, ...]) -> Tensor:
        noisy, sigma, *features = inputs
        return self.codec.denoise(noisy, sigma, tuple(features))

    def changes(self, changed: Iterable[int], half: int) -> list[bool]:
        """Whether (left, right) output changes, be it by one bit, when these inputs of one half do."""
        inputs = tuple(tensor.clone() for tensor in self.inputs)
        for index in changed:
            inputs[index][:, half] *= 1.5
        after = self.denoise(inputs)
        return [not torch.equal(self.before[:, side], after[:, side]) for side in (0, 1)]


@PRESETS
@torch.no_grad()
def test_left_half_never_sees_the_right_one(preset: str):
    probe = Probe(awake(shallow(preset)))
    for changed in ([0], [1], range(2, len(probe.inputs))):  # noisy chunk, sigma, features
        assert probe.changes(changed, half=1) == [False, True]
    assert probe.changes([0], half=0) == [True, True]


@torch.no_grad()
def test_left_half_of_the_whole_starter_never_sees_the_right_one():
    probe = Probe(awake(CODEC_PRESETS["starter"]))
    assert probe.changes(range(len(probe.inputs)), half=1) == [False, True]


@torch.no_grad()
def test_attention_over_both_halves_would_be_noticed(monkeypatch: pytest.MonkeyPatch):
    """Without the chunk-causal attention the left half does see the right one: the tests above can fail."""
    monkeypatch.setattr(layers, "attend_chunk_causal", F.scaled_dot_product_attention)
    assert Probe(awake(shallow("starter"))).changes([0], half=1) == [True, True]


@PRESETS
@torch.no_grad()
def test_codec_is_the_identity_at_sigma_min(preset: str):
    chunks = pair()
    codec = awake(shallow(preset))
    lowest = torch.full((1, 2), SIGMA_MIN)
    assert torch.equal(reconstruct(codec, chunks, lowest, torch.zeros_like(chunks)), chunks)
    if preset == "starter":  # one is enough to see that the network has a say
        assert not torch.equal(reconstruct(codec, chunks, lowest + 0.1, torch.zeros_like(chunks)), chunks)


@PRESETS
@torch.no_grad()
def test_batches_of_one_and_of_many_are_the_same(preset: str):
    codec = awake(shallow(preset))
    chunks = pair(16 if preset == "starter" else 5)[:, 0]  # a chunk of the paper's resolution takes 0.3 s
    together = codec.encode(chunks)
    alone = torch.cat([codec.encode(chunk[None]) for chunk in chunks])
    assert together.abs().max() < 1
    assert (together[1:] - together[:-1]).abs().amax((1, 2)).min() > 1e-2  # the items do differ
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-4)
    for feature, single in zip(codec.features(together), codec.features(together[3:4]), strict=True):
        torch.testing.assert_close(feature[3:4], single, rtol=1e-3, atol=1e-3)


# Framing


@pytest.mark.parametrize("slot", range(SLOTS))
@pytest.mark.parametrize("place", [100, SLOT_FRAMES // 2, SLOT_FRAMES - 100])
def test_an_impulse_lies_in_the_four_stft_frames_of_its_slot(slot: int, place: int):
    """Slot s covers audio frames [4096 s, 4096 (s + 1)); an impulse in its middle is seen by no other slot."""
    audio = torch.zeros(1, 2, 2 * CHUNK_FRAMES)
    audio[..., CHUNK_FRAMES + slot * SLOT_FRAMES + place] = 1
    chunks = chunk_spectrograms(audio)[0]
    energy = expand(chunks / pre_emphasis()[:, None]).square().sum((1, 2))  # chunk, STFT frame
    in_slots = energy.unflatten(1, (SLOTS, -1)).sum(-1)
    share = in_slots[1, slot] / in_slots.sum()
    assert share > (0.999 if place == SLOT_FRAMES // 2 else 0.6)


def test_an_impulse_on_the_border_is_shared_by_two_slots():
    audio = torch.zeros(1, 2, CHUNK_FRAMES)
    audio[..., 3 * SLOT_FRAMES] = 1
    energy = expand(chunk_spectrograms(audio)[0] / pre_emphasis()[:, None]).square().sum((0, 1, 2))
    slots = energy.unflatten(0, (SLOTS, -1)).sum(-1)
    torch.testing.assert_close(slots[2], slots[3], rtol=1e-3, atol=0)
    assert EDGE == HOP // 2
