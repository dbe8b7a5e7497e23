"""Training on several devices at once (data-parallel): every process draws batches of its own, and their gradients are
averaged, so that the weights stay the same everywhere. torchrun starts the processes:

    torchrun --standalone --nproc-per-node 2 -m models.train.latent dit --latents LATENTS --out RUN

Without it everything here does nothing. Only the first process (rank 0) validates and writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta

import torch
from torch import distributed, nn

PATIENCE = timedelta(hours=2)  # that the other processes wait while the first one renders songs or validates
RANK_SHIFT = 24  # where a seed of (run << 32) + step has room for the rank: below 16 million steps


def join() -> None:
    """Take part in the group that torchrun has started, if it has; processes talk by gloo, GPUs by NCCL."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or distributed.is_initialized():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)


def device() -> torch.device:
    """The GPU of this process by its number, which other threads of the process would not know; else the processor."""
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")


def leave() -> None:
    """End the group when all have come this far: a process that ends by itself can tear the others down with it."""
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


def rank() -> int:
    """Number of this process, 0 when it is the only one."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def seed(run_seed: int, step: int) -> int:
    """The seed of a step: another one in every process, so that the batches differ."""
    return (run_seed << 32) + (rank() << RANK_SHIFT) + step


def share(module: nn.Module) -> None:
    """Give every process the weights of the first one."""
    if distributed.is_initialized():
        for tensor in module.state_dict().values():
            distributed.broadcast(tensor, 0)


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace all gradients by their mean over the processes, in one message; a missing one counts as zero."""
    if not distributed.is_initialized():
        return
    members = [p for p in parameters if p.requires_grad]
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in members]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for parameter, gradient in zip(members, gradients, strict=True):
        # In the parameter's own layout (convolutions lie channels-last on a GPU), which fused AdamW demands.
        parameter.grad = gradient if gradient.stride() == parameter.stride() else torch.empty_like(parameter)
    own = [p.grad for p in members if p.grad is not None]
    means = [mean.view_as(p) for p, mean in zip(members, flat.split([p.numel() for p in members]), strict=True)]
    torch._foreach_copy_(own, means)  # all at once: the GPU waits for the processor here


def agreed(value: float) -> float:
    """The first process's value in all of them: clocks differ, and rates and the end must not."""
    if not distributed.is_initialized():
        return value
    shared = torch.tensor([value], dtype=torch.float64)  # on the host, so that no GPU is waited for
    distributed.broadcast(shared, 0)
    return shared.item()
