"""A drum machine: every piece is synthesised once per kit and placed at each hit."""

from __future__ import annotations

import numpy as np
import scipy.fft

from models.data.composer.dice import Dice
from models.data.composer.song import Note
from models.data.composer.wavetable import RATE

PIECE_OF_KEY = {35: "kick", 36: "kick", 38: "snare", 40: "snare", 39: "clap", 37: "rim", 42: "hat", 44: "hat",
                46: "open", 51: "ride", 59: "ride", 49: "crash", 57: "crash", 43: "tom", 45: "tom", 47: "tom",
                82: "shaker", 70: "shaker", 54: "tambourine", 56: "cowbell", 63: "conga", 64: "conga", 65: "conga",
                66: "conga"}  # fmt: skip
TUNED = {43: 0.75, 45: 0.88, 47: 1.0, 63: 1.5, 64: 1.2, 65: 2.0, 66: 1.7}


class DrumMachine:
    """One kit, drawn from a seed: from dry acoustic to 808-like."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.dice = Dice(seed)
        self.kick_hz = self.dice.log_between(38, 68)
        self.kick_s = self.dice.log_between(0.08, 0.5)
        self.click = self.dice.between(0.05, 0.5)
        self.snare_hz = self.dice.between(140, 260)
        self.snare_s = self.dice.log_between(0.04, 0.16)
        self.metal_hz = self.dice.log_between(3500, 8500)
        self.tom_hz = self.dice.between(80, 170)
        self.width = self.dice.between(0.0, 0.5)
        self.hits: dict[int, np.ndarray] = {}
        self.pans: dict[int, float] = {}

    def render(self, notes: list[Note], frames: int) -> np.ndarray:
        """Audio [2, frames]; note pitches are General MIDI percussion keys."""
        out = np.zeros((2, frames), np.float32)
        for note in notes:
            hit = self._hit(note.pitch)
            first = int(note.start_s * RATE)
            length = min(len(hit), frames - first)
            if length > 0:
                level = 0.1 + 0.9 * note.velocity**1.6
                pan = self.pans[note.pitch]
                out[0, first : first + length] += hit[:length] * np.float32(level * (1 - max(0, pan)))
                out[1, first : first + length] += hit[:length] * np.float32(level * (1 + min(0, pan)))
        return out

    def _hit(self, key: int) -> np.ndarray:
        if key not in self.hits:
            piece = PIECE_OF_KEY.get(key, "rim")
            self._reseed(key)
            centre = piece in ("kick", "snare", "clap")
            self.pans[key] = 0.0 if centre else self.dice.between(-self.width, self.width)
            self.hits[key] = getattr(self, f"_{piece}")(key).astype(np.float32)
        return self.hits[key]

    def _reseed(self, key: int) -> None:
        """A piece sounds the same whichever piece of the kit is hit first."""
        self.dice = Dice(f"{self.seed}/{key}")
        self.noise = np.random.Generator(np.random.PCG64(self.dice.integer(0, 2**31)))

    def _time(self, seconds: float) -> np.ndarray:
        return np.arange(int(seconds * RATE)) / RATE

    def _band(self, seconds: float, low: float, high: float) -> np.ndarray:
        """Noise between two frequencies with soft edges, rms about 0.3."""
        frames = int(seconds * RATE)
        spectrum = scipy.fft.rfft(self.noise.standard_normal(frames))
        hertz = np.fft.rfftfreq(frames, 1 / RATE) + 1
        spectrum *= 1 / np.sqrt((1 + (low / hertz) ** 6) * (1 + (hertz / high) ** 4))
        band = scipy.fft.irfft(spectrum, frames)
        return 0.3 * band / (np.sqrt(np.mean(band**2)) + 1e-9)

    def _sweep(self, seconds: float, hertz: float, drop: float, drop_s: float, decay_s: float) -> np.ndarray:
        time = self._time(seconds)
        phase = hertz * time - hertz * drop * drop_s * (np.exp(-time / drop_s) - 1)
        return np.sin(2 * np.pi * phase) * np.exp(-time / decay_s) * np.clip((seconds - time) * 100, 0, 1)

    def _kick(self, key: int) -> np.ndarray:
        body = self._sweep(
            min(1.2, self.kick_s * 5),
            self.kick_hz,
            self.dice.between(2, 6),
            self.dice.between(0.008, 0.035),
            self.kick_s,
        )
        click = self._band(0.02, 1500, 9000) * np.exp(-self._time(0.02) / 0.004)
        body[: len(click)] += self.click * click * 2
        return np.tanh(body * self.dice.between(1.0, 2.5)) * 0.9

    def _snare(self, key: int) -> np.ndarray:
        seconds = min(0.8, self.snare_s * 6)
        rattle = self._band(seconds, self.dice.between(900, 2500), 11000) * np.exp(-self._time(seconds) / self.snare_s)
        body = self._sweep(seconds, self.snare_hz, 0.6, 0.015, 0.06)
        return np.tanh(1.3 * rattle + self.dice.between(0.3, 0.8) * body)

    def _clap(self, key: int) -> np.ndarray:
        time = self._time(0.35)
        bursts = sum(np.where(time >= d, np.exp(-(time - d) / 0.006), 0) for d in (0.0, 0.011, 0.023))
        return (
            self._band(0.35, 800, 6000)
            * (bursts + np.where(time > 0.03, np.exp(-(time - 0.03) / self.snare_s), 0))
            * 1.2
        )

    def _rim(self, key: int) -> np.ndarray:
        time = self._time(0.08)
        return (np.sin(2 * np.pi * 1700 * time) + 0.6 * np.sin(2 * np.pi * 480 * time)) * np.exp(-time / 0.008) * 0.6

    def _metal(self, seconds: float, decay_s: float, tonal: float) -> np.ndarray:
        time = self._time(seconds)
        ring = sum(np.sign(np.sin(2 * np.pi * f * self.metal_hz / 6000 * time)) for f in (2051, 3043, 3692, 5233, 7849))
        high = self._band(seconds, self.metal_hz, 16000)
        return (
            (high + tonal * np.diff(ring, prepend=0.0) * 0.05)
            * np.exp(-time / decay_s)
            * np.clip((seconds - time) * 50, 0, 1)
        )

    def _hat(self, key: int) -> np.ndarray:
        return self._metal(0.15, self.dice.between(0.012, 0.04), 0.5)

    def _open(self, key: int) -> np.ndarray:
        return self._metal(0.6, self.dice.between(0.1, 0.25), 0.5)

    def _ride(self, key: int) -> np.ndarray:
        time = self._time(1.2)
        bell = sum(np.sin(2 * np.pi * f * time) for f in (1187, 2310, 3489, 5120)) * np.exp(-time / 0.12)
        return self._metal(1.2, 0.35, 0.3) * 0.5 + 0.06 * bell

    def _crash(self, key: int) -> np.ndarray:
        return self._metal(2.2, self.dice.between(0.4, 0.9), 0.2) * 0.9

    def _tom(self, key: int) -> np.ndarray:
        return self._sweep(0.6, self.tom_hz * TUNED[key], 0.5, 0.03, 0.14) * 0.8

    def _conga(self, key: int) -> np.ndarray:
        return self._sweep(0.35, self.tom_hz * 1.4 * TUNED[key], 0.15, 0.01, 0.07) * 0.7

    def _shaker(self, key: int) -> np.ndarray:
        time = self._time(0.12)
        return self._band(0.12, 4500, 14000) * np.minimum(time / 0.015, 1) * np.exp(-time / 0.03)

    def _tambourine(self, key: int) -> np.ndarray:
        return self._metal(0.25, 0.05, 1.0)

    def _cowbell(self, key: int) -> np.ndarray:
        time = self._time(0.35)
        return (
            (np.sign(np.sin(2 * np.pi * 562 * time)) + np.sign(np.sin(2 * np.pi * 845 * time)))
            * 0.2
            * np.exp(-time / 0.06)
        )
