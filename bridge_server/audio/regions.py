"""Which part of a file is used, and how long it may be."""

from __future__ import annotations

from bridge_server.audio.wav_gate import WavHeader
from bridge_server.errors import TooLong, TooShort

MIN_SECONDS = 0.5
MAX_SECONDS = 600.0


def frames_at(frames: int, from_rate: int, to_rate: int) -> int:
    """Length of `frames` at another rate, rounded half up in whole numbers (no float error after hours of audio)."""
    return (2 * frames * to_rate + from_rate) // (2 * from_rate)


def check_length(frames: int, sample_rate: int) -> None:
    """Refuse a region shorter than 0.5 s (TooShort) or longer than 10 minutes (TooLong)."""
    seconds = frames / sample_rate
    if seconds < MIN_SECONDS:
        raise TooShort(
            f"The audio is {seconds:.2f} s long; Riffbridge needs at least {MIN_SECONDS} s.",
            "Select a longer region.",
        )
    if seconds > MAX_SECONDS:
        raise TooLong(
            f"The audio is {seconds / 60:.1f} minutes long; Riffbridge takes at most {MAX_SECONDS / 60:.0f}.",
            "Select a shorter region, or send it in parts.",
        )


def check_region(header: WavHeader, start: int, frames: int | None) -> int:
    """Frames from `start` on (to the end when `frames` is None), inside the file and 0.5 s to 10 min long."""
    wanted = header.frames - start if frames is None else frames
    if start < 0 or wanted <= 0 or start + wanted > header.frames:
        raise TooShort(
            f"The region {start} to {start + wanted} does not lie inside the file, which has {header.frames} frames.",
            "Bounce the whole region, or leave context_start and context_frames away.",
        )
    check_length(wanted, header.sample_rate)
    return wanted
