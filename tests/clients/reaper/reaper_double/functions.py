"""The functions of `reaper.*` as documented, over the double's model. Arguments are judged already."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from tests.clients.reaper.reaper_double import mixing, rendering
from tests.clients.reaper.reaper_double.model import (
    Item,
    Pointer,
    Project,
    Source,
    Take,
    Track,
    new_guid,
)
from tests.clients.reaper.reaper_double.signatures import Misuse

if TYPE_CHECKING:
    from tests.clients.reaper.reaper_double.reaper import ReaperDouble

KINDS = {"ReaProject*", "MediaTrack*", "MediaItem*", "MediaItem_Take*", "PCM_source"}
RENDER = 42230


class Accessor:
    """An audio accessor; the script has to destroy it."""

    def __init__(self, of: Track | Take) -> None:
        self.of = of


class Functions:
    """One method for each line of api.txt that is not about the script itself (defer, atexit, ...)."""

    def __init__(self, reaper: ReaperDouble) -> None:
        self._reaper = reaper
        self._listings: dict[str, list[str]] = {}
        self.accessors: set[Accessor] = set()
        self.sources: set[Source] = set()

    # Program

    def APIExists(self, name: str) -> bool:
        return name in self._reaper.signatures and name not in self._reaper.missing

    def GetAppVersion(self) -> str:
        return "7.60/linux-x86_64"

    def GetOS(self) -> str:
        return "Other"

    def GetResourcePath(self) -> str:
        return str(self._reaper.resources)

    def GetAudioDeviceInfo(self, attribute: str) -> tuple[bool, str]:
        rate = self._reaper.device_rate
        return (True, str(rate)) if attribute == "SRATE" and rate else (False, "")

    def genGuid(self, _: str) -> str:
        return new_guid()

    def ColorToNative(self, red: int, green: int, blue: int) -> int:
        assert all(0 <= part <= 255 for part in (red, green, blue))
        return red | green << 8 | blue << 16

    def time_precise(self) -> float:
        return self._reaper.clock()

    def get_config_var_string(self, name: str) -> tuple[bool, str]:
        return name in self._reaper.config, self._reaper.config.get(name, "")

    def GetExtState(self, section: str, key: str) -> str:
        return self._reaper.ext_state.get((section, key), "")

    def SetExtState(self, section: str, key: str, value: str, persist: bool) -> None:
        if persist and "\n" in value:
            raise Misuse("SetExtState: a persistent value is one line of a file")
        self._reaper.ext_state[section, key] = value

    def ShowConsoleMsg(self, message: str) -> None:
        assert message.startswith("!SHOW:"), "the console would open in the user's face"
        self._reaper.console.append(message.removeprefix("!SHOW:").rstrip("\n"))

    def Help_Set(self, text: str, _: bool) -> None:
        self._reaper.hints.append(text)

    def GetUserInputs(self, title: str, count: int, captions: str, values: str) -> tuple[bool, str]:
        assert self._reaper.expected_forms, f"nobody expected the form {title!r}"
        assert count <= 16, "REAPER shows at most 16 fields"
        parts = captions.split(",")  # whatever the separator of the values is
        fields = [part for part in parts if not part.startswith(("extrawidth=", "separator="))]
        assert len(fields) == count, "a caption holds a comma"
        (separator,) = [part.removeprefix("separator=") for part in parts if part.startswith("separator=")]
        assert len(values.split(separator)) == count, "a value holds the separator"
        answer = self._reaper.expected_forms.pop(0)(fields, values.split(separator))
        return (False, "") if answer is None else (True, separator.join(answer))

    # Files

    def file_exists(self, path: str) -> bool:
        return Path(path).is_file()

    def RecursiveCreateDirectory(self, path: str, _: int) -> int:
        try:
            os.makedirs(path, exist_ok=True)
        except OSError:
            return 0
        return 1

    def EnumerateFiles(self, folder: str, index: int) -> str | None:
        if index == -1 or folder not in self._listings:
            self._listings[folder] = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        names = self._listings[folder]
        return names[index] if 0 <= index < len(names) else None

    def PCM_Source_CreateFromFile(self, path: str) -> Source | None:
        try:
            soundfile.info(path)
        except soundfile.LibsndfileError:
            return None
        source = Source(path)
        self.sources.add(source)
        return source

    def PCM_Source_Destroy(self, source: Source) -> None:
        if source.owner is not None:
            raise Misuse("PCM_Source_Destroy: REAPER crashes, a take plays this source")
        source.alive = False
        self.sources.discard(source)

    def PCM_Source_BuildPeaks(self, source: Source, mode: int) -> int:
        left = self._reaper.peaks_left
        if mode == 0:
            left[source] = 3
        elif mode == 1:
            left[source] = max(left[source] - 1, 0)
        else:
            assert left.pop(source) == 0, "peaks were finished before they were complete"
        return left.get(source, 0)

    def GetMediaSourceLength(self, source: Source) -> tuple[float, bool]:
        return source.info.duration, False

    def GetMediaSourceSampleRate(self, source: Source) -> int:
        return int(source.info.samplerate)

    # Project

    def EnumProjects(self, index: int) -> tuple[Project | None, str]:
        if index == -1:
            return self._reaper.active, ""
        tabs = self._reaper.tabs
        return (tabs[index], "") if 0 <= index < len(tabs) else (None, "")

    def ValidatePtr2(self, project: Project, pointer: Any, kind: str) -> bool:
        if kind not in KINDS:
            raise Misuse(f"ValidatePtr2 knows no type {kind!r}")
        if not isinstance(pointer, Pointer) or pointer.kind != kind or not pointer.alive:
            return False
        return kind in ("ReaProject*", "PCM_source") or self._reaper.project_of(pointer) is project

    def GetProjectPathEx(self, project: Project) -> str:
        return str(project.folder)

    def GetSet_LoopTimeRange2(
        self, project: Project, is_set: bool, is_loop: bool, start: float, end: float, _: bool
    ) -> tuple[float, float]:
        assert not is_loop
        if is_set:
            project.selection = (start, end)
        return project.selection

    def GetSetProjectInfo(self, project: Project, name: str, value: float, is_set: bool) -> float:
        if name not in project.numbers:
            raise Misuse(f"GetSetProjectInfo knows no {name!r}")
        if is_set:
            project.numbers[name] = value
        return project.numbers[name]

    def GetSetProjectInfo_String(self, project: Project, name: str, value: str, is_set: bool) -> tuple[bool, str]:
        if name == "RENDER_TARGETS" and not is_set:
            return True, ";".join(map(str, rendering.targets(project)))
        if name not in project.texts:
            raise Misuse(f"GetSetProjectInfo_String knows no {name!r}")
        if is_set:
            project.texts[name] = value
        return True, project.texts[name]

    def GetPlayStateEx(self, project: Project) -> int:
        return project.play_state

    def OnStopButtonEx(self, project: Project) -> None:
        project.play_state = 0

    def Master_GetPlayRate(self, project: Project) -> float:
        return project.play_rate

    def Main_OnCommandEx(self, command: int, flag: int, project: Project) -> None:
        assert command == RENDER, f"nobody expected the action {command}"
        assert flag == 0
        self._reaper.renders += 1
        rendering.render(project, self._reaper.fate_of_render)

    def GetProjectStateChangeCount(self, project: Project) -> int:
        return len(project.undo_points)

    def PreventUIRefresh(self, count: int) -> None:
        self._reaper.ui_held += count
        if self._reaper.ui_held < 0:
            raise Misuse("PreventUIRefresh: let go more often than held")

    def UpdateArrange(self) -> None:
        pass

    def TrackList_AdjustWindows(self, _: bool) -> None:
        pass

    def UpdateItemInProject(self, _: Item) -> None:
        pass

    def UpdateItemLanes(self, _: Project) -> bool:
        return True

    # Time

    def TimeMap_GetTimeSigAtTime(self, project: Project, time_s: float) -> tuple[int, int, float]:
        tempo = project.tempo_at(time_s)
        return tempo.beats, tempo.unit, tempo.bpm

    def TimeMap2_GetNextChangeTime(self, project: Project, time_s: float) -> float:
        return next((tempo.time_s for tempo in project.tempos if tempo.time_s > time_s + 1e-9), -1.0)

    def TimeMap2_timeToBeats(self, project: Project, time_s: float) -> tuple[float, int, int, float, int]:
        bars = project.bars(time_s)
        bar = max(place for place, start_s in enumerate(bars) if start_s <= time_s + 1e-9)
        tempo = project.tempo_at(time_s)
        beat = (time_s - bars[bar]) * tempo.bpm / 60 * tempo.unit / 4
        return beat, bar, tempo.beats, beat, tempo.unit

    def TimeMap_GetMeasureInfo(self, project: Project, bar: int) -> tuple[float, float, float, int, int, float]:
        bars = project.bars(0.0)
        while len(bars) <= bar + 1:
            bars = project.bars(bars[-1] + 10)
        tempo = project.tempo_at(bars[bar])
        return bars[bar], 0.0, 0.0, tempo.beats, tempo.unit, tempo.bpm

    # Undo

    def Undo_BeginBlock2(self, project: Project) -> None:
        if self._reaper.open_block is not None:
            raise Misuse("Undo_BeginBlock2: a block is open already")
        self._reaper.open_block = (project, project.content)

    def Undo_EndBlock2(self, project: Project, label: str, flags: int) -> None:
        if self._reaper.open_block is None or self._reaper.open_block[0] is not project:
            raise Misuse("Undo_EndBlock2: no block of this project is open")
        assert flags == -1
        _, before = self._reaper.open_block
        self._reaper.open_block = None
        if project.content != before:
            project.undo_points.append((label, before))

    def Undo_CanUndo2(self, project: Project) -> str | None:
        return project.undo_points[-1][0] if project.undo_points else None

    def Undo_DoUndo2(self, project: Project) -> int:
        if self._reaper.open_block is not None:
            raise Misuse("Undo_DoUndo2: inside a block")
        if not project.undo_points:
            return 0
        _, before = project.undo_points.pop()
        project.bring_back(before)
        return 1

    # Tracks

    def CountTracks(self, project: Project) -> int:
        return len(project.tracks)

    def GetTrack(self, project: Project, place: int) -> Track | None:
        return project.tracks[place] if 0 <= place < len(project.tracks) else None

    def _selected(self, project: Project) -> list[Track]:
        return [track for track in project.tracks if track.values["I_SELECTED"]]

    def CountSelectedTracks2(self, project: Project, _: bool) -> int:
        return len(self._selected(project))

    def GetSelectedTrack2(self, project: Project, place: int, _: bool) -> Track | None:
        selected = self._selected(project)
        return selected[place] if 0 <= place < len(selected) else None

    def GetParentTrack(self, track: Track) -> Track | None:
        return track.parent

    def GetTrackGUID(self, track: Track) -> str:
        return track.guid

    def GetTrackName(self, track: Track) -> tuple[bool, str]:
        return True, track.texts.get("P_NAME", "")

    def GetMediaTrackInfo_Value(self, track: Track, name: str) -> float:
        return _value(track.values, name)

    def SetMediaTrackInfo_Value(self, track: Track, name: str, value: float) -> bool:
        return _set_value(track.values, name, value)

    def GetSetMediaTrackInfo_String(self, track: Track, name: str, text: str, is_set: bool) -> tuple[bool, str]:
        return _text(track.texts, name, text, is_set)

    def InsertTrackInProject(self, project: Project, place: int, flags: int) -> None:
        assert flags == 0
        project.add_track("", place)

    def InsertTrackAtIndex(self, place: int, _: bool) -> None:
        self._reaper.active.add_track("", place)

    # Items and takes

    def CountTrackMediaItems(self, track: Track) -> int:
        return len(track.items)

    def GetTrackMediaItem(self, track: Track, place: int) -> Item | None:
        return track.items[place] if 0 <= place < len(track.items) else None

    def _selected_items(self, project: Project) -> list[Item]:
        return [item for item in project.items if item.values["B_UISEL"]]

    def CountSelectedMediaItems(self, project: Project) -> int:
        return len(self._selected_items(project))

    def GetSelectedMediaItem(self, project: Project, place: int) -> Item | None:
        selected = self._selected_items(project)
        return selected[place] if 0 <= place < len(selected) else None

    def GetMediaItemTrack(self, item: Item) -> Track:
        return item.track

    def GetMediaItemInfo_Value(self, item: Item, name: str) -> float:
        return _value(item.values, name)

    def SetMediaItemInfo_Value(self, item: Item, name: str, value: float) -> bool:
        return _set_value(item.values, name, value)

    def GetSetMediaItemInfo_String(self, item: Item, name: str, text: str, is_set: bool) -> tuple[bool, str]:
        if name == "GUID":
            assert not is_set
            return True, item.guid
        return _text(item.texts, name, text, is_set)

    def AddMediaItemToTrack(self, track: Track) -> Item:
        item = Item(track, values=dict(Item.DEFAULTS))
        track.items.append(item)
        return item

    def AddTakeToMediaItem(self, item: Item) -> Take:
        take = Take(item, values=dict(Take.DEFAULTS))
        item.takes.append(take)
        return take

    def CountTakes(self, item: Item) -> int:
        return len(item.takes)

    def GetTake(self, item: Item, place: int) -> Take | None:
        return item.takes[place] if 0 <= place < len(item.takes) else None

    def GetActiveTake(self, item: Item) -> Take | None:
        return item.active_take

    def SetActiveTake(self, take: Take) -> None:
        take.item.active = take.item.takes.index(take)

    def SetMediaItemTakeInfo_Value(self, take: Take, name: str, value: float) -> bool:
        return _set_value(take.values, name, value)

    def GetSetMediaItemTakeInfo_String(self, take: Take, name: str, text: str, is_set: bool) -> tuple[bool, str]:
        return _text(take.texts, name, text, is_set)

    def SetMediaItemTake_Source(self, take: Take, source: Source) -> bool:
        if source.owner is not None:
            raise Misuse("SetMediaItemTake_Source: another take has this source")
        take.source, source.owner = source, take
        self.sources.discard(source)
        return True

    def GetMediaItemTake_Source(self, take: Take) -> Source | None:
        return take.source

    # Samples

    def CreateTrackAudioAccessor(self, track: Track) -> Accessor:
        return self._accessor(track)

    def CreateTakeAudioAccessor(self, take: Take) -> Accessor:
        return self._accessor(take)

    def _accessor(self, of: Track | Take) -> Accessor:
        accessor = Accessor(of)
        self.accessors.add(accessor)
        return accessor

    def DestroyAudioAccessor(self, accessor: Accessor) -> None:
        if accessor not in self.accessors:
            raise Misuse("DestroyAudioAccessor: REAPER crashes, it was destroyed before")
        self.accessors.remove(accessor)

    def GetAudioAccessorSamples(
        self, accessor: Accessor, rate: int, channels: int, start_s: float, frames: int, buffer: Any
    ) -> int:
        if accessor not in self.accessors:
            raise Misuse("GetAudioAccessorSamples: REAPER crashes, the accessor is gone")
        assert channels == 2
        if isinstance(accessor.of, Track):
            audio = mixing.track_audio(accessor.of, start_s, frames, rate)
        else:
            whole, first = mixing.take_audio(accessor.of.item, accessor.of, rate), mixing.frame_at(start_s, rate)
            part = whole[first : first + frames]
            audio = np.pad(part, ((0, frames - len(part)), (0, 0)))
        if not audio.any():
            return 0  # and the buffer is left as it is
        array = self._reaper.array_of(buffer)
        array[: frames * 2] = audio.reshape(-1)
        return 1


def _value(values: dict[str, float], name: str) -> float:
    if name not in values:
        raise Misuse(f"no such value: {name!r}")
    return values[name]


def _set_value(values: dict[str, float], name: str, value: float) -> bool:
    _value(values, name)
    values[name] = value
    return True


def _text(texts: dict[str, str], name: str, text: str, is_set: bool) -> tuple[bool, str]:
    if name not in ("P_NAME", "P_NOTES") and not name.startswith("P_EXT:"):
        raise Misuse(f"no such text: {name!r}")
    if is_set:
        texts[name] = text
    return is_set or name in texts, texts.get(name, "")
