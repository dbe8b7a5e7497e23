"""Codec training in two stages, one command each.

    python -m models.train.codec encoder --pool /dev/shm/songs --out runs/codec --seconds 220
    python -m models.train.codec decoder --pool /dev/shm/songs --out runs/codec --seconds 800

`encoder` trains encoder, pre-decoder and magnitude head by the magnitudes of single chunks. `decoder` freezes the
encoder, so latents made from now on stay valid, and trains the pre-decoder (slowly) and the two-chunk denoiser.
Schedules follow the wall clock from the first step after compilation; `--resume` goes on where a run stopped.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.data.augment import training_audio
from models.nets.codec import CODEC_PRESETS, Codec
from models.nets.preconditioning import SIGMA_MAX, index_of_sigma, sigma_of_index
from models.nets.spectrogram import CHUNK_FRAMES, EDGE, istft, join_chunks, split_chunks, stft
from models.train.checkpoint import join_parts
from models.train.codec_losses import bin_weights, consistency_loss, latent_penalty, magnitude_loss, magnitudes
from models.train.run import TrainingRun
from models.train.song_feed import SongFeed
from models.train.spectral_distance import energy_distance, log_spectral_distance_db

PAIR_FRAMES = 2 * CHUNK_FRAMES + 2 * EDGE  # two chunks with the audio that their outer windows reach into
CLEAN_SHARE = 0.06  # of the decoder stage during which the target is the clean spectrogram
LAST_EXPONENT = 1.3  # the consistency step ends at 10^-1.3 of the index
SCORED_SHARE = 0.3  # of a batch gets a second sample for the energy distance
SECOND_STEP = (0.35, 0.47)  # index range around sigma 0.965 where the second decoding step works
SCORE_WEIGHT = 2.0
MAGNITUDE_WEIGHT = 0.3
LATENT_NOISE = 0.1  # uniform, on half of the items: what the latent model will do to the latents


def draw_pairs(feed: SongFeed, batch: int, augment: Callable[..., Tensor], held_out: bool = False) -> Tensor:
    """Audio `[batch, 2, PAIR_FRAMES]`, augmented."""
    stems, present = (feed.held_out if held_out else feed.crops)(batch, PAIR_FRAMES)
    return augment(stems, present)


def as_chunks(audio: Tensor) -> Tensor:
    """Audio of a pair -> `[batch, 2, 4, 1024, 32]`."""
    return split_chunks(stft(audio)).contiguous()


def roughened(latents: Tensor) -> Tensor:
    """Latents with uniform noise on half of the items."""
    noise = (torch.rand_like(latents) - 0.5) * 2 * LATENT_NOISE
    return latents + noise * (torch.rand(len(latents), 1, 1, device=latents.device) < 0.5)


def learning_rate(progress: float, step: int, peak: float, warm_up: int, hold: float) -> float:
    """Linear warm-up, flat until `hold` of the time, then a cosine to 2 % of the peak."""
    fall = max(0.0, (progress - hold) / (1 - hold))
    return peak * min(1.0, (step + 1) / warm_up) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * fall)))


class EncoderStage:
    """Latents must explain the magnitudes of their chunk."""

    name, peak_rate, hold = "encoder", 8e-4, 0.3

    def __init__(self, codec: Codec, compiled: Callable[..., Callable[..., Tensor]]) -> None:
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

    def check(self, audio: Tensor) -> dict[str, float]:
        """Variance of the magnitudes explained within chunks and of the chunk means, on held-out songs."""
        chunks = as_chunks(audio).flatten(0, 1)
        latents = self.codec.encode(chunks)
        guess, truth = self.codec.features(latents)[-1].float(), magnitudes(chunks)
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
        scored = int(batch * SCORED_SHARE)
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

    def check(self, audio: Tensor) -> dict[str, float]:
        """Log-spectral distance of one-step decodes of held-out songs, with the right and with swapped latents."""
        chunks = as_chunks(audio)
        latents = self.codec.encode(chunks.flatten(0, 1))
        noise = torch.randn(chunks.shape, generator=torch.Generator(chunks.device).manual_seed(0), device=chunks.device)
        sigma = torch.full(chunks.shape[:2], SIGMA_MAX, device=chunks.device)
        cut = audio[..., 2 * EDGE : -2 * EDGE]
        result = {}
        for name, given in (("lsd_db", latents), ("swapped_lsd_db", latents.roll(2, 0))):
            features = tuple(f.unflatten(0, (-1, 2)) for f in self.codec.features(given))
            decoded = pair_audio(self.codec.denoise(SIGMA_MAX * noise, sigma, features))
            result[name] = float(log_spectral_distance_db(cut, decoded).mean())
            if name == "lsd_db":
                result["level_db"] = float(20 * (decoded.std() / cut.std()).log10())
        return result


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


STAGES = {"encoder": EncoderStage, "decoder": DecoderStage}


def load_codec(folder: Path) -> Codec:
    """The averaged codec of a run folder, on the CPU, in evaluation mode."""
    weights, meta = join_parts(folder / "ema")
    codec = Codec(CODEC_PRESETS[meta["preset"]])
    codec.load_state_dict(weights)
    return codec.eval()


@torch.no_grad()
def measure_latents(codec: Codec, feed: SongFeed, batches: int, batch: int) -> None:
    """Set `latent_mean` and `latent_std` of the codec from single stems and mixes, as the latent models will see."""
    found = []
    for _ in range(batches):
        stems, present = feed.crops(batch, PAIR_FRAMES)
        alone = nn.functional.one_hot(
            (torch.rand_like(present, dtype=torch.float) * present).argmax(1), present.shape[1]
        )
        kept = torch.where(torch.rand(batch, 1, device=present.device) < 0.5, present, alone.bool())
        audio = (stems.float() / 32_768 * kept[:, :, None, None]).sum(1)
        found.append(codec.encode(as_chunks(audio).flatten(0, 1)).flatten(0, 1))
    latents = torch.cat(found)
    codec.latent_mean.copy_(latents.mean(0))
    codec.latent_std.copy_(latents.std(0).clamp(min=1e-3))


def on_device(codec: Codec, device: torch.device) -> Codec:
    """Move the codec; on CUDA convolutions get channels-last weights and TF32 is allowed."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
        for module in codec.modules():
            if isinstance(module, nn.Conv2d):
                module.to(memory_format=torch.channels_last)
    return codec.to(device)


