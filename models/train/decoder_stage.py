"""The second stage of codec training, and the joint one that takes the place of both for a codec without a sketch."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from models.nets.codec import Codec
from models.nets.phase import DRAWS, NextFrame, build_frame, build_spectrogram
from models.nets.preconditioning import SIGMA_MAX, index_of_sigma, sigma_of_index
from models.nets.spectrogram import BINS, CHUNK_STFT_FRAMES, EDGE, PLANES, split_chunks
from models.train.codec_losses import consistency_loss, latent_penalty
from models.train.encoder_stage import explained_extras, require_sketch
from models.train.pairs import as_chunks, join_pairs, pair_audio, roughened, scale
from models.train.sketch_loss import Compiled, SketchLoss, total
from models.train.spectral_distance import energy_distance, log_spectral_distance_db

CLEAN_SHARE = 0.06  # of the decoder stage during which the target is the clean spectrogram
LAST_EXPONENT = 1.3  # the consistency step ends at 10^-1.3 of the index
NOISE = (-0.3, 1.9)  # mean and spread of ln(sigma) in the consistency loss
SKETCH_NOISE = (-1.2, 1.2)  # the same where decoding starts from a sketch: noise above 1 never comes up
START_SIGMA, START_SPREAD = 0.3, 1.7  # noise on the sketch where decoding starts; a factor to either side in training
SCORED_SHARE = 0.5  # of a batch starts from sketches, twice, for the energy distance
SCORE_WEIGHT = 2.0
SKETCH_WEIGHT = 1.0  # with 0.3 the sketch was 1.7 dB worse for most of the stage


class DecoderStage:
    """The consistency model over two chunks, with the encoder frozen."""

    name, peak_rate, hold = "decoder", 6e-4, 0.1

    def __init__(self, codec: Codec, compiled: Compiled, network: Compiled) -> None:
        """`network` and `compiled`: torch.compile, or nothing, for the networks and for everything else."""
        if self.name == "decoder":
            require_sketch(codec)
        self.codec = codec
        self.encode, self.features = network(codec.encode), network(codec.features)
        self.student, self.teacher = network(codec.denoise), network(codec.denoise)
        self.consistency = compiled(consistency_loss)
        self.sketch_loss = SketchLoss(codec, compiled)
        self.next_frame = compiled(build_frame)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.feature_decoder, 0.3), (self.codec.denoiser, 1.0)]

    def losses(self, audio: Tensor, progress: float) -> dict[str, Tensor]:
        chunks = as_chunks(audio)
        batch = len(chunks)
        scored = max(1, int(batch * SCORED_SHARE))
        with torch.no_grad():
            latents = roughened(self.encode(chunks.flatten(0, 1)), self.codec.config.wave_numbers)
        maps = self.features(latents)
        flat, sketch = maps[: self.codec.config.denoiser_maps], self.codec.sketch(maps)
        features = tuple(f.unflatten(0, (batch, 2)) for f in flat)
        sigma, noise = draw_sigmas(batch, SKETCH_NOISE, chunks.device), torch.randn_like(chunks)
        sigma[:scored] = draw_start_sigmas(scored, chunks.device)
        # Scored items start from two sketches, as decoding does, the others from the chunks themselves.
        first, second = (sketched(sketch, scored, self.next_frame) for _ in range(2))
        noisy = torch.cat([first, chunks[scored:]]) + scale(sigma) * noise
        estimate = self.student(
            torch.cat([noisy, second + scale(sigma[:scored]) * torch.randn_like(second)]),
            torch.cat([sigma, sigma[:scored]]),
            tuple(torch.cat([f, f[:scored]]) for f in features),
        )
        target = self.target(
            chunks[scored:], noise[scored:], sigma[scored:], tuple(f[scored:] for f in features), progress
        )
        score, spread = energy_distance(
            audio[:scored, :, 2 * EDGE : -2 * EDGE], pair_audio(estimate[:scored]), pair_audio(estimate[batch:])
        )
        consistency = self.consistency(estimate[scored:batch], target, sigma[scored:]).mean()
        parts = self.sketch_loss.parts(sketch, chunks, audio)
        loss = consistency + SCORE_WEIGHT * score + SKETCH_WEIGHT * total(parts)
        told = {"consistency": consistency, "score": score} | parts
        return {"loss": loss, "spread": spread} | {name: value.detach() for name, value in told.items()}

    @torch.no_grad()
    def target(
        self, chunks: Tensor, noise: Tensor, sigma: Tensor, features: tuple[Tensor, ...], progress: float
    ) -> Tensor:
        """The clean chunks at first; later the denoiser's own estimate from a little less of the same noise."""
        if progress < CLEAN_SHARE:
            return chunks
        step = 10 ** (-LAST_EXPONENT * (progress - CLEAN_SHARE) / (1 - CLEAN_SHARE))
        lower = (index_of_sigma(sigma) - step).clamp(min=0)
        below = sigma_of_index(lower)
        estimate = self.teacher(chunks + scale(below) * noise, below, tuple(f.detach() for f in features))
        return torch.where(scale(lower) <= 0, chunks, estimate)

    def check(self, codec: Codec, audio: Tensor) -> dict[str, float]:
        """Log-spectral distance of held-out songs after one step with the right and with swapped latents.

        Of a codec with a sketch, that of the sketch alone, too.
        """
        chunks = as_chunks(audio)
        latents = codec.encode(chunks.flatten(0, 1))
        cut = audio[..., 2 * EDGE : -2 * EDGE]
        result = {}
        for name, given in (("", latents), ("swapped_", latents.roll(2, 0))):
            made = codec.features(given)
            start, sigma, features = self.beginning(made, len(chunks))
            noisy = start + scale(sigma) * torch.randn_like(start)
            decoded = pair_audio(codec.denoise(noisy, sigma, features))
            result[name + "lsd_db"] = float(log_spectral_distance_db(cut, decoded).mean())
            if not name:
                result["level_db"] = float(20 * (decoded.std() / cut.std()).log10())
                if codec.config.sketch:
                    result["sketch_lsd_db"] = float(log_spectral_distance_db(cut, pair_audio(start)).mean())
                    result |= explained_extras(codec.sketch(made), chunks, audio)
        return result

    def beginning(self, flat: tuple[Tensor, ...], batch: int) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Where decoding starts: chunks, noise levels that the first step expects on them, and the denoiser's maps."""
        device, config = flat[0].device, self.codec.config
        maps = tuple(f.unflatten(0, (batch, 2)) for f in flat)
        if config.sketch:
            start, level = sketched(self.codec.sketch(flat), batch), START_SIGMA
        else:
            start, level = torch.zeros(batch, 2, PLANES, BINS, CHUNK_STFT_FRAMES, device=device), SIGMA_MAX
        return start, torch.full((batch, 2), level, device=device), maps


