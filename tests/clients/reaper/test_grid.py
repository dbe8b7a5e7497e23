"""The musical grid of a selection: downbeats and tempo changes in frames from its start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.reaper import lone
from tests.clients.reaper.reaper_double import ReaperDouble
from tests.clients.reaper.reaper_double.model import Tempo


def grid_of(reaper: ReaperDouble, folder: Path) -> dict[str, Any]:
    """What would be sent for 2.00001 s to 5.00002 s, which begins at the sample of 2 s."""
    out = folder / "grid.json"
    work = (
        'local grid = require("riff.grid").of(host, project, range)\n'
        f'local file = io.open([[{out}]], "wb") file:write(require("riff.json").write(grid)) file:close()\n'
        'host.log(require("riff.json").write(require("riff.grid").pairs(grid)))'
    )
    reaper.press_and_wait(lone.script(folder, work))
    assert reaper.errors == []
    told: dict[str, Any] = json.loads(out.read_text())
    return told


@pytest.fixture
def reaper(tmp_path: Path) -> ReaperDouble:
    return ReaperDouble(tmp_path / "reaper", real_time=False)


def test_a_steady_tempo(reaper: ReaperDouble, tmp_path: Path) -> None:
    grid = grid_of(reaper, tmp_path)
    assert grid["downbeat_frames"] == [0, 96_000]
    assert grid["tempo_changes"] == [{"frame": 0, "tempo": 120, "beats_per_bar": 4, "beat_unit": 4}]
    assert json.loads(reaper.console[0]) == {"tempo": 120, "beats_per_bar": 4, "beat_unit": 4}


def test_changes_of_tempo_and_meter_inside(reaper: ReaperDouble, tmp_path: Path) -> None:
    reaper.project.tempos = [Tempo(0.0, 120.0), Tempo(3.0, 90.0, 7, 8), Tempo(9.0, 60.0)]
    grid = grid_of(reaper, tmp_path)
    assert grid["downbeat_frames"] == [0, 48_000], "a change is a downbeat, and the next one lies outside"
    assert [(change["frame"], change["tempo"]) for change in grid["tempo_changes"]] == [(0, 120), (48_000, 90)]
    assert grid["tempo_changes"][1]["beat_unit"] == 8


def test_what_the_protocol_does_not_take_is_not_sent(reaper: ReaperDouble, tmp_path: Path) -> None:
    reaper.project.tempos = [Tempo(0.0, 5.0, 3, 3)]
    grid_of(reaper, tmp_path)
    assert json.loads(reaper.console[0]) == {"beats_per_bar": 3}
