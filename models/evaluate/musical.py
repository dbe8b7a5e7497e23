"""Does a stem belong to its context? Four scores of a stem against a context whose song is known.

Beat: the stem's onsets against the song's grid (`on_grid`) and against the context's onsets (`with_context`).
Harmony: the stem's pitch classes against the chords of the moment (`in_chords`) and the key (`in_key`).
Every score is a correlation, so level, density and number of chord tones do not count in themselves; what a
score means is read from `auc.matched_auc` with the real stem as ceiling and a random stem as floor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.data.composer.song import Song
from models.evaluate.chroma import chroma, column_times
from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio, log_mel_difference
from models.evaluate.onsets import HOP, onset_strength, smooth, step_of

GRID_WEIGHTS = ((1.0, 1.0), (0.5, 0.6), (0.25, 0.35))  # (beats apart, weight): beats, eighths, sixteenths
BEAT_SCORES = ("on grid", "with context")
HARMONY_SCORES = ("in chords", "in key")


@dataclass(frozen=True)
class StemFeatures:
    """What is heard in a stem: onsets `[step]` every 5.3 ms, chroma `[12, column]` every 85 ms."""

    onsets: Audio
    chroma: Audio


@dataclass(frozen=True)
class ContextFeatures:
    """What is known of a context: grid and onsets `[step]`, chord tones `[12, column]`, key `[12]`."""

    grid: Audio
    onsets: Audio
    chords: Audio
    key: Audio


def hear_stem(stem: Audio) -> StemFeatures:
    """Features of a stem `[2, frame]`, brought to peak 0.5 first (onsets have an absolute floor)."""
    level = stem * (0.5 / max(float(np.abs(stem).max()), 1e-6))
    return StemFeatures(onset_strength(level), chroma(level))


def know_context(song: Song, start_s: float, context: Audio) -> ContextFeatures:
    """Truth about the excerpt of a song that starts at `start_s`, and the onsets of its context `[2, frame]`."""
    heard = hear_stem(context)
    return ContextFeatures(
        grid=beat_grid(song, start_s, len(heard.onsets)),
        onsets=heard.onsets,
        chords=chord_tones(song, start_s, heard.chroma.shape[1]),
        key=_template(song.key.pitch_classes),
    )


def beat_grid(song: Song, start_s: float, count: int) -> Audio:
    """Pulses on beats, eighths and sixteenths of the song (swing included), as wide as onsets: `[count]`."""
    grid = np.zeros(count)
    first_beat = int(start_s / song.seconds_per_beat)
    beats = int(count * HOP / SAMPLE_RATE_HZ / song.seconds_per_beat) + 2
    for apart, weight in GRID_WEIGHTS:
        times = [song.time_of(first_beat + step * apart) - start_s for step in range(round(beats / apart))]
        places = step_of(np.array(times))
        places = places[(places >= 0) & (places < count)]
        grid[places] = np.maximum(grid[places], weight)
    return smooth(grid)


def chord_tones(song: Song, start_s: float, columns: int) -> Audio:
    """1 where a pitch class belongs to the chord of the moment, else 0, per chroma column: `[12, columns]`."""
    starts = np.array([song.time_of(chord.start) for chord in song.chords])
    places = np.searchsorted(starts, column_times(columns) + start_s, side="right") - 1
    return np.stack([_template(song.chords[max(place, 0)].pitch_classes) for place in places], axis=1)


def score(stem: StemFeatures, context: ContextFeatures) -> dict[str, float]:
    """All four scores, each -1 to 1."""
    return {name: float(scores[0, 0]) for name, scores in score_matrix([stem], [context]).items()}


def agreement(stem: StemFeatures, context: ContextFeatures) -> np.ndarray:
    """The same as a vector `[4]`: what APA looks at in place of the CLAP vector of the mix."""
    return np.array(list(score(stem, context).values()), np.float32)


def score_matrix(stems: list[StemFeatures], contexts: list[ContextFeatures]) -> dict[str, np.ndarray]:
    """Scores of every stem against every context: per score an array `[context, stem]`."""
    onsets = _directions([stem.onsets for stem in stems])
    chromas, chords = np.stack([stem.chroma for stem in stems]), np.stack([context.chords for context in contexts])
    loudness = chromas.sum(axis=1)
    weighted = _directions(chromas, axis=1) * (loudness / (loudness.sum(axis=1, keepdims=True) + 1e-9))[:, None]
    return {
        "on grid": _directions([context.grid for context in contexts]) @ onsets.T,
        "with context": _directions([context.onsets for context in contexts]) @ onsets.T,
        "in chords": np.einsum("cpk,spk->cs", _directions(chords, axis=1), weighted, optimize=True),
        "in key": _directions([context.key for context in contexts]) @ _directions(chromas.sum(axis=2)).T,
    }


def relative(scores: np.ndarray) -> np.ndarray:
    """Scores `[context, stem]` less what each stem scores on average over the contexts."""
    return scores - scores.mean(axis=0, keepdims=True)


def output_change(first: Audio, second: Audio) -> float:
    """How different two outputs are: log-mel difference in dB; 0 for the same audio."""
    return log_mel_difference(first, second)


def _directions(vectors: object, axis: int = -1) -> np.ndarray:
    """Vectors without their mean, at length 1, so that a product of two of them is their correlation."""
    wide = np.asarray(vectors, np.float64)
    moved = wide - wide.mean(axis=axis, keepdims=True)
    return moved / (np.linalg.norm(moved, axis=axis, keepdims=True) + 1e-9)


def _template(pitch_classes: tuple[int, ...]) -> Audio:
    template = np.zeros(12)
    template[list(pitch_classes)] = 1
    return template
