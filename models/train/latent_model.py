"""A latent network with the conditions of a batch bound to it: what one training run produces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.guidance import Guidance
from models.nets.dit import DIT_PRESETS, DiT, DiTConfig
from models.nets.unet import UNET_PRESETS, UNet, UNetConfig
from models.train.checkpoint import join_parts
from models.train.diffusion import Network, guide
from models.train.latent_data import Batch

Config = DiTConfig | UNetConfig

PRESETS: dict[str, Mapping[str, Config]] = {"dit": DIT_PRESETS, "unet": UNET_PRESETS}
"""Sizes per kind of network; a checkpoint's metadata name the kind as `net`."""


class LatentModel(nn.Module):
    """`dit` or `unet`; a checkpoint names its weights `dit.*` or `unet.*`."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        if isinstance(config, UNetConfig):
            self.unet = UNet(config)
        else:
            self.dit = DiT(config)

    @property
    def net(self) -> DiT | UNet:
        """The network F, whichever it is."""
        return self.dit if hasattr(self, "dit") else self.unet

    def network(self, batch: Batch) -> Network:
        """F with the batch's conditions bound; bfloat16 inside on CUDA, float32 outside."""
        context = self.net.fill_context(batch.context, batch.context_present)
        clap = self.net.fill_clap(batch.clap, batch.clap_present)
        device = batch.clean.device.type

        def run(scaled: Tensor, noise: Tensor) -> Tensor:
            with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
                return self.net(scaled, noise, context, clap).float()

        return run

    def guided_network(self, batch: Batch, guidance: Guidance) -> Network:
        """F under classifier-free guidance, for `heun_sample`; items without a condition are not guided by it."""

        def network_of(context: bool, prompt: bool) -> Network:
            given = replace(
                batch,
                context_present=batch.context_present & context,
                clap_present=batch.clap_present & prompt,
            )
            return self.network(given)

        return guide(network_of, guidance)

    def describe(self) -> dict[str, Any]:
        """`net` and its `config` as JSON."""
        return {"net": "dit" if hasattr(self, "dit") else "unet", "config": asdict(self.net.config)}


def read_config(meta: Mapping[str, Any]) -> Config:
    """The configuration in a checkpoint's metadata; those from before there was a choice hold a DiT."""
    if meta.get("net", "dit") == "unet":
        return UNetConfig.from_json(meta["config"])
    return DiTConfig(**meta["config"])


def load_average(folder: Path) -> tuple[LatentModel, dict[str, Any]]:
    """The averaged weights of a finished run.

    Args:
        folder: a run's `ema` folder, or a copy of its parts.

    Returns:
        The model in evaluation mode, and the metadata (stage, net, config, step, seconds, ...).
    """
    tensors, meta = join_parts(folder)
    model = LatentModel(read_config(meta))
    model.load_state_dict(tensors)
    return model.eval(), meta
