"""No spelling of a path reads or writes outside the roots, and the answer tells nobody what exists."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_server.audio import safe_paths
from bridge_server.errors import FolderNotWritable, PathNotAllowed

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="links and FIFOs as POSIX has them")


class Places:
    """An allowed folder beside a forbidden one, each with a file, and every trick between them."""

    def __init__(self, top: Path) -> None:
        self.root, self.outside = top / "Exchange Ünï", top / "outside"
        for folder in (self.root, self.root / "sub", self.outside):
            folder.mkdir()
        self.inner = self.root / 'con\'text "8 bars" ü.wav'
        self.secret = self.outside / "secret.wav"
        self.inner.write_bytes(b"allowed")
        self.secret.write_bytes(b"secret")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def refused(text: str, roots: list[Path] | None) -> PathNotAllowed:
    with pytest.raises(PathNotAllowed) as refusal:
        safe_paths.open_file(text, roots)
    return refusal.value


def test_a_plain_file_is_opened_once_and_read_from_its_handle(places: Places) -> None:
    for roots in (None, [places.root], [places.outside, places.root]):
        with safe_paths.open_file(str(places.inner), roots) as file:
            places.inner.rename(places.root / "moved")
            assert file.handle.read() == b"allowed"
            (places.root / "moved").rename(places.inner)
        assert file.handle.closed


TEXT_TRICKS = [
    "",
    " ",
    "context.wav",
    "./context.wav",
    "../context.wav",
    "~/context.wav",
    "\\\\server\\share\\context.wav",
    "//server/share/context.wav",
    "\\/server/share/context.wav",
    "/\\server\\share\\context.wav",
    "\\\\?\\C:\\context.wav",
    "\\\\.\\PhysicalDrive0",
    "\\\\.\\pipe\\x",
    "\\??\\C:\\context.wav",
    "/??/C:/context.wav",
    "//?/UNC/server/share/x",
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "http://example.org/context.wav",
    "smb:/server/share/context.wav",
    "C:context.wav",
    "/tmp/a\0.wav",
    "\0",
    "/" + "a" * 1_024,
    "/\ud800.wav",
]


@pytest.mark.parametrize("text", TEXT_TRICKS)
def test_text_is_judged_before_the_system_sees_it(text: str) -> None:
    refused(text, None)


@pytest.mark.parametrize("text", [trick for trick in TEXT_TRICKS if trick != "/\ud800.wav"])
def test_forbidden_text_never_reaches_the_file_system(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def touched(*args: object, **kwargs: object) -> None:
        raise AssertionError("the file system was asked")

    for name in ("stat", "lstat", "open", "readlink", "scandir", "mkdir"):
        monkeypatch.setattr(os, name, touched)
    monkeypatch.setattr(Path, "resolve", touched)
    with pytest.raises(PathNotAllowed):
        safe_paths.open_file(text)
    with pytest.raises(PathNotAllowed):
        safe_paths.out_folder(text)


@pytest.mark.parametrize(
    "text",
    [
        "C:\\a\\nul",
        "C:\\CON.wav",
        "C:/music/com1.wav",
        "C:\\a.wav:stream",
        "\\rooted.wav",
        "C:\\x\\lpt¹",
        "C:\\AUX .txt",
    ],
)
def test_windows_names_that_are_devices_or_streams(text: str) -> None:
    assert safe_paths._unfit_on_windows(text.replace("\\", "/"))


@pytest.mark.parametrize("text", ["C:\\Users\\Ann\\Music\\console.wav", "d:/Riffbridge/nullify/auxiliary.wav"])
def test_ordinary_windows_names_pass(text: str) -> None:
    assert not safe_paths._unfit_on_windows(text.replace("\\", "/"))


def outside_spellings(places: Places) -> list[str]:
    root, secret = str(places.root), str(places.secret)
    return [
        secret,
        f"{root}/../outside/secret.wav",
        f"{root}/sub/../../outside/secret.wav",
        f"{root}/./sub/.././../outside/./secret.wav",
        f"{root}//..//outside//secret.wav",
        f"{root}/sub/" + "../" * 40 + secret.lstrip("/"),
        f"{root}-other/secret.wav",
        root + "/..",
        "/etc/passwd",
    ]


@posix_only
def test_links_and_dots_do_not_leave_the_roots(places: Places) -> None:
    (places.root / "link.wav").symlink_to(places.secret)
    (places.root / "folder").symlink_to(places.outside)
    (places.root / "relative.wav").symlink_to("../outside/secret.wav")
    (places.root / "chain.wav").symlink_to("link.wav")
    os.link(places.secret, places.root / "hard.wav")
    tricks = ["link.wav", "folder/secret.wav", "relative.wav", "chain.wav", "hard.wav", "folder/../secret.wav"]
    for text in outside_spellings(places) + [f"{places.root}/{trick}" for trick in tricks]:
        refused(text, [places.root])


@posix_only
def test_a_link_inside_the_root_and_a_root_that_is_a_link_are_fine(places: Places, tmp_path: Path) -> None:
    (places.root / "same.wav").symlink_to(places.inner)
    (tmp_path / "alias").symlink_to(places.root)
    for text, root in [
        (places.root / "same.wav", places.root),
        (tmp_path / "alias" / places.inner.name, places.root),
        (places.inner, tmp_path / "alias"),
    ]:
        with safe_paths.open_file(str(text), [root]) as file:
            assert file.handle.read() == b"allowed"


@posix_only
def test_only_regular_files_and_no_waiting_for_a_pipe(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(places.root / "fifo.wav")
    loop = places.root / "loop.wav"
    loop.symlink_to(loop)
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(places.root)  # a socket's address holds 108 bytes
        listener.bind("s.wav")
        for name in ("fifo.wav", "loop.wav", "s.wav", "sub", "", "missing.wav", places.inner.name + "/x"):
            refused(f"{places.root}/{name}", None)
        for device in ("/dev/zero", "/dev/null", "/dev/stdin", "/proc/self/mem/x"):
            refused(device, None)


@posix_only
def test_a_file_swapped_for_a_link_after_judging_is_not_followed(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly = os.open

    def swap_then_open(path: os.PathLike[str], flags: int, mode: int = 0o777) -> int:
        os.unlink(path)
        os.symlink(places.secret, path)
        return truly(path, flags, mode)

    monkeypatch.setattr(os, "open", swap_then_open)
    refused(str(places.inner), [places.root])


@posix_only
def test_a_folder_swapped_for_a_link_after_judging_is_noticed(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    (places.root / "sub" / "secret.wav").write_bytes(b"allowed")
    truly = os.open

    def swap_then_open(path: os.PathLike[str], flags: int, mode: int = 0o777) -> int:
        os.rename(places.root / "sub", places.root / "old")
        os.symlink(places.outside, places.root / "sub")
        return truly(path, flags, mode)

    monkeypatch.setattr(os, "open", swap_then_open)
    refused(str(places.root / "sub" / "secret.wav"), [places.root])


def test_missing_forbidden_and_not_a_file_are_told_apart_by_nothing(places: Places) -> None:
    answers = {
        (error.code, error.sentence, error.hint)
        for error in (
            refused(str(places.root / "missing.wav"), [places.root]),
            refused(str(places.outside / "missing.wav"), [places.root]),
            refused(str(places.secret), [places.root]),
            refused(str(places.outside), [places.root]),
            refused(str(places.root / "sub"), [places.root]),
            refused("//server/share", [places.root]),
            refused("relative", [places.root]),
            refused(str(places.inner), []),
        )
    }
    assert len(answers) == 1


@given(st.text(max_size=60))
def test_no_text_escapes_as_another_error(text: str) -> None:
    for spelling in (text, "/" + text, "/tmp/" + text):
        try:
            safe_paths.open_file(spelling, [Path("/nonexistent-root")]).handle.close()
            raise AssertionError(f"opened {spelling!r}")
        except PathNotAllowed:
            pass


def test_out_folder_is_made_tried_and_left_empty(places: Places) -> None:
    wanted = places.root / "new" / "deeper é"
    assert safe_paths.out_folder(str(wanted), [places.root]) == wanted.resolve()
    assert list(wanted.iterdir()) == []


@posix_only
def test_out_folder_stays_inside_the_roots(places: Places) -> None:
    (places.root / "away").symlink_to(places.outside)
    for text in (
        str(places.outside),
        f"{places.root}/../outside",
        f"{places.root}/../made",
        f"{places.root}/away",
        f"{places.root}/away/made",
        f"{places.root}/sub/../../outside/made",
        "relative",
        "//server/share",
    ):
        with pytest.raises(PathNotAllowed):
            safe_paths.out_folder(text, [places.root])
    assert sorted(path.name for path in places.outside.iterdir()) == ["secret.wav"]
    assert not (places.root.parent / "made").exists()


@posix_only
def test_out_folder_that_cannot_be_written(places: Places) -> None:
    for text in (str(places.inner), str(places.inner / "below"), "/proc/riffbridge", "/dev/null"):
        with pytest.raises(FolderNotWritable) as refusal:
            safe_paths.out_folder(text)
        assert text.split("/")[1] in refusal.value.sentence
