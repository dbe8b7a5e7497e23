"""The torch side of the figures stands in for the exported graphs exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import models.codec
import models.generator
from bridge_server.settings import default_pack_folder
from models.nets.codec import Codec
from models.nets.codec_config import CODEC_PRESETS
from models.nets.dit import DIT_PRESETS, DiT
from models.nets.graphs import pack_graphs
from tests.figures.engines import PRESET, STAGES, TorchSession, load, run_once
from tests.figures.generate import COUNTS, ENGINES, Engine, rows


def test_torch_sessions_have_the_names_of_the_graphs():
    graphs = pack_graphs(Codec(CODEC_PRESETS[PRESET]), DiT(DIT_PRESETS[PRESET]))
    for graph in graphs:
        session = TorchSession(Path(graph.file), threads=1)
        assert set(session.inputs) == set(graph.inputs)
        assert tuple(session.outputs) == tuple(graph.outputs)


def test_a_torch_session_runs_like_a_graph():
    session = TorchSession(Path("c_dit.onnx"), threads=1)
    shapes = {"noisy": (1, 8, 64), "sigma": (1,), "context": (1, 8, 64), "clap": (1, 512)}
    (denoised,) = session.run({name: np.ones(shape, np.float32) for name, shape in shapes.items()})
    assert denoised.shape == (1, 8, 64)
    assert denoised.dtype == np.float32


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_play_with_the_shipped_pack(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (models.codec, models.generator):  # `load` puts torch into both for good
        monkeypatch.setattr(module, "Session", module.Session)
    generator = load(engine, default_pack_folder(), threads=1)
    stem = generator.generate(None, 1, generator.stylist.of_words("bass", 1), seed=1, steps=1)
    assert stem.shape == (2, 32_768)
    assert np.isfinite(stem).all()


class _Generator:
    """A generator that does nothing, slowly enough to be timed."""

    chunk_frames = 8

    class codec:
        class _Session:
            def run(self, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
                return []

        sessions = (None, _Session(), None)

        @classmethod
        def decode(cls, latents: np.ndarray, seed: int) -> None:
            cls.sessions[1].run({})

    def encode_context(self, audio: np.ndarray) -> np.ndarray:
        return audio

    def write(self, latents: np.ndarray, chunks: int, style: np.ndarray, seed: int) -> np.ndarray:
        return latents


def test_every_stage_is_timed_and_the_session_is_left_as_it_was():
    seconds = run_once(_Generator(), variations=2, seed=0)
    assert set(seconds) == set(STAGES)
    assert all(value > 0 for value in seconds.values())
    assert "run" not in vars(_Generator.codec.sessions[1])


def test_rows_take_medians_of_warm_runs_and_ratios_side_by_side():
    engines = [_engine(1.0), _engine(4.0)]
    table = {row[0]: row[1:] for row in rows(engines)}
    assert table["first window, 1 variation (s)"] == ["36.00", "144.00", "4.00"]
    assert table["**warm, 1 var., total (s)**"] == ["4.00", "16.00", "4.00"]
    assert table["warm, 4 var., times real time"] == ["10.24", "2.56", "0.25"]
    assert table["peak memory, 4 var. (MiB)"] == ["200", "200", "1.00"]


def _engine(slowness: float) -> Engine:
    """Reports: a cold first run of 9 s per stage, then 1 s per stage, all times the slowness."""
    one, four = COUNTS
    cold, warm = (dict.fromkeys(STAGES, value * slowness) for value in (9.0, 1.0))
    runs = {one: [{"seconds": cold, "peak_mib": 100}, {"seconds": warm, "peak_mib": 150}]}
    runs[four] = [{"seconds": warm, "peak_mib": 200}]
    return Engine("test", None, {"load": slowness}, runs)
