"""Does the model use the context? Denoising error with the right one, a wrong one and none."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.train.diffusion import Network, edm_weight, expand
from models.train.latent_data import Batch
from models.train.latent_model import LatentModel

SIGMAS = (0.2, 0.5, 1.0, 2.0, 5.0, 20.0)

Denoise = Callable[[Network, Tensor, Tensor], Tensor]


@torch.no_grad()
def validate(model: LatentModel, denoise: Denoise, probe: Batch, seed: int = 1) -> dict[str, object]:
    """EDM losses of held-out songs at fixed noise.

    Args:
        denoise: `edm_denoise` or `consistency_denoise`.
        probe: one window per song, so that the neighbour's context is another song's.

    Returns:
        `right`, `wrong`, `none`: the loss per sigma of SIGMAS; `gap`: how much larger the loss gets with a wrong
        context, relative, mean over the sigmas (0: the context is ignored).
    """
    cases = {
        "right": probe,
        "wrong": probe.with_context(probe.context.roll(1, 0)),
        "none": probe.with_context(probe.context, present=False),
    }
    generator = torch.Generator(probe.clean.device).manual_seed(seed)
    noise = torch.randn(probe.clean.shape, generator=generator, device=probe.clean.device)
    losses = {name: _losses(model, denoise, batch, noise) for name, batch in cases.items()}
    gaps = [wrong / right - 1 for right, wrong in zip(losses["right"], losses["wrong"], strict=True)]
    return {"sigmas": SIGMAS, **losses, "gap": round(sum(gaps) / len(gaps), 5)}


def _losses(model: LatentModel, denoise: Denoise, batch: Batch, noise: Tensor) -> list[float]:
    net, losses = model.network(batch), []
    for level in SIGMAS:
        sigma = torch.full((len(noise),), level, device=noise.device)
        denoised = denoise(net, batch.clean + expand(sigma, noise) * noise, sigma)
        losses.append(edm_weight(sigma[0]) * (denoised - batch.clean).square().mean())
    return [round(loss, 5) for loss in torch.stack(losses).tolist()]
