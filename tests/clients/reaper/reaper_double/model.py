"""The state of a REAPER project as the double keeps it. Objects die (`alive`), as REAPER's pointers do."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Audio = NDArray[np.float64]
Content = dict[str, Any]


def new_guid() -> str:
    return "{" + str(uuid.uuid4()).upper() + "}"


class Pointer:
    """Something that Lua holds without looking inside."""

    kind = ""
    alive = True


@dataclass(eq=False)
class Source(Pointer):
    """An audio file. Belongs to the script until a take owns it."""

    path: str
    kind = "PCM_source"
    owner: Take | None = None

    @property
    def info(self) -> Any:
        return soundfile.info(self.path)


@dataclass(eq=False)
class Take(Pointer):
    item: Item
    guid: str = field(default_factory=new_guid)
    source: Source | None = None
    values: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    kind = "MediaItem_Take*"

    DEFAULTS: ClassVar[dict[str, float]] = {"D_STARTOFFS": 0.0, "D_PLAYRATE": 1.0, "D_VOL": 1.0, "I_CUSTOMCOLOR": 0.0}


@dataclass(eq=False)
class Item(Pointer):
    track: Track
    guid: str = field(default_factory=new_guid)
    takes: list[Take] = field(default_factory=list)
    active: int = 0
    values: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    kind = "MediaItem*"

    # B_LOOPSRC and fades as a user's preferences may have them: whoever wants others has to say so.
    DEFAULTS: ClassVar[dict[str, float]] = {
        "D_POSITION": 0.0, "D_LENGTH": 0.0, "B_LOOPSRC": 1.0, "B_ALLTAKESPLAY": 0.0, "D_FADEINLEN": 0.01,
        "D_FADEOUTLEN": 0.01, "D_FADEINLEN_AUTO": -1.0, "D_FADEOUTLEN_AUTO": -1.0, "I_CUSTOMCOLOR": 0.0,
        "D_VOL": 1.0, "B_MUTE": 0.0, "B_UISEL": 0.0,
    }  # fmt: skip

    @property
    def active_take(self) -> Take | None:
        return self.takes[self.active] if self.takes else None


@dataclass(eq=False)
class Track(Pointer):
    project: Project
    guid: str = field(default_factory=new_guid)
    items: list[Item] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    kind = "MediaTrack*"

    DEFAULTS: ClassVar[dict[str, float]] = {
        "B_MUTE": 0.0, "I_SOLO": 0.0, "I_FOLDERDEPTH": 0.0, "I_CUSTOMCOLOR": 0.0, "I_SELECTED": 0.0,
        "I_FREEMODE": 0.0, "D_VOL": 1.0, "D_PAN": 0.0,
    }  # fmt: skip

    @property
    def parent(self) -> Track | None:
        """The folder around this track."""
        open_folders: list[Track] = []
        for track in self.project.tracks:
            if track is self:
                return open_folders[-1] if open_folders else None
            depth = int(track.values["I_FOLDERDEPTH"])
            if depth == 1:
                open_folders.append(track)
            for _ in range(-depth):
                open_folders.pop()
        raise AssertionError("the track is not in its project")


@dataclass
class Tempo:
    """From this time on, which is a downbeat."""

    time_s: float
    bpm: float
    beats: int = 4
    unit: int = 4

    @property
    def bar_s(self) -> float:
        return self.beats * 4 / self.unit * 60 / self.bpm


@dataclass(eq=False)
class Project(Pointer):
    """One tab. `content` is what undo brings back; the rest is the user's view and the render settings."""

    folder: Path
    tracks: list[Track] = field(default_factory=list)
    tempos: list[Tempo] = field(default_factory=lambda: [Tempo(0.0, 120.0)])
    numbers: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    selection: tuple[float, float] = (0.0, 0.0)
    cursor_s: float = 3.25
    view: tuple[float, float] = (0.0, 60.0)
    play_state: int = 0
    play_rate: float = 1.0
    undo_points: list[tuple[str, Content]] = field(default_factory=list)
    kind = "ReaProject*"

    # A user's render settings, all of them other than ours.
    NUMBERS: ClassVar[dict[str, float]] = {
        "PROJECT_SRATE": 48_000.0, "PROJECT_SRATE_USE": 1.0, "RENDER_SETTINGS": 3.0, "RENDER_BOUNDSFLAG": 1.0,
        "RENDER_STARTPOS": 7.5, "RENDER_ENDPOS": 99.0, "RENDER_CHANNELS": 6.0, "RENDER_SRATE": 22_050.0,
        "RENDER_TAILFLAG": 18.0, "RENDER_TAILMS": 1_234.0, "RENDER_ADDTOPROJ": 1.0, "RENDER_DITHER": 3.0,
        "RENDER_NORMALIZE": 5.0,
    }  # fmt: skip
    TEXTS: ClassVar[dict[str, str]] = {
        "RENDER_FILE": "/home/user/Mixdowns",
        "RENDER_PATTERN": "$project-$date",
        "RENDER_FORMAT": "bDNwbUABAAABAAAA",
        "RENDER_FORMAT2": "ZXZhdxgAAA==",
    }

    def __post_init__(self) -> None:
        self.numbers = {**self.NUMBERS, **self.numbers}
        self.texts = {**self.TEXTS, **self.texts}

    # Building, for tests

    def add_track(self, name: str, place: int | None = None, **values: float) -> Track:
        track = Track(self, values={**Track.DEFAULTS, **values}, texts={"P_NAME": name})
        self.tracks.insert(len(self.tracks) if place is None else place, track)
        return track

    def add_item(self, track: Track, path: str | Path, position_s: float = 0.0, **values: float) -> Item:
        """An item that plays a file from its start; no fades unless asked for."""
        length_s = soundfile.info(path).duration
        plain = {"D_POSITION": position_s, "D_LENGTH": length_s, "D_FADEINLEN": 0.0, "D_FADEOUTLEN": 0.0}
        item = Item(track, values={**Item.DEFAULTS, **plain, **values})
        take = Take(item, values=dict(Take.DEFAULTS), texts={"P_NAME": Path(path).stem})
        take.source = Source(str(path), owner=take)
        item.takes.append(take)
        track.items.append(item)
        return item

    @property
    def items(self) -> list[Item]:
        return [item for track in self.tracks for item in track.items]

    # State

    @property
    def content(self) -> Content:
        """Tracks, items and takes as plain values."""
        return {"tracks": [_track_content(track) for track in self.tracks]}

    @property
    def state(self) -> Content:
        """Everything that a script could change."""
        return {
            **self.content,
            "numbers": dict(self.numbers),
            "texts": dict(self.texts),
            "selection": self.selection,
            "cursor": self.cursor_s,
            "view": self.view,
            "undo": [label for label, _ in self.undo_points],
        }

    def bring_back(self, content: Content) -> None:
        """As undo does it: every object is made anew, and pointers to the old ones are stale."""
        for track in self.tracks:
            kill_track(track)
        self.tracks = [_track_from(self, held) for held in content["tracks"]]

    # Time

    def tempo_at(self, time_s: float) -> Tempo:
        return [tempo for tempo in self.tempos if tempo.time_s <= time_s + 1e-9][-1]

    def bars(self, until_s: float) -> list[float]:
        """Start of every bar up to the one after `until_s`."""
        starts, time_s = [0.0], 0.0
        while time_s <= until_s:
            following = [tempo.time_s for tempo in self.tempos if tempo.time_s > time_s + 1e-9]
            time_s = min([time_s + self.tempo_at(time_s).bar_s, *following])
            starts.append(time_s)
        return starts


