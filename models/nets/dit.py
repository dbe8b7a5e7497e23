"""The diffusion transformer that writes one stem's latents beside a context (arXiv 2410.23005, sections 4.2, 4.3).

One token per latent; the context's latents lie beside the noisy ones on the channel axis; the noise level and a
512-d prompt vector steer every layer through AdaLN-Zero. The module here is the raw network F; `ConsistencyStep`
puts the preconditioning around it and is what gets exported.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.nets.null_conditions import NullConditions
from models.nets.preconditioning import c_noise, consistency_scalings

LATENT = 64
CLAP = 512
SLOTS = 8


@dataclass(frozen=True)
class DiTConfig:
    """Size of a DiT. The fields without a comment are what they say."""

    width: int = 1024
    layers: int = 18
    heads: int = 4
    mlp_ratio: int = 4
    condition: int = 512  # width of the vector that steers AdaLN
    noise_features: int = 512  # sines and cosines of c_noise
    max_chunks: int = 16  # 10.9 s; a window of 15 chunks is what is trained
    conv_dilation: int = (
        1  # 1: the paper's conv over neighbouring latents; 8: over the same slot of neighbouring chunks
    )
    qk_norm: bool = True  # per head, without gain: no parameters, and bf16 logits stay below sqrt(head width)


DIT_PRESETS: dict[str, DiTConfig] = {
    "paper": DiTConfig(),
    "starter": DiTConfig(width=384, layers=8, heads=6, condition=384),
}


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Normalises x [batch, token, width] without affine, then scales and shifts by [batch, 1, width] each."""
    return F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + scale) + shift


def rms_norm(x: Tensor) -> Tensor:
    """Divides the last axis by its root mean square, in float32."""
    wide = x.float()
    return (wide * (wide.square().mean(-1, keepdim=True) + 1e-6).rsqrt()).to(x.dtype)


class NoiseFeatures(nn.Module):
    """Sines and cosines of c_noise.

    Frequencies from 0.5 to 64 rad per unit: c_noise spans only 2.65, so lower ones would be constants; higher
    ones make neighbouring noise levels look unrelated, which unsettles consistency training (index step 0.001
    is a c_noise step of about 0.003, that is 0.18 rad at most here).
    """

    frequencies: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        steps = torch.linspace(math.log(0.5), math.log(64.0), features // 2)
        self.register_buffer("frequencies", steps.exp(), persistent=False)

    def forward(self, noise: Tensor) -> Tensor:
        """c_noise [batch] -> [batch, features], root mean square 1."""
        angle = noise[:, None] * self.frequencies
        return torch.cat([angle.cos(), angle.sin()], -1) * math.sqrt(2)


class TokenConv(nn.Module):
    """Depth-wise convolution of three taps along the tokens (Primer, arXiv 2109.08668), born as the identity.

    Written as three shifted products: a compiler fuses them with their neighbours, where a depth-wise conv
    kernel in bfloat16 would need two transposes.
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.weight = nn.Parameter(torch.tensor([[0.0], [1.0], [0.0]]).repeat(1, channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[batch, token, channel] -> the same shape; zeros lie beyond both ends."""
        step, tokens = self.dilation, x.shape[1]
        padded = F.pad(x, (0, 0, step, step))
        before, after = padded[:, :tokens], padded[:, 2 * step :]
        weight = self.weight.to(x.dtype)
        return before * weight[0] + x * weight[1] + after * weight[2] + self.bias.to(x.dtype)


class Attention(nn.Module):
    """Full self-attention with a token convolution after Q, K and V."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.heads, self.qk_norm = config.heads, config.qk_norm
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.conv = TokenConv(3 * config.width, config.conv_dilation)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, token, width] -> [batch, token, width]."""
        batch, tokens, width = x.shape
        heads = self.conv(self.qkv(x)).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind(0)
        if self.qk_norm:
            q, k = rms_norm(q), rms_norm(k)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))


class Block(nn.Module):
    """One layer: attention and MLP, each inside AdaLN-Zero (Peebles and Xie, arXiv 2212.09748).

    Only the modulation starts at zero. Zeroing the branches' last layers as well would stop the gradients on
    both sides of the gate and leave the block dead.
    """

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        inner = config.mlp_ratio * config.width
        self.attention = Attention(config)
        self.mlp = nn.Sequential(
            nn.Linear(config.width, inner), nn.GELU(approximate="tanh"), nn.Linear(inner, config.width)
        )
        self.modulation = nn.Linear(config.condition, 6 * config.width)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x [batch, token, width], condition [batch, condition] after its SiLU -> x's shape."""
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self.modulation(condition)[:, None].chunk(6, -1)
        x = x + gate_a * self.attention(modulate(x, shift_a, scale_a))
        return x + gate_m * self.mlp(modulate(x, shift_m, scale_m))


