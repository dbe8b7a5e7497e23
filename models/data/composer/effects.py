"""Effects of a track: drive, filters, chorus, tremolo, side-chain pump, delay, reverb, level and pan."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.fft
import scipy.signal

from models.data.composer.song import Effects
from models.data.composer.wavetable import RATE

ROOMS = 10
ROOM_SECONDS = np.geomspace(0.2, 2.4, ROOMS)


@lru_cache(maxsize=ROOMS)
def _room(room: int, size: int) -> np.ndarray:
    """Spectrum [2, size // 2 + 1] complex64 of a room's impulse response, of unit energy per channel.

    Decaying noise whose highs die first, after a pre-delay of 2 to 25 ms.
    """
    rng = np.random.Generator(np.random.PCG64(1000 + room))
    seconds = float(ROOM_SECONDS[room])
    frames = int(min(seconds * 1.1, 2.0) * RATE)
    time = np.arange(frames, dtype=np.float32) / RATE
    dark = np.stack([_low_pass(rng.standard_normal(frames), rng.uniform(1500, 4500)) for _ in range(2)])
    bright = np.stack([_low_pass(rng.standard_normal(frames), rng.uniform(6000, 11000)) for _ in range(2)])
    impulse = 2.5 * dark * np.exp(-6.9 * time / seconds) + bright * np.exp(-13.0 * time / seconds)
    impulse[:, : int(rng.uniform(0.002, 0.025) * RATE)] = 0
    impulse /= np.sqrt(np.sum(impulse**2, axis=1, keepdims=True))
    spectrum = scipy.fft.rfft(impulse.astype(np.float32), size, axis=1)
    hertz = np.arange(spectrum.shape[1]) * RATE / size
    return (spectrum / np.sqrt(1 + (180 / (hertz + 1)) ** 4)).astype(np.complex64)


def _low_pass(signal: np.ndarray, hertz: float) -> np.ndarray:
    pole = np.exp(-2 * np.pi * hertz / RATE)
    return scipy.signal.lfilter([1 - pole], [1, -pole], signal)


def warm_rooms(frames: int) -> None:
    """Prepares all rooms for a length of audio, so that forked workers share them."""
    for room in range(ROOMS):
        _room(room, _size(frames))


def _size(frames: int) -> int:
    return int(scipy.fft.next_fast_len(frames + 2 * RATE, real=True))


def reverb(audio: np.ndarray, room: int, level: float) -> np.ndarray:
    """Adds a room [2, frames]; level 1 makes it about as loud as the dry sound."""
    size = _size(audio.shape[1])
    send = scipy.fft.rfft((audio[0] + audio[1]) * np.float32(0.5), size)
    wet = scipy.fft.irfft(send * _room(room % ROOMS, size), size, axis=1)[:, : audio.shape[1]]
    return audio + wet * np.float32(level)


def delay(audio: np.ndarray, seconds: float, level: float) -> np.ndarray:
    """Four echoes that change sides."""
    out = audio.copy()
    for echo in range(1, 5):
        shift = int(seconds * echo * RATE)
        if shift >= audio.shape[1]:
            break
        source = audio[::-1] if echo % 2 else audio
        out[:, shift:] += source[:, : audio.shape[1] - shift] * np.float32(level**echo)
    return out


def drive(audio: np.ndarray, decibels: float) -> np.ndarray:
    """Saturation by tanh at so many dB above the signal's peak; the peak stays where it was."""
    peak = float(np.abs(audio).max()) + 1e-9
    gain = 10 ** (decibels / 20)
    return np.tanh(audio * np.float32(gain / peak)) * np.float32(peak / np.tanh(gain))


def chorus(audio: np.ndarray, depth: float) -> np.ndarray:
    """Two slowly moving copies 8 to 14 ms late, one per side."""
    frames = audio.shape[1]
    place = np.arange(frames, dtype=np.float32)
    out = audio.copy()
    for side, rate in ((0, 0.55), (1, 0.71)):
        wobble = (11 + 3 * np.sin(place * np.float32(2 * np.pi * rate / RATE))) * np.float32(RATE / 1000)
        position = np.maximum(place - wobble, 0)
        index = position.astype(np.int64)
        part = position - index
        source = audio[side]
        later = source.take(np.minimum(index + 1, frames - 1))
        now = source.take(index)
        out[side] += np.float32(depth) * (now + (later - now) * part)
    return out


def filters(audio: np.ndarray, low_cut: float, high_cut: float) -> np.ndarray:
    """Second-order high-pass and low-pass in Hz; 0 leaves one out."""
    for hertz, kind in ((low_cut, "high"), (high_cut, "low")):
        if hertz:
            sections = scipy.signal.butter(2, hertz, kind, fs=RATE, output="sos").astype(np.float32)
            audio = scipy.signal.sosfilt(sections, audio, axis=1)
    return audio


def pump(audio: np.ndarray, depth: float, beats: np.ndarray) -> np.ndarray:
    """Ducks on each beat (frames of the beats given, negative ones allowed) as a side-chain compressor would."""
    if len(beats) < 2:
        return audio
    gap = float(beats[1] - beats[0])
    phase = ((np.arange(audio.shape[1], dtype=np.float32) - float(beats[0])) % gap) / np.float32(gap)
    return audio * (1 - np.float32(depth) * np.clip(1 - phase * 2, 0, 1) ** 1.5)


def tremolo(audio: np.ndarray, hertz: float) -> np.ndarray:
    """Auto-pan of a stage piano."""
    swing = np.float32(0.35) * np.sin(
        np.arange(audio.shape[1], dtype=np.float32) * np.float32(2 * np.pi * hertz / RATE)
    )
    return audio * np.stack([1 + swing, 1 - swing])


def pan(audio: np.ndarray, place: float) -> np.ndarray:
    """Balance: -1 left to 1 right."""
    return audio * np.array([[min(1.0, 1 - place)], [min(1.0, 1 + place)]], np.float32)


def apply(audio: np.ndarray, effects: Effects, seconds_per_beat: float, beats: np.ndarray) -> np.ndarray:
    """The whole chain, in the order of a channel strip: audio [2, frames] -> [2, frames] float32."""
    if effects.drive_db:
        audio = drive(audio, effects.drive_db)
    audio = filters(audio, effects.low_cut_hz, effects.high_cut_hz)
    if effects.chorus:
        audio = chorus(audio, effects.chorus)
    if effects.tremolo_hz:
        audio = tremolo(audio, effects.tremolo_hz)
    if effects.delay_level:
        audio = delay(audio, effects.delay_beats * seconds_per_beat, effects.delay_level)
    if effects.reverb_level:
        audio = reverb(audio, effects.room, effects.reverb_level)
    if effects.pump:
        audio = pump(audio, effects.pump, beats)
    return np.ascontiguousarray(audio, np.float32)
