"""Chord parts: comping rhythms, strums, broken chords, arpeggios, pads and ostinatos."""

from __future__ import annotations

from models.data.composer.dice import Dice
from models.data.composer.harmony import voicing
from models.data.composer.parts.bass import chord_at
from models.data.composer.song import Chord, Event


def voice_chords(chords: list[Chord], centre: int, voices: int) -> dict[float, list[int]]:
    """Voicing per chord start, each near the one before it."""
    voiced: dict[float, list[int]] = {}
    previous: list[int] | None = None
    for chord in chords:
        previous = voicing(chord, centre, previous, voices)
        voiced[chord.start] = previous
    return voiced


def comping(rhythm: str, chords: list[Chord], centre: int, strum: float, dice: Dice) -> list[Event]:
    """A comping rhythm (see styles.py) over the chords. `strum` is the delay per voice in beats."""
    voiced = voice_chords(chords, centre, 4)
    start, end = chords[0].start, chords[-1].start + chords[-1].beats
    changes = {round(chord.start * 4) for chord in chords}
    events: list[Event] = []
    for place in range(round((end - start) * 4)):
        mark = rhythm[place % len(rhythm)]
        beat = start + place / 4
        if mark == "-" and round(beat * 4) in changes and rhythm.count("-") > 4:
            mark = "X"
        if mark in ".-" or (place % 16 and dice.chance(0.04)):
            continue
        pitches = voiced[chord_at(chords, beat).start]
        length = _length(rhythm, place, chords, beat)
        if mark.isdigit():
            events.append(Event(beat, max(length, 0.5), _voice(pitches, int(mark)), 0.72))
        else:
            velocity = 0.85 if mark == "X" else 0.7
            events += _strike(pitches, beat, length, velocity, strum, up=place % 4 == 2)
    return events


def _length(rhythm: str, place: int, chords: list[Chord], beat: float) -> float:
    held = 1
    while held < 16 and rhythm[(place + held) % len(rhythm)] == "-":
        held += 1
    chord = chord_at(chords, beat)
    left = chord.start + chord.beats - beat
    return min(held / 4 * (0.97 if held > 1 else 0.75), left)


def _voice(pitches: list[int], number: int) -> int:
    octave, index = divmod(number - 1, len(pitches))
    return pitches[index] + 12 * octave


def _strike(pitches: list[int], beat: float, length: float, velocity: float, strum: float, up: bool) -> list[Event]:
    order = pitches[::-1] if up else pitches
    return [Event(beat + i * strum, max(length - i * strum, 0.1), p, velocity) for i, p in enumerate(order)]


def pad(chords: list[Chord], centre: int, dice: Dice, voices: int = 4, low_root: bool = False) -> list[Event]:
    """Held chords with small movements; equal chords that follow one another are tied."""
    voiced = voice_chords(chords, centre, voices)
    tie = dice.chance(0.5)
    events: list[Event] = []
    sounding: dict[int, tuple[float, float]] = {}
    for chord in chords:
        pitches = list(voiced[chord.start])
        if low_root:
            pitches.append(pitches[0] - 12 + (chord.root - pitches[0]) % 12)
        kept = {p: sounding[p] for p in pitches if tie and p in sounding and sounding[p][1] < 7.5}
        events += [Event(s, n, p, 0.65) for p, (s, n) in sounding.items() if p not in kept]
        sounding = {p: (kept[p][0], kept[p][1] + chord.beats) if p in kept else (chord.start, chord.beats)
                    for p in pitches}  # fmt: skip
    return events + [Event(s, n, p, 0.65) for p, (s, n) in sounding.items()]


def arpeggio(chords: list[Chord], centre: int, step_beats: float, shape: str, span: int) -> list[Event]:
    """Chord tones one after another: shape "up", "down", "updown" or "skip", over `span` octaves."""
    voiced = voice_chords(chords, centre, 4)
    start, end = chords[0].start, chords[-1].start + chords[-1].beats
    events = []
    for place in range(round((end - start) / step_beats)):
        beat = start + place * step_beats
        base = voiced[chord_at(chords, beat).start]
        ladder = [p + 12 * octave for octave in range(span) for p in base]
        order = _order(shape, len(ladder))
        velocity = 0.8 if place % 4 == 0 else 0.62
        events.append(Event(beat, step_beats * 0.85, ladder[order[place % len(order)]], velocity))
    return events


def _order(shape: str, count: int) -> list[int]:
    up = list(range(count))
    if shape == "down":
        return up[::-1]
    if shape == "updown":
        return up + up[-2:0:-1]
    if shape == "skip":
        return up[::2] + up[1::2]
    return up
