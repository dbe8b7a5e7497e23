"""An EDM model (DiT or U-Net) as one ONNX graph, compared with torch: `edm.onnx` and its two null vectors.

It is what evaluation plays beside a pack, with the pack's codec; no server loads it.
"""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim

from models.nets.dit import CLAP, LATENT, SLOTS, DiT
from models.nets.graphs import Graph, to_onnx
from models.nets.preconditioning import c_noise, edm_scalings
from models.nets.rounding import round_weights, shrink
from models.nets.unet import UNet, UNetAttention
from models.session import Session

FILE = "edm.onnx"
LARGEST_ERROR = 1e-3
LARGEST_CHUNKS = 16


class EdmStep(nn.Module):
    """The denoiser D(x; sigma) of a raw network F."""

    def __init__(self, net: DiT | UNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, noisy: Tensor, sigma: Tensor, context: Tensor, clap: Tensor) -> Tensor:
        """noisy [n, t, 64], sigma [n], context [n, t, 64], clap [n, 512] -> denoised [n, t, 64]."""
        c_skip, c_out, c_in = (c[:, None, None] for c in edm_scalings(sigma))
        return c_skip * noisy + c_out * self.net(c_in * noisy, c_noise(sigma), context, clap).float()


def edm_graph(net: DiT | UNet) -> Graph:
    """What the exporter needs to know of it."""
    n, tokens = Dim("n"), SLOTS * Dim("chunks", max=LARGEST_CHUNKS)
    window = torch.zeros(2, 3 * SLOTS, LATENT)
    attention = net.config.layers if isinstance(net, DiT) else sum(isinstance(m, UNetAttention) for m in net.modules())
    return Graph(FILE, EdmStep(net).eval(), (window, torch.full((2,), 3.0), window.clone(), torch.zeros(2, CLAP)),
                 ("noisy", "sigma", "context", "clap"), ("denoised",), attention,
                 ({0: n, 1: tokens}, {0: n}, {0: n, 1: tokens}, {0: n}))  # fmt: skip


def export_edm(net: DiT | UNet, folder: Path, weights: str = "int8") -> float:
    """Write graph and null vectors; returns the relative error against torch. ValueError when it is above 1e-3."""
    rounded = copy.deepcopy(net).eval()
    round_weights(rounded, weights)
    graph = edm_graph(rounded)
    model = to_onnx(graph)
    shrink(model, weights)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / FILE)
    for name in ("null_clap", "null_context"):
        np.save(folder / f"{name}.npy", getattr(net, name).detach().float().numpy(), allow_pickle=False)
    if (error := difference(folder / FILE, graph)) > LARGEST_ERROR:
        raise ValueError(f"{FILE} differs from torch by {error:.1e}")
    return error


@torch.no_grad()
def difference(path: Path, graph: Graph) -> float:
    """Largest relative error (2-norm) of a saved graph against its module, with batches of one and three."""
    session, worst = Session(path, "cpu"), 0.0
    for batch in (1, 3):
        inputs = graph.other_example(batch, torch.Generator().manual_seed(batch))
        named = {name: value.numpy() for name, value in zip(graph.inputs, inputs, strict=True)}
        theirs = graph.module(*inputs).numpy()
        ours = session.run(named, graph.outputs)[0]
        worst = max(worst, float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)))
    return worst
