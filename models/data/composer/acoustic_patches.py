"""Patches after acoustic instruments, drawn at random within what the family may sound like."""

from __future__ import annotations

from models.data.composer.dice import Dice
from models.data.composer.patch import Patch


def piano(dice: Dice) -> Patch:
    """Two strings struck; highs die first."""
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


def guitar(dice: Dice) -> Patch:
    """A plucked string."""
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


def strings(dice: Dice) -> Patch:
    """A section of detuned bows."""
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


def brass(dice: Dice) -> Patch:
    """A filter that opens after the attack, the more the harder it is played."""
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


def winds(dice: Dice) -> Patch:
    """Few harmonics, vibrato and breath."""
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


def mallets(dice: Dice) -> Patch:
    """FM bars: an inharmonic strike that rings as a sine."""
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
