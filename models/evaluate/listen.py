"""A picture of what WAVs sound like: `python -m models.evaluate.listen out.png a.wav b.wav --title ...`.

Each clip becomes one row: waveform above, log-frequency spectrogram below (semitones from 30 Hz, 80 dB range).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio, magnitude

LOW_HZ, HIGH_HZ, ROWS = 30.0, 22_000.0, 256
RANGE_DB = 80.0
WINDOWS = ((600.0, 8192), (2500.0, 4096), (HIGH_HZ, 2048))  # (below this Hz, window): low notes apart, hits sharp
HOP = 512


def log_spectrogram(audio: Audio) -> Audio:
    """Level in dB `[ROWS, column]` of a clip `[2, frame]` from 30 Hz to 22 kHz, even in octaves, every 10.7 ms."""
    mono = audio.mean(axis=0)
    rows_hz = LOW_HZ * (HIGH_HZ / LOW_HZ) ** (np.arange(ROWS) / (ROWS - 1))
    columns = 1 + len(mono) // HOP
    levels = np.empty((ROWS, columns), np.float32)
    below = LOW_HZ - 1
    for limit_hz, window in WINDOWS:
        chosen = (rows_hz > below) & (rows_hz <= limit_hz + 1)
        padded = np.pad(mono, (window // 2, window // 2))
        spectrum = magnitude(padded, window, HOP)[:, :columns]
        levels[chosen] = spectrum[np.rint(rows_hz[chosen] * window / SAMPLE_RATE_HZ).astype(int)]
        below = limit_hz + 1
    return 20 * np.log10(levels + 1e-7)


def picture(clips: list[tuple[str, Audio]], path: Path, columns: int = 1) -> None:
    """Writes a PNG with one titled waveform and spectrogram per clip, all at the same colour scale."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    rows = -(-len(clips) // columns)
    figure = plt.figure(figsize=(9 * columns, 3.4 * rows), layout="constrained")
    boxes = figure.subfigures(rows, columns, squeeze=False).ravel()
    loudest = max(float(log_spectrogram(audio).max()) for _, audio in clips)
    for box, (title, audio) in zip(boxes, clips, strict=False):
        _draw(box, title, audio, loudest)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
    plt.close(figure)


def read_wav(path: Path) -> Audio:
    """A WAV of any rate as `[2, frame]` at 48 kHz; mono goes to both channels, further channels are dropped."""
    import soundfile
    import soxr

    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    stereo = samples[:, :2] if samples.shape[1] > 1 else np.repeat(samples, 2, axis=1)
    return np.ascontiguousarray(soxr.resample(stereo, rate_hz, SAMPLE_RATE_HZ).T, dtype=np.float32)


def main(
    out: Annotated[Path, typer.Argument(help="The PNG to write.")],
    wavs: Annotated[list[Path], typer.Argument(help="The WAVs to draw, in this order.")],
    title: Annotated[list[str] | None, typer.Option(help="A title per WAV (default: its name).")] = None,
    columns: Annotated[int, typer.Option(help="Clips side by side.")] = 1,
    seconds: Annotated[float, typer.Option(help="Only so many seconds of each.")] = 12.0,
) -> None:
    """Draws waveforms and spectrograms of WAVs into one PNG."""
    titles = title or [path.stem for path in wavs]
    if len(titles) != len(wavs):
        raise typer.BadParameter(f"{len(titles)} titles for {len(wavs)} WAVs")
    clips = [read_wav(path)[:, : round(seconds * SAMPLE_RATE_HZ)] for path in wavs]
    picture(list(zip(titles, clips, strict=True)), out, columns)
    typer.echo(f"{out}: {len(clips)} clips")


def _draw(box: Any, title: str, audio: Audio, loudest_db: float) -> None:
    """One clip in its own part of the figure."""
    wave, spectrum = box.subplots(2, 1, height_ratios=[1, 4], sharex=True)
    seconds = audio.shape[-1] / SAMPLE_RATE_HZ
    wave.plot(np.linspace(0, seconds, audio.shape[-1])[::16], audio.mean(axis=0)[::16], lw=0.4)
    wave.set(ylim=(-1, 1), yticks=[], title=title)
    spectrum.imshow(
        log_spectrogram(audio),
        origin="lower",
        aspect="auto",
        cmap="magma",
        extent=(0, seconds, 0, ROWS),
        vmin=loudest_db - RANGE_DB,
        vmax=loudest_db,
    )
    marks_hz = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
    places = [ROWS * np.log(hz / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ) for hz in marks_hz]
    spectrum.set_yticks(places, [str(hz) if hz < 1000 else f"{hz // 1000}k" for hz in marks_hz])
    spectrum.set(xlabel="seconds", ylabel="Hz", xlim=(0, seconds))


if __name__ == "__main__":
    typer.run(main)
