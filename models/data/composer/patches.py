"""Patches of our own synthesis, drawn at random within what an instrument family may sound like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.data.composer.dice import Dice


@dataclass(frozen=True, slots=True)
class Patch:
    """A tone. Times in seconds; cutoff in Hz at middle C; `damping` = extra decay per second and kHz."""

    wave: str = "saw"
    pulse: float = 0.5
    drawbars: tuple[float, ...] = ()
    voices: int = 1
    detune: float = 0.0
    cutoff: float = 18000.0
    slope: int = 2
    resonance: float = 0.0
    sweep_octaves: float = 0.0
    sweep_s: float = 0.3
    touch_octaves: float = 1.0
    key_follow: float = 0.5
    attack: float = 0.004
    decay: float = 0.5
    sustain: float = 0.7
    release: float = 0.1
    damping: float = 0.0
    pick: float = 0.0
    vibrato_hz: float = 5.0
    vibrato: float = 0.0
    glide: float = 0.0
    noise: float = 0.0
    noise_decay: float = 0.05
    fm_ratio: float = 1.0
    fm_index: float = 0.0
    fm_decay: float = 0.4
    fm_bell: float = 0.0
    sub: float = 0.0


def patch(family: str, dice: Dice) -> Patch:
    """A patch for a family (any of FAMILIES but drums)."""
    return MAKERS[family](dice)


def _bass(dice: Dice) -> Patch:
    kind = dice.weighted({"synth": 4, "sub": 2, "finger": 3, "fm": 1.2, "reese": 1.2})
    if kind == "sub":
        return Patch(
            "sine",
            attack=0.006,
            decay=dice.between(0.4, 3),
            sustain=dice.between(0.3, 1),
            drawbars=(1, dice.between(0, 0.35), dice.between(0, 0.15)),
            release=0.08,
        )
    if kind == "finger":
        return Patch(
            "saw",
            cutoff=dice.log_between(500, 2500),
            decay=2.0,
            sustain=0.1,
            damping=dice.between(1, 5),
            pick=dice.between(0.08, 0.3),
            release=0.06,
            touch_octaves=2,
            noise=dice.between(0, 0.04),
        )
    if kind == "fm":
        return Patch(
            "fm",
            fm_ratio=dice.pick((0.5, 1, 2, 3)),
            fm_index=dice.between(0.8, 4),
            fm_decay=dice.log_between(0.05, 0.6),
            decay=1.0,
            sustain=0.6,
            release=0.06,
        )
    voices = dice.pick((2, 3)) if kind == "reese" else 1
    return Patch(
        dice.pick(("saw", "square", "pulse", "triangle")),
        pulse=dice.between(0.15, 0.5),
        voices=voices,
        detune=dice.between(0.08, 0.3),
        cutoff=dice.log_between(180, 2500),
        resonance=dice.between(0, 6) * dice.pick((0, 1)),
        sweep_octaves=dice.between(0, 4),
        sweep_s=dice.log_between(0.05, 0.6),
        sustain=dice.between(0.4, 1),
        decay=dice.log_between(0.1, 1),
        release=0.06,
        sub=dice.between(0, 0.8),
        slope=dice.pick((2, 4)),
    )


def _piano(dice: Dice) -> Patch:
    return Patch(
        "saw",
        voices=2,
        detune=dice.between(0.01, 0.04),
        cutoff=dice.log_between(1200, 3500),
        slope=2,
        touch_octaves=2.2,
        attack=0.002,
        decay=dice.between(1.2, 3),
        sustain=0.05,
        damping=dice.between(0.5, 1.5),
        pick=dice.between(0.1, 0.14),
        release=dice.between(0.08, 0.25),
        noise=0.03,
        noise_decay=0.02,
    )


def _electric_piano(dice: Dice) -> Patch:
    return Patch(
        "fm",
        voices=dice.pick((1, 2)),
        detune=0.05,
        fm_ratio=dice.pick((1, 1, 1, 2, 14)),
        fm_index=dice.between(0.5, 2.2),
        fm_decay=dice.log_between(0.15, 1.2),
        fm_bell=dice.between(0.0, 0.35),
        attack=0.003,
        decay=dice.between(1, 3),
        sustain=0.08,
        release=dice.between(0.1, 0.35),
    )


def _organ(dice: Dice) -> Patch:
    bars = tuple(dice.between(0, 1) * dice.pick((0, 1, 1)) for _ in range(9))
    return Patch(
        "organ",
        drawbars=(max(bars[0], 0.3), max(bars[1], 0.5), *bars[2:]),
        attack=dice.pick((0.004, 0.01, 0.04)),
        sustain=1.0,
        release=dice.between(0.03, 0.15),
        vibrato=dice.between(0, 0.2),
        vibrato_hz=dice.between(0.8, 7),
        noise=0.02,
        noise_decay=0.01,
        cutoff=dice.log_between(3000, 18000),
    )


def _guitar(dice: Dice) -> Patch:
    return Patch(
        "saw",
        cutoff=dice.log_between(1800, 8000),
        damping=dice.between(0.4, 2.2),
        pick=dice.between(0.05, 0.4),
        attack=0.002,
        decay=dice.between(1.0, 4),
        sustain=0.0,
        release=dice.between(0.05, 0.2),
        touch_octaves=1.6,
        noise=dice.between(0.01, 0.06),
        noise_decay=0.012,
        voices=dice.pick((1, 1, 2)),
        detune=0.06,
    )


def _strings(dice: Dice) -> Patch:
    return Patch(
        "saw",
        voices=dice.pick((3, 4, 5)),
        detune=dice.between(0.12, 0.3),
        cutoff=dice.log_between(1500, 5000),
        attack=dice.log_between(0.05, 0.5),
        sustain=0.9,
        decay=1.0,
        release=dice.between(0.2, 0.6),
        vibrato=dice.between(0.05, 0.25),
        vibrato_hz=dice.between(4.5, 6.2),
        noise=0.02,
        noise_decay=3.0,
    )


def _brass(dice: Dice) -> Patch:
    return Patch(
        "saw",
        voices=dice.pick((1, 2, 3)),
        detune=dice.between(0.04, 0.15),
        cutoff=dice.log_between(500, 1500),
        sweep_octaves=-dice.between(1.0, 2.5),
        sweep_s=dice.between(0.03, 0.12),
        touch_octaves=2.4,
        attack=dice.between(0.02, 0.06),
        sustain=0.85,
        decay=0.5,
        release=0.08,
        vibrato=dice.between(0, 0.2),
        slope=4,
    )


def _winds(dice: Dice) -> Patch:
    wave = dice.pick(("triangle", "square", "sine", "saw"))
    return Patch(
        wave,
        drawbars=(1, dice.between(0, 0.5), dice.between(0, 0.3), dice.between(0, 0.15)),
        cutoff=dice.log_between(900, 4000),
        attack=dice.between(0.03, 0.09),
        sustain=0.9,
        decay=0.6,
        release=0.1,
        vibrato=dice.between(0.1, 0.35),
        vibrato_hz=dice.between(4.5, 6.5),
        noise=dice.between(0.01, 0.09),
        noise_decay=5.0,
        glide=dice.between(0, 0.5),
    )


def _mallets(dice: Dice) -> Patch:
    return Patch(
        "fm",
        fm_ratio=dice.pick((2, 3, 3.5, 4, 5.4, 7)),
        fm_index=dice.between(0.4, 2.5),
        fm_decay=dice.log_between(0.03, 0.6),
        attack=0.002,
        decay=dice.log_between(0.2, 2.0),
        sustain=0.0,
        release=dice.between(0.1, 0.8),
        noise=0.04,
        noise_decay=0.01,
    )


def _texture(dice: Dice) -> Patch:
    """The odd one: a dissonant, breathing or grinding drone, for the codec's education."""
    return Patch(
        "fm",
        voices=dice.pick((2, 3)),
        detune=dice.between(0.1, 1.0),
        fm_ratio=dice.pick((0.5, 1.5, 3.5, 5.5, 8.5)),
        fm_index=dice.between(2, 9),
        fm_decay=dice.log_between(0.5, 6),
        attack=dice.log_between(0.01, 1.0),
        decay=3.0,
        sustain=0.6,
        release=0.5,
        noise=dice.between(0, 0.6),
        noise_decay=9.0,
    )


