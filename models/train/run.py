"""One training run: clock, optimiser, average of the weights, log and checkpoints, around any module and loss.

The schedule follows the wall clock, because GPU time is what there is a budget of. The clock starts after the first
steps (compilation does not count) and goes on where it stopped when a run is resumed.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.train.checkpoint import load_checkpoint, optimiser_tensors, restore_optimiser, save_checkpoint, save_parts
from models.train.ema import Ema

LOG_EVERY_STEPS = 50
WARM_UP_STEPS = 4  # compiled steps before the clock starts
CLIP = 1.0


class TrainingRun:
    """Trains `module` until `seconds` (or `steps`) are over; see the module's text.

    folder      receives log.jsonl, checkpoint-<step>/ and ema/
    groups      (module, factor on the learning rate) of everything that is trained; the rest stays frozen
    total_s     length of the schedule, when this run is only a part of it
    until       instead of `seconds`: train until this time of day (Unix seconds), whatever compilation takes
    meta        configuration that goes with the averaged weights
    """

    def __init__(
        self,
        module: nn.Module,
        groups: Iterable[tuple[nn.Module, float]],
        folder: Path,
        *,
        seconds: float,
        total_s: float | None = None,
        until: float | None = None,
        steps: int | None = None,
        checkpoint_s: float = 90.0,
        check_s: float = 45.0,
        weight_decay: float = 0.01,
        meta: dict[str, Any] | None = None,
        resume: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.module, self.folder, self.meta = module, folder, meta or {}
        self.seconds, self.total_s, self.steps, self._until = seconds, total_s or seconds, steps, until
        self.step, self._earlier_s = 0, 0.0
        self._steps_here, self._started, self._warm_at = 0, time.monotonic(), None
        self._checkpoint_s, self._check_s = checkpoint_s, check_s
        self._next_checkpoint, self._next_check = checkpoint_s, 0.0
        self._log_time, self._log_step = time.monotonic(), 0
        trained = [(name, p, factor) for part, factor in groups for name, p in named_in(module, part)]
        self._parameters = {name: parameter for name, parameter, _ in trained}
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(name in self._parameters)
        on_gpu = next(module.parameters()).is_cuda
        self.optimiser = torch.optim.AdamW(
            parameter_groups(trained, weight_decay), lr=1e-4, betas=(0.9, 0.98), fused=on_gpu
        )
        self.ema = Ema(module)
        if resume:
            self._resume()

    @property
    def elapsed_s(self) -> float:
        """Seconds of this run since compilation."""
        return time.monotonic() - self._warm_at if self._warm_at is not None else 0.0

    @property
    def progress(self) -> float:
        """0 at the start of the schedule, 1 at its end."""
        if self.steps is not None:
            return min(1.0, self.step / self.steps)
        return min(1.0, (self._earlier_s + self.elapsed_s) / self.total_s)

    def is_over(self) -> bool:
        """True when the budget of this run is used up."""
        if self.steps is not None:
            return self.step >= self.steps
        return self.elapsed_s >= self.seconds or self.progress >= 1

    def set_rate(self, rate: float) -> None:
        """Learning rate of the next update; groups multiply it by their factor."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["factor"]

    def update(self, losses: dict[str, Tensor]) -> None:
        """Back-propagate `losses["loss"]`, step, average. A step with a gradient that is no number is left out."""
        self.optimiser.zero_grad(set_to_none=True)
        losses["loss"].backward()
        norm = nn.utils.clip_grad_norm_(self._parameters.values(), CLIP)
        if norm.is_cuda:
            # The fused optimiser skips the step by itself, so the host need not wait for the norm.
            self.optimiser.grad_scale, self.optimiser.found_inf = None, (~torch.isfinite(norm)).float()
            self.optimiser.step()
        elif math.isfinite(norm):
            self.optimiser.step()
        self.ema.update(self.module, self.step)
        self.step += 1
        self._steps_here += 1
        self._after_step(losses, norm)

    def wants_check(self) -> bool:
        """True when a validation is due."""
        return self._warm_at is not None and self.elapsed_s >= self._next_check

    def note_check(self, figures: dict[str, float]) -> None:
        """Log the figures of a validation."""
        self._next_check = self.elapsed_s + self._check_s
        self.log({"check": True, **figures})

    def finish(self) -> None:
        """Write the last checkpoint and the averaged weights."""
        self._save()
        self.log({"finished": True, "compile_s": (self._warm_at or self._started) - self._started})

    def log(self, entry: dict[str, Any]) -> None:
        """One JSON line, to the log file and the screen."""
        entry = {"step": self.step, "s": round(self._earlier_s + self.elapsed_s, 1), **entry}
        line = json.dumps({key: round(v, 5) if isinstance(v, float) else v for key, v in entry.items()})
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(line + "\n")
        print(line, flush=True)

    def _after_step(self, losses: dict[str, Tensor], norm: Tensor) -> None:
        if self._warm_at is None and self._steps_here >= WARM_UP_STEPS:
            if norm.is_cuda:
                torch.cuda.synchronize()
            self._warm_at = self._log_time = time.monotonic()
            self._log_step = self.step
            if self._until is not None:
                self.seconds = self._until - time.time()
                self.total_s = self._earlier_s + self.seconds
        if self.step % LOG_EVERY_STEPS == 0:
            self._log_losses(losses, norm)
        if self.elapsed_s >= self._next_checkpoint:
            self._save()
            self._next_checkpoint = self.elapsed_s + self._checkpoint_s

    def _log_losses(self, losses: dict[str, Tensor], norm: Tensor) -> None:
        figures = {name: float(value) for name, value in losses.items()}
        now = time.monotonic()
        speed = (self.step - self._log_step) / max(now - self._log_time, 1e-9)
        self._log_time, self._log_step = now, self.step
        rate = self.optimiser.param_groups[-1]["lr"]
        self.log({**figures, "gradient": float(norm), "rate": rate, "steps_s": speed})

    def _save(self) -> None:
        groups = {
            "weights": self.module.state_dict(),
            "ema": self.ema.net.state_dict(),
            "optimiser": optimiser_tensors(self.optimiser, self._parameters),
        }
        state = {"step": self.step, "seconds": self._earlier_s + self.elapsed_s, "meta": self.meta}
        save_checkpoint(self.folder, self.step, groups, state)
        save_parts(self.folder / "ema", self.ema.net.state_dict(), self.meta)

    def _resume(self) -> None:
        found = load_checkpoint(self.folder)
        if found is None:
            return
        groups, state = found
        self.module.load_state_dict(groups["weights"])
        self.ema.net.load_state_dict(groups["ema"])
        restore_optimiser(self.optimiser, self._parameters, groups["optimiser"])
        self.step, self._earlier_s = int(state["step"]), float(state["seconds"])


def named_in(module: nn.Module, part: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Parameters of `part` with their names in `module`."""
    inside = {id(parameter) for parameter in part.parameters()}
    return [(name, parameter) for name, parameter in module.named_parameters() if id(parameter) in inside]


def parameter_groups(trained: list[tuple[str, nn.Parameter, float]], weight_decay: float) -> list[dict[str, Any]]:
    """As few optimiser groups as there are different treatments; vectors (norms, biases) do not decay."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for _, parameter, factor in trained:
        groups.setdefault((factor, weight_decay if parameter.ndim >= 2 else 0.0), []).append(parameter)
    return [{"params": members, "factor": f, "weight_decay": decay} for (f, decay), members in groups.items()]
