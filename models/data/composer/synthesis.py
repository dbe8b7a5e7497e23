"""Our own synthesis: single notes of a patch, and whole tracks made of cached notes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import scipy.fft

from models.data.composer.dice import Dice
from models.data.composer.patch import Patch
from models.data.composer.patches import patch
from models.data.composer.song import Note
from models.data.composer.wavetable import (
    RATE,
    bend_phase,
    harmonic_count,
    phase_ramp,
    read,
    sine,
    tables,
)  # fmt: skip

ORGAN_RATIOS = (1, 3, 2, 4, 6, 8, 10, 12, 16)  # drawbars from 16' up, as harmonics of the octave below
VELOCITY_STEPS = 5
LONGEST_S = 12.0


@lru_cache(maxsize=1)
def noise_bank() -> np.ndarray:
    """Three seconds of noise [band, frame] in three bands: low, middle, high; rms 1 each."""
    white = np.random.Generator(np.random.PCG64(7)).standard_normal(3 * RATE).astype(np.float32)
    spectrum = scipy.fft.rfft(white)
    hertz = np.arange(len(spectrum)) / 3
    bands = []
    for centre in (900.0, 3000.0, 8000.0):
        shape = np.exp(-0.5 * (np.log2((hertz + 1) / centre) / 0.9) ** 2)
        band = scipy.fft.irfft(spectrum * shape.astype(np.float32))
        bands.append(band / np.sqrt(np.mean(band**2)))
    return np.stack(bands).astype(np.float32)


def wave_amplitudes(p: Patch, harmonics: np.ndarray) -> np.ndarray:
    """Amplitude of each harmonic number of a patch's waveform, before the filter."""
    if p.wave in ("sine", "organ"):
        amplitudes = np.zeros(len(harmonics))
        places = ORGAN_RATIOS if p.wave == "organ" else range(1, 9)
        for place, level in zip(places, p.drawbars, strict=False):
            if place <= len(harmonics):
                amplitudes[place - 1] += level
        return amplitudes
    if p.wave == "square":
        return (harmonics % 2) / harmonics
    if p.wave == "triangle":
        return (harmonics % 2) / harmonics**2
    if p.wave == "pulse":
        return np.abs(np.sin(np.pi * harmonics * p.pulse)) / harmonics
    return np.abs(np.sin(np.pi * harmonics * p.pick)) / harmonics if p.pick else 1 / harmonics


def harmonic_keys(p: Patch, frequency: float, velocity: float, times: np.ndarray) -> np.ndarray:
    """Amplitudes [key, harmonic] at the key times: waveform, filter with envelope, damping of a string."""
    harmonics = np.arange(1, harmonic_count(frequency) + 1, dtype=np.float64)
    base = wave_amplitudes(p, harmonics)
    follow = (frequency / 261.6) ** p.key_follow
    octaves = p.sweep_octaves * np.exp(-times / p.sweep_s) + p.touch_octaves * (velocity - 0.7)
    cutoff = np.clip(p.cutoff * follow * 2.0**octaves, frequency * 1.05, 20_000)[:, None]
    ratio = harmonics * frequency / cutoff
    gain = 1 / np.sqrt(1 + ratio ** (2 * p.slope))
    if p.resonance:
        gain = gain * (1 + p.resonance * np.exp(-((np.log2(ratio) / 0.25) ** 2)))
    hertz = harmonics * frequency
    return base * gain * np.exp(-p.damping * times[:, None] * (0.4 + hertz / 1000))


def key_times(seconds: float) -> np.ndarray:
    """Key times of a note: dense in the attack, sparser later; 6 to 24 of them."""
    grid = [0.0]
    gap = 0.008
    while grid[-1] < seconds and len(grid) < 24:
        grid.append(grid[-1] + gap)
        gap *= 1.35
    return np.array(grid)


def amplitude_envelope(p: Patch, frames: int) -> np.ndarray:
    """Attack, decay and sustain [frame] float32 (release is applied per note)."""
    time = np.arange(frames, dtype=np.float32) / np.float32(RATE)
    rise = np.minimum(1, time / np.float32(p.attack))
    return rise * (p.sustain + (1 - p.sustain) * np.exp(-time / np.float32(p.decay))).astype(np.float32)


def modulation(p: Patch, frames: int, frequency: float) -> np.ndarray | None:
    """Vibrato (after 0.25 s) and a scoop into the note, as a phase offset [frame] in periods."""
    if not p.vibrato and not p.glide:
        return None
    time = np.arange(frames, dtype=np.float32) / np.float32(RATE)
    onset = np.clip((time - 0.25) * 3, 0, 1)
    depth = frequency * p.vibrato * 0.0577 / (2 * np.pi * p.vibrato_hz)
    cycles = depth * onset * np.sin(np.float32(2 * np.pi * p.vibrato_hz) * time)
    if p.glide:
        cycles += frequency * p.glide * 0.0577 * 0.03 * np.exp(-time / 0.03)
    return cycles.astype(np.float32)


