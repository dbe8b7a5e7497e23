"""What every training run can be told, whatever it trains; both trainers' command lines have these options."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """How long a run takes and how often it looks up. The help texts below say what the fields mean."""

    out: Path
    resume: bool = False
    seed: int = 0
    seconds: float = 600.0
    total_seconds: float | None = None
    until: float | None = None
    steps: int | None = None
    stop_at_s: float = math.inf
    log_steps: int = 50
    checkpoint_s: float = 90.0
    check_s: float = 45.0
    decay: float = 0.999


_HELP: dict[str, tuple[type, str]] = {
    "seed": (int, "of everything random"),
    "seconds": (float, "training time of this call, without compilation"),
    "total_seconds": (float, "length of the schedule, if this call is only a part of it"),
    "until": (float, "train until this Unix time instead of counting seconds, whatever compilation takes"),
    "steps": (int, "count steps instead of seconds; an interrupted run then ends with the same weights (on the CPU)"),
    "stop_at_s": (float, "save and leave when the process is this old, finished or not"),
    "log_steps": (int, "steps from one line of the log to the next"),
    "checkpoint_s": (float, "seconds between checkpoints"),
    "check_s": (float, "seconds between validations"),
    "decay": (float, "of the averaged weights; runs are a few thousand steps"),
}


def add_options(parser: argparse.ArgumentParser, **defaults: Any) -> None:
    """Add an option for every field; `defaults` replace those of RunSettings."""
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint in the run folder")
    usual = {field.name: field.default for field in fields(RunSettings)} | defaults
    for name, (kind, text) in _HELP.items():
        flags = ["--check-s", "--validate-s"] if name == "check_s" else ["--" + name.replace("_", "-")]
        parser.add_argument(*flags, dest=name, type=kind, default=usual[name], help=text)


def from_options(options: argparse.Namespace) -> RunSettings:
    """The fields that `add_options` put on a command line."""
    return RunSettings(**{field.name: getattr(options, field.name) for field in fields(RunSettings)})
