"""Melodies, riffs and stabs: a motif of one or two bars, repeated, varied and answered."""

from __future__ import annotations

from models.data.composer.dice import Dice
from models.data.composer.harmony import chord_scale, nearest, step
from models.data.composer.parts.bass import chord_at
from models.data.composer.song import Chord, Event, Key

RHYTHMS = (
    "x---x---x-x-x---",
    "x-----x-x---....",
    "x-x-x-x-x-------",
    "..x-x-x-x---x---",
    "x--x--x-x--x--x-",
    "x-------x---x---",
    "x-xxx-x-x---....",
    "....x-x-x-x-x---",
    "x---------------",
    "x--x----..x-x-x-",
    "xxx-x-x-xxx-x-x-",
)
RIFFS = ("x.xx..x.x.xx..x.", "x..x..x.x..x..x.", "xx.xx.xx.x.x.xx.", "x...x.x...x.x...", "x.x...x.x..xx...")
STABS = ("x.....x.........", "..x...x...x.....", "x..x..x.........", "............x.x.", "X-----x.x.......")


class Melody:
    """A tune with a memory: the same motif returns, moved onto the chord of the moment."""

    def __init__(self, key: Key, centre: int, rhythms: tuple[str, ...], dice: Dice, density: float) -> None:
        self.key = key
        self.centre = centre
        self.dice = dice
        self.density = density
        self.motifs = [self._motif(dice.pick(rhythms)) for _ in range(3)]
        self.form = dice.pick(("AABA", "ABAC", "AAAB", "ABAB", "A.AB", "A.A."))

    def _motif(self, rhythm: str) -> list[tuple[int, int, int]]:
        """(place, length in sixteenths, scale steps from the note before)."""
        notes = []
        for place, mark in enumerate(rhythm):
            if mark in "xX":
                length = 1
                while place + length < len(rhythm) and rhythm[place + length] == "-":
                    length += 1
                notes.append((place, length, self.dice.pick((-2, -1, -1, 0, 1, 1, 1, 2, 2, -3, 3))))
        return notes

    def play(self, chords: list[Chord], beats_per_bar: int) -> list[Event]:
        """Notes over a section's chords."""
        start, end = chords[0].start, chords[-1].start + chords[-1].beats
        events: list[Event] = []
        pitch = self.centre
        for bar in range(round((end - start) / beats_per_bar)):
            letter = self.form[bar % 4]
            if letter == "." or (letter != "A" and self.dice.chance(0.5 - 0.5 * self.density)):
                continue
            motif = self.motifs["ABC".index(letter)]
            for place, length, move in motif:
                if place / 4 >= beats_per_bar:
                    continue
                beat = start + bar * beats_per_bar + place / 4
                pitch = self._next(pitch, move, chord_at(chords, beat), strong=place % 8 == 0 or length >= 3)
                length = min(length, beats_per_bar * 4 - place)
                events.append(Event(beat, length / 4 * 0.92, pitch, 0.8 if place % 4 == 0 else 0.68))
        return events

    def _next(self, pitch: int, move: int, chord: Chord, strong: bool) -> int:
        scale = chord_scale(self.key, chord)
        pitch = step(nearest(pitch, scale), move, scale)
        if strong:
            pitch = nearest(pitch, chord.pitch_classes)
        if pitch > self.centre + 11:
            pitch -= 12
        if pitch < self.centre - 11:
            pitch += 12
        return pitch


def stabs(rhythm: str, chords: list[Chord], centre: int, beats_per_bar: int, dice: Dice) -> list[Event]:
    """Short chords of a horn section, every second bar or in the answer of a phrase."""
    from models.data.composer.parts.chords import comping

    events = comping(rhythm, chords, centre, 0.0, dice)
    start = chords[0].start
    parity = dice.integer(0, 1)
    return [event for event in events if int((event.beat - start) / beats_per_bar) % 2 == parity]
