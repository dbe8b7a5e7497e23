"""Who plays: families and roles of a song's tracks, their sounds, registers, levels and effects."""

from __future__ import annotations

from dataclasses import dataclass

from models.data.composer.dice import Dice
from models.data.composer.song import Effects, Song, Sound, Track
from models.data.composer.styles import Style

ROLES: dict[str, dict[str, float]] = {
    "piano": {"comping": 0.8, "lead": 0.12, "arpeggio": 0.08},
    "electric piano": {"comping": 0.8, "lead": 0.12, "arpeggio": 0.08},
    "organ": {"comping": 0.55, "pad": 0.35, "lead": 0.1},
    "guitar": {"comping": 0.78, "lead": 0.22},
    "strings": {"pad": 0.65, "lead": 0.2, "stabs": 0.1, "arpeggio": 0.05},
    "brass": {"stabs": 0.5, "lead": 0.4, "pad": 0.1},
    "winds": {"lead": 0.9, "pad": 0.1},
    "mallets": {"arpeggio": 0.4, "lead": 0.4, "comping": 0.2},
    "pad": {"pad": 1.0},
    "lead": {"lead": 0.6, "arpeggio": 0.4},
}
CENTRES = {"piano": 62, "electric piano": 61, "organ": 62, "guitar": 57, "strings": 64, "brass": 62, "winds": 73,
           "mallets": 74, "pad": 60, "lead": 70}  # fmt: skip
OWN_SYNTHESIS = {"drums": 0.5, "bass": 0.6, "piano": 0.25, "electric piano": 0.6, "organ": 0.65, "guitar": 0.35,
                 "strings": 0.35, "brass": 0.35, "winds": 0.35, "mallets": 0.5, "pad": 0.75, "lead": 0.75}  # fmt: skip
PROGRAMS: dict[str, tuple[int, ...]] = {
    "drums": (0, 0, 0, 8, 16, 24, 25, 32, 40),
    "bass": (32, 33, 34, 35, 36, 37, 38, 39),
    "piano": (0, 0, 1, 2, 3, 6),
    "electric piano": (4, 4, 5, 5, 7),
    "organ": (16, 17, 18, 19, 20, 21),
    "guitar": (24, 25, 26, 27, 28, 29, 30, 104, 105),
    "strings": (40, 41, 42, 44, 45, 46, 48, 48, 49, 49),
    "brass": (56, 57, 58, 59, 60, 61, 61),
    "winds": (64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 73, 74, 75),
    "mallets": (8, 9, 10, 11, 12, 13, 108, 114),
    "pad": (50, 51, 52, 53, 54, 88, 89, 90, 91, 92, 93, 94, 95),
    "lead": (80, 81, 82, 83, 84, 85, 86, 87),
}
HELD_PROGRAMS = {("strings", "pad"): (44, 48, 48, 49, 50, 51)}  # no plucked sounds for held chords
LEVELS_DB = {
    "drums": -16.0,
    "bass": -17.5,
    "comping": -20.5,
    "pad": -23.5,
    "lead": -20.0,
    "arpeggio": -23.0,
    "stabs": -20.5,
}


@dataclass(frozen=True)
class Chair:
    """One player: family, role and the MIDI pitch around which the part lies."""

    family: str
    role: str
    centre: int


def seat(plan: Style, dice: Dice, families: tuple[str, ...] | None = None) -> list[Chair]:
    """Draws one to six players, no family twice; drums, bass and a chord instrument are frequent."""
    wanted = list(families) if families else _draw(plan, dice)
    chairs = []
    for family in wanted:
        role = family if family in ("drums", "bass") else dice.weighted(ROLES[family])
        chairs.append(Chair(family, role, _centre(family, role, dice)))
    if not families and not any(chair.role == "comping" for chair in chairs):
        chairs = [_comp(chair) for chair in chairs]
    return chairs


def _comp(chair: Chair) -> Chair:
    comping = chair.family in ("piano", "electric piano", "organ", "guitar")
    return Chair(chair.family, "comping", CENTRES[chair.family]) if comping else chair


