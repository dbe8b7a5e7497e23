"""Encoding and decoding with the ONNX graphs: pairing, batches, memory, reproducibility."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch

from models.codec import Codec, Window, windows
from models.errors import ContextError
from models.nets.spectrogram import chunk_spectrograms
from models.pack import Pack
from models.spectrogram import CHUNK_FRAMES
from tests.models.conftest import Exported


@pytest.fixture(scope="module")
def codec(tiny_pack: Path) -> Codec:
    return Codec(Pack.open(tiny_pack), "cpu", threads=1)


def noise(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((2, frames)).astype(np.float32) * 0.1


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("step", [0, 1, 2])
def test_every_chunk_is_kept_once_and_in_order(count: int, step: int) -> None:
    kept = []
    for window in windows(count, step):
        kept += [window.left] * window.keep_left + [window.right] * window.keep_right
        assert window.right - window.left == 1 or count == 1
    assert kept == list(range(count))


def test_pairing_is_shifted_in_the_second_step() -> None:
    assert windows(4, 0) == [Window(0, 1), Window(2, 3)]
    assert windows(4, 1) == [Window(0, 1, keep_right=False), Window(1, 2), Window(2, 3, keep_left=False)]
    assert windows(5, 0) == [Window(0, 1), Window(2, 3), Window(3, 4, keep_left=False)]
    assert windows(5, 1) == [Window(0, 1, keep_right=False), Window(1, 2), Window(3, 4)]
    assert windows(1, 0) == windows(1, 1) == [Window(0, 0, keep_right=False)]


def test_latents_are_those_of_torch(codec: Codec, exported: Exported) -> None:
    """The pack's weights are rounded to int8, hence the tolerance; 3 % is what rounding costs here."""
    audio, net = noise(3 * CHUNK_FRAMES), exported.networks.codec
    with torch.no_grad():
        raw = net.encode(chunk_spectrograms(torch.from_numpy(audio)[None])[0])
        expected = ((raw - net.latent_mean) / net.latent_std * 0.5).numpy()
    ours = codec.encode(audio)
    assert np.linalg.norm(ours - expected) < 0.05 * np.linalg.norm(expected)


@pytest.mark.parametrize(("frames", "chunks"), [(1, 1), (24_000, 1), (32_768, 1), (32_769, 2), (480_000, 15)])
def test_number_of_chunks(codec: Codec, frames: int, chunks: int) -> None:
    assert codec.encode(noise(frames)).shape == (chunks, 8, 64)


@pytest.mark.parametrize("chunk_batch", [1, 3, 64])
@pytest.mark.parametrize("pair_batch", [1, 3, 64])
def test_result_does_not_depend_on_the_batch_split(
    codec: Codec, monkeypatch: pytest.MonkeyPatch, chunk_batch: int, pair_batch: int
) -> None:
    audio = noise(7 * CHUNK_FRAMES)
    latents = codec.encode(audio)
    decoded = codec.decode(latents, seed=3)
    monkeypatch.setattr(codec, "chunk_batch", chunk_batch)
    monkeypatch.setattr(codec, "pair_batch", pair_batch)
    assert np.abs(codec.encode(audio) - latents).max() < 1e-4
    assert np.abs(codec.decode(latents, seed=3) - decoded).max() < 1e-4 * np.abs(decoded).max()


def test_same_seed_same_bytes_other_seed_other_audio(codec: Codec) -> None:
    latents = codec.encode(noise(3 * CHUNK_FRAMES))
    first = codec.decode(latents, seed=1)
    assert first.shape == (2, 3 * CHUNK_FRAMES)
    assert first.dtype == np.float32
    assert codec.decode(latents, seed=1).tobytes() == first.tobytes()
    assert np.abs(codec.decode(latents, seed=2) - first).max() > 1e-3 * np.abs(first).max()


def test_start_of_a_piece_does_not_depend_on_what_follows_later(codec: Codec) -> None:
    """The decoder looks one chunk ahead per step at most, so noise and pairing far away change nothing."""
    latents = codec.encode(noise(9 * CHUNK_FRAMES))
    whole, part = codec.decode(latents, seed=1), codec.decode(latents[:6], seed=1)
    same = slice(0, 3 * CHUNK_FRAMES)
    assert np.abs(whole[:, same] - part[:, same]).max() < 1e-5 * np.abs(whole).max()


def test_one_decode_step_can_be_asked_for(codec: Codec) -> None:
    latents = codec.encode(noise(2 * CHUNK_FRAMES))
    one, two = codec.decode(latents, 1, steps=1), codec.decode(latents, 1, steps=2)
    assert one.shape == two.shape
    assert not np.array_equal(one, two)


def test_every_chunk_is_reported_once(codec: Codec) -> None:
    encoded: list[tuple[int, int]] = []
    decoded: list[tuple[int, int]] = []
    latents = codec.encode(noise(5 * CHUNK_FRAMES), lambda done, of: encoded.append((done, of)))
    codec.decode(latents, 1, on_step=lambda done, of: decoded.append((done, of)))
    assert encoded == [(2, 5), (4, 5), (5, 5)]
    assert decoded == [(done, 5) for done in range(1, 6)]


def test_memory_does_not_grow_with_length(codec: Codec) -> None:
    def peak_beside_result(chunks: int) -> int:
        latents = np.zeros((chunks, 8, 64), np.float32)
        tracemalloc.start()
        audio = codec.decode(latents, 1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - audio.nbytes

    assert peak_beside_result(40) < 1.1 * peak_beside_result(10)


@pytest.mark.parametrize("shape", [(2, 0), (1, 100), (100,), (8, 100)])
def test_audio_of_the_wrong_shape(codec: Codec, shape: tuple[int, ...]) -> None:
    with pytest.raises(ContextError, match="stereo"):
        codec.encode(np.zeros(shape, np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_audio_that_is_no_number(codec: Codec, value: float) -> None:
    audio = noise(40_000)
    audio[1, 39_999] = value
    with pytest.raises(ContextError, match="no numbers"):
        codec.encode(audio)
