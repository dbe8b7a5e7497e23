"""From trained torch weights to a pack.

    python -m models.export --codec RUN --dit RUN --clap RUN --bridge RUN --out models/packs/starter

Every graph is compared with torch (relative error below 1e-3) before the manifest is written; see
`models/train/trained.py` for what a checkpoint is and `models/nets/rounding.py` for how weights are stored. With
`--reuse PACK` a graph whose weights that pack has already is its file, byte for byte: what comes from a pack is not
rounded twice, and a repository holds it once.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.clap import AUDIO_GRAPH, TOKENIZER
from models.gap_bridge import FILE as BRIDGE_GRAPH
from models.guidance import UNGUIDED, Guidance
from models.manifest import FORMAT, Dimensions
from models.nets.clap_graphs import export_clap
from models.nets.from_pack import require_all
from models.nets.gap_bridge_graph import export_bridge
from models.nets.graphs import OPSET, Graph, pack_graphs, to_onnx
from models.nets.parameter_map import note_parameters, read_parameters
from models.nets.rounding import round_weights, shrink
from models.pack import MANIFEST, Pack
from models.schedule import LATENT_LIMIT, STANDARD
from models.session import Session, runtime_version
from models.style import CONDITIONING
from models.train.trained import Networks, load_networks

LARGEST_ERROR = 1e-3
LARGEST_PACK_BYTES = 64 * 2**20
STEPS = 5
DECODE_SIGMAS = (STANDARD.sigma_max, STANDARD.sigma(0.4))
# Of a codec that starts from a sketch, which takes the place of a step from noise, and how far its magnitudes are then
# pulled back to the sketch's: what the step draws beyond them is right in kind and wrong in place. Both were chosen on
# songs that no gate is measured with (models/train/LOG.md): less noise keeps attacks, more noise the stereo width.
SKETCH_DECODE_SIGMAS = (0.2,)
SKETCH_PULL = 1.0
GUIDANCE = Guidance(1.5, 2.0)
"""The C-DiT of pack 0.9.0, with the decoder of 0.8.0, on 36 songs, 3 a family, with text and context (seeds from
11,650,000, see models/train/LOG.md): the family that was asked for is heard in .89 of the stems with 1.5 and 1.5, in
.94 with 1.5 and 2; notes in the chords .960 and .954 AUC; the level rises by 2.3 and 2.9 dB. Equal weights cost three
more evaluations of the network, others six."""
PARTS = ("codec", "dit", "clap", "bridge")
# The bridge is small, and rounding it to int8 moves its output by 2.4 %.
BRIDGE_WEIGHTS = {"int8": "float16", "float16": "float16", "float32": "float32"}
SAME_WEIGHTS = 0.01
"""Part of a parameter's largest value by which it changes when it is rounded to int8 once more; half a step is .004."""


@dataclasses.dataclass
class Report:
    """One exported graph: relative errors of its worst output (2-norm) and its size."""

    file: str
    bytes: int
    attention_nodes: int
    parity: float
    rounding: float


def export_pack(
    networks: Networks, folder: Path, about: dict[str, Any], weights: str = "int8", reuse: Path | None = None
) -> list[Report]:
    """Write a pack and open it again. ValueError when a graph differs from torch by more than 1e-3, or is too big.

    Args:
        reuse: a pack whose files take the place of graphs with the same weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)  # until the new one is written this is no pack
    rounded = copy.deepcopy(networks)
    round_weights(rounded.codec, weights)
    round_weights(rounded.dit, weights)
    originals = pack_graphs(networks.codec, networks.dit)
    reports, found = [], set[str]()
    for graph, original in zip(pack_graphs(rounded.codec, rounded.dit), originals, strict=True):
        model = to_onnx(graph)
        found |= note_parameters(model, graph.module.state_dict())
        reports.append(_save_graph(model, graph, original, folder / graph.file, weights))
    require_all(found, rounded.codec, rounded.dit)
    reports += _export_words(networks, folder, weights)
    if reuse:
        reports = [_reused(report, folder, Pack.open(reuse)) for report in reports]
    names = [report.file for report in reports] + [TOKENIZER] + _save_arrays(networks, folder)
    _write_manifest(folder, names, networks, reports, {"weights": weights, **about})
    Pack.open(folder)
    return reports


def _export_words(networks: Networks, folder: Path, weights: str) -> list[Report]:
    """The graphs that turn words and sounds into styles, and their tokenizer."""
    reports = []
    for file, errors in export_clap(networks.clap, networks.tokenizer, folder, weights).items():
        layers = networks.clap.config.audio_layers if file == AUDIO_GRAPH else networks.clap.config.text_layers
        reports.append(Report(file, (folder / file).stat().st_size, layers, *errors))
    bridge = export_bridge(networks.bridge, folder / BRIDGE_GRAPH, BRIDGE_WEIGHTS[weights])
    return [*reports, Report(bridge.file, bridge.bytes, 0, bridge.parity, bridge.rounding)]


def _reused(report: Report, folder: Path, pack: Pack) -> Report:
    """The pack's file in the place of the one that has just been written, if both hold the same weights."""
    ours, theirs = folder / report.file, pack.path(report.file)
    if not _same_weights(*(read_parameters(onnx.load(path)) for path in (ours, theirs))):
        return report
    shutil.copyfile(theirs, ours)
    return dataclasses.replace(report, bytes=ours.stat().st_size)


def _same_weights(ours: dict[str, NDArray[np.float32]], theirs: dict[str, NDArray[np.float32]]) -> bool:
    """Whether every parameter is there in both and differs by no more than rounding."""
    return ours.keys() == theirs.keys() and all(
        ours[name].shape == value.shape and np.abs(ours[name] - value).max() <= SAME_WEIGHTS * np.abs(value).max()
        for name, value in theirs.items()
    )


