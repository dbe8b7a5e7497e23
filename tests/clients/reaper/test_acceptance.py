"""What a musician checks first: the stem is in time to the sample, and one undo is as if nothing had been pressed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.clients.reaper.conftest import studio
from tests.clients.reaper.reaper_double.mixing import frame_at, track_audio
from tests.clients.reaper.reaper_double.model import Audio, Tempo
from tests.test_identity_pack import noise_below
from tests.whole.real_server import RealServer

RAW = {"loudness": "raw", "variations": "1", "fade_ms": "0", "format": "wav32f"}


def left_over_db(audio: Audio) -> float:
    return float(20 * np.log10(np.abs(audio).max() + 1e-12))


@pytest.mark.parametrize(
    ("rate", "version"), [(44_100, "5.3"), (44_100, "5.4"), (48_000, "5.4"), (88_200, "5.4"), (96_000, "5.4")]
)
def test_the_stem_of_the_identity_pack_nulls_against_the_project(
    rate: int, version: str, identity_server: RealServer, tmp_path: Path
) -> None:
    """The selection begins and ends between samples, and the tempo changes in it.

    Left over were -123 dB at 44.1 kHz and -135 to -138 dB at the other rates.
    """
    reaper = studio(tmp_path, identity_server, version)
    project = reaper.project
    for key, value in RAW.items():
        reaper.ext_state["riffbridge", f"setting.{key}"] = value
    project.numbers["PROJECT_SRATE"] = rate
    project.tempos = [Tempo(0.0, 97.3), Tempo(2.5, 141.0, 7, 8)]
    music = noise_below(15_000, int(2.6 * rate), rate)
    soundfile.write(tmp_path / "music.wav", music, rate, subtype="FLOAT")
    keys = project.add_track("Keys")
    project.add_item(keys, tmp_path / "music.wav", (int(1.3 * rate) + 17) / rate)
    project.selection = (1.234567891, 4.987654321)  # the music fades in and out inside
    before = project.state

    reaper.press_and_wait("Generate bass on a new track")

    stem_track = project.tracks[1]
    assert reaper.console == []
    frames = frame_at(6.0, rate)
    stem, played = track_audio(stem_track, 0, frames, rate), track_audio(keys, 0, frames, rate)
    (item,) = stem_track.items
    first, last = frame_at(1.234567891, rate), frame_at(4.987654321, rate)
    assert item.values["D_POSITION"] * rate == pytest.approx(first, abs=1e-6)
    assert item.values["D_LENGTH"] * rate == pytest.approx(last - first, abs=1e-6)
    assert left_over_db(stem - played) < -115
    assert left_over_db(stem[1:] - played[:-1]) > -20, "one frame late would go unseen"

    assert [label for label, _ in project.undo_points] == ["Riffbridge: insert bass (1 variation)"]
    reaper.functions.Undo_DoUndo2(project)
    assert project.state == before
    assert reaper.errors == []


def test_a_click_on_the_first_sample_comes_back_on_the_first_sample(
    identity_server: RealServer, tmp_path: Path
) -> None:
    reaper = studio(tmp_path, identity_server)
    for key, value in RAW.items():
        reaper.ext_state["riffbridge", f"setting.{key}"] = value
    click = np.zeros((96_000, 2))
    click[[0, 48_000, 95_999]] = 0.5
    soundfile.write(tmp_path / "click.wav", click, 48_000, subtype="FLOAT")
    project = reaper.project
    project.add_item(project.add_track("Click"), tmp_path / "click.wav", 1.0)
    project.selection = (1.0, 3.0)
    reaper.press_and_wait("Generate drums on a new track")
    (item,) = project.tracks[1].items
    stem = track_audio(project.tracks[1], 0, 240_000, 48_000)
    assert list(np.flatnonzero(np.abs(stem[:, 0]) > 0.4)) == [48_000, 96_000, 143_999]
    assert item.values["D_POSITION"] == 1.0
