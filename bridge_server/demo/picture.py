"""A picture of context and stems: waveforms over the bar grid, and spectrograms with a logarithmic frequency axis."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_server.audio.waveform import Waveform

LOWEST_HZ, HIGHEST_HZ, BANDS = 30.0, 16_000.0, 220
WINDOW, COLUMNS = 4096, 900
RANGE_DB = 80.0


@dataclass(frozen=True)
class Track:
    """One row of the picture."""

    title: str
    audio: Waveform


def draw(tracks: Sequence[Track], downbeats_s: Sequence[float], title: str, path: Path) -> None:
    """Write the picture as a PNG. Raises ImportError without matplotlib (extra `picture`)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 2.0 * len(tracks) + 0.8), dpi=110, layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(len(tracks), 2, squeeze=False, sharex=True)
    end_s = min(track.audio.seconds for track in tracks)
    bars = [time_s for time_s in downbeats_s if time_s < end_s - 0.05]
    for (wave, spectrum), track in zip(axes, tracks, strict=True):
        _draw_wave(wave, track)
        _draw_spectrum(spectrum, track)
        for axis in (wave, spectrum):
            _draw_bars(axis, bars, axis is wave)
    for axis in axes[-1]:
        axis.set_xlabel("seconds; dashed: bars")
    figure.savefig(path)


def spectrum_db(audio: Waveform) -> NDArray[np.float64]:
    """Level in dB `[band, column]` of 220 bands of equal musical width from 30 Hz to 16 kHz, 0 dB = full-scale sine.

    Below about 400 Hz a band is narrower than a bin of the 4,096-frame window; there it shows the nearest bin.
    """
    mono = np.pad(audio.samples.mean(axis=0), WINDOW // 2)
    starts = np.linspace(0, len(mono) - WINDOW, COLUMNS).astype(int)
    window = np.hanning(WINDOW)
    frames = np.stack([mono[start : start + WINDOW] * window for start in starts])
    power = (np.abs(np.fft.rfft(frames, axis=1)) * 2 / window.sum()) ** 2
    return 10 * np.log10(np.maximum(_to_bands(power, audio.sample_rate), 1e-12)).T


def band_edges_hz() -> NDArray[np.float64]:
    """Edges of the bands, `BANDS` + 1 of them."""
    return np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS + 1)


def _to_bands(power: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """`[column, bin]` to `[column, band]`, the loudest bin of each band."""
    bins = np.clip(band_edges_hz() / rate * WINDOW, 0, power.shape[1] - 1)
    ranges = [(round(low), max(round(high), round(low) + 1)) for low, high in itertools.pairwise(bins)]
    return np.stack([power[:, low:high].max(axis=1) for low, high in ranges], axis=1)


def _draw_wave(axis: Any, track: Track) -> None:
    """Highest and lowest sample of each of the columns, so that no peak is lost."""
    mono = track.audio.samples.mean(axis=0)
    columns = np.array_split(mono, min(COLUMNS, len(mono)))
    times = np.linspace(0, track.audio.seconds, len(columns))
    axis.fill_between(times, [c.min() for c in columns], [c.max() for c in columns], linewidth=0)
    axis.set_ylim(-1, 1)
    axis.set_title(track.title, loc="left", fontsize=10)


def _draw_spectrum(axis: Any, track: Track) -> None:
    levels = spectrum_db(track.audio)
    times = np.linspace(0, track.audio.seconds, COLUMNS + 1)
    top = levels.max()
    axis.pcolormesh(times, band_edges_hz(), levels, vmin=top - RANGE_DB, vmax=top, cmap="magma", rasterized=True)
    axis.set_yscale("log")
    axis.set_ylabel("Hz")


def _draw_bars(axis: Any, downbeats_s: Sequence[float], numbered: bool) -> None:
    for number, time_s in enumerate(downbeats_s, start=1):
        axis.axvline(time_s, color="0.4" if numbered else "white", linewidth=0.7, linestyle="--", alpha=0.7)
        if numbered:
            axis.annotate(str(number), (time_s, 1.0), xytext=(2, -9), textcoords="offset points", fontsize=7)
