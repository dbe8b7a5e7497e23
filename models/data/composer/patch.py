"""What a tone of our own synthesis is made of."""

from __future__ import annotations

from dataclasses import dataclass


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
