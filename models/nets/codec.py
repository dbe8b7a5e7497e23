"""The stereo autoencoder of the Music2Latent2 family ("Improving Musical Accompaniment Co-creation...", sec. 3.1).

A chunk of audio (32,768 frames, 0.683 s) becomes 8 latents of 64 numbers (128x); a two-chunk, chunk-causal
consistency model turns noise back into the spectrogram, guided by features that the pre-decoder makes from the latents.

    encode      spectrogram -> patchifier -> [queries | audio tokens] -> transformer -> queries -> tanh -> latents
    features    latents -> [latent tokens | mask tokens] -> transformer -> de-patchifier: one map per resolution,
                and (starter) a sketch of the spectrogram: magnitudes and phase relations (`models/nets/phase.py`)
    denoise     two noisy chunks + their features (cross-connections) -> patchifier, transformer, de-patchifier

`paper` keeps untied learned queries. `starter` ties each latent to one 85 ms slot of the chunk: in short training
that explained 73 % of the variation inside a chunk where frequency queries explained 60 %.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.nets.codec_config import LATENT, SLOTS, CodecConfig
from models.nets.envelope import EnvelopeHead
from models.nets.layers import BandMerge, NoiseEmbedding, TokenNorm, TransformerBlock
from models.nets.patchifier import Depatchifier, Patchifier
from models.nets.phase import RELATIONS, weighted_relations
from models.nets.preconditioning import SIGMA_DATA, SIGMA_MIN, consistency_scalings
from models.nets.spectrogram import PLANES
from models.nets.stereo_width import StereoWidthHead
from models.nets.waves import WaveDecoder, WaveEncoder

MAGNITUDES = 2  # left and right
QUIET = 0.03  # companded magnitude below which a bin counts as a pause


class Encoder(nn.Module):
    """Spectrogram of a chunk -> latents before the tanh, `[batch, 8, 64]`."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        rows, steps = config.token_grid
        width = config.width
        self.slot_tied, self.steps, self.hears_relations = config.slot_tied, steps, config.hears_relations
        self.patchifier = Patchifier(config, PLANES + RELATIONS * config.hears_relations)
        self.position = nn.Parameter(torch.randn(rows * steps, width) * 0.02)
        self.queries = nn.Parameter(torch.randn(config.queries, width) * 0.02)
        # 64 numbers of every row of the slot are enough to ask with: 10,240 -> 320 would cost 3.3 M parameters.
        self.row_summary = nn.Linear(width, LATENT) if config.slot_tied else None
        self.slot_query = nn.Linear(rows * LATENT, width) if config.slot_tied else None
        self.blocks = nn.ModuleList(TransformerBlock(width, config.heads) for _ in range(config.encoder_layers))
        self.norm = TokenNorm(width)
        self.out = nn.Linear(width, SLOTS * LATENT // config.queries, bias=False)
        # Latents start with a spread of about 0.6, inside the straight part of the tanh.
        nn.init.normal_(self.out.weight, std=0.6 / width**0.5)
        self.waves = WaveEncoder(config.anchored_bins, config.wave_numbers) if config.wave_numbers else None

    def forward(self, spectrogram: Tensor) -> Tensor:
        # The relations are products of neighbouring bins: what no convolution of the planes alone can form.
        heard = torch.cat([spectrogram, weighted_relations(spectrogram)], 1) if self.hears_relations else spectrogram
        grid = self.patchifier(heard)[-1]
        queries = self.queries.to(grid.dtype).expand(grid.shape[0], -1, -1)
        if self.row_summary is not None and self.slot_query is not None:
            queries = queries + self.slot_query(self.row_summary(grid.permute(0, 3, 2, 1)).flatten(2))
        audio = grid.flatten(2).transpose(1, 2) + self.position.to(grid.dtype)
        tokens = torch.cat([queries, audio], 1)
        for block in self.blocks:
            tokens = block(tokens)
        latents: Tensor = self.out(self.norm(tokens[:, : self.queries.shape[0]])).reshape(-1, SLOTS, LATENT)
        if self.waves is None:
            return latents
        main = latents[..., : -self.waves.numbers]
        return torch.cat([main, self.waves(spectrogram, torch.tanh(main))], 2)


class FeatureDecoder(nn.Module):
    """Latents of a chunk `[batch, 8, 64]` -> one feature map per resolution, and the sketch if the codec makes one.

    The sketch: magnitudes `[batch, 2, 1024, 32]`, phase relations `[batch, 10, 1024, 32]`, and what else is told: the
    anchor `[batch, 4, anchored bins, 32]` (`models/nets/phase.py`), the detail of the temporal envelope
    `[batch, 4, 256]` (`models/nets/envelope.py`), the stereo width `[batch, 6, 32]` (`models/nets/stereo_width.py`);
    in the order of `CodecConfig.sketch_parts`.
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        rows, steps = config.token_grid
        width, size = config.width, SLOTS * LATENT // config.queries
        self.grid, self.query_size = (rows, steps), size
        self.latent_in = nn.Linear(size, width)
        self.latent_position = nn.Parameter(torch.randn(config.queries, width) * 0.1)
        self.mask = nn.Parameter(torch.randn(rows * steps, width) * 0.1)
        self.slot_mask = nn.Linear(LATENT, rows * width) if config.slot_tied else None
        self.blocks = nn.ModuleList(TransformerBlock(width, config.heads) for _ in range(config.feature_layers))
        self.norm = TokenNorm(width)
        self.depatchifier = Depatchifier(config)
        self.projections = nn.ModuleList(nn.Conv2d(channels, channels, 1) for channels in config.channels)
        self.sketch = config.sketch
        if config.sketch:
            self.magnitude = BandMerge(config.channels[0], MAGNITUDES, config.bands)
            self.phase = BandMerge(config.channels[0], RELATIONS, config.bands)
        self.waves = WaveDecoder(config.anchored_bins, config.wave_numbers) if config.wave_numbers else None
        self.envelope = EnvelopeHead(config.channels[0]) if config.envelope else None
        self.stereo_width = StereoWidthHead(config.channels[0]) if config.stereo_width else None

    def forward(self, latents: Tensor) -> tuple[Tensor, ...]:
        waves = latents
        if self.waves is not None:
            latents = F.pad(latents[..., : -self.waves.numbers], (0, self.waves.numbers))
        carried = latents.reshape(latents.shape[0], -1, self.query_size)
        latent_tokens = self.latent_in(carried)
        latent_tokens = latent_tokens + self.latent_position.to(latent_tokens.dtype)
        mask = self.mask.to(latent_tokens.dtype).expand(latents.shape[0], -1, -1)
        if self.slot_mask is not None:
            per_slot = self.slot_mask(latents).unflatten(-1, (self.grid[0], -1))  # batch, slot, row, width
            mask = mask + per_slot.transpose(1, 2).flatten(1, 2)
        tokens = torch.cat([latent_tokens, mask], 1)
        for block in self.blocks:
            tokens = block(tokens)
        grid = self.norm(tokens[:, carried.shape[1] :]).transpose(1, 2).unflatten(-1, self.grid)
        maps = self.depatchifier(grid)
        features = tuple(project(level) for project, level in zip(self.projections, maps, strict=True))
        if not self.sketch:
            return features
        magnitude, sketch = self.magnitude(maps[0]), [self.phase(maps[0])]
        if self.waves is not None:
            anchor, louder = self.waves(waves)
            magnitude = magnitude + F.pad(louder, (0, 0, 0, magnitude.shape[2] - louder.shape[2]))
            sketch.append(anchor)
        heads = (self.envelope, self.stereo_width)
        return (*features, magnitude, *sketch, *(head(maps[0]) for head in heads if head is not None))


class Denoiser(nn.Module):
    """The network F of the consistency model over two neighbouring chunks."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        rows, steps = config.token_grid
        gate = config.sketch
        self.noise = NoiseEmbedding(config.condition)
        self.patchifier = Patchifier(config, PLANES + MAGNITUDES * gate, config.condition)
        self.position = nn.Parameter(torch.randn(2 * rows * steps, config.width) * 0.02)
        self.blocks = nn.ModuleList(
            TransformerBlock(config.width, config.heads, config.condition) for _ in range(config.denoiser_layers)
        )
        self.norm = TokenNorm(config.width)
        self.depatchifier = Depatchifier(config, config.condition)
        self.merge = BandMerge(config.channels[0], PLANES * (1 + gate), config.bands)

    def forward(self, scaled: Tensor, sigma: Tensor, features: tuple[Tensor, ...]) -> Tensor:
        """scaled (c_in x) `[2 batch, 4, 1024, 32]`, item-major; sigma `[batch, 2]`; features `[2 batch, ...]` each."""
        embedding = self.noise(sigma)
        condition = embedding.flatten(0, 1)
        maps_in, magnitude = features, None
        if len(features) > len(self.patchifier.blocks):
            maps_in, magnitude = features[:-1], features[-1]
            scaled = torch.cat([scaled, magnitude], 1)
        maps = self.patchifier(scaled, condition, maps_in)
        maps[-1] = self.mix(maps[-1], embedding)
        out = self.merge(self.depatchifier(self.norm_map(maps[-1]), condition, maps)[0])
        return out if magnitude is None else scale_by_magnitude(out, magnitude)

    def mix(self, grid: Tensor, embedding: Tensor) -> Tensor:
        """Run the transformer over both chunks of each item; grid `[2 batch, width, row, step]`."""
        tokens = grid.flatten(2).transpose(1, 2).unflatten(0, (-1, 2)).flatten(1, 2)
        tokens = tokens + self.position.to(grid.dtype)
        for block in self.blocks:
            tokens = block(tokens, embedding, pairs=True)
        return tokens.unflatten(1, (2, -1)).flatten(0, 1).transpose(1, 2).unflatten(-1, grid.shape[2:])

    def norm_map(self, grid: Tensor) -> Tensor:
        return self.norm(grid.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def scale_by_magnitude(out: Tensor, magnitude: Tensor) -> Tensor:
    """Join the two halves of `out` `[n, 8, ...]`: free part + part scaled by the predicted magnitude.

    `magnitude` `[n, 2, ...]` is the square root of the companded magnitude of left and right, so the network only
    has to find the phase where the magnitude is known.
    """
    free, relative = out.chunk(2, 1)
    return free + relative * (magnitude.square() / SIGMA_DATA).repeat_interleave(2, 1)


def quiet_gain(magnitude: Tensor, sigma: Tensor) -> Tensor:
    """Gain `[batch, 2, 4, 1024, 32]` that closes where next to nothing is predicted; exactly 1 at sigma_min.

    c_skip passes a fifth of the noise at the second decoding step (sigma 0.965). What the network failed to remove
    stood 60 dB below the music in every pause and 12 dB higher at chunk borders; with the gain the two-step
    log-spectral distance of 8 clips fell from 6.83 to 5.18 dB, below the 5.22 dB of one step.
    magnitude `[batch, 2, 2, 1024, 32]` is the square root of the companded magnitude; sigma `[batch, 2]`.
    """
    # clamp, not + 1e-8: the ONNX exporter's optimiser takes an addition that small for zero and drops it.
    power = magnitude.float().square().square().clamp(min=1e-8)
    above = (sigma - SIGMA_MIN)[..., None, None, None].square()
    floor = QUIET**2 * above / (above + SIGMA_DATA**2)
    return (power / (power + floor)).repeat_interleave(2, 2)


class Codec(nn.Module):
    """Encoder, pre-decoder and consistency decoder; see the module's text."""

    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.feature_decoder = FeatureDecoder(config)
        self.denoiser = Denoiser(config)
        # Measured over the training data after the encoder is frozen; latents are standardised with them.
        self.register_buffer("latent_mean", torch.zeros(LATENT))
        self.register_buffer("latent_std", torch.full((LATENT,), 0.5))

    def encode(self, spectrogram: Tensor) -> Tensor:
        """Companded spectrogram `[batch, 4, 1024, 32]` -> latents `[batch, 8, 64]` in (-1, 1)."""
        return torch.tanh(self.encoder(spectrogram).float())

    def features(self, latents: Tensor) -> tuple[Tensor, ...]:
        """Latents `[batch, 8, 64]` -> feature maps, finest first, then the sketch."""
        return self.feature_decoder(latents)

    def sketch(self, features: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """What of the features is the sketch, by the names of `CodecConfig.sketch_parts`."""
        return dict(zip(self.config.sketch_parts, features[len(self.config.channels) :], strict=True))

    def denoise(self, noisy: Tensor, sigma: Tensor, features: tuple[Tensor, ...]) -> Tensor:
        """Consistency function f (models of sec. 3.1): two noisy chunks -> two clean ones.

        noisy `[batch, 2, 4, 1024, 32]`; sigma `[batch, 2]`, the halves may differ; features `[batch, 2, ...]` each;
        what the sketch says beside magnitudes is not read.
        At sigma_min it is the identity. The left half never depends on the right one.
        """
        features = features[: self.config.denoiser_maps]
        skip, out, scale_in = (c[..., None, None, None] for c in consistency_scalings(sigma))
        network = self.denoiser((scale_in * noisy).flatten(0, 1), sigma, tuple(f.flatten(0, 1) for f in features))
        estimate = skip * noisy + out * network.unflatten(0, (-1, 2)).float()
        if not self.config.sketch:
            return estimate
        return estimate * quiet_gain(features[-1], sigma)
