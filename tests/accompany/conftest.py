"""Contexts on disk, and an accompanist whose models are doubles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bridge_server.accompany import pipeline
from bridge_server.accompany.pipeline import Accompanist
from bridge_server.accompany.request import StemRequest
from bridge_server.audio import wav_file
from bridge_server.audio.waveform import Waveform
from tests.accompany.double_generator import DoubleGenerator, double_pack

MakeRequest = Callable[..., StemRequest]


@pytest.fixture
def accompanist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accompanist:
    monkeypatch.setattr(pipeline, "Generator", DoubleGenerator)
    return Accompanist(double_pack(tmp_path / "pack"), "cpu", threads=1)


@pytest.fixture
def double(accompanist: Accompanist) -> DoubleGenerator:
    """The double inside the accompanist."""
    generator = accompanist._generator
    assert isinstance(generator, DoubleGenerator)
    return generator


def write_context(folder: Path, seconds: float = 2.0, rate: int = 44_100, channels: int = 1, peak: float = 0.5) -> Path:
    """Plucked notes, half a second each."""
    time_s = np.arange(round(seconds * rate)) / rate
    notes = peak * np.sin(2 * np.pi * 220 * time_s) * np.exp(-6 * (time_s % 0.5))
    samples = np.repeat(notes[None], channels, axis=0).astype(np.float32)
    return wav_file.write_stem(folder, "context", Waveform(samples, rate), "wav24").path


@pytest.fixture
def make_request(tmp_path: Path) -> MakeRequest:
    """A request with a context of two seconds; keywords change it."""

    def make(**changes: object) -> StemRequest:
        base = {"request_id": "req-0123456789", "out_dir": str(tmp_path / "out"), "seed": 40, "prompt": "bass"}
        if "length_frames" not in changes and "context" not in changes:
            base["context"] = str(write_context(tmp_path))
        return StemRequest(**{**base, **changes})  # type: ignore[arg-type]

    return make
