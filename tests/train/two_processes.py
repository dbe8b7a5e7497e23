"""One of two training processes, as torchrun starts them: `python -m tests.train.two_processes LATENTS OUT`.

LATENTS holds a folder per process, `0` and `1`: a growing folder, as each of them finds it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from models.nets.dit import DiTConfig
from models.train import several
from models.train.latent import LatentSettings, LatentTask
from models.train.run import TrainingRun
from models.train.run_settings import RunSettings

TINY = DiTConfig(width=32, layers=1, heads=2, condition=16)


def main(latents: Path, out: Path) -> None:
    """Two steps; leaves the gradients of both, and weights and averaged weights, in a file of the process's own."""
    several.join()
    rank = several.rank()
    torch.manual_seed(rank)
    member = torch.nn.Parameter(torch.zeros(3))
    member.grad = None if rank else torch.ones(3)  # rank 1 has none: counts as zero
    several.average_gradients([member])
    run_settings = RunSettings(out=out / "run", steps=2, log_steps=1, check_s=1e9)
    task = LatentTask(LatentSettings(stage="dit", latents=latents / str(rank), config=TINY, batch=3), run_settings)
    if rank:
        torch.nn.init.ones_(task.module.dit.null_context)  # must be replaced by what the first process has
    run = TrainingRun(task, run_settings)
    own = task.losses
    seen: dict[str, torch.Tensor] = {}

    def losses(progress: float, step: int) -> dict[str, torch.Tensor]:
        found = own(progress, step)
        seen[f"loss.{step}"] = found["loss"].detach().clone()
        return found

    task.losses = losses  # type: ignore[method-assign]
    run.train()
    run.finish()
    progress = several.agreed(float(rank + 5))
    several.leave()
    tensors = {f"weights.{name}": value for name, value in task.module.state_dict().items()}
    tensors |= {f"ema.{name}": value for name, value in run.ema.net.state_dict().items()}
    tensors |= {f"gradient.{name}": p.grad for name, p in task.module.named_parameters() if p.grad is not None}
    tensors["held_out"] = torch.tensor(task.pool.held_out)
    tensors |= {"mean": member.grad, "progress": torch.tensor(progress)}
    save_file({name: value.contiguous() for name, value in (tensors | seen).items()}, out / f"{rank}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
