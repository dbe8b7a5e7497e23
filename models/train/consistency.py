"""Consistency training (iCT, arXiv 2310.14189) with the step schedule of Music2Latent (arXiv 2408.06500).

Pure functions of a network `F(scaled, c_noise)`, as in `models.train.diffusion`. Noise levels are handled as an
index in 0..1, equally spaced in sigma^(1/7). Student and target are the same network with the same weights; the
DiT has no random layer, so both passes also share the same "dropout", and the dropped conditions are bound outside.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from models.nets.preconditioning import (
    SIGMA_MAX,
    SIGMA_MIN,
    consistency_scalings,
    index_of_sigma,
    sigma_of_index,
)
from models.train.diffusion import Denoiser, Network, expand, heun_step, precondition

LOG_SIGMA_MEAN = -1.1
LOG_SIGMA_STD = 2.0
HUBER = 0.00054
# The log-normal puts 0.8 % above sigma 40, but sampling starts at 80: this share is drawn evenly from above sigma 5.8.
HIGH_SHARE = 0.15
HIGH_INDEX = 0.6

Weighting = Literal["published", "balanced"]


def step_size(fraction: float, exponent: float = 3.0, first: float = 1.0) -> float:
    """Index distance between student and teacher: 0.1^first at fraction 0, 0.1^exponent at fraction 1."""
    return 0.1 ** (first + (exponent - first) * fraction)


def huber_c(numbers: int) -> float:
    """Where the pseudo-Huber loss of a sample of so many numbers turns from square to linear."""
    return HUBER * math.sqrt(numbers)


def draw_indices(batch: int, generator: torch.Generator) -> Tensor:
    """Indices [batch]: log-normal noise levels inside SIGMA_MIN..SIGMA_MAX, and a share from the highest ones."""
    normal = torch.randn(batch, generator=generator, device=generator.device)
    sigma = (LOG_SIGMA_MEAN + LOG_SIGMA_STD * normal).exp()
    index = index_of_sigma(sigma.clamp(SIGMA_MIN * 1.01, SIGMA_MAX))
    high = int(batch * HIGH_SHARE)
    index[:high] = 1 - (1 - HIGH_INDEX) * torch.rand(high, generator=generator, device=generator.device)
    return index


def consistency_denoise(net: Network, noisy: Tensor, sigma: Tensor) -> Tensor:
    """The consistency function f(x, sigma): the end of the trajectory through x; identity at SIGMA_MIN."""
    return precondition(net, noisy, sigma, consistency_scalings(sigma))


def pseudo_huber(error: Tensor) -> Tensor:
    """sqrt(|e|^2 + c^2) - c over each whole sample, divided by sqrt(numbers) -> [batch]."""
    flat = error.flatten(1)
    c = huber_c(flat.shape[1])
    return ((flat.square().sum(1) + c * c).sqrt() - c) / math.sqrt(flat.shape[1])


def item_weights(high: Tensor, low: Tensor, weighting: Weighting) -> Tensor:
    """Loss weight per item [batch], mean 1.

    "published": 1 / (s - s'). "balanced": 1 / c_out, held below 25: the published weight leaves the network's own
    output a gradient that falls like 1 / s above sigma_data, 50 times less at 80 than at 0.5, and the first of
    five sampling steps starts at 80. Distance of samples to the nearest true one in short runs, published against
    balanced: corners of a square, one step 0.35 / 0.23, five steps 0.12 / 0.085 (three seeds); a small DiT with
    three answers per context, 0.42 / 0.37 and 0.29 / 0.28 (there exponent 3 was worse than 2 for both).
    """
    spread = high - low if weighting == "published" else consistency_scalings(high)[1].clamp(min=0.04)
    return 1 / spread / (1 / spread).mean()


def consistency_loss(
    net: Network,
    clean: Tensor,
    noise: Tensor,
    index: Tensor,
    delta: float,
    weighting: Weighting = "published",
    teacher: Denoiser | None = None,
) -> Tensor:
    """Distance between f at `index` and f at `index - delta` on the same trajectory; scalar.

    Without a `teacher` both points have the same noise. Where the lower index reaches 0 the target is the clean
    sample itself (the boundary condition), so a delta of 1 is plain denoising regression: this is why starting from
    EDM weights is stable.

    With a `teacher`, an EDM denoiser, the lower point is a Heun step of its ODE away (consistency distillation,
    arXiv 2303.01469, section 4): a target that does not scatter with the noise, but is no better than the teacher.
    Where the teacher is guided, the student learns to be (as in latent consistency models, arXiv 2310.04378).
    """
    lower = (index - delta).clamp(min=0)
    high, low = sigma_of_index(index), sigma_of_index(lower)
    noisy = clean + expand(high, clean) * noise
    student = consistency_denoise(net, noisy, high)
    with torch.no_grad():
        if teacher is None:
            target = consistency_denoise(net, clean + expand(low, clean) * noise, low)
            target = torch.where(expand(lower <= 0, clean), clean, target)
        else:
            target = consistency_denoise(net, heun_step(teacher, noisy, high, low), low)
    return (item_weights(high, low, weighting) * pseudo_huber(student - target)).mean()


@torch.no_grad()
def consistency_sample(net: Network, noise: Tensor, steps: int = 5, generator: torch.Generator | None = None) -> Tensor:
    """Multistep sampling at equally spaced indices; unit noise -> samples of the same shape."""
    sigmas = sigma_of_index(torch.linspace(1, 0, steps + 1, device=noise.device))
    x = noise * sigmas[0]
    for step in range(steps):
        if step > 0:
            fresh = torch.randn(x.shape, generator=generator, device=x.device)
            x = x + (sigmas[step].square() - SIGMA_MIN**2).sqrt() * fresh
        x = consistency_denoise(net, x, sigmas[step].expand(len(x)))
    return x
