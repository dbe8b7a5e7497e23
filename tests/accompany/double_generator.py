"""A double of `models.generator.Generator` that checks every argument and plays something computable at once.

It stands in where the question is what `accompany` does, not how the models sound; `test_real_pack.py` asks those.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from models.errors import PackError
from models.session import StopSignal

Array = NDArray[np.float32]
CHUNK = 32_768


class DoubleStylist:
    """Words become a vector that tells how long they were; a seed turns nothing."""

    def of_words(self, prompt: str, seed: int) -> Array:
        assert prompt.strip()
        assert 0 <= seed < 2**31
        return np.eye(512, dtype=np.float32)[len(prompt)]


class DoubleGenerator:
    """Plays a sine at -12 dBFS whose pitch is its seed and attempt; its first `rests` attempts are all but silent."""

    device = "cpu"
    provider = "DoubleExecutionProvider"
    sample_rate = 48_000
    chunk_frames = CHUNK

    def __init__(self, pack_folder: Path, device: str, threads: int, stop: StopSignal) -> None:
        assert device in ("auto", "cpu", "cuda")
        assert threads >= 1
        if not (pack_folder / "manifest.json").is_file():
            raise PackError(f"There is no pack at {pack_folder}: manifest.json is missing.")
        self.stop, self.stylist = stop, DoubleStylist()
        self.pack = SimpleNamespace(folder=pack_folder, manifest=SimpleNamespace(name="double", version="1", steps=5))
        self.calls: list[SimpleNamespace] = []
        self.step_s = 0.0
        self.rests = 0
        self.spoil: Callable[[Array], Array] = lambda audio: audio
        self.fault: Exception | None = None

    def chunks_for(self, frames: int) -> int:
        return max(1, -(-frames // CHUNK))

    def encode_context(self, audio: Array, on_step: Callable[[int, int], None]) -> Array:
        """Silent latents; the audio is kept for the test to look at."""
        assert audio.dtype == np.float32
        assert audio.ndim == 2
        assert audio.shape[0] == 2
        assert np.isfinite(audio).all()
        self.stop.check()
        self.encoded = audio
        chunks = self.chunks_for(audio.shape[1])
        on_step(chunks, chunks)
        return np.zeros((chunks, 8, 64), np.float32)

    def encode_on_demand(self, audio: Array, on_step: Callable[[int, int], None]) -> Array:
        """The double encodes at once, whoever asks."""
        return self.encode_context(audio, on_step)

    def generate(
        self,
        context_latents: Array | None,
        chunks: int,
        style: Array | None = None,
        seed: int = 0,
        steps: int | None = None,
        on_progress: Callable[[float, str], None] | None = None,
        attempt: int = 0,
        on_audio: Callable[[Array], None] | None = None,
    ) -> Array:
        assert context_latents is None or context_latents.shape == (chunks, 8, 64)
        assert style is None or style.shape == (512,)
        assert 0 <= seed < 2**31
        assert steps is None or 1 <= steps <= 30
        assert on_progress is not None
        self.calls.append(
            SimpleNamespace(
                context=context_latents, chunks=chunks, style=style, seed=seed, steps=steps, attempt=attempt
            )
        )
        for step in range(5):
            self._step(0.04 * (step + 1), "playing", on_progress)
        pitch_hz, peak = 200 + seed % 1000 + attempt, 0.25 if attempt >= self.rests else 0.25e-3
        tone = peak * np.sin(2 * np.pi * pitch_hz * np.arange(chunks * CHUNK) / 48_000)
        audio = self.spoil(np.repeat(tone[None], 2, axis=0).astype(np.float32))
        for chunk in range(chunks):
            if on_audio is not None:  # as the codec gives it out: the last 512 frames of a chunk come with the next
                on_audio(audio[:, max(chunk * CHUNK - 512, 0) : (chunk + 1) * CHUNK - 512])
            self._step(0.2 + 0.8 * (chunk + 1) / chunks, "decoding", on_progress)
        if on_audio is not None:
            on_audio(audio[:, -512:])
        if self.fault is not None:
            raise self.fault
        return audio

    def _step(self, fraction: float, stage: str, on_progress: Callable[[float, str], None]) -> None:
        end = time.monotonic() + self.step_s
        while time.monotonic() < end:
            self.stop.check()
            time.sleep(0.001)
        self.stop.check()
        on_progress(fraction, stage)


def double_pack(folder: Path) -> Path:
    """A folder that holds nothing but a manifest to be hashed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"name": "double"}), encoding="utf-8")
    return folder
