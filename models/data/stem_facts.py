"""What the composer knows about each stem of a song, as plain facts: (kind, value) pairs that captions may mention.

The serial of a pool's slot is the song's seed + 1, and no family plays twice in a song, so that seed and family name
a stem; the pool itself needs to hold no words. Facts are true of the whole part; thresholds keep away from the
middle, where a listener could call it either way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.data.composer.compose import compose
from models.data.composer.dice import Dice
from models.data.composer.drum_machine import PIECE_OF_KEY
from models.data.composer.patches import patch
from models.data.composer.song import Note, Song, Track
from models.data.stem_moods import moods

Fact = tuple[str, str]

PROGRAM_NAMES: dict[str, dict[int, str]] = {
    "drums": {0: "acoustic kit", 8: "acoustic kit", 16: "power kit", 24: "electronic kit", 25: "808 kit",
              32: "jazz kit", 40: "brushed kit"},
    "bass": {32: "upright bass", 33: "fingered bass", 34: "picked bass", 35: "fretless bass", 36: "slap bass",
             37: "slap bass", 38: "synth bass", 39: "synth bass"},
    "piano": {0: "grand piano", 1: "bright piano", 2: "electric grand", 3: "honky-tonk piano", 6: "harpsichord"},
    "electric piano": {4: "rhodes", 5: "fm piano", 7: "clavinet"},
    "organ": {16: "drawbar organ", 17: "drawbar organ", 18: "rock organ", 19: "church organ", 20: "reed organ",
              21: "accordion"},
    "guitar": {24: "nylon guitar", 25: "steel guitar", 26: "jazz guitar", 27: "clean guitar", 28: "muted guitar",
               29: "overdriven guitar", 30: "distorted guitar", 104: "sitar", 105: "banjo"},
    "strings": {40: "violin", 41: "viola", 42: "cello", 44: "tremolo strings", 45: "pizzicato strings", 46: "harp",
                48: "string section", 49: "string section", 50: "synth strings", 51: "synth strings"},
    "brass": {56: "trumpet", 57: "trombone", 58: "tuba", 59: "muted trumpet", 60: "french horn",
              61: "brass section"},
    "winds": {64: "soprano sax", 65: "alto sax", 66: "tenor sax", 67: "baritone sax", 68: "oboe",
              69: "english horn", 70: "bassoon", 71: "clarinet", 72: "piccolo", 73: "flute", 74: "recorder",
              75: "pan flute"},
    "mallets": {8: "celesta", 9: "glockenspiel", 10: "music box", 11: "vibraphone", 12: "marimba",
                13: "xylophone", 108: "kalimba", 114: "steel drums"},
    "pad": {50: "synth strings", 51: "synth strings", 89: "warm pad", 90: "polysynth pad", 91: "choir pad",
            52: "choir pad", 53: "choir pad", 54: "choir pad"},
    "lead": {80: "square lead", 81: "saw lead"},
}  # fmt: skip
"""General MIDI programs (drum kits for drums) whose name a listener would agree with."""


@dataclass(frozen=True)
class StemFacts:
    """All that may be said about one stem."""

    family: str
    facts: frozenset[Fact]
    bpm: int | None = None
    key: str | None = None  # "f# minor"; None for drums

    def values(self, kind: str) -> list[str]:
        """Values of one kind, in alphabetical order."""
        return sorted(value for named, value in self.facts if named == kind)


def facts_of_seed(seed: int, fonts: bool) -> dict[str, StemFacts]:
    """Facts of every stem of a seed's song, by family. `fonts`: sound fonts were loaded when it was rendered."""
    song = compose(seed)
    return {track.family: facts_of(song, track, fonts) for track in song.tracks}


def family_only(family: str) -> StemFacts:
    """Facts of a stem that nobody composed: the name of its family."""
    return StemFacts(family, frozenset({("family", family)}))


def facts_of(song: Song, track: Track, fonts: bool) -> StemFacts:
    """Facts of one track."""
    drums = track.family == "drums"
    found = {("family", track.family), ("style", song.style), *_time(song), *_effects(track)}
    found |= _font_sound(track) if fonts and track.sound.source == "soundfont" else _own_sound(track)
    if track.notes:
        found |= _playing(track.notes, drums, track.family == "bass")
        found |= _pieces(track.notes, song) if drums else set()
    if not drums:
        found.add(("mode", song.key.mode))
        found |= {("role", track.role)} if track.role != "bass" else set()
    found |= moods(found)
    key = None if drums else song.key.name.lower()
    return StemFacts(track.family, frozenset(found), round(song.tempo_bpm), key)


def _time(song: Song) -> set[Fact]:
    found = set()
    if song.tempo_bpm < 85:
        found.add(("tempo", "slow"))
    if 95 <= song.tempo_bpm <= 115:
        found.add(("tempo", "medium"))
    if song.tempo_bpm > 128:
        found.add(("tempo", "fast"))
    if song.swing >= 0.57:
        found.add(("feel", "swung"))
    if song.beats_per_bar == 3:
        found.add(("feel", "waltz"))
    return found