class JointStage(DecoderStage):
    """Encoder, pre-decoder and denoiser together, by the consistency loss of pairs (Music2Latent, sec. 3)."""

    name, peak_rate, hold = "joint", 4e-4, 0.1

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.encoder, 1.0), (self.codec.feature_decoder, 1.0), (self.codec.denoiser, 1.0)]

    def losses(self, audio: Tensor, progress: float) -> dict[str, Tensor]:
        chunks = as_chunks(audio)
        before_tanh = self.codec.encoder(chunks.flatten(0, 1)).float()
        flat = self.features(roughened(torch.tanh(before_tanh), self.codec.config.wave_numbers))
        features = tuple(f.unflatten(0, (-1, 2)) for f in flat)
        sigma, noise = draw_sigmas(len(chunks), NOISE, chunks.device), torch.randn_like(chunks)
        estimate = self.student(chunks + scale(sigma) * noise, sigma, features)
        target = self.target(chunks, noise, sigma, features, progress)
        consistency = self.consistency(estimate, target, sigma).mean()
        penalty = latent_penalty(before_tanh)
        parts = {"consistency": consistency.detach(), "penalty": penalty.detach()}
        return {"loss": consistency + 0.05 * penalty} | parts


@torch.no_grad()
def sketched(sketch: dict[str, Tensor], count: int, next_frame: NextFrame = build_frame) -> Tensor:
    """The first `count` pairs as predicted, `[count, 2, 4, 1024, 32]`, with other random phases in every call.

    sketch: as `Codec.sketch` gives it, of single chunks.
    """
    names = [name for name in ("magnitude", "phase", "anchor") if name in sketch]
    magnitude, relations, *anchor = (join_pairs(sketch[name][: 2 * count]) for name in names)
    noise = torch.randn(count, DRAWS, *magnitude.shape[2:], device=magnitude.device)
    return split_chunks(build_spectrogram(magnitude, relations, noise, next_frame, *anchor))


def draw_sigmas(batch: int, noise: tuple[float, float], device: torch.device) -> Tensor:
    """Noise levels `[batch, 2]` of the consistency loss: log-normal, both halves independent."""
    mean, spread = noise
    return (torch.randn(batch, 2, device=device) * spread + mean).exp().clamp(0.0025, SIGMA_MAX)


def draw_start_sigmas(count: int, device: torch.device) -> Tensor:
    """Noise levels `[count, 2]` on sketches: around what decoding will use, alike in both halves."""
    low, high = (math.log(START_SIGMA * factor) for factor in (1 / START_SPREAD, START_SPREAD))
    return (low + (high - low) * torch.rand(count, 1, device=device)).exp().expand(-1, 2)
