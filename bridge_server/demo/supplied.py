"""The context that comes with riffbridge: eight bars without bass and pad, and what a musician would say about them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bridge_server.audio import wav_file
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import PathNotAllowed

FOLDER = Path(__file__).parent
NAME = "context"


@dataclass(frozen=True)
class DemoContext:
    """The WAV, its audio, and its musical grid."""

    path: Path
    audio: Waveform
    tempo: float
    beats_per_bar: int
    key: str
    downbeats_s: tuple[float, ...]


def load(folder: Path = FOLDER) -> DemoContext:
    """Read `context.wav` and the `context.json` beside it."""
    path, facts_path = folder / f"{NAME}.wav", folder / f"{NAME}.json"
    if not path.is_file() or not facts_path.is_file():
        raise PathNotAllowed(f"The demo's context is missing in {folder}.", "Install riffbridge again.")
    facts = json.loads(facts_path.read_text(encoding="utf-8"))
    return DemoContext(
        path=path,
        audio=wav_file.read_file(path),
        tempo=float(facts["tempo_bpm"]),
        beats_per_bar=int(facts["beats_per_bar"]),
        key=str(facts["key"]),
        downbeats_s=tuple(float(time_s) for time_s in facts["downbeats"]),
    )