def _effects(track: Track) -> set[Fact]:
    e, drums = track.effects, track.family == "drums"
    tests = {
        "distorted": e.drive_db > (8 if drums else 14),
        "saturated": 4 < e.drive_db <= (8 if drums else 14),
        "reverberant": e.reverb_level > 0.3,
        "dry": e.reverb_level == 0 and e.delay_level == 0,
        "echoing": e.delay_level > 0.2,
        "chorused": e.chorus > 0.35,
        "tremolo": e.tremolo_hz > 0,
        "pumping": e.pump > 0.4,
        "muffled": 0 < e.high_cut_hz < 4500,
    }
    return {("effect", name) for name, holds in tests.items() if holds}


def _font_sound(track: Track) -> set[Fact]:
    name = PROGRAM_NAMES[track.family].get(track.sound.program)
    if name == "clean guitar" and track.effects.drive_db:
        name = None
    found = {("instrument", name)} if name else set()
    if track.family in ("piano", "guitar", "winds", "bass") and name and "synth" not in name:
        found.add(("source", "played"))
    if track.family in ("pad", "lead"):
        found.add(("source", "synthetic"))
    return found


def _own_sound(track: Track) -> set[Fact]:
    """Facts of a patch of our own synthesis; the drum machine's kits have none."""
    if track.family == "drums":
        return set()
    p = patch(track.family, Dice(track.sound.seed))
    names = {"strings": "synth strings", "brass": "synth brass"}
    found = {("instrument", names[track.family])} if track.family in names else set()
    if track.family in ("pad", "lead"):
        found.add(("source", "synthetic"))
        if p.wave in ("saw", "square", "fm"):
            found.add(("instrument", f"{p.wave} {track.family}"))
    if track.family == "bass":
        found.add(("instrument", _bass_kind(p.wave, p.pick, p.voices)))
    dark, bright = (350, 1500) if track.family == "bass" else (1000, 5500)
    filtered = track.family in ("bass", "strings", "pad", "lead", "guitar") and p.wave not in ("fm", "sine")
    tests = {
        "dark": filtered and p.cutoff < dark and p.sweep_octaves <= 1,
        "bright": filtered and p.cutoff > bright and not 0 < track.effects.high_cut_hz < 6000,
        "detuned": p.voices >= 3 and track.family in ("lead", "pad", "bass", "brass"),
        "resonant": p.resonance > 3,
        "vibrato": p.vibrato > 0.2,
        "gliding": p.glide > 0.25 and track.role == "lead",
        "breathy": p.noise > 0.05 and track.family == "winds",
        "swelling": p.attack > 0.3,
        "ringing": track.family == "mallets" and p.decay > 1.0,
    }
    return found | {("timbre", name) for name, holds in tests.items() if holds}


def _bass_kind(wave: str, pick: float, voices: int) -> str:
    if wave == "sine":
        return "sub bass"
    if pick:
        return "fingered bass"
    return "reese bass" if voices > 1 else "fm bass" if wave == "fm" else "synth bass"


def _playing(notes: list[Note], drums: bool, bass: bool) -> set[Fact]:
    """Density, length of notes, touch and register of a part."""
    starts = np.array([note.start_s for note in notes])
    gaps = np.diff(starts)
    gap_s = float(np.median(gaps[gaps > 0.05])) if (gaps > 0.05).any() else 1.0
    length_s = float(np.median([note.duration_s for note in notes]))
    touch = float(np.mean([note.velocity for note in notes]))
    pitch = float(np.mean([note.pitch for note in notes]))
    tests = {
        ("density", "busy"): gap_s < 0.17,
        ("density", "sparse"): gap_s > 0.8,
        ("length", "short"): not drums and length_s < 0.16,
        ("length", "long"): not drums and length_s > 1.2,
        ("touch", "soft"): touch < 0.40,
        ("touch", "hard"): touch > 0.72,
        ("register", "low"): not drums and not bass and pitch < 57,
        ("register", "high"): not drums and pitch > 76,
    }
    return {fact for fact, holds in tests.items() if holds}


def _pieces(notes: list[Note], song: Song) -> set[Fact]:
    """Pieces of a drum kit that are heard in at least a third of the bars, and a kick on every beat."""
    bar_s = song.seconds_per_beat * song.beats_per_bar
    bars: dict[str, set[int]] = {}
    for note in notes:
        piece = PIECE_OF_KEY.get(note.pitch, "rim")
        bars.setdefault(piece, set()).add(int(note.start_s / bar_s + 0.05))
    played = set().union(*bars.values())
    found = {("piece", piece) for piece, heard in bars.items() if len(heard) >= len(played) / 3}
    kicks = {round(note.start_s / song.seconds_per_beat) for note in notes if note.pitch in (35, 36)}
    if song.beats_per_bar == 4 and len(kicks) >= 0.9 * 4 * len(played):
        found.add(("playing", "four on the floor"))
    return found
