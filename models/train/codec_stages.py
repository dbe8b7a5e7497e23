"""The stages of codec training: what is trained, the loss of a batch, and figures on held-out songs.

`EncoderStage` trains encoder, pre-decoder and magnitude head by the magnitudes of single chunks. `DecoderStage`
leaves the encoder as it is and trains the pre-decoder (slowly) and the two-chunk denoiser. `JointStage` trains
everything at once by the consistency loss alone, as the Music2Latent papers do: slower, and the only way for a codec
that predicts no magnitudes (preset `paper`).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.nets.codec import Codec
from models.nets.preconditioning import SIGMA_MAX, index_of_sigma, sigma_of_index
from models.nets.spectrogram import EDGE, istft, join_chunks, split_chunks, stft
from models.train.codec_losses import bin_weights, consistency_loss, latent_penalty, magnitude_loss, magnitudes
from models.train.spectral_distance import energy_distance, log_spectral_distance_db

CLEAN_SHARE = 0.06  # of the decoder stage during which the target is the clean spectrogram
LAST_EXPONENT = 1.3  # the consistency step ends at 10^-1.3 of the index
SCORED_SHARE = 0.3  # of a batch gets a second sample for the energy distance
SECOND_STEP = (0.35, 0.47)  # index range around sigma 0.965 where the second decoding step works
SCORE_WEIGHT = 2.0
MAGNITUDE_WEIGHT = 0.3
LATENT_NOISE = 0.1  # uniform, on half of the items: what the latent model will do to the latents


def as_chunks(audio: Tensor) -> Tensor:
    """Audio of a pair -> `[batch, 2, 4, 1024, 32]`."""
    return split_chunks(stft(audio)).contiguous()


def roughened(latents: Tensor) -> Tensor:
    """Latents with uniform noise on half of the items."""
    noise = (torch.rand_like(latents) - 0.5) * 2 * LATENT_NOISE
    return latents + noise * (torch.rand(len(latents), 1, 1, device=latents.device) < 0.5)


class EncoderStage:
    """Latents must explain the magnitudes of their chunk."""

    name, peak_rate, hold = "encoder", 8e-4, 0.3

    def __init__(self, codec: Codec, compiled: Callable[..., Callable[..., Tensor]]) -> None:
        require_magnitudes(codec)
        self.codec = codec
        self.weight = bin_weights(codec.config.bands, codec.latent_mean.device)
        self.forward = compiled(self._forward)
        self.loss = compiled(magnitude_loss)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.encoder, 1.0), (self.codec.feature_decoder, 1.0)]

    def _forward(self, chunks: Tensor) -> tuple[Tensor, Tensor]:
        before_tanh = self.codec.encoder(chunks).float()
        return before_tanh, self.codec.features(roughened(torch.tanh(before_tanh)))[-1]

    def losses(self, audio: Tensor, progress: float) -> dict[str, Tensor]:
        chunks = as_chunks(audio).flatten(0, 1)
        before_tanh, predicted = self.forward(chunks)
        magnitude = self.loss(predicted, chunks, self.weight)
        penalty = latent_penalty(before_tanh)
        return {"loss": magnitude + 0.05 * penalty, "magnitude": magnitude.detach(), "penalty": penalty.detach()}

    def check(self, codec: Codec, audio: Tensor) -> dict[str, float]:
        """Variance of the magnitudes explained within chunks and of the chunk means, on held-out songs."""
        chunks = as_chunks(audio).flatten(0, 1)
        latents = codec.encode(chunks)
        guess, truth = codec.features(latents)[-1].float(), magnitudes(chunks)
        return explained_variance(guess, truth, self.weight) | {
            "saturated": float((latents.abs() > 0.97).float().mean()),
            "latent_std": float(latents.std()),
        }


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


class DecoderStage:
    """The consistency model over two chunks, with the encoder frozen."""

    name, peak_rate, hold = "decoder", 6e-4, 0.1

    def __init__(self, codec: Codec, compiled: Callable[..., Callable[..., Tensor]]) -> None:
        if self.name == "decoder":
            require_magnitudes(codec)
        self.codec = codec
        self.weight = bin_weights(codec.config.bands, codec.latent_mean.device)
        self.encode = compiled(codec.encode)
        self.features = compiled(codec.features)
        self.student = compiled(codec.denoise)
        self.teacher = compiled(codec.denoise)
        self.consistency = compiled(consistency_loss)
        self.magnitude = compiled(magnitude_loss)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.feature_decoder, 0.3), (self.codec.denoiser, 1.0)]

    def losses(self, audio: Tensor, progress: float) -> dict[str, Tensor]:
        chunks = as_chunks(audio)
        batch = len(chunks)
        scored = max(1, int(batch * SCORED_SHARE))
        with torch.no_grad():
            latents = roughened(self.encode(chunks.flatten(0, 1)))
        flat = self.features(latents)
        features = tuple(f.unflatten(0, (batch, 2)) for f in flat)
        index = draw_indices(batch, scored, chunks.device)
        sigma, noise, second_noise = sigma_of_index(index), torch.randn_like(chunks), torch.randn_like(chunks[:scored])
        noisy = chunks + scale(sigma) * noise
        second = chunks[:scored] + scale(sigma[:scored]) * second_noise
        estimate = self.student(
            torch.cat([noisy, second]),
            torch.cat([sigma, sigma[:scored]]),
            tuple(torch.cat([f, f[:scored]]) for f in features),
        )
        target = self.target(chunks, noise, index, features, progress)
        consistency = self.consistency(estimate[:batch], target, sigma)
        # Where one-step samples are scored, a regression to the clean mean would pull the other way.
        quarter = torch.ones(batch, 1, device=chunks.device)
        quarter[:scored] = 0.25
        score, spread = energy_distance(
            audio[:scored, :, 2 * EDGE : -2 * EDGE], pair_audio(estimate[:scored]), pair_audio(estimate[batch:])
        )
        magnitude = self.magnitude(flat[-1], chunks.flatten(0, 1), self.weight)
        consistency = (consistency * quarter).mean()
        loss = consistency + SCORE_WEIGHT * score + MAGNITUDE_WEIGHT * magnitude
        parts = {"consistency": consistency, "score": score, "spread": spread, "magnitude": magnitude}
        return {"loss": loss} | {name: value.detach() for name, value in parts.items()}

    @torch.no_grad()
    def target(
        self, chunks: Tensor, noise: Tensor, index: Tensor, features: tuple[Tensor, ...], progress: float
    ) -> Tensor:
        """The clean chunks at first; later the denoiser's own estimate from a little less of the same noise."""
        if progress < CLEAN_SHARE:
            return chunks
        step = 10 ** (-LAST_EXPONENT * (progress - CLEAN_SHARE) / (1 - CLEAN_SHARE))
        lower = (index - step).clamp(min=0)
        sigma = sigma_of_index(lower)
        estimate = self.teacher(chunks + scale(sigma) * noise, sigma, tuple(f.detach() for f in features))
        return torch.where(scale(lower) <= 0, chunks, estimate)

    def check(self, codec: Codec, audio: Tensor) -> dict[str, float]:
        """Log-spectral distance of one-step decodes of held-out songs, with the right and with swapped latents."""
        chunks = as_chunks(audio)
        latents = codec.encode(chunks.flatten(0, 1))
        noise = torch.randn(chunks.shape, generator=torch.Generator(chunks.device).manual_seed(0), device=chunks.device)
        sigma = torch.full(chunks.shape[:2], SIGMA_MAX, device=chunks.device)
        cut = audio[..., 2 * EDGE : -2 * EDGE]
        result = {}
        for name, given in (("lsd_db", latents), ("swapped_lsd_db", latents.roll(2, 0))):
            features = tuple(f.unflatten(0, (-1, 2)) for f in codec.features(given))
            decoded = pair_audio(codec.denoise(SIGMA_MAX * noise, sigma, features))
            result[name] = float(log_spectral_distance_db(cut, decoded).mean())
            if name == "lsd_db":
                result["level_db"] = float(20 * (decoded.std() / cut.std()).log10())
        return result


