"""The project with its stems as an .RPP file, read back by a parser that knows nothing of us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import rpp
import soundfile

from tests.clients.reaper.reaper_double import ReaperDouble
from tests.clients.reaper.reaper_double.rpp_text import rpp_text


def one(element: Any, name: str) -> list[str]:
    """The values of a line that is there once."""
    (found,) = [child for child in element if isinstance(child, list) and child[0] == name]
    return list(found[1:])


def takes(item: Any) -> list[dict[str, str]]:
    """Name and file of every take; `sel` marks the active one."""
    found: list[dict[str, str]] = [{}]
    for child in item:
        if child in ("TAKE", ["TAKE", "SEL"]):  # a word alone is read as text
            found.append({} if child == "TAKE" else {"sel": "yes"})
        elif isinstance(child, list) and child[0] in ("NAME", "SOFFS"):
            found[-1][child[0]] = child[1]
        elif getattr(child, "tag", "") == "SOURCE":
            found[-1]["FILE"] = one(child, "FILE")[0]
    return found


def test_the_project_is_read_back_with_every_stem_in_its_place(reaper: ReaperDouble, tmp_path: Path) -> None:
    reaper.ext_state["riffbridge", "setting.variations"] = "3"
    reaper.project.folder = tmp_path / 'it\'s "late" ü #1 100%'
    reaper.press_and_wait("Generate bass on a new track")
    assert reaper.console == []
    reaper.project.tracks[1].items[0].active = 1

    read = rpp.loads(rpp_text(reaper.project))
    keys, bass = read.findall("TRACK")
    (item,) = bass.findall("ITEM")
    assert one(keys, "NAME") == ["Keys"]
    assert one(bass, "NAME") == ["AI bass"]
    assert float(one(item, "POSITION")[0]) == pytest.approx(2.0, abs=1e-9)
    assert float(one(item, "LENGTH")[0]) == pytest.approx(3.0, abs=1e-9)
    assert one(item, "LOOP") == ["0"]
    assert float(one(item, "FADEIN")[1]) == pytest.approx(0.005)
    found = takes(item)
    assert [take.get("sel") for take in found] == [None, "yes", None]
    assert [take["NAME"].split(" seed")[0] for take in found] == ["bass v1", "bass v2", "bass v3"]
    for take in found:
        assert take["SOFFS"] == "0"
        info = soundfile.info(take["FILE"])
        assert (info.frames, info.samplerate) == (144_000, 48_000)