def train(options: argparse.Namespace) -> None:
    """Run one stage until its seconds (or steps) are over."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(options.seed)
    np.random.seed(options.seed)
    codec = Codec(CODEC_PRESETS[options.preset]) if options.start is None else load_codec(options.start).train()
    codec = on_device(codec, device)
    torch._dynamo.config.automatic_dynamic_shapes = False
    torch._dynamo.config.recompile_limit = 64
    compiled = torch.compile if device.type == "cuda" else (lambda function: function)
    stage = STAGES[options.stage](codec, compiled)
    run = TrainingRun(
        codec,
        stage.parameter_groups(),
        options.out,
        seconds=options.seconds,
        total_s=options.total_seconds,
        until=options.until,
        steps=options.steps,
        resume=options.resume,
        meta={"preset": options.preset, "stage": options.stage},
    )
    feed = SongFeed(options.pool, device, wait_for=options.wait_for)
    validation = draw_pairs(feed, options.check_batch, training_audio, held_out=True)
    precision = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
    augment = compiled(training_audio)
    while not run.is_over():
        run.set_rate(learning_rate(run.progress, run.step, stage.peak_rate, options.warm_up, stage.hold))
        with torch.no_grad():
            audio = draw_pairs(feed, options.batch, augment)
        with precision:
            losses = stage.losses(audio, run.progress)
        run.update(losses)
        if run.wants_check():
            with torch.no_grad(), precision:
                run.note_check(stage.check(validation) | {"songs": feed.copied})
    if options.stage == "encoder":
        measure_latents(run.ema.net, feed, batches=16, batch=options.batch)
        codec.latent_mean.copy_(run.ema.net.latent_mean)
        codec.latent_std.copy_(run.ema.net.latent_std)
    feed.stop()
    run.finish()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--pool", required=True, help="path of a pool that models.data.pool writes")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--from", dest="start", type=Path, help="run folder whose averaged weights to start from")
    parser.add_argument("--preset", choices=CODEC_PRESETS, default="starter")
    parser.add_argument("--seconds", type=float, default=600.0, help="training time of this call, without compilation")
    parser.add_argument("--total-seconds", type=float, help="length of the schedule, if this call is a part of it")
    parser.add_argument("--until", type=float, help="train until this Unix time instead of counting seconds")
    parser.add_argument("--steps", type=int, help="count steps instead of seconds")
    parser.add_argument("--batch", type=int, default=96, help="pairs of chunks")
    parser.add_argument("--check-batch", type=int, default=64)
    parser.add_argument("--warm-up", type=int, default=150, help="steps of linear warm-up")
    parser.add_argument("--wait-for", type=int, default=250, help="songs that must be there before the start")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