def _save_graph(model: onnx.ModelProto, graph: Graph, original: Graph, path: Path, weights: str) -> Report:
    """Shrink the weights of an exported graph, save it, compare it with torch."""
    shrink(model, weights)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    session = Session(path, "cpu")
    parity = rounding = 0.0
    for batch in (1, 3):
        inputs = graph.other_example(batch, torch.Generator().manual_seed(batch))
        named = {name: value.numpy() for name, value in zip(graph.inputs, inputs, strict=True)}
        ours = session.run(named, graph.outputs)
        parity = max(parity, _error(ours, _torch_outputs(graph.module, inputs)))
        rounding = max(rounding, _error(ours, _torch_outputs(original.module, inputs)))
    if parity > LARGEST_ERROR:
        raise ValueError(f"{graph.file} differs from torch by {parity:.1e}")
    return Report(graph.file, path.stat().st_size, graph.attention_nodes, parity, rounding)


@torch.no_grad()
def _torch_outputs(module: nn.Module, inputs: tuple[Tensor, ...]) -> list[np.ndarray]:
    """Outputs of a graph's module as arrays."""
    outputs = module(*inputs)
    return [value.numpy() for value in (outputs if isinstance(outputs, tuple) else (outputs,))]


def _error(ours: list[np.ndarray], theirs: list[np.ndarray]) -> float:
    """Largest relative error (2-norm) among the outputs."""
    return max(float(np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-12)) for a, b in zip(ours, theirs, strict=True))


def _save_arrays(networks: Networks, folder: Path) -> list[str]:
    """The small tables that the runtime needs; returns their names."""
    arrays = {
        "latent_mean.npy": networks.codec.latent_mean,
        "latent_std.npy": networks.codec.latent_std,
        "null_clap.npy": networks.dit.null_clap,
        "null_context.npy": networks.dit.null_context,
    }
    for name, value in arrays.items():
        np.save(folder / name, value.detach().float().numpy(), allow_pickle=False)
    return list(arrays)


def _write_manifest(
    folder: Path, names: list[str], networks: Networks, reports: list[Report], about: dict[str, Any]
) -> None:
    """Write the manifest last: a folder without one is no pack."""
    files = [_describe(folder / name) for name in names]
    if sum(file["bytes"] for file in files) > LARGEST_PACK_BYTES and about["weights"] == "int8":
        raise ValueError("the pack is larger than 64 MiB")
    schedule = dataclasses.asdict(STANDARD)
    decode_sigmas = SKETCH_DECODE_SIGMAS if networks.codec.config.sketch else DECODE_SIGMAS
    usual = UNGUIDED if "learnt_guidance" in networks.notes["dit"] else GUIDANCE
    manifest = {
        "format": FORMAT,
        **{key: about[key] for key in ("name", "version", "licence", "description", "trained_on")},
        "conditioning": CONDITIONING,
        "dimensions": dataclasses.asdict(Dimensions()),
        "schedule": {
            **schedule, "steps": STEPS, "decode_sigmas": list(decode_sigmas),
            "sketch_pull": SKETCH_PULL if networks.codec.config.sketch else 0.0, "latent_limit": LATENT_LIMIT,
            "guidance": usual.context, "prompt_guidance": usual.prompt,
        },
        "files": files,
        "providers": {"opset": OPSET, "weights": about["weights"], "compute": "float32", "cpu": True, "cuda": True},
        "provenance": {
            "command": about.get("command", ""),
            "commit": _commit(),
            "checkpoints": networks.notes,
            "networks": networks.describe(),
            "export": [dataclasses.asdict(report) for report in reports],
            "onnxruntime": runtime_version(),
            "torch": torch.__version__,
        },
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _describe(path: Path) -> dict[str, Any]:
    """Entry of a file in the manifest."""
    data = path.read_bytes()
    return {"name": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _commit() -> str:
    """Commit of the code that exports, or an empty string outside a checkout."""
    here = Path(__file__).parent
    result = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m models.export", description=__doc__.splitlines()[0])
    parser.add_argument("--codec", type=Path, required=True)
    parser.add_argument("--dit", type=Path, required=True)
    parser.add_argument("--clap", type=Path, required=True)
    parser.add_argument("--bridge", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reuse", type=Path, help="a pack whose files are taken for graphs with the same weights")
    parser.add_argument("--weights", choices=("float32", "float16", "int8"), default="int8")
    parser.add_argument("--name", default="starter")
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--licence", default="Apache-2.0")
    parser.add_argument("--description", default="Small codec and C-DiT for two CPU cores.")
    parser.add_argument("--trained-on", default="Synthetic songs of the composer in models/data.")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Export, then print parity, the effect of rounding and the sizes."""
    given = _arguments(arguments)
    about = {key: str(value) for key, value in vars(given).items() if key not in (*PARTS, "out", "weights", "reuse")}
    about["command"] = "python -m models.export " + " ".join(sys.argv[1:] if arguments is None else arguments)
    networks = load_networks(*(getattr(given, part) for part in PARTS))
    reports = export_pack(networks, given.out, about, given.weights, given.reuse)
    for report in reports:
        print(
            f"{report.file:24} {report.bytes / 2**20:6.1f} MiB  {report.attention_nodes:2} Attention nodes"
            f"  against torch {report.parity:.1e}  rounding {report.rounding:.1e}"
        )
    total = sum(path.stat().st_size for path in given.out.iterdir())
    print(f"{given.out}: {total / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