def _track_content(track: Track) -> Content:
    return {
        "guid": track.guid,
        "values": dict(track.values),
        "texts": dict(track.texts),
        "items": [_item_content(item) for item in track.items],
    }


def _item_content(item: Item) -> Content:
    return {
        "guid": item.guid,
        "values": dict(item.values),
        "texts": dict(item.texts),
        "active": item.active,
        "takes": [_take_content(take) for take in item.takes],
    }


def _take_content(take: Take) -> Content:
    path = take.source.path if take.source else None
    return {"guid": take.guid, "values": dict(take.values), "texts": dict(take.texts), "path": path}


def _track_from(project: Project, held: Content) -> Track:
    track = Track(project, held["guid"], values=dict(held["values"]), texts=dict(held["texts"]))
    for held_item in held["items"]:
        item = Item(
            track, held_item["guid"], active=held_item["active"], values=dict(held_item["values"]),
            texts=dict(held_item["texts"]),
        )  # fmt: skip
        for held_take in held_item["takes"]:
            take = Take(item, held_take["guid"], values=dict(held_take["values"]), texts=dict(held_take["texts"]))
            if held_take["path"]:
                take.source = Source(held_take["path"], owner=take)
            item.takes.append(take)
        track.items.append(item)
    return track


def kill_item(item: Item) -> None:
    item.alive = False
    for take in item.takes:
        take.alive = False
        if take.source:
            take.source.alive = False


def kill_track(track: Track) -> None:
    track.alive = False
    for item in track.items:
        kill_item(item)


def source_audio(path: str, rate: int) -> Audio:
    """Samples `[frame, 2]` of a file at a rate."""
    return _loaded(path, Path(path).stat().st_mtime_ns, rate)


@lru_cache(maxsize=64)
def _loaded(path: str, _mtime_ns: int, rate: int) -> Audio:
    samples, own_rate = soundfile.read(path, always_2d=True)
    stereo = samples[:, :2] if samples.shape[1] > 1 else np.repeat(samples, 2, axis=1)
    return np.asarray(stereo if own_rate == rate else soxr.resample(stereo, own_rate, rate, quality="VHQ"))
