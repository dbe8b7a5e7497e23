"""The first stage of codec training, encoder and pre-decoder by the sketch of the chunks; and each of them alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.nets.codec import Codec
from models.nets.spectrogram import join_chunks
from models.train.codec_losses import (
    anchor_errors,
    envelope_errors,
    latent_penalty,
    magnitudes,
    phase_errors,
    width_errors,
)
from models.train.pairs import as_chunks, join_pairs, roughened
from models.train.sketch_loss import Compiled, SketchLoss, total


def require_sketch(codec: Codec) -> None:
    """ValueError for a codec whose pre-decoder makes no sketch."""
    if not codec.config.sketch:
        raise ValueError("This codec makes no sketch, which this stage trains by: use the stage `joint`.")


class EncoderStage:
    """Latents must explain the magnitudes and the phase relations of their chunk."""

    name, peak_rate, hold = "encoder", 8e-4, 0.3

    def __init__(self, codec: Codec, compiled: Compiled, network: Compiled) -> None:
        """`network` and `compiled`: torch.compile, or nothing, for the networks and for everything else."""
        require_sketch(codec)
        self.codec = codec
        self.forward = network(self._forward)
        self.sketch_loss = SketchLoss(codec, compiled)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.encoder, 1.0), (self.codec.feature_decoder, 1.0)]

    def _forward(self, chunks: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        before_tanh = self.codec.encoder(chunks).float()
        latents = roughened(torch.tanh(before_tanh), self.codec.config.wave_numbers)
        return before_tanh, self.codec.sketch(self.codec.features(latents))

    def losses(self, audio: Tensor, progress: float) -> dict[str, Tensor]:
        pairs = as_chunks(audio)
        before_tanh, sketch = self.forward(pairs.flatten(0, 1))
        parts, penalty = self.sketch_loss.parts(sketch, pairs, audio), latent_penalty(before_tanh)
        told = {name: value.detach() for name, value in (parts | {"penalty": penalty}).items()}
        return {"loss": total(parts) + 0.05 * penalty} | told

    def check(self, codec: Codec, audio: Tensor) -> dict[str, float]:
        """What the latents of held-out songs explain of the magnitudes and of the phase relations."""
        pairs = as_chunks(audio)
        chunks = pairs.flatten(0, 1)
        latents = codec.encode(chunks)
        sketch = codec.sketch(codec.features(latents))
        return (
            explained_variance(sketch["magnitude"].float(), magnitudes(chunks), self.sketch_loss.weight)
            | explained_relations(sketch["phase"], pairs, self.sketch_loss.weight)
            | explained_extras(sketch, pairs, audio)
            | {
                "saturated": float((latents.abs() > 0.97).float().mean()),
                "latent_std": float(latents.std()),
            }
        )


class HearingStage(EncoderStage):
    """The encoder alone, by what the pre-decoder, which stays as it is, makes of its latents.

    So latents keep their meaning and their normalisation: what was trained to write or to decode them goes on to work,
    and stems heard by the new encoder say more of what is there. Fitted one by one, latents of the starter explain
    more than its encoder finds.
    """

    name, peak_rate = "hearing", 3e-4

    def __init__(self, codec: Codec, compiled: Compiled, network: Compiled) -> None:
        codec.feature_decoder.requires_grad_(False)
        super().__init__(codec, compiled, network)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.encoder, 1.0)]


class SketchStage(EncoderStage):
    """The pre-decoder alone, for the latents that there are: they stay valid, and more is made of them.

    A decoder stage must follow, since the denoiser knows nothing of it yet; that one is slower, for it has more to do.
    """

    name, peak_rate = "sketch", 3e-4

    def __init__(self, codec: Codec, compiled: Compiled, network: Compiled) -> None:
        codec.encoder.requires_grad_(False)
        super().__init__(codec, compiled, network)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.feature_decoder, 1.0)]


def explained_variance(guess: Tensor, truth: Tensor, weight: Tensor) -> dict[str, float]:
    """Share of variance explained `within` chunks and of their `mean` spectra; L1 of the magnitudes."""

    def left_over(error: Tensor, reference: Tensor) -> float:
        return 1 - float((error.square() * weight).mean() / (reference.square() * weight).mean())

    guess_mean, truth_mean = guess.mean(-1, keepdim=True), truth.mean(-1, keepdim=True)
    within = truth - truth_mean
    return {
        "within": left_over(guess - guess_mean - within, within),
        "mean": left_over(guess_mean - truth_mean, truth_mean - truth_mean.mean(0, keepdim=True)),
        "l1": float(((guess - truth).abs() * weight).mean()),
    }


def explained_relations(phase: Tensor, pairs: Tensor, weight: Tensor) -> dict[str, float]:
    """Share of the phase relations explained, left and right together; of a mean phasor of length R it is R squared."""
    error, total = phase_errors(join_pairs(phase), join_chunks(pairs), weight)
    shares = 1 - error / total
    return {"advance": float(shares[:2].mean()), "slope": float(shares[2:4].mean()), "between": float(shares[4])}


def explained_extras(sketch: dict[str, Tensor], pairs: Tensor, audio: Tensor) -> dict[str, float]:
    """Share explained of the anchor, of the envelope's detail and of the width, of a sketch that has them."""
    found = {}
    if "anchor" in sketch:
        found["anchor"] = anchor_errors(join_pairs(sketch["anchor"]), join_chunks(pairs))
    if "envelope" in sketch:
        found["envelope"] = envelope_errors(sketch["envelope"].unflatten(0, (-1, 2)), audio)
    if "stereo_width" in sketch:
        found["stereo_width"] = width_errors(sketch["stereo_width"].unflatten(0, (-1, 2)), join_chunks(pairs))
    return {name: float(1 - error / nothing) for name, (error, nothing) in found.items()}
