"""Names, temporary files and room on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_server.audio import new_files
from bridge_server.errors import DiskFull


def test_space_is_asked_for_before_the_work(tmp_path: Path) -> None:
    new_files.require_space(tmp_path, 0)
    with pytest.raises(DiskFull):
        new_files.require_space(tmp_path, 10**16)


@given(st.text(max_size=300))
def test_any_text_becomes_a_file_name_of_every_system(text: str) -> None:
    name = new_files.safe_name(text)
    assert 1 <= len(name) <= new_files.MAX_NAME_CHARACTERS + 1
    assert not set(name) & set('<>:"/\\|?*\0\n\r')
    assert name[0] not in ". "
    assert name[-1] not in ". "
    assert not new_files.DEVICE_NAME.match(name)
    assert len(name.encode("utf-8")) <= new_files.MAX_NAME_BYTES + 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bass", "Bass"),
        ("../../etc", "_.._etc"),
        ("a/b\\c", "a_b_c"),
        ("nul", "_nul"),
        ("  ", "stem"),
        ("Fünk é", "Fünk é"),
    ],
)
def test_names_stay_readable(text: str, name: str) -> None:
    assert new_files.safe_name(text) == name


def test_only_our_old_temporary_files_are_swept(tmp_path: Path) -> None:
    old, handle = new_files.create_part(tmp_path, "bass_v0")
    handle.close()
    young, handle = new_files.create_part(tmp_path, "bass_v1")
    handle.close()
    for name in (".hidden.part", "song.part", ".bass.0123456789abcdef.wav"):
        (tmp_path / name).write_bytes(b"theirs")
    for path in tmp_path.iterdir():
        if path != young:
            os.utime(path, (1, 1))
    assert new_files.sweep_parts(tmp_path, older_than_s=60) == 1
    assert not old.exists()
    assert young.exists()
    assert len(list(tmp_path.iterdir())) == 4
    assert new_files.sweep_parts(tmp_path / "missing", 0) == 0


def test_a_text_is_replaced_whole_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    for text in ("first", "second é"):
        new_files.replace_text(tmp_path / "recipe.json", text)
        assert (tmp_path / "recipe.json").read_text(encoding="utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.json"]
