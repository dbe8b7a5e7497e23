"""The DiT together with its table of prompt vectors: what one training run produces."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from models.families import FAMILIES
from models.nets.dit import DiT, DiTConfig, FamilyEmbedding
from models.train.checkpoint import join_parts
from models.train.diffusion import Network
from models.train.latent_data import Batch


class LatentModel(nn.Module):
    """`dit` and `families`; a checkpoint names them `dit.*` and `families.weight`."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.dit = DiT(config)
        self.families = FamilyEmbedding(len(FAMILIES))

    def network(self, batch: Batch) -> Network:
        """F with the batch's conditions bound; bfloat16 inside on CUDA, float32 outside."""
        context = self.dit.fill_context(batch.context, batch.context_present)
        clap = self.dit.fill_clap(self.families(batch.family), batch.family_present)
        device = batch.clean.device.type

        def run(scaled: Tensor, noise: Tensor) -> Tensor:
            with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
                return self.dit(scaled, noise, context, clap).float()

        return run

    def describe(self) -> dict[str, int | bool]:
        """The configuration as JSON."""
        return asdict(self.dit.config)


def load_average(folder: Path) -> tuple[LatentModel, dict[str, object]]:
    """The averaged weights of a finished run.

    Args:
        folder: a run's `ema` folder, or a copy of its parts.

    Returns:
        The model in evaluation mode, and the metadata (stage, config, step, seconds, ...).
    """
    tensors, meta = join_parts(folder)
    model = LatentModel(DiTConfig(**meta["config"]))
    model.load_state_dict(tensors)
    return model.eval(), meta
