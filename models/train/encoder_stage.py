"""The first stage of codec training: encoder and pre-decoder by the sketch of the chunks."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.nets.codec import Codec
from models.nets.spectrogram import join_chunks
from models.train.codec_losses import (
    ANCHOR_WEIGHT,
    PHASE_WEIGHT,
    TIMING_WEIGHT,
    anchor_errors,
    anchor_loss,
    bin_weights,
    latent_penalty,
    magnitude_loss,
    magnitudes,
    phase_errors,
    phase_loss,
    timing_loss,
)
from models.train.pairs import as_chunks, join_pairs, roughened

Compiled = Callable[..., Callable[..., Tensor]]


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
        if not codec.config.anchored_bins:
            raise ValueError("This codec's sketch has no anchor, which this stage trains: give it `anchored_bins`.")
        self.codec = codec
        self.weight = bin_weights(codec.config.bands, codec.latent_mean.device)
        self.forward = network(self._forward)
        self.magnitude, self.phase, self.timing = map(compiled, (magnitude_loss, phase_loss, timing_loss))
        self.anchor = compiled(anchor_loss)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.encoder, 1.0), (self.codec.feature_decoder, 1.0)]

    def _forward(self, chunks: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        before_tanh = self.codec.encoder(chunks).float()
        *_, magnitude, phase, anchor = self.codec.features(roughened(torch.tanh(before_tanh)))
        return before_tanh, magnitude, phase, anchor

    def losses(self, audio: Tensor, progress: float) -> dict[str, Tensor]:
        pairs = as_chunks(audio)
        chunks = pairs.flatten(0, 1)
        before_tanh, magnitude, phase, anchor = self.forward(chunks)
        relations, spectrogram = join_pairs(phase), join_chunks(pairs)
        parts = {
            "magnitude": self.magnitude(magnitude, chunks, self.weight),
            "phase": self.phase(relations, spectrogram, self.weight),
            "timing": self.timing(relations, spectrogram, self.weight),
            "anchor": self.anchor(join_pairs(anchor), spectrogram),
            "penalty": latent_penalty(before_tanh),
        }
        loss = parts["magnitude"] + PHASE_WEIGHT * parts["phase"] + TIMING_WEIGHT * parts["timing"]
        loss = loss + ANCHOR_WEIGHT * parts["anchor"] + 0.05 * parts["penalty"]
        return {"loss": loss} | {name: value.detach() for name, value in parts.items()}

    def check(self, codec: Codec, audio: Tensor) -> dict[str, float]:
        """What the latents of held-out songs explain of the magnitudes and of the phase relations."""
        pairs = as_chunks(audio)
        chunks = pairs.flatten(0, 1)
        latents = codec.encode(chunks)
        *_, magnitude, phase, anchor = codec.features(latents)
        explained = explained_variance(magnitude.float(), magnitudes(chunks), self.weight)
        error, total = anchor_errors(join_pairs(anchor), join_chunks(pairs))
        return (
            explained
            | explained_relations(phase, pairs, self.weight)
            | {
                "anchor": float(1 - error / total),
                "saturated": float((latents.abs() > 0.97).float().mean()),
                "latent_std": float(latents.std()),
            }
        )


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
