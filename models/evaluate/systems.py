"""The models that a table compares, behind one face: context latents and a style vector in, audio out.

A system is one latent graph (noisy, sigma, context, clap -> denoised), the two null vectors that stand for an absent
condition, a sampler and the codec of the pack. What it plays for one window is what the server plays with the same
graph; a test compares them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.codec import Codec
from models.errors import PackError
from models.guidance import UNGUIDED, Guidance
from models.latent_graph import LatentGraph
from models.noise import latents_stream
from models.pack import MANIFEST, Pack
from models.sampler import Denoise, edm_sample, heun_sigmas, sample
from models.schedule import LATENT_LIMIT, STANDARD
from models.session import Session

Array = NDArray[np.float32]
Draw = Callable[[Denoise, tuple[int, ...], int], Array]
"""(denoise, shape, seed) -> latents as tokens."""
GRAPH_INPUTS = {"noisy", "sigma", "context", "clap"}
EDM_GUIDANCE = Guidance(1.75, 1.75, above_sigma=0.0)
"""At every noise level. Diff-A-Riff's demonstration uses 1.25. The DiT of pack 0.7.0 with its bridge, text and context,
36 songs from 11,650,000: 1.25 FAD .324, APA musical .91, in chords .95, family heard .81; 1.75 .314, .95, .95, .89."""


@dataclass(frozen=True)
class Sampler:
    """How latents are drawn: `consistency` (n evaluations) or `edm` (Heun, 2n - 1), and how conditions pull."""

    kind: str
    steps: int
    guidance: Guidance = UNGUIDED

    def __post_init__(self) -> None:
        if self.kind not in ("consistency", "edm") or self.steps < 1:
            raise ValueError(f"there is no sampler {self.kind!r} of {self.steps} steps")

    def draw(self, denoise: Denoise, shape: tuple[int, ...], seed: int) -> Array:
        """Latents as tokens `[1, token, 64]`; the first noise is that of the server for this seed."""
        random = latents_stream(seed, 0)
        if self.kind == "edm":
            return edm_sample(denoise, shape, heun_sigmas(self.steps), random)
        return sample(denoise, shape, STANDARD.sigmas(self.steps), random)

    @property
    def unguided_at(self) -> float:
        """Noise level of the last evaluation, which a consistency model makes without guidance."""
        return STANDARD.sigmas(self.steps)[-1] if self.kind == "consistency" else 0.0


class System:
    """One latent model with its sampler and a codec. Not for several threads."""

    def __init__(
        self, name: str, folder: Path, sampler: Sampler, codec: Codec, device: str = "auto", threads: int = 0
    ) -> None:
        """Load the latent graph of a pack or of an exported EDM run; PackError when there is none, or more than one."""
        self.name, self.sampler, self.codec = name, sampler, codec
        if (folder / MANIFEST).is_file():
            Pack.open(folder)  # damaged weights give plausible figures
        null_clap, null_context = (_array(folder / f"null_{what}.npy") for what in ("clap", "context"))
        self._graph = LatentGraph(_session(folder, device, threads), null_clap, null_context, LATENT_LIMIT)
        self._size = len(null_context)

    def play(self, context: Array | None, style: Array | None, chunks: int, seed: int) -> Array:
        """Audio `[2, 32768 chunks]` for context latents `[chunk, 8, 64]` and a vector `[512]`; each may be None."""
        return self.codec.decode(self.write(context, style, chunks, seed), seed)

    def write(self, context: Array | None, style: Array | None, chunks: int, seed: int) -> Array:
        """Latents `[chunk, 8, 64]` of one window."""
        shape, sampler = (1, chunks * 8, self._size), self.sampler
        tokens = None if context is None else context[:chunks].reshape(shape)
        denoise = self._graph.denoiser(tokens, style, sampler.guidance, sampler.unguided_at)
        drawn = sampler.draw(denoise, shape, seed)
        return np.clip(drawn, -LATENT_LIMIT, LATENT_LIMIT).reshape(chunks, 8, -1)


def _session(folder: Path, device: str, threads: int) -> Session:
    """The one graph of a folder that takes noise and conditions."""
    names = [path for path in sorted(folder.glob("*.onnx")) if not path.name.startswith(("codec_", "clap_", "gap_"))]
    found = [session for path in names if set((session := Session(path, device, threads)).inputs) == GRAPH_INPUTS]
    if len(found) != 1:
        raise PackError(f"{folder} holds {len(found) or 'no'} latent models, and one is needed: name another folder.")
    return found[0]


def _array(path: Path) -> Array:
    """A vector beside the graph."""
    if not path.is_file():
        raise PackError(f"{path} is missing: export the model again.")
    return np.asarray(np.load(path, allow_pickle=False), np.float32)
