"""Whole stems from a loaded pack: lengths, seeds, continuation, stopping, devices."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from models.errors import DeviceError, ModelError, Stopped
from models.generator import Generator
from models.guidance import UNGUIDED
from models.joins import YIELDING_CHUNKS, spans
from models.session import Session, StopSignal, cuda_is_offered
from models.spectrogram import CHUNK_FRAMES
from models.underlay import Underlay
from tests.models.conftest import BASS, PAD


def noise(frames: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((2, frames)).astype(np.float32) * 0.1


@pytest.mark.parametrize(("seconds", "chunks"), [(0.5, 1), (0.7, 2), (3, 5), (10.24, 15), (10.25, 16), (28, 42)])
def test_length(generator: Generator, seconds: float, chunks: int) -> None:
    context = generator.encode_context(noise(round(seconds * 48_000)))
    assert len(context) == chunks == generator.chunks_for(round(seconds * 48_000))
    stem = generator.generate(context, chunks, BASS, seed=1)
    assert stem.shape == (2, chunks * CHUNK_FRAMES)
    assert stem.dtype == np.float32
    assert np.isfinite(stem).all()


@pytest.mark.parametrize("chunks", [16, 20, 27, 39])
def test_a_window_goes_on_from_what_came_before(generator: Generator, chunks: int) -> None:
    latents = np.arange(8 * chunks, dtype=np.float32)[:, None] * np.ones((1, 64), np.float32)
    for span in spans(chunks, 15)[1:]:
        order = np.arange(8 * span.start, 8 * span.end)
        known = np.arange(8 * chunks) < 8 * span.known
        start = generator.canvas(latents, known, None, None, UNGUIDED).gone_on(order)[:, 0]
        kept = 8 * (span.known - span.start)
        assert list(start[:kept]) == list(order[:kept])
        assert (start[kept:] < 8 * span.known).all()


def test_same_seed_same_bytes(generator: Generator, tiny_pack: Path) -> None:
    context = generator.encode_context(noise(5 * CHUNK_FRAMES))
    first = generator.generate(context, 5, PAD, seed=7)
    assert generator.generate(context, 5, PAD, seed=7).tobytes() == first.tobytes()
    assert Generator(tiny_pack, "cpu", threads=1).generate(context, 5, PAD, seed=7).tobytes() == first.tobytes()
    assert np.abs(generator.generate(context, 5, PAD, seed=8) - first).max() > 1e-3 * np.abs(first).max()


def test_the_beginning_is_heard_before_the_rest_of_context_and_stem_was_touched(generator: Generator) -> None:
    encoded, heard, done = [], [], []
    audio = noise(40 * CHUNK_FRAMES)
    context = generator.encode_on_demand(audio, lambda *step: encoded.append(step))
    stem = generator.generate(
        context,
        40,
        PAD,
        seed=7,
        on_progress=lambda fraction, stage: done.append(fraction),
        on_audio=lambda piece: heard.append((piece, encoded[-1][0], done[-1])),
    )
    assert np.concatenate([piece for piece, _, _ in heard], axis=1).tobytes() == stem.tobytes()
    assert stem.tobytes() == generator.generate(generator.encode_context(audio), 40, PAD, seed=7).tobytes()
    _, chunks_encoded, fraction = heard[3]
    assert chunks_encoded <= 16, "one window"
    assert fraction < 0.25
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1.0)


def test_another_attempt_is_another_stem_of_the_same_seed(generator: Generator) -> None:
    first, second, again = (generator.generate(None, 16, PAD, seed=7, attempt=attempt) for attempt in (0, 1, 1))
    assert first.tobytes() == generator.generate(None, 16, PAD, seed=7).tobytes()
    assert second.tobytes() == again.tobytes()
    for window in (slice(0, CHUNK_FRAMES), slice(15 * CHUNK_FRAMES, None)):
        assert np.abs(first[:, window] - second[:, window]).max() > 1e-3 * np.abs(first).max()


@pytest.mark.parametrize("other", ["style", "no style", "context", "no context", "steps"])
def test_everything_asked_for_matters(generator: Generator, other: str) -> None:
    context = generator.encode_context(noise(3 * CHUNK_FRAMES))
    first = generator.write(context, 3, BASS, seed=1)
    changed = {
        "style": lambda: generator.write(context, 3, PAD, seed=1),
        "no style": lambda: generator.write(context, 3, None, seed=1),
        "context": lambda: generator.write(context[::-1], 3, BASS, seed=1),
        "no context": lambda: generator.write(None, 3, BASS, seed=1),
        "steps": lambda: generator.write(context, 3, BASS, seed=1, steps=2),
    }[other]()
    assert changed.shape == first.shape
    assert np.abs(changed - first).max() > 1e-3


def test_windows_continue_the_latents_before_them(generator: Generator) -> None:
    context = generator.encode_context(noise(20 * CHUNK_FRAMES))
    short, long = generator.write(context, 15, BASS, seed=2), generator.write(context, 20, BASS, seed=2)
    firm = 15 - YIELDING_CHUNKS
    assert np.array_equal(long[:firm], short[:firm])
    far, near = (np.abs(long[chunk, 0] - short[chunk, 0]).mean() for chunk in (firm, 14))
    assert 0 < far < 0.2 * near
    assert np.abs(long[15:]).max() > 0


def test_a_light_variation_shows_what_it_varies_in_windows_that_go_on_too(generator: Generator) -> None:
    piece = generator.encode_context(noise(20 * CHUNK_FRAMES))
    other = piece.copy()
    other[17:] *= -1
    varied, otherwise = (generator.write(None, 20, BASS, 2, under=Underlay(z, 0.2)) for z in (piece, other))
    assert np.array_equal(varied[:12], otherwise[:12])
    assert np.abs(varied[17:] - otherwise[17:]).mean() > 0.5 * np.abs(piece[17:]).mean()


def test_silence_follows_a_context_that_is_too_short(generator: Generator) -> None:
    audio = noise(2 * CHUNK_FRAMES)
    padded = generator.encode_context(np.pad(audio, ((0, 0), (0, 2 * CHUNK_FRAMES))))
    # The chunk after the audio holds the last half window of it; the ones after that are silence.
    assert np.allclose(generator._heard(padded[:3])(4 * 8), padded.reshape(-1, 64), atol=1e-4)
    assert generator.write(padded[:3], 4, BASS, seed=1).shape == (4, 8, 64)


def test_latents_stay_in_the_trained_range(generator: Generator) -> None:
    assert np.abs(generator.write(None, 15, None, seed=3)).max() <= generator.pack.manifest.latent_limit


def test_progress_rises_to_one(generator: Generator) -> None:
    seen: list[tuple[float, str]] = []
    generator.generate(None, 16, None, 0, on_progress=lambda fraction, stage: seen.append((fraction, stage)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    assert [stage for stage in dict.fromkeys(stage for _, stage in seen)] == ["playing", "decoding"]


def test_a_style_of_another_size_is_refused(generator: Generator) -> None:
    with pytest.raises(ModelError, match="512 numbers"):
        generator.generate(None, 1, BASS[:64], 0)


def test_stop_ends_a_run_in_progress(generator: Generator) -> None:
    steps, begun, ended = 0, threading.Event(), threading.Event()

    def count(fraction: float, stage: str) -> None:
        nonlocal steps
        steps += 1
        begun.set()

    def work() -> None:
        with pytest.raises(Stopped):
            generator.generate(None, 200, None, 0, on_progress=count)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(10)
    generator.stop.stop()
    told = steps
    assert ended.wait(10)
    thread.join()
    assert steps <= told + 1, "a step that had just ended may still be told of, and none after it"


def test_stop_holds_until_cleared(generator: Generator) -> None:
    generator.stop.stop()
    with pytest.raises(Stopped):
        generator.generate(None, 1, None, 0)
    generator.stop.clear()
    assert generator.generate(None, 1, None, 0).shape == (2, CHUNK_FRAMES)


def test_device_is_reported_truthfully(tiny_pack: Path) -> None:
    generator = Generator(tiny_pack, "auto", threads=1)
    assert generator.device == ("cuda" if cuda_is_offered() else "cpu")
    assert generator.provider == ("CUDAExecutionProvider" if cuda_is_offered() else "CPUExecutionProvider")
    with pytest.raises(DeviceError, match="auto, cpu or cuda"):
        Generator(tiny_pack, "abacus")


@pytest.mark.skipif(cuda_is_offered(), reason="this ONNX Runtime has CUDA")
def test_cuda_that_is_not_there_is_refused_with_a_sentence(tiny_pack: Path) -> None:
    with pytest.raises(DeviceError, match=r"install riffbridge\[gpu\]") as refusal:
        Generator(tiny_pack, "cuda")
    assert "loads" not in str(refusal.value)


def test_nothing_is_written_beside_the_pack(tiny_pack: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_pack, tmp_path / "pack"))
    before = sorted(path.name for path in copy.iterdir())
    Generator(copy, "cpu", threads=1)
    assert sorted(path.name for path in copy.iterdir()) == before


def test_sessions_share_a_stop_signal(tiny_pack: Path) -> None:
    stop = StopSignal()
    session = Session(tiny_pack / "codec_features.onnx", "cpu", 1, stop)
    inputs = {"latents": np.zeros((1, 8, 64), np.float32)}
    assert len(session.run(inputs)) == len(session.outputs)
    stop.stop()
    with pytest.raises(Stopped):
        session.run(inputs)
