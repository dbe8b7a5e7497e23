"""`render(song, start_s, frames)`: the stems of an excerpt, with the truth about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from models.data.composer import effects, soundfont
from models.data.composer.dice import Dice
from models.data.composer.drum_machine import DrumMachine
from models.data.composer.song import Chord, Key, Note, Section, Song, Track
from models.data.composer.synthesis import Synthesizer
from models.data.composer.wavetable import RATE

T = TypeVar("T")
PRE_ROLL_S = 1.5
SILENT_RMS = 10 ** (-60 / 20)


@dataclass(slots=True)
class Rendered:
    """Stems [stem, 2, frames] float32 and what is known about them; times in seconds of the excerpt."""

    stems: np.ndarray
    families: list[str]
    names: list[str]
    tempo_bpm: float
    key: Key
    beats_s: np.ndarray
    downbeats_s: np.ndarray
    chords: list[tuple[float, float, Chord]]
    sections: list[tuple[float, float, Section]]
    own_synthesis: list[bool]


def render(song: Song, start_s: float, frames: int, sample_rate: int = RATE) -> Rendered:
    """Renders an excerpt of `frames` frames from `start_s`. Only 48 kHz is rendered; silent tracks stay in."""
    if sample_rate != RATE:
        raise ValueError(f"The composer renders at {RATE} Hz only, not at {sample_rate}.")
    stems = np.zeros((len(song.tracks), 2, frames), np.float32)
    for index, track in enumerate(song.tracks):
        stems[index] = _stem(track, song, start_s, frames)
    stems *= _master_gain(song, stems)
    beats = _beats(song, start_s, frames)
    return Rendered(
        stems=stems,
        families=[track.family for track in song.tracks],
        names=[track.name for track in song.tracks],
        tempo_bpm=song.tempo_bpm,
        key=song.key,
        beats_s=beats,
        downbeats_s=_beats(song, start_s, frames, song.beats_per_bar),
        chords=_spans(
            [(song.time_of(c.start), song.time_of(c.start + c.beats), c) for c in song.chords], start_s, frames
        ),
        sections=_spans(_section_times(song), start_s, frames),
        own_synthesis=[not _from_font(track) for track in song.tracks],
    )


def _from_font(track: Track) -> bool:
    return track.sound.source == "soundfont" and soundfont.available() > 0


def _stem(track: Track, song: Song, start_s: float, frames: int) -> np.ndarray:
    """One stem [2, frames], effects and level included."""
    lead_in = int(PRE_ROLL_S * RATE)  # always whole, so that rooms are prepared for one size only
    origin = start_s - lead_in / RATE
    total = lead_in + frames
    notes = _overlapping(track.notes, origin, total / RATE)
    if not notes:
        return np.zeros((2, frames), np.float32)
    audio = _sound(track, notes, total)
    beat = song.seconds_per_beat
    first = np.ceil(origin / beat) * beat - origin
    beats = (first + np.arange(2) * beat) * RATE
    audio = effects.apply(audio, track.effects, beat, beats)
    audio = effects.pan(audio, track.pan)[:, lead_in:]
    return audio * np.float32(_level(audio, track.level_db))


def _overlapping(notes: list[Note], origin: float, seconds: float) -> list[Note]:
    """Notes that sound in a stretch, moved to its time; those begun before it start at its edge."""
    kept = []
    for note in notes:
        start = note.start_s - origin
        if start >= seconds:
            break
        end = start + note.duration_s
        if end > 0:
            start = max(start, 0.0)
            kept.append(Note(start, end - start, note.pitch, note.velocity))
    return kept


def _sound(track: Track, notes: list[Note], frames: int) -> np.ndarray:
    drums = track.family == "drums"
    if _from_font(track):
        audio = soundfont.render(track.sound.font, track.sound.program, drums, notes, frames)
        peak = float(np.abs(audio).max())
        if peak > 1e-4:
            return audio
    player = DrumMachine(track.sound.seed) if drums else Synthesizer(track.family, track.sound.seed)
    return player.render(notes, frames)


def _level(audio: np.ndarray, level_db: float) -> float:
    """Gain that brings the loud part (100 ms blocks within 20 dB of the loudest) to a level in dBFS RMS."""
    block = RATE // 10
    whole = audio.shape[1] // block
    if not whole:
        return 1.0
    power = np.mean(audio[:, : whole * block].reshape(2, whole, block) ** 2, axis=(0, 2))
    loud = power[power > power.max() * 0.01]
    rms = float(np.sqrt(loud.mean())) if len(loud) else 0.0
    return 10 ** (level_db / 20) / rms if rms > 1e-6 else 0.0


def _master_gain(song: Song, stems: np.ndarray) -> np.float32:
    """Brings the mix to a peak of -0.5 to -9 dBFS, drawn per song; no stem alone may clip either."""
    if not stems.size:
        return np.float32(1)
    peak = max(float(np.abs(stems.sum(0)).max()), float(np.abs(stems).max()), 1e-6)
    wanted = 10 ** (-Dice(f"{song.seed}/master").between(0.5, 9.0) / 20)
    return np.float32(min(wanted / peak, 20.0))


def _beats(song: Song, start_s: float, frames: int, every: int = 1) -> np.ndarray:
    """Times of every beat (or bar) within the excerpt."""
    gap = song.seconds_per_beat * every
    first = int(np.ceil(start_s / gap - 1e-9))
    last = int(np.ceil((start_s + frames / RATE) / gap - 1e-9))
    return np.arange(first, last) * gap - start_s


def _section_times(song: Song) -> list[tuple[float, float, Section]]:
    bar = song.seconds_per_beat * song.beats_per_bar
    return [(s.first_bar * bar, (s.first_bar + s.bars) * bar, s) for s in song.sections]


def _spans(spans: list[tuple[float, float, T]], start_s: float, frames: int) -> list[tuple[float, float, T]]:
    """The spans that meet the excerpt, cut to it."""
    seconds = frames / RATE
    moved = [(max(a - start_s, 0.0), min(b - start_s, seconds), what) for a, b, what in spans]
    return [(a, b, what) for a, b, what in moved if b > a]
