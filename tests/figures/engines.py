"""The two engines that the figures compare, behind one face. Run as a process: it answers lines with JSON.

`python -m tests.figures.engines "torch eager" PACK THREADS` loads, prints how long that took, and then for every
number of variations on stdin prints the seconds of each stage and the peak memory so far.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ENGINES = ("ONNX Runtime", "torch eager")
STAGES = ("encode", "C-DiT", "features", "decode")
WINDOW_CHUNKS = 15
STYLE = np.full(512, 512**-0.5, np.float32)  # any will do: its value does not change the time
PRESET = "starter"


class TorchSession:
    """A network in torch where the runtime expects an ONNX graph: same names in and out, random weights."""

    device = "cpu"
    provider = "torch"

    def __init__(self, path: Path, device: str = "cpu", threads: int = 0, stop: object = None) -> None:
        import torch

        from models.session import sensible_threads

        torch.set_num_threads(threads or sensible_threads())
        self._network, self.inputs, self.outputs = _network(path.stem)

    def run(self, inputs: Mapping[str, np.ndarray], outputs: Sequence[str] | None = None) -> list[np.ndarray]:
        """One eager pass without gradients."""
        import torch

        with torch.inference_mode():
            arrays = [torch.from_numpy(np.ascontiguousarray(inputs[name])) for name in self.inputs]
            results = self._network(*arrays)
        return [result.numpy() for result in (results if isinstance(results, tuple) else (results,))]


def _network(name: str) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    """The pass of one ONNX file as a torch function, with the names of its inputs and outputs."""
    import torch

    from models.nets.codec import Codec
    from models.nets.codec_config import CODEC_PRESETS
    from models.nets.dit import DIT_PRESETS, ConsistencyStep, DiT

    torch.manual_seed(0)
    if name == "c_dit":
        step = ConsistencyStep(DiT(DIT_PRESETS[PRESET])).eval()
        return step, ("noisy", "sigma", "context", "clap"), ("denoised",)
    codec = Codec(CODEC_PRESETS[PRESET]).eval()
    features = _feature_names(codec)
    if name == "codec_encode":
        codec.feature_decoder = codec.denoiser = None
        return codec.encode, ("spectrogram",), ("latents",)
    codec.encoder = None
    if name == "codec_features":
        codec.denoiser = None
        return codec.features, ("latents",), features
    codec.feature_decoder = None
    return (
        lambda noisy, sigma, *maps: codec.denoise(noisy, sigma, maps),
        ("noisy", "sigma", *features[: codec.config.denoiser_maps]),
        ("denoised",),
    )


def _feature_names(codec: Any) -> tuple[str, ...]:
    """What the features graph makes, in order; the decoder takes all but the phases."""
    maps = tuple(f"feature_{place}" for place in range(len(codec.config.channels)))
    return (*maps, *codec.config.sketch_parts)


def load(engine: str, pack: Path, threads: int) -> Any:
    """A `models.generator.Generator` whose networks run on the engine."""
    import models.codec
    import models.generator

    if engine == "torch eager":
        models.codec.Session = models.generator.Session = TorchSession  # type: ignore[assignment,misc]
    return models.generator.Generator(pack, "cpu", threads)


def run_once(generator: Any, variations: int, seed: int) -> dict[str, float]:
    """Seconds per stage for so many variations of one window; the context is encoded once."""
    rng = np.random.default_rng(seed)
    context = (0.1 * rng.standard_normal((2, WINDOW_CHUNKS * generator.chunk_frames))).astype(np.float32)
    seconds = dict.fromkeys(STAGES, 0.0)
    start = time.perf_counter()
    latents = generator.encode_context(context)
    seconds["encode"] = time.perf_counter() - start
    for variation in range(variations):
        start = time.perf_counter()
        stem = generator.write(latents, WINDOW_CHUNKS, STYLE, seed + variation)
        seconds["C-DiT"] += time.perf_counter() - start
        start, before = time.perf_counter(), seconds["features"]
        with _timed(generator.codec.sessions[1], seconds, "features"):
            generator.codec.decode(stem, seed + variation)
        seconds["decode"] += time.perf_counter() - start - (seconds["features"] - before)
    return seconds


class _timed:
    """While open, adds the seconds that a session runs to a stage."""

    def __init__(self, session: Any, seconds: dict[str, float], stage: str) -> None:
        self.session, self.seconds, self.stage = session, seconds, stage

    def __enter__(self) -> None:
        self.session.run = self._run

    def __exit__(self, *error: object) -> None:
        del self.session.run

    def _run(self, *arguments: Any) -> list[np.ndarray]:
        start = time.perf_counter()
        results = type(self.session).run(self.session, *arguments)
        self.seconds[self.stage] += time.perf_counter() - start
        return results


def peak_mib() -> float:
    """Peak resident memory of this process in MiB (Linux counts in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def answer(engine: str, pack: str, threads: str) -> None:
    """Loads, then answers every line of stdin until it closes."""
    start = time.perf_counter()
    generator = load(engine, Path(pack), int(threads))
    print(json.dumps({"load": time.perf_counter() - start, "peak_mib": peak_mib()}), flush=True)
    for seed, line in enumerate(sys.stdin):
        seconds = run_once(generator, int(line), seed)
        print(json.dumps({"seconds": seconds, "peak_mib": peak_mib()}), flush=True)


if __name__ == "__main__":
    answer(*sys.argv[1:])
