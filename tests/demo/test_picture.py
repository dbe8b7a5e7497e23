"""The picture shows what is in the audio, and the supplied context is what the demo says it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge_server.audio.waveform import Waveform
from bridge_server.demo import picture, supplied


@pytest.mark.parametrize("hz", [110.0, 1_000.0, 8_000.0])
def test_a_tone_is_bright_at_its_own_height_and_nowhere_else(hz: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * hz * np.arange(96_000) / 48_000)
    levels = picture.spectrum_db(Waveform(tone[None].astype(np.float32), 48_000))
    assert levels.shape == (picture.BANDS, picture.COLUMNS)
    middle = levels[:, picture.COLUMNS // 2]
    # Half of full scale is -6 dB; a Hann window loses up to 1.4 dB between two bins.
    assert -7.5 <= middle.max() <= -5.9
    edges = picture.band_edges_hz()
    bin_hz = 48_000 / picture.WINDOW
    far = (edges[1:] < hz - 4 * bin_hz) | (edges[:-1] > hz + 4 * bin_hz)
    assert middle[far].max() < middle.max() - 40
    assert abs(edges[int(middle.argmax())] - hz) < max(2 * bin_hz, 0.05 * hz)


def test_a_picture_is_drawn_for_any_length_and_silence(tmp_path: Path) -> None:
    tracks = [
        picture.Track("short", Waveform(np.full((1, 600), 0.1, np.float32), 48_000)),
        picture.Track("silent", Waveform(np.zeros((2, 48_000), np.float32), 44_100)),
    ]
    picture.draw(tracks, [0.0, 0.5, 7.0], "title", tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_the_supplied_context_is_eight_bars_that_fit_its_tempo() -> None:
    context = supplied.load()
    bar_s = 60.0 / context.tempo * context.beats_per_bar
    assert context.audio.seconds == pytest.approx(8 * bar_s, rel=0.001)
    assert context.audio.channels == 2
    assert 0.1 < context.audio.peak <= 1.0
    starts = [time_s for time_s in context.downbeats_s if time_s < context.audio.seconds - 0.05]
    assert starts == pytest.approx([bar * bar_s for bar in range(8)], abs=0.002)