def _draw(plan: Style, dice: Dice) -> list[str]:
    count = dice.weighted({1: 0.03, 2: 0.07, 3: 0.17, 4: 0.28, 5: 0.27, 6: 0.18})
    wanted = [family for family, chance in (("drums", 0.86), ("bass", 0.82)) if dice.chance(chance)]
    colours = dict(plan.ensemble)
    if dice.chance(0.15):  # any instrument may turn up in any style
        colours = {family: 1.0 for family in ROLES}
    while len(wanted) < count and colours:
        family = dice.weighted(colours)
        del colours[family]
        wanted.append(family)
    return wanted[:count] if count > 1 else [dice.pick(wanted)]


def _centre(family: str, role: str, dice: Dice) -> int:
    centre = CENTRES.get(family, 48) + dice.pick((-5, -2, 0, 0, 2, 5))
    if role == "lead":
        centre += {"piano": 10, "electric piano": 9, "organ": 8, "guitar": 8, "strings": 6}.get(family, 0)
        centre += dice.pick((-12, 0, 0, 0, 0, 12)) if family in ("lead", "winds", "strings") else 0
    if role == "arpeggio":
        centre += dice.pick((-12, 0, 0, 5))
    return centre


def track_of(chair: Chair, song: Song, plan: Style, dice: Dice) -> Track:
    """An empty track for a player: sound, effects, level and place in the stereo picture."""
    own = dice.chance(min(0.97, max(0.1, OWN_SYNTHESIS[chair.family] + 0.3 * (plan.electronic - 0.5))))
    sound = Sound(
        source="synthesis" if own else "soundfont",
        patch=chair.family,
        seed=f"{song.seed}/sound/{chair.family}",
        program=dice.pick(HELD_PROGRAMS.get((chair.family, chair.role), PROGRAMS[chair.family])),
        font=dice.integer(0, 999),
    )
    pan = 0.0 if chair.role in ("drums", "bass", "pad") else max(-0.8, min(0.8, dice.normal(0.3)))
    level = LEVELS_DB[chair.role] + dice.normal(2.5)
    return Track(
        f"{chair.family} {chair.role}", chair.family, chair.role, sound, _effects(chair, plan, dice), level, pan
    )


def _effects(chair: Chair, plan: Style, dice: Dice) -> Effects:
    low = chair.role == "bass"
    wet = {"drums": 0.12, "bass": 0.0, "pad": 0.35, "lead": 0.3, "stabs": 0.25}.get(chair.role, 0.22)
    reverb = dice.chance(0.1 if low else 0.7)
    delay = not low and chair.role != "drums" and dice.chance(0.22)
    driven = dice.chance(0.5 if chair.role == "drums" else 0.25)
    pumped = chair.role in ("pad", "comping", "bass", "arpeggio") and dice.chance(plan.pump)
    shaken = chair.family in ("electric piano", "organ", "guitar") and dice.chance(0.2)
    return Effects(
        drive_db=dice.between(3, 12 if chair.role == "drums" else 22) if driven else 0.0,
        chorus=dice.between(0.2, 0.7) if not low and chair.role != "drums" and dice.chance(0.2) else 0.0,
        delay_beats=dice.pick((0.5, 0.75, 1.0, 1.5)) if delay else 0.0,
        delay_level=dice.between(0.12, 0.4) if delay else 0.0,
        reverb_level=wet * dice.between(0.3, 2.0) if reverb else 0.0,
        room=dice.integer(0, 15),
        low_cut_hz=0.0 if low or chair.role == "drums" else dice.log_between(40, 250) if dice.chance(0.5) else 0.0,
        high_cut_hz=dice.log_between(2500, 14000) if dice.chance(0.18) else 0.0,
        pump=dice.between(0.3, 0.8) if pumped else 0.0,
        tremolo_hz=dice.between(3.5, 7.5) if shaken else 0.0,
    )
