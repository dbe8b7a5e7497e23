"""The two ONNX graphs of the starter CLAP, their parity check, and the three files that `models/clap.py` reads."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor
from torch.export import Dim

from models.clap import AUDIO_GRAPH, TEXT_GRAPH, TOKENIZER
from models.log_mel import BANDS, COLUMNS
from models.nets.clap import TEXT_LENGTH, Clap
from models.nets.graphs import Graph, to_onnx
from models.nets.parameter_map import note_parameters
from models.nets.rounding import round_weights, shrink
from models.session import Session
from models.tokenizer import PAD, START, Tokenizer

LARGEST_ERROR = 1e-3


def clap_graphs(net: Clap) -> list[Graph]:
    """log_mel `[n, 96, 500]` -> vector `[n, 512]`; tokens `[n, 48]` (int64) -> vector `[n, 512]`."""
    n = Dim("n")
    config = net.config
    return [
        Graph(AUDIO_GRAPH, net.audio, (torch.zeros(2, BANDS, COLUMNS),), ("log_mel",), ("vector",),
              config.audio_layers, ({0: n},)),
        Graph(TEXT_GRAPH, net.text, (torch.ones(2, TEXT_LENGTH, dtype=torch.long),), ("tokens",), ("vector",),
              config.text_layers, ({0: n},)),
    ]  # fmt: skip


def export_clap(net: Clap, tokenizer: Tokenizer, folder: Path, weights: str = "int8") -> dict[str, tuple[float, float]]:
    """Write both graphs and the tokenizer; returns the relative errors of each graph against torch.

    weights: `float32`, `float16` or `int8`, see `models/nets/rounding.py`. The first error is against the rounded
    network (parity), the second against the network before rounding.
    Raises ValueError when a graph differs from torch by more than 1e-3, or the tokenizer is not the network's.
    """
    if len(tokenizer) != net.config.tokens:
        raise ValueError(f"the network reads {net.config.tokens} tokens, the tokenizer has {len(tokenizer)}")
    rounded = copy.deepcopy(net).eval()
    round_weights(rounded, weights)
    folder.mkdir(parents=True, exist_ok=True)
    errors = {}
    for graph, original in zip(clap_graphs(rounded), clap_graphs(copy.deepcopy(net).eval()), strict=True):
        model = to_onnx(graph)
        require_tower(graph, note_parameters(model, graph.module.state_dict()))
        shrink(model, weights)
        onnx.save(model, folder / graph.file)
        errors[graph.file] = parity(graph, folder / graph.file), parity(original, folder / graph.file)
        if errors[graph.file][0] > LARGEST_ERROR:
            raise ValueError(f"{graph.file} differs from torch by {errors[graph.file][0]:.1e}")
    tokenizer.save(folder / TOKENIZER)
    return errors


def require_tower(graph: Graph, found: set[str]) -> None:
    """ValueError when a parameter could not be read back from the graph."""
    lost = sorted(set(graph.module.state_dict()) - found)
    if lost:
        raise ValueError(f"{len(lost)} parameters could not be read back from {graph.file}, for instance {lost[0]}.")


@torch.no_grad()
def parity(graph: Graph, path: Path) -> float:
    """Largest relative error (2-norm) of a saved graph against its module, with batches of one and three."""
    session, worst = Session(path, "cpu"), 0.0
    for batch in (1, 3):
        example = _example(graph, batch)
        theirs = graph.module(example).numpy()
        ours = session.run({graph.inputs[0]: example.numpy()}, graph.outputs)[0]
        worst = max(worst, float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)))
    return worst


def _example(graph: Graph, batch: int) -> Tensor:
    """Random log-mels, or texts of different lengths."""
    random = torch.Generator().manual_seed(batch)
    if graph.file == AUDIO_GRAPH:
        return torch.randn(batch, BANDS, COLUMNS, generator=random)
    numbers = torch.randint(3, graph.module.table.num_embeddings, (batch, TEXT_LENGTH), generator=random)
    numbers[:, 0] = START
    for row in range(batch):
        numbers[row, 5 + 7 * row :] = PAD
    return numbers
