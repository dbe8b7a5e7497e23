"""Excerpts of real multitracks, in the form in which a pool holds songs of the composer.

Stems keep their levels as in the song. Vocals are left out: they have no family. Every 32nd song is drawn for the
seeds that codec training keeps for validation, and for no others, so that no song is on both sides.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from models.data.multitracks import RATE, Findings, SongFolder, find_songs, frames_of, load
from models.data.pool import FRAMES, HELD_OUT, SILENT_RMS, STEMS
from models.families import FAMILIES

GRID = RATE // 10  # excerpts start on whole numbers of frames at every usual rate, so that stems stay aligned
TRIES = 24
PEAK = 0.99


class MultitrackExcerpts:
    """Draws excerpts from the songs of a folder; the same seed and folder give the same excerpt."""

    def __init__(self, folder: Path) -> None:
        """Looks through the folder; `findings` says what is used and what was left out.

        Raises:
            ValueError: not one song in the folder can be used.
        """
        self.findings = usable_songs(folder)
        if not self.findings.songs:
            raise ValueError(
                f"No song in {folder} has two instruments and {FRAMES / RATE} s.\n{self.findings.report()}"
            )

    def __call__(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """The excerpt of a seed: int16 [6, 2, 983040] and families int8 [6].

        Raises:
            ValueError: no try found two stems that sound.
        """
        rng = np.random.Generator(np.random.PCG64(seed))
        songs = self._side(seed)
        for _ in range(TRIES):
            song = songs[rng.integers(len(songs))]
            start = int(rng.integers((frames_of(song) - FRAMES) // GRID + 1)) * GRID
            stems, families = load(song, start, FRAMES)
            heard = np.flatnonzero(np.sqrt(np.mean(stems**2, axis=(1, 2))) > SILENT_RMS)
            if len(heard) >= 2:
                chosen = np.sort(rng.permutation(heard)[:STEMS])
                return _pooled(stems[chosen], [families[stem] for stem in chosen])
        raise ValueError(f"Fewer than two stems sound in {TRIES} excerpts drawn for seed {seed}.")

    def _side(self, seed: int) -> list[SongFolder]:
        """The songs of validation or of training; a folder with one song has it on both sides."""
        songs = self.findings.songs
        side = [s for place, s in enumerate(songs) if (place % HELD_OUT == 0) == (seed % HELD_OUT == 0)]
        return side or songs


def usable_songs(folder: Path) -> Findings:
    """The songs of a folder that excerpts can be drawn from, without their vocals; the rest is in `skipped`."""
    findings = find_songs(folder)
    findings.songs[:] = [usable for song in findings.songs if (usable := _usable(song, findings))]
    return findings


def held_out(songs: list[SongFolder]) -> list[SongFolder]:
    """The songs that are kept for validation; a folder with one song trains on it, too."""
    return songs[::HELD_OUT]


def _usable(song: SongFolder, findings: Findings) -> SongFolder | None:
    """The song without vocals, if it is long enough; else a line in the findings."""
    for stem in song.stems:
        if stem.family not in FAMILIES:
            findings.skipped += [(path, f"{stem.family} are never made, so not learnt") for path in stem.files]
    kept = replace(song, stems=tuple(stem for stem in song.stems if stem.family in FAMILIES))
    if len(kept.stems) < 2:
        reason = f"only {kept.stems[0].family} and vocals in it, no second instrument to play along with"
    elif frames_of(kept) < FRAMES:
        reason = f"shorter than {FRAMES / RATE} s"
    else:
        return kept
    findings.skipped.append((song.folder, reason))
    return None


def _pooled(stems: np.ndarray, families: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Stems [stem, 2, 983040] float32 at one gain that keeps each, and their sum, below full scale, as int16."""
    peak = max(float(np.abs(stems).max()), float(np.abs(stems.sum(0)).max()))
    if not np.isfinite(peak):
        raise ValueError("A file holds samples that are not numbers.")
    audio = np.zeros((STEMS, 2, FRAMES), np.int16)
    audio[: len(stems)] = np.round(stems * (min(1.0, PEAK / peak) * 32_767))
    places = np.full(STEMS, -1, np.int8)
    places[: len(families)] = [FAMILIES.index(family) for family in families]
    return audio, places
