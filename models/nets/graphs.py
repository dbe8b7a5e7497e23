"""The four ONNX graphs of a pack: example inputs, dynamic axes, and how many attention nodes each must have."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass, field

import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim

from models.nets.codec import Codec
from models.nets.codec_config import LATENT, SLOTS
from models.nets.dit import CLAP, ConsistencyStep, DiT

OPSET = 23
"""First opset with an Attention operator."""


class EncodeGraph(nn.Module):
    """spectrogram `[n, 4, 1024, 32]` -> latents `[n, 8, 64]`."""

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.codec = codec

    def forward(self, spectrogram: Tensor) -> Tensor:
        return self.codec.encode(spectrogram)


class FeaturesGraph(nn.Module):
    """latents `[n, 8, 64]` -> feature maps `[n, ...]`."""

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.codec = codec

    def forward(self, latents: Tensor) -> tuple[Tensor, ...]:
        return self.codec.features(latents)


class DecodeGraph(nn.Module):
    """noisy `[n, 2, 4, 1024, 32]`, sigma `[n, 2]`, features `[n, 2, ...]` each -> denoised as noisy."""

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.codec = codec

    def forward(self, noisy: Tensor, sigma: Tensor, *features: Tensor) -> Tensor:
        return self.codec.denoise(noisy, sigma, features)


@dataclass(frozen=True)
class Graph:
    """What is needed to export one graph and to check it."""

    file: str
    module: nn.Module
    example: tuple[Tensor, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attention_nodes: int
    dynamic: tuple = field(default=())

    def other_example(self, batch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Inputs of another batch size and other values, for the parity check."""
        return tuple(
            _like(value, batch, generator, "sigma" in name)
            for name, value in zip(self.inputs, self.example, strict=True)
        )


def pack_graphs(codec: Codec, dit: DiT) -> list[Graph]:
    """The graphs of a pack in the order in which they run; the number of features is the codec's."""
    n, tokens = Dim("n"), SLOTS * Dim("chunks", max=dit.config.max_chunks)
    random = torch.Generator().manual_seed(0)
    config = codec.config
    latents = torch.tanh(torch.randn(2, SLOTS, LATENT, generator=random))
    with torch.no_grad():
        maps = [torch.zeros(2, 2, *shape.shape[1:]) for shape in codec.features(latents)]
    features = (*(f"feature_{place}" for place in range(len(config.channels))), *config.sketch_parts)
    into_step, maps = features[: config.denoiser_maps], maps[: config.denoiser_maps]
    spectrogram, pair = torch.zeros(2, 4, 1024, 32), torch.zeros(2, 2, 4, 1024, 32)
    window, clap = torch.zeros(2, 3 * SLOTS, LATENT), torch.zeros(2, CLAP)
    context = window.clone()  # the exporter takes one tensor given twice for one input
    batched = {0: n}
    windowed = {0: n, 1: tokens}
    return [
        Graph("codec_encode.onnx", EncodeGraph(codec), (spectrogram,), ("spectrogram",), ("latents",),
              config.encoder_layers, (batched,)),
        Graph("codec_features.onnx", FeaturesGraph(codec), (latents,), ("latents",), features,
              config.feature_layers, (batched,)),
        Graph("codec_decode_step.onnx", DecodeGraph(codec), (pair, torch.full((2, 2), 3.0), *maps),
              ("noisy", "sigma", *into_step), ("denoised",), 2 * config.denoiser_layers,
              (batched, batched, tuple(batched for _ in maps))),
        Graph("c_dit.onnx", ConsistencyStep(dit), (window, torch.full((2,), 3.0), context, clap),
              ("noisy", "sigma", "context", "clap"), ("denoised",), dit.config.layers,
              (windowed, batched, windowed, batched)),
    ]  # fmt: skip


def to_onnx(graph: Graph) -> onnx.ModelProto:
    """Export with dynamic batch (and token) axes; ValueError when attention did not stay one node per call."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # notes on deprecated parts inside torch.onnx itself
        program = torch.onnx.export(
            graph.module.eval(),
            graph.example,
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=graph.dynamic,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            verbose=False,
        )
    model = program.model_proto
    _strip(model)
    require_attention(model, graph)
    return model


def require_attention(model: onnx.ModelProto, graph: Graph) -> None:
    """ValueError when the number of Attention nodes is not the graph's: the exporter took attention apart."""
    found = sum(node.op_type == "Attention" for node in model.graph.node)
    if found != graph.attention_nodes:
        raise ValueError(f"{graph.file} has {found} Attention nodes instead of {graph.attention_nodes}")


def _strip(model: onnx.ModelProto) -> None:
    """Drop what the exporter tells about source lines: half a megabyte, and paths of the machine it ran on."""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    for item in [*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.value_info]:
        del item.metadata_props[:]
        item.doc_string = ""
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]


def _like(value: Tensor, batch: int, generator: torch.Generator, is_sigma: bool) -> Tensor:
    """Random values of the shape of an example, with another batch; noise levels lie between .002 and 80."""
    shape = (batch, *value.shape[1:])
    if is_sigma:
        return torch.exp(torch.rand(shape, generator=generator) * 10.0 - 6.0).clamp(0.002, 80.0)
    return torch.randn(shape, generator=generator) * 0.5