def _pad(dice: Dice) -> Patch:
    if dice.chance(0.1):
        return _texture(dice)
    return Patch(
        dice.pick(("saw", "saw", "square", "pulse", "triangle")),
        pulse=dice.between(0.1, 0.45),
        voices=dice.pick((3, 4, 5)),
        detune=dice.between(0.08, 0.35),
        cutoff=dice.log_between(500, 7000),
        sweep_octaves=dice.between(-2, 2),
        sweep_s=dice.log_between(0.3, 3),
        resonance=dice.between(0, 4) * dice.pick((0, 1)),
        attack=dice.log_between(0.05, 1.0),
        sustain=0.9,
        decay=2.0,
        release=dice.between(0.3, 1.2),
        touch_octaves=0.5,
        vibrato=dice.between(0, 0.1),
        noise=dice.between(0, 0.1) * dice.pick((0, 1)),
        noise_decay=9.0,
    )


def _lead(dice: Dice) -> Patch:
    if dice.chance(0.05):
        return _texture(dice)
    if dice.chance(0.2):
        return Patch(
            "fm",
            fm_ratio=dice.pick((0.5, 1, 1.5, 2, 3)),
            fm_index=dice.between(1, 6),
            fm_decay=dice.log_between(0.1, 2),
            sustain=0.7,
            vibrato=dice.between(0, 0.3),
            release=0.12,
        )
    return Patch(
        dice.pick(("saw", "saw", "square", "pulse", "triangle")),
        pulse=dice.between(0.1, 0.5),
        voices=dice.pick((1, 1, 2, 3, 5)),
        detune=dice.between(0.05, 0.25),
        cutoff=dice.log_between(900, 14000),
        sweep_octaves=dice.between(0, 3.5),
        sweep_s=dice.log_between(0.08, 1.0),
        resonance=dice.between(0, 7) * dice.pick((0, 1)),
        attack=dice.log_between(0.002, 0.05),
        decay=dice.log_between(0.15, 1.5),
        sustain=dice.between(0.2, 0.9),
        release=dice.between(0.05, 0.4),
        vibrato=dice.between(0, 0.35),
        glide=dice.between(0, 0.5),
        sub=dice.pick((0, 0, 0.4)),
        slope=dice.pick((2, 4)),
    )


MAKERS: dict[str, Callable[[Dice], Patch]] = {
    "bass": _bass,
    "piano": _piano,
    "electric piano": _electric_piano,
    "organ": _organ,
    "guitar": _guitar,
    "strings": _strings,
    "brass": _brass,
    "winds": _winds,
    "mallets": _mallets,
    "pad": _pad,
    "lead": _lead,
}
