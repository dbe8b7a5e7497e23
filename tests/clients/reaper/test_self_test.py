"""The self-test reports on every open point, and leaves the project as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.reaper.reaper_double import ReaperDouble


@pytest.fixture
def report(tmp_path: Path, version: str) -> str:
    """Of the double."""
    reaper = ReaperDouble(tmp_path / "reaper", version, real_time=False)
    before = reaper.project.state
    reaper.press_and_wait("Self-test")
    assert reaper.project.state == before
    assert list(reaper.project.folder.iterdir()) == []
    assert reaper.errors == []
    return (reaper.resources / "riffbridge_self_test.txt").read_text(encoding="utf-8")


def test_every_open_point_is_answered(report: str) -> None:
    for letter in "abcdefghijkl":
        assert f"({letter})" in report
    assert "all points were tried: yes" in report
    assert "one undo took everything back: yes" in report
    assert "(b) frames wished and bounced: 48000, 48000" in report
    assert "(c) changes of the project counted by a bounce: 0" in report
    assert "(h) takes in the order of their adding: take 1, take 2" in report
    assert "(i) a track inserted behind a folder's last one lies in: no folder" in report


def test_in_a_project_with_music_it_does_nothing(tmp_path: Path) -> None:
    reaper = ReaperDouble(tmp_path / "reaper", real_time=False)
    reaper.project.add_track("Music")
    reaper.press_and_wait("Self-test")
    assert "wants an empty project" in reaper.console[0]
    assert reaper.renders == 0
