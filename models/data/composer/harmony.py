"""Chords and keys: Roman numerals to chords, scales that fit a chord, voicings that move little."""

from __future__ import annotations

from models.data.composer.song import Chord, Key

QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim": (0, 3, 6),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "sus4": (0, 5, 7),
    "sus2": (0, 2, 7),
    "add9": (0, 4, 7, 14),
    "5": (0, 7),
}
STEPS = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}


def parse_numeral(numeral: str) -> tuple[int, str]:
    """Semitones above the tonic and quality of a Roman numeral: "bVII" -> (10, ""), "ii7" -> (2, "m7")."""
    shift = {"b": -1, "#": 1}.get(numeral[0], 0)
    text = numeral[1:] if shift else numeral
    roman = next(r for r in ("vii", "iii", "vi", "iv", "ii", "i", "v") if text.lower().startswith(r))
    suffix = text[len(roman) :]
    if text[0].islower() and suffix not in ("dim", "m7b5"):
        suffix = "m" + suffix
    return (STEPS[roman] + shift) % 12, suffix


def progression(text: str, key: Key, first_beat: float, bars: int, beats_per_bar: int) -> list[Chord]:
    """Chords of "I | vi | ii7 V7" repeated over so many bars; chords in a bar share it equally."""
    pattern = [bar.split() for bar in text.split("|")]
    chords = []
    for bar in range(bars):
        numerals = pattern[bar % len(pattern)]
        length = beats_per_bar / len(numerals)
        for place, numeral in enumerate(numerals):
            shift, suffix = parse_numeral(numeral)
            start = first_beat + bar * beats_per_bar + place * length
            chords.append(Chord(start, length, (key.tonic + shift) % 12, QUALITIES[suffix], suffix))
    return chords


def enrich(chord: Chord, level: int) -> Chord:
    """The same chord with a seventh (level 1) or ninth (level 2) where its plain form allows one."""
    table = {"": ("", "add9", "maj9"), "m": ("m", "m7", "m9"), "7": ("7", "7", "9")}
    if chord.suffix not in table or level == 0:
        return chord
    suffix = table[chord.suffix][level]
    return Chord(chord.start, chord.beats, chord.root, QUALITIES[suffix], suffix)


def chord_scale(key: Key, chord: Chord) -> tuple[int, ...]:
    """Pitch classes to play over a chord: its own, and those of the key that do not rub against an altered one."""
    tones = set(chord.pitch_classes)
    foreign = tones - set(key.pitch_classes)
    rubs = {(tone + step) % 12 for tone in foreign for step in (-1, 1)} - tones
    return tuple(sorted(tones | (set(key.pitch_classes) - rubs)))


def nearest(pitch: int, pitch_classes: tuple[int, ...]) -> int:
    """The MIDI pitch nearest to `pitch` whose class is among the given ones (the lower of two)."""
    for distance in range(7):
        if (pitch - distance) % 12 in pitch_classes:
            return pitch - distance
        if (pitch + distance) % 12 in pitch_classes:
            return pitch + distance
    return pitch


def step(pitch: int, steps: int, pitch_classes: tuple[int, ...]) -> int:
    """Moves along a scale by so many steps from a pitch on it."""
    direction = 1 if steps > 0 else -1
    for _ in range(abs(steps)):
        pitch += direction
        while pitch % 12 not in pitch_classes:
            pitch += direction
    return pitch


def voicing(chord: Chord, centre: int, previous: list[int] | None = None, voices: int = 4) -> list[int]:
    """Close voicing around a pitch, in the inversion that moves least from the previous voicing."""
    classes = list(dict.fromkeys(chord.pitch_classes))
    if len(classes) > voices:
        classes = [c for c in classes if c != (chord.root + 7) % 12][:voices]
    best: list[int] = []
    best_cost = 1e9
    for turn in range(len(classes)):
        pitches = _stack(classes[turn:] + classes[:turn], centre - 5)
        cost = abs(sum(pitches) / len(pitches) - centre) * 0.5
        if previous:
            cost += sum(min(abs(p - q) for q in previous) for p in pitches)
        if cost < best_cost:
            best, best_cost = pitches, cost
    return best


def _stack(classes: list[int], floor: int) -> list[int]:
    pitch = floor + (classes[0] - floor) % 12
    pitches = [pitch]
    for pitch_class in classes[1:]:
        pitch += (pitch_class - pitch) % 12
        pitches.append(pitch)
    return pitches