class JointStage(DecoderStage):
    """Encoder, pre-decoder and denoiser together, by the consistency loss of pairs (Music2Latent, sec. 3)."""

    name, peak_rate, hold = "joint", 4e-4, 0.1

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.encoder, 1.0), (self.codec.feature_decoder, 1.0), (self.codec.denoiser, 1.0)]

    def losses(self, audio: Tensor, progress: float) -> dict[str, Tensor]:
        chunks = as_chunks(audio)
        before_tanh = self.codec.encoder(chunks.flatten(0, 1)).float()
        flat = self.features(roughened(torch.tanh(before_tanh)))
        features = tuple(f.unflatten(0, (-1, 2)) for f in flat)
        index, noise = draw_indices(len(chunks), 0, chunks.device), torch.randn_like(chunks)
        sigma = sigma_of_index(index)
        estimate = self.student(chunks + scale(sigma) * noise, sigma, features)
        target = self.target(chunks, noise, index, features, progress)
        consistency = self.consistency(estimate, target, sigma).mean()
        penalty = latent_penalty(before_tanh)
        parts = {"consistency": consistency.detach(), "penalty": penalty.detach()}
        return {"loss": consistency + 0.05 * penalty} | parts


def require_magnitudes(codec: Codec) -> None:
    """ValueError for a codec whose pre-decoder predicts no magnitudes."""
    if not codec.config.magnitude_gate:
        raise ValueError("This codec predicts no magnitudes, which this stage trains by: use the stage `joint`.")


def scale(sigma: Tensor) -> Tensor:
    """`[batch, 2]` -> broadcastable to chunks."""
    return sigma[..., None, None, None]


def pair_audio(chunks: Tensor) -> Tensor:
    """Audio of a pair without the first and last window's halves: `[batch, 2, 4, 1024, 32]` -> `[batch, 2, n]`."""
    return istft(join_chunks(chunks.float()))[..., 2 * EDGE : -2 * EDGE]


def draw_indices(batch: int, scored: int, device: torch.device) -> Tensor:
    """Noise indices `[batch, 2]`: the scored items as decoding sees them, the rest log-normal, halves independent."""
    sigma = (torch.randn(batch, 2, device=device) * 1.9 - 0.3).exp().clamp(0.0025, SIGMA_MAX)
    index = index_of_sigma(sigma)
    first_step = scored * 2 // 3
    index[:first_step] = 1.0
    low, high = SECOND_STEP
    index[first_step:scored] = low + (high - low) * torch.rand(scored - first_step, 1, device=device)
    return index


STAGES: dict[str, type[EncoderStage] | type[DecoderStage]] = {
    "encoder": EncoderStage,
    "decoder": DecoderStage,
    "joint": JointStage,
}
