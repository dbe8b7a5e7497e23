"""The shipped pack on a CUDA device: really there, the same music as on the CPU, the same bytes twice."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.settings import default_pack_folder
from models.generator import Generator
from models.session import cuda_is_offered
from models.spectrogram import CHUNK_FRAMES
from tests.models.conftest import BASS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not cuda_is_offered(), reason="this ONNX Runtime offers no CUDA"),
]


@pytest.fixture(scope="module")
def on_cuda() -> Generator:
    return Generator(default_pack_folder(), "cuda")


def context() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((2, 3 * CHUNK_FRAMES)).astype(np.float32) * 0.1


def test_it_says_cuda_and_means_it(on_cuda: Generator) -> None:
    assert on_cuda.device == "cuda"
    assert on_cuda.provider == "CUDAExecutionProvider"


def test_latents_are_those_of_the_cpu(on_cuda: Generator) -> None:
    """Full float32 differs in the last bits only; a wrong kernel or TF32 everywhere would not stay below 1 %."""
    ours, theirs = (g.encode_context(context()) for g in (on_cuda, Generator(default_pack_folder(), "cpu")))
    assert np.linalg.norm(ours - theirs) < 0.01 * np.linalg.norm(theirs)


def test_same_seed_same_bytes(on_cuda: Generator) -> None:
    latents = on_cuda.encode_context(context())
    first, again = (on_cuda.generate(latents, 3, BASS, seed=5) for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_auto_takes_cuda_where_it_runs() -> None:
    assert Generator(default_pack_folder(), "auto").device == "cuda"
