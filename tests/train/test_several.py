"""Training in two processes on the processor: averaged gradients, the same weights, one writer."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models.train import several
from tests.train.latent_folder import one_stem_each, write_folder


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_two_processes_train_one_model(tmp_path: Path) -> None:
    write_folder(tmp_path / "latents" / "0", one_stem_each(12), growth=0)
    write_folder(tmp_path / "latents" / "1", one_stem_each(30), growth=0)
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.train.two_processes", str(tmp_path / "latents"), str(tmp_path)]
    crew = [subprocess.Popen(command, env={**os.environ, **group, "RANK": str(rank)}) for rank in (0, 1)]
    assert [process.wait(120) for process in crew] == [0, 0]
    first, second = (load_file(tmp_path / f"{rank}.safetensors") for rank in (0, 1))
    assert first.keys() == second.keys()
    for name in first:
        if name.startswith("loss."):
            assert not torch.equal(first[name], second[name]), "both processes drew the same batch"
        else:
            assert torch.equal(first[name], second[name]), name
    assert first["held_out"].tolist() == [10, 12]
    assert first["mean"].tolist() == [0.5] * 3
    assert first["progress"] == 5  # the first one's

    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2]
    assert sum("finished" in line for line in lines) == 1
    assert [path.name for path in (tmp_path / "run").glob("checkpoint-*")] == ["checkpoint-00000002"]


def test_averaged_gradients_lie_as_their_parameters_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convolutions lie channels-last on a GPU, and fused AdamW refuses gradients that lie otherwise."""
    monkeypatch.setattr(several.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(several.distributed, "all_reduce", lambda flat: None)
    monkeypatch.setattr(several.distributed, "get_world_size", lambda: 2)
    parameter = torch.nn.Parameter(torch.zeros(4, 3, 2, 2).to(memory_format=torch.channels_last))
    parameter.grad = torch.randn(4, 3, 2, 2)
    half = parameter.grad / 2
    several.average_gradients([parameter])
    assert parameter.grad.stride() == parameter.stride()
    assert torch.equal(parameter.grad, half)


def test_one_process_is_left_alone() -> None:
    several.join()
    several.leave()
    assert several.device() == (torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu"))
    parameter = torch.nn.Parameter(torch.zeros(2))
    parameter.grad = torch.ones(2)
    several.average_gradients([parameter])
    assert parameter.grad.tolist() == [1, 1]
    assert (several.rank(), several.agreed(3.0), several.seed(2, 7)) == (0, 3.0, (2 << 32) + 7)
