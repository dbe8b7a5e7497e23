"""The stages of codec training: what is trained, the loss of a batch, and figures on held-out songs.

`EncoderStage` trains encoder and pre-decoder by the sketch: magnitudes and phase relations. `DecoderStage` leaves the
encoder as it is and trains the pre-decoder (slowly) and the two-chunk denoiser, which begins where the sketch ends.
`JointStage` trains everything at once by the consistency loss alone, as the Music2Latent papers do: slower, and the
only way for a codec without a sketch (preset `paper`).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.nets.codec import Codec
from models.nets.phase import DRAWS, NextFrame, build_frame, build_spectrogram
from models.nets.preconditioning import SIGMA_MAX, index_of_sigma, sigma_of_index
from models.nets.spectrogram import BINS, CHUNK_STFT_FRAMES, EDGE, PLANES, istft, join_chunks, split_chunks, stft
from models.train.codec_losses import (
    bin_weights,
    consistency_loss,
    latent_penalty,
    magnitude_loss,
    magnitudes,
    phase_errors,
    phase_loss,
)
from models.train.spectral_distance import energy_distance, log_spectral_distance_db

CLEAN_SHARE = 0.06  # of the decoder stage during which the target is the clean spectrogram
LAST_EXPONENT = 1.3  # the consistency step ends at 10^-1.3 of the index
NOISE = (-0.3, 1.9)  # mean and spread of ln(sigma) in the consistency loss
SKETCH_NOISE = (-1.2, 1.2)  # the same where decoding starts from a sketch: noise above 1 never comes up
SCORED_SHARE = 0.5  # of a batch gets a second sample for the energy distance
FIRST_STEP_SIGMA = (0.25, 0.7)  # noise on the sketch that the first decoding step gets
SECOND_STEP_SIGMA = (0.1, 0.3)  # and on the first step's result that the second one gets
SCORE_WEIGHT = 2.0
MAGNITUDE_WEIGHT = 0.3
PHASE_WEIGHT = 0.3
LATENT_NOISE = 0.1  # uniform, on half of the items: what the latent model will do to the latents


def as_chunks(audio: Tensor) -> Tensor:
    """Audio of a pair -> `[batch, 2, 4, 1024, 32]`."""
    return split_chunks(stft(audio)).contiguous()


def roughened(latents: Tensor) -> Tensor:
    """Latents with uniform noise on half of the items."""
    noise = (torch.rand_like(latents) - 0.5) * 2 * LATENT_NOISE
    return latents + noise * (torch.rand(len(latents), 1, 1, device=latents.device) < 0.5)


class EncoderStage:
    """Latents must explain the magnitudes and the phase relations of their chunk."""

    name, peak_rate, hold = "encoder", 8e-4, 0.3

    def __init__(self, codec: Codec, compiled: Callable[..., Callable[..., Tensor]]) -> None:
        require_sketch(codec)
        self.codec = codec
        self.weight = bin_weights(codec.config.bands, codec.latent_mean.device)
        self.forward = compiled(self._forward)
        self.magnitude, self.phase = compiled(magnitude_loss), compiled(phase_loss)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.encoder, 1.0), (self.codec.feature_decoder, 1.0)]

    def _forward(self, chunks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        before_tanh = self.codec.encoder(chunks).float()
        *_, magnitude, phase = self.codec.features(roughened(torch.tanh(before_tanh)))
        return before_tanh, magnitude, phase

    def losses(self, audio: Tensor, progress: float) -> dict[str, Tensor]:
        pairs = as_chunks(audio)
        chunks = pairs.flatten(0, 1)
        before_tanh, magnitude, phase = self.forward(chunks)
        parts = {
            "magnitude": self.magnitude(magnitude, chunks, self.weight),
            "phase": self.phase(join_pairs(phase), join_chunks(pairs), self.weight),
            "penalty": latent_penalty(before_tanh),
        }
        loss = parts["magnitude"] + PHASE_WEIGHT * parts["phase"] + 0.05 * parts["penalty"]
        return {"loss": loss} | {name: value.detach() for name, value in parts.items()}

    def check(self, codec: Codec, audio: Tensor) -> dict[str, float]:
        """What the latents of held-out songs explain of the magnitudes and of the phase relations."""
        pairs = as_chunks(audio)
        chunks = pairs.flatten(0, 1)
        latents = codec.encode(chunks)
        *_, magnitude, phase = codec.features(latents)
        explained = explained_variance(magnitude.float(), magnitudes(chunks), self.weight)
        return (
            explained
            | explained_relations(phase, pairs, self.weight)
            | {
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


class DecoderStage:
    """The consistency model over two chunks, with the encoder frozen."""

    name, peak_rate, hold = "decoder", 6e-4, 0.1

    def __init__(self, codec: Codec, compiled: Callable[..., Callable[..., Tensor]]) -> None:
        if self.name == "decoder":
            require_sketch(codec)
        self.codec = codec
        self.weight = bin_weights(codec.config.bands, codec.latent_mean.device)
        self.encode = compiled(codec.encode)
        self.features = compiled(codec.features)
        self.student = compiled(codec.denoise)
        self.teacher = compiled(codec.denoise)
        self.consistency = compiled(consistency_loss)
        self.magnitude, self.phase = compiled(magnitude_loss), compiled(phase_loss)
        self.next_frame = compiled(build_frame)

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        return [(self.codec.feature_decoder, 0.3), (self.codec.denoiser, 1.0)]

    def losses(self, audio: Tensor, progress: float) -> dict[str, Tensor]:
        chunks = as_chunks(audio)
        batch = len(chunks)
        scored = max(1, int(batch * SCORED_SHARE))
        with torch.no_grad():
            latents = roughened(self.encode(chunks.flatten(0, 1)))
        *flat, phase = self.features(latents)
        features = tuple(f.unflatten(0, (batch, 2)) for f in flat)
        sigma, noise = draw_sigmas(batch, SKETCH_NOISE, chunks.device), torch.randn_like(chunks)
        sigma[:scored], first = draw_steps(scored, chunks.device)
        # The first decoding step starts from the sketch, the second one from what the first has made of it.
        start = torch.cat([sketched(flat[-1], phase, first, self.next_frame), chunks[first:scored]])
        noisy = chunks + scale(sigma) * noise
        noisy[:scored] = start + scale(sigma[:scored]) * noise[:scored]
        again = torch.cat([sketched(flat[-1], phase, first, self.next_frame), chunks[first:scored]])
        second = again + scale(sigma[:scored]) * torch.randn_like(again)
        estimate = self.student(
            torch.cat([noisy, second]),
            torch.cat([sigma, sigma[:scored]]),
            tuple(torch.cat([f, f[:scored]]) for f in features),
        )
        target = self.target(chunks[first:], noise[first:], sigma[first:], tuple(f[first:] for f in features), progress)
        consistency = self.consistency(estimate[first:batch], target, sigma[first:])
        # Where samples are scored, a regression to the clean mean would pull the other way.
        quarter = torch.ones(batch - first, 1, device=chunks.device)
        quarter[: scored - first] = 0.25
        score, spread = energy_distance(
            audio[:scored, :, 2 * EDGE : -2 * EDGE], pair_audio(estimate[:scored]), pair_audio(estimate[batch:])
        )
        parts = {
            "consistency": (consistency * quarter).mean(),
            "score": score,
            "magnitude": self.magnitude(flat[-1], chunks.flatten(0, 1), self.weight),
            "phase": self.phase(join_pairs(phase), join_chunks(chunks), self.weight),
        }
        loss = parts["consistency"] + SCORE_WEIGHT * score
        loss = loss + MAGNITUDE_WEIGHT * (parts["magnitude"] + PHASE_WEIGHT * parts["phase"])
        return {"loss": loss, "spread": spread} | {name: value.detach() for name, value in parts.items()}

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
            start, sigma, features = self.beginning(codec.features(given), len(chunks))
            noisy = start + scale(sigma) * torch.randn_like(start)
            decoded = pair_audio(codec.denoise(noisy, sigma, features))
            result[name + "lsd_db"] = float(log_spectral_distance_db(cut, decoded).mean())
            if not name:
                result["level_db"] = float(20 * (decoded.std() / cut.std()).log10())
                if codec.config.sketch:
                    result["sketch_lsd_db"] = float(log_spectral_distance_db(cut, pair_audio(start)).mean())
        return result

    def beginning(self, flat: tuple[Tensor, ...], batch: int) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Where decoding starts: chunks, noise levels that the first step expects on them, and the denoiser's maps."""
        device, config = flat[0].device, self.codec.config
        maps = tuple(f.unflatten(0, (batch, 2)) for f in flat)
        if config.sketch:
            start, level = sketched(flat[-2], flat[-1], batch), sum(FIRST_STEP_SIGMA) / 2
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
        flat = self.features(roughened(torch.tanh(before_tanh)))
        features = tuple(f.unflatten(0, (-1, 2)) for f in flat)
        sigma, noise = draw_sigmas(len(chunks), NOISE, chunks.device), torch.randn_like(chunks)
        estimate = self.student(chunks + scale(sigma) * noise, sigma, features)
        target = self.target(chunks, noise, sigma, features, progress)
        consistency = self.consistency(estimate, target, sigma).mean()
        penalty = latent_penalty(before_tanh)
        parts = {"consistency": consistency.detach(), "penalty": penalty.detach()}
        return {"loss": consistency + 0.05 * penalty} | parts