class DiT(NullConditions, nn.Module):
    """The raw network F of `D(x) = c_skip x + c_out F(c_in x, c_noise)`."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        width, condition = config.width, config.condition
        self.input = nn.Linear(2 * LATENT, width)
        self.noise_features = NoiseFeatures(config.noise_features)
        self.noise_mlp = _two_layers(config.noise_features, condition)
        self.clap_mlp = _two_layers(CLAP, condition)
        self.null_clap = nn.Parameter(torch.zeros(CLAP))
        self.null_context = nn.Parameter(torch.randn(LATENT) * 0.5)
        self.chunk_positions = nn.Parameter(torch.randn(config.max_chunks, width) * 0.02)
        self.slot_positions = nn.Parameter(torch.randn(SLOTS, width) * 0.02)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.final_modulation = nn.Linear(condition, 2 * width)
        self.output = nn.Linear(width, LATENT)
        begin_at_zero(self, [self.final_modulation, self.output, *(block.modulation for block in self.blocks)])

    def forward(self, noisy: Tensor, noise: Tensor, context: Tensor, clap: Tensor) -> Tensor:
        """Runs F.

        Args:
            noisy: c_in times the noisy latents [batch, token, 64]; tokens = 8 x chunks, at most 128.
            noise: c_noise [batch].
            context: the context's normalised latents [batch, token, 64], or `null_context` on every token.
            clap: prompt vectors of length 1 [batch, 512], or `null_clap`.

        Returns:
            [batch, token, 64]
        """
        condition = self._condition(noise, clap)
        x = self.input(torch.cat([noisy, context], -1)) + self._positions(noisy.shape[1])
        for block in self.blocks:
            x = block(x, condition)
        shift, scale = self.final_modulation(condition)[:, None].chunk(2, -1)
        return self.output(modulate(x, shift, scale))

    def _condition(self, noise: Tensor, clap: Tensor) -> Tensor:
        # Prompt vectors have length 1; times sqrt(512) they enter as loud as the noise features.
        prompt = self.clap_mlp(clap * math.sqrt(CLAP))
        return F.silu(self.noise_mlp(self.noise_features(noise)) + prompt)

    def _positions(self, tokens: int) -> Tensor:
        # Cut before the sum: else the exporter stores the sum (196 kB in `starter`), and neither term can be read back.
        return (self.chunk_positions[: tokens // SLOTS, None] + self.slot_positions).flatten(0, 1)


class ConsistencyStep(nn.Module):
    """What the pack runs: one consistency evaluation with the preconditioning inside (exported as c_dit)."""

    def __init__(self, net: DiT) -> None:
        super().__init__()
        self.net = net

    def forward(self, noisy: Tensor, sigma: Tensor, context: Tensor, clap: Tensor) -> Tensor:
        """noisy [n, t, 64], sigma [n], context [n, t, 64], clap [n, 512] -> denoised [n, t, 64]."""
        c_skip, c_out, c_in = (c[:, None, None] for c in consistency_scalings(sigma))
        raw = self.net(c_in * noisy, c_noise(sigma), context, clap)
        return c_skip * noisy + c_out * raw.float()


def parameter_parts(net: DiT) -> dict[str, int]:
    """Parameters per part, named as in the table that `paper` is checked against."""

    def count(*modules: nn.Module) -> int:
        return sum(p.numel() for module in modules for p in module.parameters())

    block = net.blocks[0]
    return {
        "attention": count(block.attention.qkv, block.attention.out),
        "conv": count(block.attention.conv),
        "mlp": count(block.mlp),
        "modulation": count(block.modulation),
        "layers": count(net.blocks),
        "input": count(net.input),
        "output": count(net.output),
        "final_modulation": count(net.final_modulation),
        "noise": count(net.noise_mlp),
        "clap": count(net.clap_mlp) + net.null_clap.numel(),
        "positions": net.chunk_positions.numel() + net.slot_positions.numel(),
        "null_context": net.null_context.numel(),
        "total": count(net),
    }


def _two_layers(features: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features, width), nn.SiLU(), nn.Linear(width, width))


def begin_at_zero(network: nn.Module, zeroed: Iterable[nn.Linear]) -> None:
    """Xavier everywhere; zeros where AdaLN-Zero asks for them (`zeroed`), so that F is exactly 0 at first."""
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    for layer in zeroed:
        nn.init.zeros_(layer.weight)
