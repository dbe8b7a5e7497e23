"""What the model sounds like: items on their samples, fades, takes, volumes, pans, mutes, solos and folders."""

from __future__ import annotations

import numpy as np

from tests.clients.reaper.reaper_double.model import Audio, Item, Project, Take, Track, source_audio


def frame_at(time_s: float, rate: int) -> int:
    """The sample at a time."""
    return int(np.floor(time_s * rate + 0.5))


def take_audio(item: Item, take: Take, rate: int) -> Audio:
    """`[frame, 2]` from the item's start to its end, before its volume and fades."""
    frames = frame_at(item.values["D_LENGTH"], rate)
    heard = np.zeros((frames, 2))
    if take.source is None:
        return heard
    audio, play_rate = source_audio(take.source.path, rate), take.values["D_PLAYRATE"]
    first = frame_at(take.values["D_STARTOFFS"], rate)
    if play_rate == 1.0:
        part = audio[first : first + frames]
        heard[: len(part)] = part
        return heard
    at = first + np.arange(frames) * play_rate
    for channel in range(2):
        heard[:, channel] = np.interp(at, np.arange(len(audio)), audio[:, channel], right=0.0)
    return heard


def item_audio(item: Item, rate: int) -> Audio:
    """`[frame, 2]` of the active take with volume and linear fades."""
    take = item.active_take
    if take is None or item.values["B_MUTE"]:
        return np.zeros((0, 2))
    heard = take_audio(item, take, rate) * item.values["D_VOL"] * take.values["D_VOL"]
    since_s = np.arange(len(heard)) / rate
    left_s = item.values["D_LENGTH"] - since_s
    for length_s, clock in ((item.values["D_FADEINLEN"], since_s), (item.values["D_FADEOUTLEN"], left_s)):
        if length_s > 0:
            heard *= np.clip(clock / length_s, 0, 1)[:, None]
    return heard


def track_audio(track: Track, start_s: float, frames: int, rate: int) -> Audio:
    """`[frame, 2]` of all items in a stretch of the project, before the track's volume."""
    mix, first = np.zeros((frames, 2)), frame_at(start_s, rate)
    for item in track.items:
        heard = item_audio(item, rate)
        offset = frame_at(item.values["D_POSITION"], rate) - first
        begin, end = max(offset, 0), min(offset + len(heard), frames)
        if end > begin:
            mix[begin:end] += heard[begin - offset : end - offset]
    return mix


def _chain(track: Track) -> list[Track]:
    """The track and the folders around it."""
    found: list[Track] = [track]
    while (parent := found[-1].parent) is not None:
        found.append(parent)
    return found


def _gains(track: Track) -> Audio:
    gains = np.ones(2)
    for part in _chain(track):
        pan = part.values["D_PAN"]
        gains = gains * part.values["D_VOL"] * np.array([min(1, 1 - pan), min(1, 1 + pan)])
    return gains


def is_heard(track: Track) -> bool:
    """Neither it nor a folder around it is muted, and if anything is soloed, it or a folder around it is."""
    chain = _chain(track)
    if any(part.values["B_MUTE"] for part in chain):
        return False
    return not any(t.values["I_SOLO"] for t in track.project.tracks) or any(part.values["I_SOLO"] for part in chain)


def master(project: Project, start_s: float, frames: int, rate: int) -> Audio:
    """The master mix `[frame, 2]`."""
    mix = np.zeros((frames, 2))
    for track in project.tracks:
        if is_heard(track):
            mix += track_audio(track, start_s, frames, rate) * _gains(track)
    return mix
