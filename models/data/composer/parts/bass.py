"""Bass lines: patterns of a style on the chords, or walking."""

from __future__ import annotations

from models.data.composer.dice import Dice
from models.data.composer.harmony import chord_scale, nearest, step
from models.data.composer.song import Chord, Event, Key

LOWEST, HIGHEST = 28, 52


def chord_at(chords: list[Chord], beat: float) -> Chord:
    """The chord sounding at a beat (the last one when the beat is past the end)."""
    for chord in chords:
        if beat < chord.start + chord.beats - 1e-6:
            return chord
    return chords[-1]


def bass_root(pitch_class: int, floor: int = LOWEST) -> int:
    """The lowest MIDI pitch of a class that a bass plays comfortably."""
    return floor + (pitch_class - floor) % 12


def pattern_bass(pattern: str, chords: list[Chord], key: Key, dice: Dice, floor: int) -> list[Event]:
    """A bar pattern (see styles.py) over the chords; every chord change is met by its root."""
    start, end = chords[0].start, chords[-1].start + chords[-1].beats
    bar = len(pattern)
    changes = {round(chord.start * 4) for chord in chords}
    events: list[Event] = []
    for place in range(round((end - start) * 4)):
        mark = pattern[place % bar]
        beat = start + place / 4
        if round(beat * 4) in changes and mark != ".":
            mark = "R"
        if mark in ".-" or (place % 4 and dice.chance(0.04)):
            continue
        length = _held(pattern, place) / 4
        pitch = _bass_pitch(mark, chords, key, beat, floor)
        accent = 0.9 if place % 4 == 0 else 0.75
        events.append(Event(beat, length * (0.95 if length > 0.3 else 0.8), pitch, accent))
    return events


def _held(pattern: str, place: int) -> int:
    length = 1
    while length < 16 and pattern[(place + length) % len(pattern)] == "-":
        length += 1
    return length


def _bass_pitch(mark: str, chords: list[Chord], key: Key, beat: float, floor: int) -> int:
    chord = chord_at(chords, beat)
    root = bass_root(chord.root, floor)
    if mark == "8":
        return root + 12
    if mark == "5":
        fifth = next((i for i in chord.intervals if i in (6, 7, 8)), 7)
        return root + fifth if root + fifth <= HIGHEST else root + fifth - 12
    if mark == "3":
        return root + (chord.intervals[1] if len(chord.intervals) > 2 else 7)
    if mark == "A":
        return _approach(root, chords, key, beat, floor)
    return root


def _approach(root: int, chords: list[Chord], key: Key, beat: float, floor: int) -> int:
    after = chord_at(chords, beat + 1.0)
    target = bass_root(after.root, floor)
    if target == root:
        return root + 7 if root + 7 <= HIGHEST else root
    return step(target, 1 if root > target else -1, chord_scale(key, after))


def walking_bass(chords: list[Chord], key: Key, dice: Dice, floor: int) -> list[Event]:
    """Quarter notes: root on the change, chord and scale tones between, an approach before the next root."""
    start, end = chords[0].start, chords[-1].start + chords[-1].beats
    pitch = bass_root(chords[0].root, floor)
    events: list[Event] = []
    for beat_number in range(round(end - start)):
        beat = start + beat_number
        chord, after = chord_at(chords, beat), chord_at(chords, beat + 1)
        target = nearest(min(pitch, HIGHEST - 5), (after.root,))
        if abs(beat - chord.start) < 0.01:
            pitch = nearest(min(max(pitch, LOWEST + 3), HIGHEST - 5), (chord.root,))
        elif after is not chord:
            pitch = target + dice.pick((-1, 1, 2, -2, 7 if target < 40 else -5))
        elif dice.chance(0.6):
            pitch = nearest(pitch + dice.pick((-5, -3, 3, 4, 5)), chord.pitch_classes)
        else:
            scale = chord_scale(key, chord)
            pitch = step(nearest(pitch, scale), dice.pick((-1, 1)), scale)
        pitch = min(max(pitch, LOWEST), HIGHEST)
        events.append(Event(beat, 0.92, pitch, 0.75 + 0.1 * (beat_number % 2)))
        if dice.chance(0.08):
            events.append(Event(beat + 0.5, 0.4, pitch, 0.55))
    return events
