"""Action 42230 of the double: really renders, by the project's render settings, and is strict about them."""

from __future__ import annotations

import base64
from pathlib import Path

import soundfile

from tests.clients.reaper.reaper_double.mixing import master
from tests.clients.reaper.reaper_double.model import Project

SUBTYPES = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT", 33: "PCM_32", 64: "DOUBLE"}


def targets(project: Project) -> list[Path]:
    """Files that would be written."""
    pattern = project.texts["RENDER_PATTERN"]
    return [Path(project.texts["RENDER_FILE"]) / f"{pattern}.wav"]


def render(project: Project, fate: str = "") -> None:
    """Render. fate: "" = to the end, "cancelled" = the user presses Cancel early, "disk full" = half of it is there."""
    (path,) = targets(project)
    assert "$" not in project.texts["RENDER_PATTERN"], "wildcards in the pattern"
    assert not path.exists(), f"REAPER would ask whether to overwrite {path}"
    assert path.parent.is_dir(), f"REAPER would make {path.parent}: not expected"
    subtype = _subtype(project.texts["RENDER_FORMAT"])
    numbers, rate = project.numbers, int(project.numbers["RENDER_SRATE"])
    assert project.texts["RENDER_FORMAT2"] == "", "a second file would be written"
    wished = {"RENDER_SETTINGS": 0, "RENDER_BOUNDSFLAG": 0, "RENDER_CHANNELS": 2, "RENDER_TAILFLAG": 0,
              "RENDER_ADDTOPROJ": 0, "RENDER_NORMALIZE": 0}  # fmt: skip
    for name, value in wished.items():
        assert numbers[name] == value, f"{name} is {numbers[name]}: this double renders only {value}"
    start, end = numbers["RENDER_STARTPOS"] * rate, numbers["RENDER_ENDPOS"] * rate
    assert abs(start - round(start)) < 1e-6, "the render starts between two samples"
    assert abs(end - round(end)) < 1e-6, "the render ends between two samples"
    assert not project.play_state, "REAPER plays while it renders"
    if fate == "cancelled":
        return
    frames = round(end) - round(start)
    audio = master(project, numbers["RENDER_STARTPOS"], frames, rate)
    soundfile.write(path, audio[: frames // 2] if fate == "disk full" else audio, rate, subtype=subtype)


def _subtype(text: str) -> str:
    sink = base64.b64decode(text)
    assert len(sink) == 7, f"unknown render format {text!r}"
    assert sink[:4] == b"evaw", f"unknown render format {text!r}"
    depth, flags, size = sink[4:]
    assert flags == 3, "a BWF chunk, or Wave64 for long files"
    assert size == 0
    return SUBTYPES[depth]
