"""Sound fonts: notes come out at their time and pitch. Skipped where no sound font or tinysoundfont is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.data.composer import compose, render, soundfont
from models.data.composer.song import Note

FONTS = [
    Path("/usr/share/sounds/sf2/TimGM6mb.sf2"),
    Path("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3"),
]
FOUND = [path for path in FONTS if path.is_file()][:1]
pytest.importorskip("tinysoundfont", reason="tinysoundfont is not installed")
pytestmark = pytest.mark.skipif(not FOUND, reason="no General MIDI sound font is installed")


@pytest.fixture(autouse=True)
def loaded() -> Iterator[None]:
    soundfont.load(FOUND)
    yield
    soundfont.load([])


def test_note_sounds_at_its_time_and_pitch() -> None:
    audio = soundfont.render(0, 73, False, [Note(0.5, 0.5, 69, 0.9)], 48_000)
    assert np.abs(audio[:, :23_000]).max() < 1e-4
    spectrum = np.abs(np.fft.rfft(audio[0, 28_800:43_200]))
    assert np.argmax(spectrum) / 0.3 == pytest.approx(440, abs=6)


def test_songs_use_fonts_and_own_synthesis_about_equally() -> None:
    sources = [t.sound.source for seed in range(150) for t in compose(seed).tracks]
    assert 0.4 < sources.count("synthesis") / len(sources) < 0.6


def test_a_track_does_not_leak_into_the_next() -> None:
    soundfont.render(0, 48, False, [Note(0.0, 5.0, 60, 0.9)], 24_000)
    audio = soundfont.render(0, 73, False, [Note(0.4, 0.1, 69, 0.9)], 24_000)
    assert np.abs(audio[:, :19_000]).max() < 1e-4


def test_same_bytes_twice_with_a_font() -> None:
    first, second = (render(compose(1), 20.0, 48_000) for _ in range(2))
    assert not all(first.own_synthesis)
    assert first.stems.tobytes() == second.stems.tobytes()