def require_sketch(codec: Codec) -> None:
    """ValueError for a codec whose pre-decoder makes no sketch."""
    if not codec.config.sketch:
        raise ValueError("This codec makes no sketch, which this stage trains by: use the stage `joint`.")


def scale(sigma: Tensor) -> Tensor:
    """`[batch, 2]` -> broadcastable to chunks."""
    return sigma[..., None, None, None]


def pair_audio(chunks: Tensor) -> Tensor:
    """Audio of a pair without the first and last window's halves: `[batch, 2, 4, 1024, 32]` -> `[batch, 2, n]`."""
    return istft(join_chunks(chunks.float()))[..., 2 * EDGE : -2 * EDGE]


@torch.no_grad()
def sketched(magnitude: Tensor, phase: Tensor, count: int, next_frame: NextFrame = build_frame) -> Tensor:
    """The first `count` pairs as predicted, `[count, 2, 4, 1024, 32]`, with other random phases in every call.

    magnitude `[2 batch, 2, 1024, 32]` and phase `[2 batch, 10, 1024, 32]` of single chunks.
    """
    magnitude, phase = join_pairs(magnitude[: 2 * count]), join_pairs(phase[: 2 * count])
    noise = torch.randn(count, DRAWS, *magnitude.shape[2:], device=magnitude.device)
    return split_chunks(build_spectrogram(magnitude, phase, noise, next_frame))


