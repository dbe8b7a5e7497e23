"""EDM: the denoising loss and the Heun sampler (Karras et al. 2022, arXiv 2206.00364).

Everything here is a pure function of a network `F(scaled, c_noise)` with its conditions already bound. Latents are
`[batch, ...]` with standard deviation SIGMA_DATA; sigmas are `[batch]`; all of it float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from models.guidance import Guidance, mix
from models.nets.preconditioning import (
    SIGMA_DATA,
    SIGMA_MAX,
    SIGMA_MIN,
    Scalings,
    c_noise,
    edm_scalings,
    sigma_of_index,
)

Network = Callable[[Tensor, Tensor], Tensor]
"""F(c_in * noisy, c_noise): raw output in the shape of `noisy`, float32."""

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""D(noisy, sigma): an estimate of the clean latents, float32."""

# EDM used -1.2 and 1.2 for images of 32 pixels. Latents hold less redundancy, so the interesting noise is higher
# (EDM2, arXiv 2312.02696, takes -0.4 for latents), and the wide spread prepares for consistency training, whose
# samples start at sigma 80.
LOG_SIGMA_MEAN = -0.4
LOG_SIGMA_STD = 1.4


def draw_sigmas(batch: int, generator: torch.Generator) -> Tensor:
    """Log-normal noise levels [batch], kept inside SIGMA_MIN..SIGMA_MAX."""
    normal = torch.randn(batch, generator=generator, device=generator.device)
    return (LOG_SIGMA_MEAN + LOG_SIGMA_STD * normal).exp().clamp(SIGMA_MIN, SIGMA_MAX)


def expand(values: Tensor, like: Tensor) -> Tensor:
    """[batch] -> [batch, 1, ..., 1] with as many axes as `like`."""
    return values.reshape(-1, *[1] * (like.ndim - 1))


def precondition(net: Network, noisy: Tensor, sigma: Tensor, scalings: Scalings) -> Tensor:
    """c_skip x + c_out F(c_in x, c_noise)."""
    c_skip, c_out, c_in = (expand(c, noisy) for c in scalings)
    return c_skip * noisy + c_out * net(c_in * noisy, c_noise(sigma))


def edm_denoise(net: Network, noisy: Tensor, sigma: Tensor) -> Tensor:
    """The denoiser D(x; sigma), an estimate of the clean latents."""
    return precondition(net, noisy, sigma, edm_scalings(sigma))


def edm_weight(sigma: Tensor) -> Tensor:
    """lambda(sigma) = (sigma^2 + sigma_data^2) / (sigma sigma_data)^2, which makes the loss of F unit-scaled."""
    return (sigma.square() + SIGMA_DATA**2) / (sigma * SIGMA_DATA).square()


def edm_loss(net: Network, clean: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """Weighted squared error per latent number, mean over the batch; about 1 for a network that outputs 0."""
    denoised = edm_denoise(net, clean + expand(sigma, clean) * noise, sigma)
    error = (denoised - clean).square().flatten(1).mean(1)
    return (edm_weight(sigma) * error).mean()


def guide(network_of: Callable[[bool, bool], Network], guidance: Guidance) -> Network:
    """F under classifier-free guidance, evaluated up to three times per call (see `models.guidance`).

    D is c_skip x + c_out F with coefficients that do not depend on the conditions, and the terms' weights sum to 1:
    mixing F is mixing D.

    Args:
        network_of: (with context, with prompt) -> F with those conditions bound.
    """

    def run(scaled: Tensor, noise: Tensor) -> Tensor:
        terms = guidance.terms(sigma=math.inf)
        guided: Tensor = mix(terms, [network_of(term.context, term.prompt)(scaled, noise) for term in terms])
        if guidance.above_sigma == 0:
            return guided
        low = noise <= math.log(guidance.above_sigma) / 4
        return torch.where(expand(low, scaled), network_of(True, True)(scaled, noise), guided)

    return run


def heun_sigmas(steps: int, device: torch.device) -> Tensor:
    """EDM's schedule: `steps` levels from SIGMA_MAX to SIGMA_MIN, then 0 -> [steps + 1]."""
    levels = sigma_of_index(torch.linspace(1, 0, steps, device=device))
    return torch.cat([levels, levels.new_zeros(1)])


@torch.no_grad()
def heun_step(denoise: Denoiser, noisy: Tensor, now: Tensor, then: Tensor) -> Tensor:
    """One second-order step along the trajectory of the ODE; sigmas [batch], both above 0."""
    span, slope = expand(then - now, noisy), _slope(denoise, noisy, now)
    return noisy + span * (slope + _slope(denoise, noisy + span * slope, then)) / 2


def _slope(denoise: Denoiser, noisy: Tensor, sigma: Tensor) -> Tensor:
    """dx / dsigma at a point."""
    return (noisy - denoise(noisy, sigma)) / expand(sigma, noisy)


@torch.no_grad()
def heun_sample(net: Network, noise: Tensor, steps: int = 18) -> Tensor:
    """Deterministic second-order sampler (algorithm 1); unit noise -> samples of the same shape."""
    sigmas, denoise = heun_sigmas(steps, noise.device), partial(edm_denoise, net)
    x = noise * sigmas[0]
    for now, then in pairwise(sigmas[:-1]):
        x = heun_step(denoise, x, now.expand(len(x)), then.expand(len(x)))
    return denoise(x, sigmas[-2].expand(len(x)))  # from there to 0 in one Euler step