class Synthesizer:
    """Plays tracks with one patch; notes of the same pitch and touch are rendered once per call."""

    def __init__(self, family: str, seed: str) -> None:
        dice = Dice(seed)
        self.patch = patch(family, dice)
        self.phases = [dice.between(0, 1) for _ in range(8)]
        noise = np.random.Generator(np.random.PCG64(dice.integer(0, 2**31)))
        self.harmonic_phases = noise.uniform(-np.pi, np.pi, 512) * (0.0 if self.patch.pick else 0.7) - np.pi / 2
        self.noise_start = dice.integer(0, RATE)
        self.noise_band = dice.integer(0, 2)

    def render(self, notes: list[Note], frames: int) -> np.ndarray:
        """Audio [2, frames]; note starts are relative to the first frame and not negative."""
        out = np.zeros((2, frames), np.float32)
        longest: dict[tuple[int, int], float] = {}
        for note in notes:
            key = (note.pitch, round(note.velocity * VELOCITY_STEPS))
            longest[key] = max(longest.get(key, 0.0), min(note.duration_s, LONGEST_S))
        ready = {key: self.tone(key[0], key[1] / VELOCITY_STEPS, s) for key, s in longest.items()}
        for note in notes:
            touch = round(note.velocity * VELOCITY_STEPS)
            loudness = 0.25 + 0.75 * note.velocity**1.5
            self._place(out, ready[note.pitch, touch], note, loudness)
        return out

    def _place(self, out: np.ndarray, tone: np.ndarray, note: Note, loudness: float) -> None:
        first = int(note.start_s * RATE)
        held = int(min(note.duration_s, LONGEST_S) * RATE)
        tail = int(self.patch.release * 3 * RATE)
        length = min(held + tail, tone.shape[1], out.shape[1] - first)
        if length <= 0:
            return
        body = min(held, length)
        out[:, first : first + body] += tone[:, :body] * np.float32(loudness)
        if length > body:
            fade = np.exp(-np.arange(length - body, dtype=np.float32) / np.float32(self.patch.release * RATE))
            fade *= np.linspace(1, 0, length - body, dtype=np.float32)
            out[:, first + body : first + length] += tone[:, body:length] * (fade * np.float32(loudness))

    def tone(self, pitch: int, velocity: float, seconds: float) -> np.ndarray:
        """One note [1 or 2, frame] held for `seconds`, plus three release times."""
        p = self.patch
        frames = int((seconds + 3 * p.release) * RATE) + 1
        frequency = 440.0 * 2 ** ((pitch - 69) / 12) * (0.5 if p.wave == "organ" else 1.0)
        bend = modulation(p, frames, frequency)
        mono = p.voices == 1
        out = np.zeros((1 if mono else 2, frames), np.float32)
        source = self._fm if p.wave == "fm" else self._table_source(frequency, velocity, seconds)
        for voice in range(p.voices):
            place = 0.5 if mono else voice / (p.voices - 1)
            ratio = 2 ** (p.detune * (place - 0.5) / 12) if p.voices > 1 else 1.0
            phase = phase_ramp(frequency * ratio, frames, self.phases[voice] if not mono else 0.0)
            if bend is not None:
                phase = bend_phase(phase, bend)
            _spread(out, source(phase, velocity), place if not mono else None, p.voices)
        if p.sub:
            out += np.float32(p.sub * 0.6) * sine(phase_ramp(frequency / (2 if pitch > 40 else 1), frames, 0.0))
        out *= amplitude_envelope(p, frames)
        return self._with_noise(out, frames)

    def _table_source(
        self, frequency: float, velocity: float, seconds: float
    ) -> Callable[[np.ndarray, float], np.ndarray]:
        p = self.patch
        still = not p.sweep_octaves and not p.damping
        times = np.zeros(1) if still else key_times(seconds + 3 * p.release)
        amplitudes = harmonic_keys(p, frequency, velocity, times)
        amplitudes /= np.sqrt(np.sum(amplitudes[: min(6, len(amplitudes))] ** 2, axis=1).max()) + 1e-9
        periods = tables(amplitudes, self.harmonic_phases[: amplitudes.shape[1]])
        key_frames = (times * RATE).astype(np.int64)
        return lambda phase, _velocity: read(periods, key_frames, phase)

    def _fm(self, phase: np.ndarray, velocity: float) -> np.ndarray:
        p = self.patch
        time = np.arange(len(phase), dtype=np.float32) / np.float32(RATE)
        index = np.float32(p.fm_index * (0.3 + velocity)) * np.exp(-time / np.float32(p.fm_decay))
        ratio = int(p.fm_ratio * 2)
        modulator = (
            sine((phase >> np.uint32(1)) * np.uint32(ratio)) if ratio % 2 else sine(phase * np.uint32(ratio // 2))
        )
        out = sine(bend_phase(phase, modulator * index * np.float32(0.159)))
        if p.fm_bell:
            out = out + np.float32(p.fm_bell * velocity) * sine(phase * np.uint32(14)) * np.exp(
                -time / np.float32(0.08)
            )
        return out

    def _with_noise(self, out: np.ndarray, frames: int) -> np.ndarray:
        p = self.patch
        if p.noise:
            bank = noise_bank()[self.noise_band]
            place = (self.noise_start + np.arange(frames)) % len(bank)
            decay = np.exp(-np.arange(frames, dtype=np.float32) / np.float32(p.noise_decay * RATE))
            out += np.float32(p.noise) * bank.take(place) * decay
        return out


def _spread(out: np.ndarray, voice: np.ndarray, place: float | None, voices: int) -> None:
    if place is None:
        out[0] += voice
        return
    gain = np.float32(voices**-0.5)
    out[0] += voice * (gain * np.float32(1.2 - 0.8 * place))
    out[1] += voice * (gain * np.float32(0.4 + 0.8 * place))