def join_pairs(maps: Tensor) -> Tensor:
    """Maps of single chunks `[2 batch, planes, 1024, 32]`, item-major -> of pairs `[batch, planes, 1024, 64]`."""
    return join_chunks(maps.unflatten(0, (-1, 2)))


def draw_sigmas(batch: int, noise: tuple[float, float], device: torch.device) -> Tensor:
    """Noise levels `[batch, 2]` of the consistency loss: log-normal, both halves independent."""
    mean, spread = noise
    return (torch.randn(batch, 2, device=device) * spread + mean).exp().clamp(0.0025, SIGMA_MAX)


def draw_steps(count: int, device: torch.device) -> tuple[Tensor, int]:
    """Noise levels `[count, 2]` of scored items, as decoding has them, and how many of them are first steps."""
    first = count * 2 // 3
    share = torch.rand(count, 1, device=device).expand(-1, 2)
    lows, highs = (
        torch.tensor([step[side] for step in (FIRST_STEP_SIGMA, SECOND_STEP_SIGMA)], device=device).log()
        for side in (0, 1)
    )
    which = (torch.arange(count, device=device) >= first).long()[:, None]
    return (lows[which] + (highs - lows)[which] * share).exp(), first


STAGES: dict[str, type[EncoderStage] | type[DecoderStage]] = {
    "encoder": EncoderStage,
    "decoder": DecoderStage,
    "joint": JointStage,
}
