"""`riffbridge data check`, `train` and `pack`: the commands that need more than the server does.

The work is in `models.data` and `models.train`, which the server never loads; it runs in a process of its own. Where
the system can, that process takes this one's place, so that a Ctrl-C or a kill meets the training and nothing is left
behind.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence

from bridge_server.errors import RiffError

NEEDED = ("torch", "onnx", "onnxscript", "safetensors", "scipy")


def data_check(folder: str) -> int:
    """Report on a folder of multitracks; 1 when nothing in it can be used."""
    return become("models.data.check", [folder])


def train(words: Sequence[str], gpus: int = 1) -> int:
    """Train with the options of `models.train.fine_tune`, on several GPUs by torchrun."""
    require("Training", NEEDED, "train")
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(gpus), "-m"] if gpus > 1 else []
    module, *before = [*launcher, "models.train.fine_tune"]
    return become(module, [*before, *words])


def pack(words: Sequence[str]) -> int:
    """Make a pack with the options of `models.train.packing`."""
    require("Training", NEEDED, "train")
    return become("models.train.packing", words)


def require(what: str, needed: Sequence[str], extra: str) -> None:
    """Say what to install; looked for, not imported.

    Raises:
        RiffError: something of the extra is missing.
    """
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise RiffError(f"{what} needs {', '.join(missing)}.", f"Install it with: pip install 'riffbridge[{extra}]'")


def become(module: str, words: Sequence[str]) -> int:
    """Run a module in place of this process, or (on Windows) beside it; returns its exit status."""
    command = [sys.executable, "-m", module, *words]
    if os.name == "nt":
        return subprocess.call(command)
    sys.stdout.flush()
    os.execv(sys.executable, command)
