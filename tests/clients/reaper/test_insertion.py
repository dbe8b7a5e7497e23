"""Stems become items: one undo step of one turn, folders stay whole, and a fault leaves the project as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.reaper import lone
from tests.clients.reaper.reaper_double import Project, ReaperDouble
from tests.whole import bounces


@pytest.fixture
def stems(tmp_path: Path) -> list[Path]:
    return [Path(bounces.bounce(tmp_path / f"stem_{place}.wav", seconds=3.0)) for place in range(2)]


@pytest.fixture
def reaper(tmp_path: Path) -> Iterator[ReaperDouble]:
    reaper = ReaperDouble(tmp_path / "reaper", real_time=False)
    yield reaper
    assert reaper.errors == []
    reaper.check_nothing_is_held()


def undone(project: Project, reaper: ReaperDouble) -> list[str]:
    """One undo; the names of the tracks that are left."""
    reaper.functions.Undo_DoUndo2(project)
    return [track.texts["P_NAME"] for track in project.tracks]


def test_a_new_item_has_all_variations_as_takes(reaper: ReaperDouble, stems: list[Path], tmp_path: Path) -> None:
    reaper.press_and_wait(lone.insertion(tmp_path, stems))
    (track,) = reaper.project.tracks
    (item,) = track.items
    assert track.texts["P_NAME"] == "AI bass"
    assert [take.texts["P_NAME"] for take in item.takes] == ["bass v1 seed 7", "bass v2 seed 8"]
    assert [take.source.path for take in item.takes if take.source] == [str(stem) for stem in stems]
    assert item.active == 0
    wished = {"B_LOOPSRC": 0, "D_FADEINLEN": 0.005, "D_FADEOUTLEN": 0.005, "D_POSITION": 2.0, "B_ALLTAKESPLAY": 0}
    assert wished.items() <= {name: round(value, 4) for name, value in item.values.items()}.items()
    assert item.values["I_CUSTOMCOLOR"] == track.values["I_CUSTOMCOLOR"] == item.takes[1].values["I_CUSTOMCOLOR"]
    assert int(item.values["I_CUSTOMCOLOR"]) & 0x1000000, "without this bit REAPER shows no colour"
    note = item.takes[1].texts["P_EXT:riffbridge"]
    assert all(part in note for part in ("request=request-1", "seed=8", "prompt=bass", "recipe="))
    assert undone(reaper.project, reaper) == []


def test_the_same_bars_on_the_same_track_become_further_takes(
    reaper: ReaperDouble, stems: list[Path], tmp_path: Path
) -> None:
    track = reaper.project.add_track("Mine")
    target = f'{{ track = "{track.guid}" }}'
    reaper.press_and_wait(lone.insertion(tmp_path, stems[:1], target))
    reaper.press_and_wait(lone.insertion(tmp_path, stems[1:], target))
    (item,) = track.items
    assert [take.texts["P_NAME"] for take in item.takes] == ["bass v1 seed 7", "bass v2 seed 7"]
    assert item.active == 1
    item.values["D_POSITION"] += 1.0  # moved away by the user: no longer the same bars
    reaper.press_and_wait(lone.insertion(tmp_path, stems[:1], target))
    assert len(track.items) == 2


@pytest.mark.parametrize(
    ("depths", "after", "wished"),
    [
        ([0, 0, 0], 0, [0, 0, 0, 0]),
        ([1, 0, -1, 0], 2, [1, 0, 0, -1, 0]),  # behind the last of a folder: inside it
        ([1, 1, 0, -2], 3, [1, 1, 0, 0, -2]),  # behind the last of two folders: inside both
        ([1, 0, -1, 0], 0, [1, 0, -1, 0, 0]),  # behind a folder: outside
        ([1, 1, 0, -2, 0], 1, [1, 1, 0, -1, -1, 0]),  # behind an inner folder: inside the outer one
        ([0, 1, -1], None, [0, 1, -1, 0]),  # nothing selected: to the end
    ],
)
def test_folders_stay_whole_around_a_new_track(
    reaper: ReaperDouble, stems: list[Path], tmp_path: Path, depths: list[int], after: int | None, wished: list[int]
) -> None:
    tracks = [reaper.project.add_track(str(place), I_FOLDERDEPTH=float(d)) for place, d in enumerate(depths)]
    parents = {track: track.parent for track in tracks}
    target = "{}" if after is None else f'{{ after = "{tracks[after].guid}" }}'
    reaper.press_and_wait(lone.insertion(tmp_path, stems, target))
    assert [int(track.values["I_FOLDERDEPTH"]) for track in reaper.project.tracks] == wished
    assert {track: track.parent for track in tracks} == parents
    if after is not None:
        (new,) = [track for track in reaper.project.tracks if track not in tracks]
        assert new.parent is tracks[after].parent


def test_on_a_track_with_fixed_lanes_the_lanes_are_brought_up_to_date(
    reaper: ReaperDouble, stems: list[Path], tmp_path: Path
) -> None:
    track = reaper.project.add_track("Lanes", I_FREEMODE=2.0)
    reaper.press_and_wait(lone.insertion(tmp_path, stems, f'{{ track = "{track.guid}" }}'))
    assert "UpdateItemLanes" in reaper.calls


def test_after_a_fault_at_any_call_the_project_is_as_before_and_the_next_insertion_works(
    reaper: ReaperDouble, stems: list[Path], tmp_path: Path
) -> None:
    project = reaper.project
    last = project.add_track("Last in a folder", I_FOLDERDEPTH=-1.0, I_SELECTED=1.0)
    project.add_track("Folder", 0, I_FOLDERDEPTH=1.0)
    script = lone.insertion(tmp_path, stems, f'{{ after = "{last.guid}" }}')
    before = project.state
    reaper.press_and_wait(script)
    calls = len(reaper.calls)
    assert calls > 60
    reaper.functions.Undo_DoUndo2(project)
    for number in range(1, calls + 1):
        reaper.calls.clear()
        reaper.fail_at = number
        reaper.press_and_wait(script)
        if project.undo_points:  # a fault so late that the stems are in
            assert len(project.undo_points) == 1
            reaper.functions.Undo_DoUndo2(project)
        assert project.state == before, f"left behind after a fault in call {number}"
    reaper.fail_at = 0
    reaper.press_and_wait(script)
    assert [len(track.items) for track in project.tracks] == [0, 0, 1]


def test_a_stem_that_is_gone_is_said_and_leaves_nothing(
    reaper: ReaperDouble, stems: list[Path], tmp_path: Path
) -> None:
    stems[1].unlink()
    before = reaper.project.state
    reaper.press_and_wait(lone.insertion(tmp_path, stems))
    assert reaper.project.state == before
    assert "cannot read the stem" in reaper.console[0]
