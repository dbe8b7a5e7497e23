"""The training loop of all networks: optimiser, average of the weights, log and checkpoints around a Task.

A run folder holds `log.jsonl`, `checkpoint-<step>/` (see `models.train.checkpoint`) and `ema/`, the averaged weights.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from models.train import several
from models.train.checkpoint import load_checkpoint, optimiser_tensors, restore_optimiser, save_checkpoint, save_parts
from models.train.clock import WARM_UP_STEPS, Clock
from models.train.ema import Ema
from models.train.run_settings import RunSettings

CLIP = 1.0
WEIGHT_DECAY = 0.01
BETAS = (0.9, 0.98)


class Task(Protocol):
    """A network with its data and its loss."""

    module: nn.Module
    batch: int  # items per step, for the log

    def parameter_groups(self) -> list[tuple[nn.Module, float]]:
        """(part of the module, factor on the learning rate) of everything that is trained; the rest stays frozen."""

    def rate(self, progress: float, step: int) -> float:
        """Learning rate of a step."""

    def losses(self, progress: float, step: int) -> dict[str, Tensor]:
        """Scalars of a fresh batch; "loss" is what gets smaller."""

    def check(self, averaged: Any) -> dict[str, Any]:
        """Figures of the averaged weights on held-out songs."""

    def describe(self) -> dict[str, Any]:
        """What goes with the weights as JSON: `stage`, `config` (fields of the network's dataclass) and more."""


class TrainingRun:
    """Trains a task's module until the settings' budget is over: `train()`, then `finish()`.

    With `resume` it goes on from the newest checkpoint in the run folder. A kill loses at most one checkpoint
    interval. In several processes (`models.train.several`) only the first one logs, validates and saves.

    Raises:
        ValueError: asked to resume a run of another stage.
    """

    def __init__(self, task: Task, settings: RunSettings) -> None:
        settings.out.mkdir(parents=True, exist_ok=True)
        self.task, self.settings, self.clock = task, settings, Clock(settings)
        module = task.module
        several.share(module)
        trained = [(name, p, factor) for part, factor in task.parameter_groups() for name, p in named_in(module, part)]
        self._parameters = {name: parameter for name, parameter, _ in trained}
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(name in self._parameters)
        # Fused on every device: it can skip a step by itself, see `update`.
        self.optimiser = torch.optim.AdamW(parameter_groups(trained), lr=1e-4, betas=BETAS, fused=True)
        self.ema = Ema(module, settings.decay)
        self._steps_here = 0
        self._skipped = torch.zeros((), device=next(module.parameters()).device)
        self._losses: dict[str, list[Tensor]] = defaultdict(list)
        self._next_checkpoint, self._next_check = settings.checkpoint_s, 0.0
        if settings.resume:
            self._resume()
        self._log_time, self._log_step = time.monotonic(), self.step

    @property
    def step(self) -> int:
        """Updates done by the whole run."""
        return self.clock.step

    @property
    def skipped(self) -> int:
        """Steps of this call that a broken gradient left out; waits for the device."""
        return int(self._skipped)

    def train(self) -> None:
        """Run to the end of the budget."""
        self.log({"stage": self.task.describe()["stage"], "process": "resumed" if self.step else "begun"})
        while not several.agreed(self.clock.is_over()):
            self.train_step()
            if self.clock.is_running and self.clock.elapsed_s >= self._next_check:
                self.check()

    def train_step(self) -> None:
        """One batch, one update, and what is due after it."""
        # Seeded per step, not carried along: resuming needs no generator state.
        torch.manual_seed(several.seed(self.settings.seed, self.step))
        progress = several.agreed(self.clock.progress)
        self._set_rate(self.task.rate(progress, self.step))
        losses = self.task.losses(progress, self.step)
        norm = self.update(losses["loss"])
        for name, value in losses.items():
            self._losses[name].append(value.detach())
        if not self.clock.is_running and self._steps_here >= WARM_UP_STEPS:
            self._start_clock(norm)
        if self.step % self.settings.log_steps == 0:
            self._log_losses(norm)
        if self.clock.elapsed_s >= self._next_checkpoint:
            self.save()
            self._next_checkpoint = self.clock.elapsed_s + self.settings.checkpoint_s

    def update(self, loss: Tensor) -> Tensor:
        """Back-propagate, step, average; returns the gradient's norm. A gradient that is no number changes nothing."""
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        several.average_gradients(self._parameters.values())
        norm = nn.utils.clip_grad_norm_(self._parameters.values(), CLIP)
        # Fused AdamW skips the update where found_inf is 1, without the host waiting for the device.
        self.optimiser.grad_scale, self.optimiser.found_inf = None, (~torch.isfinite(norm)).float()
        self._skipped += self.optimiser.found_inf
        self.optimiser.step()
        self.ema.update(self.task.module, self.step)
        self.clock.step += 1
        self._steps_here += 1
        return norm

    def check(self) -> None:
        """Log the task's figures for the averaged weights."""
        if several.rank() == 0:
            with torch.no_grad():
                self.log({"check": True, **self.task.check(self.ema.net)})
        self._next_check = self.clock.elapsed_s + self.settings.check_s

    def finish(self) -> None:
        """Validate once more, and write the last checkpoint and the averaged weights."""
        self.check()
        self.save()
        self.log({"finished": True, "compile_s": self.clock.compile_s})

    def log(self, entry: dict[str, Any]) -> None:
        """One JSON line, to the log file and the screen."""
        if several.rank():
            return
        entry = {"step": self.step, "s": round(self.clock.trained_s, 1), **entry}
        line = json.dumps({key: float(f"{v:.5g}") if isinstance(v, float) else v for key, v in entry.items()})
        with (self.settings.out / "log.jsonl").open("a") as log:
            log.write(line + "\n")
        print(line, flush=True)

    def save(self) -> None:
        """Write a checkpoint and the averaged weights."""
        if several.rank():
            return
        groups = {
            "weights": self.task.module.state_dict(),
            "ema": self.ema.net.state_dict(),
            "optimiser": optimiser_tensors(self.optimiser, self._parameters),
        }
        state = {**self.task.describe(), "step": self.step, "seconds": round(self.clock.trained_s, 3)}
        save_checkpoint(self.settings.out, self.step, groups, state)
        save_parts(self.settings.out / "ema", self.ema.net.state_dict(), state)

    def _set_rate(self, rate: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["factor"]

    def _start_clock(self, norm: Tensor) -> None:
        if norm.is_cuda:
            torch.cuda.synchronize()
        self.clock.start()
        self._log_time, self._log_step = time.monotonic(), self.step

    def _log_losses(self, norm: Tensor) -> None:
        """Means since the last line; besides checkpoints and checks the only place where the host waits."""
        means = {name: torch.stack(values).mean().item() for name, values in self._losses.items()}
        self._losses.clear()
        now = time.monotonic()
        speed = (self.step - self._log_step) / max(now - self._log_time, 1e-9)
        self._log_time, self._log_step = now, self.step
        rate = self.optimiser.param_groups[-1]["lr"]
        speeds = {"steps_s": speed, "items_s": speed * self.task.batch}
        self.log({**means, "gradient": float(norm), "rate": rate, **speeds, "skipped": self.skipped})

    def _resume(self) -> None:
        found = load_checkpoint(self.settings.out)
        if found is None:
            return
        groups, state = found
        stage = self.task.describe()["stage"]
        if state["stage"] != stage:
            raise ValueError(f"{self.settings.out} holds a {state['stage']} run; choose another folder with --out.")
        self.task.module.load_state_dict(groups["weights"])
        self.ema.net.load_state_dict(groups["ema"])
        restore_optimiser(self.optimiser, self._parameters, groups["optimiser"])
        self.clock.step, self.clock.earlier_s = int(state["step"]), float(state["seconds"])


def named_in(module: nn.Module, part: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Parameters of `part` with their names in `module`."""
    inside = {id(parameter) for parameter in part.parameters()}
    return [(name, parameter) for name, parameter in module.named_parameters() if id(parameter) in inside]


def parameter_groups(trained: list[tuple[str, nn.Parameter, float]]) -> list[dict[str, Any]]:
    """As few optimiser groups as there are different treatments; vectors (norms, biases) do not decay."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for _, parameter, factor in trained:
        groups.setdefault((factor, WEIGHT_DECAY if parameter.ndim >= 2 else 0.0), []).append(parameter)
    return [{"params": members, "factor": f, "weight_decay": decay} for (f, decay), members in groups.items()]
