"""The form of a song: sections with energies, and which tracks play in which section."""

from __future__ import annotations

from models.data.composer.dice import Dice
from models.data.composer.song import Section

ENERGY = {"intro": 0.35, "verse": 0.6, "chorus": 0.95, "bridge": 0.5, "break": 0.3, "solo": 0.8, "outro": 0.4}
FORMS = (
    ("intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus"),
    ("verse", "chorus", "verse", "chorus", "outro"),
    ("intro", "verse", "verse", "chorus", "solo", "chorus"),
    ("intro", "chorus", "break", "verse", "chorus"),
    ("verse", "verse", "bridge", "verse"),
    ("chorus", "verse", "chorus", "break", "chorus", "outro"),
)
SHORT = ("intro", "break", "outro")


def form(dice: Dice) -> list[Section]:
    """Sections in order; 4 or 8 bars each, 20 to 56 bars in all."""
    long = dice.pick((4, 8, 8))
    sections = []
    bar = 0
    for name in dice.pick(FORMS):
        bars = 4 if name in SHORT else long
        energy = min(1.0, max(0.2, ENERGY[name] + dice.normal(0.06)))
        sections.append(Section(name, bar, bars, energy))
        bar += bars
    return sections


def plays(role: str, section: Section, dice: Dice) -> bool:
    """Whether a track of that role plays in the section; the fuller the section, the more do."""
    if role == "bass" and section.name == "break":
        return dice.chance(0.4)
    if role == "drums":
        return dice.chance(0.95 if section.energy > 0.45 else 0.6)
    if role in ("bass", "comping"):
        return dice.chance(0.97 if section.energy > 0.45 else 0.7)
    if role == "pad":
        return dice.chance(0.9)
    return dice.chance(0.45 + 0.5 * section.energy)
