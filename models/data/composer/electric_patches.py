"""Patches of electric and electronic instruments, drawn at random within what the family may sound like."""

from __future__ import annotations

from models.data.composer.dice import Dice
from models.data.composer.patch import Patch


def bass(dice: Dice) -> Patch:
    """Synthesiser, sub, fingered, FM or detuned bass."""
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


def electric_piano(dice: Dice) -> Patch:
    """FM stage piano with or without its bell."""
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


def organ(dice: Dice) -> Patch:
    """Drawbars drawn at random, the fundamental always among them."""
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


def texture(dice: Dice) -> Patch:
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


def pad(dice: Dice) -> Patch:
    """Slow detuned waves; one in ten is a texture."""
    if dice.chance(0.1):
        return texture(dice)
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


def lead(dice: Dice) -> Patch:
    """A solo synthesiser, subtractive or FM."""
    if dice.chance(0.05):
        return texture(dice)
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
