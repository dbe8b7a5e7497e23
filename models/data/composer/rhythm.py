"""Drum tracks: a groove per song with small variations, ghost notes, crashes and fills."""

from __future__ import annotations

from models.data.composer.dice import Dice
from models.data.composer.song import Event, Section

# General MIDI percussion keys; one is drawn per song where several are listed.
PIECES: dict[str, tuple[int, ...]] = {
    "kick": (36, 36, 35),
    "snare": (38, 38, 40),
    "clap": (39,),
    "rim": (37,),
    "hat": (42,),
    "pedal": (44,),
    "open": (46,),
    "ride": (51, 51, 59),
    "brush": (38, 40),
    "crash": (49, 57),
    "tom": (45, 47, 43),
    "shaker": (82, 70),
    "tambourine": (54,),
    "cowbell": (56,),
    "conga": (63, 64),
    "timbale": (65, 66),
}
LOUDNESS = {"hat": 0.6, "shaker": 0.5, "ride": 0.6, "brush": 0.5, "open": 0.65, "pedal": 0.5, "rim": 0.75}
MARKS = {"X": 1.0, "x": 0.78, "o": 0.35}
SPARSE = ("hat", "shaker", "rim", "ride", "kick", "brush", "conga")
FILLS = ("ss.sssss", "s.s.tttt", "ttttTTTT", "s.ss.sst", "..s.s.ss", "tttTTTss")


class Drummer:
    """Plays one groove of a style through the sections of a song."""

    def __init__(self, groove: dict[str, str], dice: Dice, beats_per_bar: int) -> None:
        self.groove = dict(groove)
        self.dice = dice
        self.beats_per_bar = beats_per_bar
        self.keys = {piece: dice.pick(keys) for piece, keys in PIECES.items()}
        self.other_cymbal = dice.chance(0.5)
        self.fills = dice.between(0.2, 0.9)

    def play(self, section: Section) -> list[Event]:
        """Hits of a section in beats from the start of the song."""
        lines = self._lines(section)
        events: list[Event] = []
        for bar in range(section.first_bar, section.first_bar + section.bars):
            first = bar == section.first_bar
            last = bar == section.first_bar + section.bars - 1
            events += self._bar(lines, bar * self.beats_per_bar, section.energy)
            if first and section.energy > 0.7:
                events.append(Event(bar * self.beats_per_bar, 2.0, self.keys["crash"], 0.8))
            if last and section.energy > 0.45 and self.dice.chance(self.fills):
                events = self._fill(events, bar * self.beats_per_bar)
        return events

    def _lines(self, section: Section) -> dict[str, str]:
        lines = self.groove
        if section.energy < 0.45:
            lines = {piece: line for piece, line in lines.items() if piece in SPARSE} or lines
        if section.energy > 0.85 and self.other_cymbal and "hat" in lines:
            lines = {("ride" if piece == "hat" else piece): line for piece, line in lines.items()}
        return lines

    def _bar(self, lines: dict[str, str], beat: float, energy: float) -> list[Event]:
        events = []
        for piece, line in lines.items():
            level = LOUDNESS.get(piece, 0.9) * (0.7 + 0.3 * energy)
            for place, mark in enumerate(line):
                if mark == "." and not (piece in ("kick", "hat") and place % 2 and self.dice.chance(0.03)):
                    continue
                accent = 1.0 if place % 4 == 0 else 0.86
                velocity = MARKS.get(mark, 0.45) * accent * level
                events.append(Event(beat + place / 4, 0.25, self._key(piece, place), velocity))
        return events

    def _key(self, piece: str, place: int) -> int:
        if piece in ("conga", "timbale", "tom"):
            return PIECES[piece][place * 7 % len(PIECES[piece])]
        return self.keys[piece]

    def _fill(self, events: list[Event], beat: float) -> list[Event]:
        start = beat + self.beats_per_bar - 2
        kept = [event for event in events if event.beat < start or event.pitch in (35, 36)]
        keys = {"s": self.keys["snare"], "t": 47, "T": 43}
        for place, mark in enumerate(self.dice.pick(FILLS)):
            if mark in keys:
                kept.append(Event(start + place / 4, 0.25, keys[mark], 0.6 + 0.05 * place))
        return kept
