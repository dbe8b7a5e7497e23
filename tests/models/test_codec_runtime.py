"""Encoding and decoding with the ONNX graphs: pairing, batches, memory, reproducibility."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from models.codec import Codec, Window, windows
from models.envelope import shaped, shaped_ring
from models.errors import ContextError, PackError, Stopped
from models.nets.spectrogram import chunk_spectrograms
from models.noise import DECODE, PHASE, gaussian, stream
from models.pack import Pack
from models.phase import DRAWS, PhaseBuilder
from models.session import StopSignal
from models.spectrogram import CHUNK_FRAMES, CHUNK_SHAPE
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


@pytest.fixture(scope="module")
def seven_chunks(codec: Codec) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Audio, its latents, and what they are decoded to, all in batches of the usual size."""
    audio = noise(7 * CHUNK_FRAMES)
    latents = codec.encode(audio)
    return audio, latents, codec.decode(latents, seed=3)


@pytest.mark.parametrize("chunk_batch", [1, 3, 64])
@pytest.mark.parametrize("pair_batch", [1, 3, 64])
def test_result_does_not_depend_on_the_batch_split(
    codec: Codec,
    seven_chunks: tuple[np.ndarray, np.ndarray, np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
    chunk_batch: int,
    pair_batch: int,
) -> None:
    audio, latents, decoded = seven_chunks
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


def test_fewer_decode_steps_can_be_asked_for(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "_sigmas", (0.5, 0.2))
    latents = codec.encode(noise(2 * CHUNK_FRAMES))
    sketch, one, two = (codec.decode(latents, 1, steps) for steps in range(3))
    assert sketch.shape == one.shape == two.shape
    assert not np.array_equal(sketch, one)
    assert not np.array_equal(one, two)
    assert np.array_equal(two, codec.decode(latents, 1))


def test_every_chunk_is_reported_once(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "_sigmas", (0.5, 0.2))  # two steps, with pairs that overlap
    encoded: list[tuple[int, int]] = []
    decoded: list[tuple[int, int]] = []
    latents = codec.encode(noise(5 * CHUNK_FRAMES), lambda done, of: encoded.append((done, of)))
    codec.decode(latents, 1, on_step=lambda done, of: decoded.append((done, of)))
    assert encoded == [(2, 5), (4, 5), (5, 5)]
    assert decoded == [(done, 5) for done in range(1, 6)]


def test_memory_does_not_grow_with_length(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "_sigmas", (0.5, 0.2))  # two steps, with pairs that overlap

    def peak_beside_result(chunks: int) -> int:
        latents = np.zeros((chunks, 8, 64), np.float32)
        tracemalloc.start()
        audio = codec.decode(latents, 1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - audio.nbytes

    assert peak_beside_result(24) < 1.1 * peak_beside_result(6)


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


SKETCH = ("feature_0", "magnitude", "phase")
"""What a pre-decoder with one map and phase relations makes."""
OLD = ("feature_0", "feature_1")
"""What one without phase relations makes: the last map is the magnitude, which nobody has to know."""
ANCHORED = (*SKETCH, "anchor")
SHAPES = {"magnitude": (2, 1024, 32), "phase": (10, 1024, 32), "anchor": (4, 8, 32)}


class FakeSession:
    """Graphs with chosen names: the features repeat the chunk's first latent, the decoder gives back its input."""

    device = "cpu"
    made: tuple[str, ...] = SKETCH
    taken: tuple[str, ...] = SKETCH[:2]
    runs: list[dict[str, np.ndarray]]

    def __init__(self, path: Path, device: str, threads: int, stop: StopSignal) -> None:
        self.name = path.stem
        decodes = self.name == "codec_decode_step"
        self.inputs = ("noisy", "sigma", *self.taken) if decodes else ("latents",)
        self.outputs = ("denoised",) if decodes else self.made

    def run(self, inputs: Mapping[str, np.ndarray], outputs: Sequence[str] | None = None) -> list[np.ndarray]:
        if self.name == "codec_decode_step":
            self.runs.append(dict(inputs))
            return [inputs["noisy"]]
        return [np.stack([fake_maps(name, item[0, 0]) for item in inputs["latents"]]) for name in self.outputs]


def fake_maps(name: str, latent: float) -> np.ndarray:
    """What a fake pre-decoder makes of a chunk: the same for the same latent."""
    rng = np.random.default_rng(abs(int(latent * 1e6)))
    return rng.standard_normal(SHAPES.get(name, (4,))).astype(np.float32)


def fake_codec(monkeypatch: pytest.MonkeyPatch, pack: Path, made: tuple[str, ...], taken: tuple[str, ...]) -> Codec:
    """A codec that is asked for all it does; `FakeSession.runs` has the inputs of every decoding step."""
    monkeypatch.setattr(FakeSession, "made", made)
    monkeypatch.setattr(FakeSession, "taken", taken)
    monkeypatch.setattr(FakeSession, "runs", [], raising=False)
    monkeypatch.setattr("models.codec.Session", FakeSession)
    return Codec(Pack.open(pack), "cpu", threads=1)


def first_noisy(codec: Codec, latents: np.ndarray, seed: int) -> np.ndarray:
    """What the first decoding step was given, without its noise: `[chunk, 4, 1024, 32]`, for an even number."""
    codec.decode(latents, seed, steps=1)
    noisy = np.concatenate([run["noisy"] for run in FakeSession.runs]).reshape(-1, *CHUNK_SHAPE)
    level = np.float32(codec._schedule.renoise(codec._sigmas[0]))
    return np.array(
        [chunk - level * gaussian(stream(seed, DECODE, index, 0), CHUNK_SHAPE) for index, chunk in enumerate(noisy)]
    )


@pytest.mark.parametrize("made", [SKETCH, ANCHORED])
def test_decoding_starts_from_the_built_spectrogram(
    monkeypatch: pytest.MonkeyPatch, tiny_pack: Path, made: tuple[str, ...]
) -> None:
    codec = fake_codec(monkeypatch, tiny_pack, made, SKETCH[:2])
    latents, builder = np.random.default_rng(0).standard_normal((4, 8, 64)).astype(np.float32) * 0.2, PhaseBuilder()
    start = first_noisy(codec, latents, seed=5)
    raw = latents / np.float32(codec._schedule.sigma_data) * codec._std + codec._mean
    for index, latent in enumerate(np.clip(raw, -1, 1)[:, 0, 0]):
        numbers = gaussian(stream(5, PHASE, index), (DRAWS, 1024, 32))
        anchor = fake_maps("anchor", latent) if made == ANCHORED else None
        built = builder.push(fake_maps("magnitude", latent), fake_maps("phase", latent), numbers, anchor)
        assert np.abs(start[index] - built).max() < 1e-3
        assert np.abs(built).max() > 1


def test_phases_stay_out_of_the_decoder(monkeypatch: pytest.MonkeyPatch, tiny_pack: Path) -> None:
    codec = fake_codec(monkeypatch, tiny_pack, ANCHORED, SKETCH[:2])
    codec.decode(np.zeros((2, 8, 64), np.float32), 1)
    assert all(set(run) == {"noisy", "sigma", "feature_0", "magnitude"} for run in FakeSession.runs)
    (chunk,) = codec._begin(np.zeros((1, 8, 64), np.float32), 1)
    assert [maps.shape for maps in chunk.features] == [(4,), SHAPES["magnitude"]]


def test_a_pack_without_phase_relations_starts_from_noise_alone(
    monkeypatch: pytest.MonkeyPatch, tiny_pack: Path
) -> None:
    codec = fake_codec(monkeypatch, tiny_pack, OLD, OLD)
    assert np.abs(first_noisy(codec, np.ones((2, 8, 64), np.float32), seed=5)).max() < 1e-4


@pytest.mark.parametrize("made", [("feature_0", "magnitude"), ("feature_0", "phase")])
def test_magnitudes_and_phases_belong_together(
    monkeypatch: pytest.MonkeyPatch, tiny_pack: Path, made: tuple[str, ...]
) -> None:
    taken = tuple(name for name in made if name != "phase")
    with pytest.raises(PackError, match=r"without.*fetch it again\.$"):
        fake_codec(monkeypatch, tiny_pack, made, taken)


@pytest.mark.parametrize("taken", [SKETCH, SKETCH[:1], (*SKETCH[:2], "feature_1")])
def test_the_decoder_takes_what_the_features_make(
    monkeypatch: pytest.MonkeyPatch, tiny_pack: Path, taken: tuple[str, ...]
) -> None:
    with pytest.raises(PackError, match="does not take"):
        fake_codec(monkeypatch, tiny_pack, SKETCH, taken)


def test_the_tiny_pack_predicts_phases(codec: Codec) -> None:
    """Otherwise the tests above would say nothing about packs that do."""
    assert codec._features.outputs[-5:] == ("magnitude", "phase", "anchor", "envelope", "stereo_width")


def test_decoded_audio_gets_the_envelope_that_its_latents_tell(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    latents = codec.encode(noise(2 * CHUNK_FRAMES))
    told = np.concatenate([chunk.envelope for chunk in codec._begin(latents, 1)], axis=1)
    heard, ring = codec.decode(latents, 1), codec.decode_ring(latents.reshape(16, -1), 1)
    monkeypatch.setattr(codec, "tells_envelope", False)
    plain, plain_ring = codec.decode(latents, 1), codec.decode_ring(latents.reshape(16, -1), 1)
    assert np.abs(heard - plain).max() > 0.01 * np.abs(plain).max()
    assert np.abs(heard - shaped(plain, told)).max() < 1e-4 * np.abs(plain).max()
    assert np.abs(ring - shaped_ring(plain_ring, told)).max() < 1e-4 * np.abs(plain).max()


def test_a_stop_is_answered_while_phases_are_built(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []

    def push(builder: PhaseBuilder, *maps: np.ndarray) -> np.ndarray:
        built.append(1)
        if len(built) == 3:
            codec.stop.stop()
        return np.zeros(CHUNK_SHAPE, np.float32)

    monkeypatch.setattr(PhaseBuilder, "push", push)
    monkeypatch.setattr(codec, "pair_batch", 64)  # all chunks are built before anything is decoded
    try:
        with pytest.raises(Stopped):
            codec.decode(np.zeros((9, 8, 64), np.float32), 1)
    finally:
        codec.stop.clear()
    assert len(built) == 3


def test_decoded_borders_are_those_of_the_sketch(codec: Codec) -> None:
    """The frame next to a border is heard as the sketch alone, with predicted magnitudes as far as they are pulled."""
    latents = codec.encode(noise(4 * CHUNK_FRAMES))
    sketch, stem = codec.decode(latents, 1, steps=0), codec.decode(latents, 1)
    unlike = np.abs(stem - sketch).reshape(2, 4, CHUNK_FRAMES).mean((0, 1))
    assert unlike[:256].mean() < 0.3 * unlike[CHUNK_FRAMES // 2 :][:4096].mean()
