"""The bridge as one ONNX graph, compared with torch: `export_bridge(net, folder / FILE)`.

One evaluation of the denoiser, with the preconditioning, the null text and both maps inside, so that the runtime
needs no table beside it. `vector` is the estimate as a CLAP vector before its length is made 1: it is affine in
`denoised`, so guidance may mix either of them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim

from models.nets.dit import CLAP
from models.nets.gap_bridge import GapBridge
from models.nets.graphs import Graph, to_onnx
from models.nets.parameter_map import note_parameters
from models.nets.preconditioning import c_noise, edm_scalings
from models.nets.rounding import round_weights, shrink
from models.session import Session

FILE = "gap_bridge.onnx"
LARGEST_ERROR = 1e-3


class BridgeStep(nn.Module):
    """noisy `[n, components]`, sigma `[n]`, text `[n, 512]`, given `[n]` (1: with text, 0: without)
    -> denoised `[n, components]`, vector `[n, 512]`."""

    def __init__(self, net: GapBridge) -> None:
        super().__init__()
        self.net = net

    def forward(self, noisy: Tensor, sigma: Tensor, text: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
        c_skip, c_out, c_in = (c[:, None] for c in edm_scalings(sigma))
        condition = self.net.fill_text(text, given > 0.5)
        denoised = c_skip * noisy + c_out * self.net(c_in * noisy, c_noise(sigma), condition)
        return denoised, self.net.audio.restore(denoised)


@dataclass(frozen=True)
class BridgeReport:
    """What was exported: relative errors (2-norm) against torch with the same and with unrounded weights."""

    file: str
    bytes: int
    parity: float
    rounding: float


def bridge_graph(net: GapBridge) -> Graph:
    """What the exporter needs to know of the bridge's graph."""
    noisy, text = torch.zeros(2, net.config.components), torch.ones(2, CLAP)
    batched = {0: Dim("n")}
    return Graph(FILE, BridgeStep(net).eval(), (noisy, torch.full((2,), 3.0), text, torch.ones(2)),
                 ("noisy", "sigma", "text", "given"), ("denoised", "vector"), 0, (batched,) * 4)  # fmt: skip


def export_bridge(net: GapBridge, path: Path, weights: str = "float32") -> BridgeReport:
    """Write the graph with weights of float32, float16 or int8; ValueError when it differs from torch."""
    rounded = copy.deepcopy(net).eval()
    round_weights(rounded, weights)
    graph = bridge_graph(rounded)
    model = to_onnx(graph)
    note_parameters(model, graph.module.state_dict())
    shrink(model, weights)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    parity, rounding = difference(path, rounded), difference(path, net)
    if parity > LARGEST_ERROR:
        raise ValueError(f"{path.name} differs from torch by {parity:.1e}")
    return BridgeReport(path.name, path.stat().st_size, parity, rounding)


@torch.no_grad()
def difference(path: Path, net: GapBridge) -> float:
    """Largest relative error (2-norm) of the graph at `path` against torch, over both outputs and two batch sizes."""
    session, graph, worst = Session(path, "cpu"), bridge_graph(net), 0.0
    for batch in (1, 3):
        inputs = graph.other_example(batch, torch.Generator().manual_seed(batch))
        named = {name: value.numpy() for name, value in zip(graph.inputs, inputs, strict=True)}
        for ours, theirs in zip(session.run(named, graph.outputs), graph.module(*inputs), strict=True):
            worst = max(worst, float(np.linalg.norm(ours - theirs.numpy()) / np.linalg.norm(theirs.numpy())))
    return worst
