"""Contexts that cannot be played along with: each is refused with its own code, and the server goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge_server.client import RiffClient
from bridge_server.errors import (
    FileNotReady,
    FormatNotSupported,
    PathNotAllowed,
    RiffError,
    SilentContext,
    TooLong,
    TooShort,
)
from tests.whole import bounces
from tests.whole.asking import files, refusal


@pytest.fixture(autouse=True)
def _nothing_is_left(client: RiffClient, out_dir: str) -> Iterator[None]:
    """After every refusal no job is left open and no file was made."""
    yield
    assert client.status()["queue_length"] == 0
    assert files(Path(out_dir)) == []


def refused(client: RiffClient, out_dir: str, path: str | Path, **pairs: int) -> RiffError:
    """The error for this context."""
    return refusal(client, context=str(path), out_dir=out_dir, prompt="bass", **pairs)


def test_missing_folder_and_relative_path_get_one_and_the_same_answer(
    client: RiffClient, out_dir: str, tmp_path: Path
) -> None:
    answers = {str(refused(client, out_dir, path)) for path in (tmp_path / "missing.wav", tmp_path, "bounce.wav")}
    assert len(answers) == 1
    assert isinstance(refused(client, out_dir, tmp_path / "missing.wav"), PathNotAllowed)


def test_a_text_file_is_not_a_wav(client: RiffClient, out_dir: str, tmp_path: Path) -> None:
    for name, text in (("notes.wav", "bounce me\n" * 100), ("riff.wav", "RIFFmusic it is not"), ("short.wav", "no")):
        (tmp_path / name).write_text(text)
        assert isinstance(refused(client, out_dir, tmp_path / name), FormatNotSupported)


def test_a_wav_with_0_frames_is_too_short(client: RiffClient, out_dir: str, tmp_path: Path) -> None:
    empty = bounces.write(tmp_path / "empty.wav", np.zeros((0, 2)))
    assert isinstance(refused(client, out_dir, empty), TooShort)


def test_less_than_half_a_second_is_too_short(client: RiffClient, out_dir: str, tmp_path: Path) -> None:
    error = refused(client, out_dir, bounces.bounce(tmp_path / "short.wav", seconds=0.4))
    assert isinstance(error, TooShort)
    assert "0.40 s" in error.sentence


def test_a_region_outside_the_file_is_too_short(client: RiffClient, context: str, out_dir: str) -> None:
    for pairs in ({"context_start": bounces.FRAMES}, {"context_start": 24_000, "context_frames": bounces.FRAMES}):
        error = refused(client, out_dir, context, **pairs)
        assert isinstance(error, TooShort)
        assert f"{bounces.FRAMES} frames" in error.sentence


def test_a_sample_that_is_no_number_is_refused(client: RiffClient, out_dir: str, tmp_path: Path) -> None:
    for value in (np.nan, np.inf):
        samples = np.tile(bounces.chords(1.0, 48_000)[:, None], 2)
        samples[30_000, 1] = value
        broken = bounces.write(tmp_path / f"{value}.wav", samples, subtype="FLOAT")
        assert isinstance(refused(client, out_dir, broken), FormatNotSupported)


def test_8_channels_are_refused_and_counted(client: RiffClient, out_dir: str, tmp_path: Path) -> None:
    error = refused(client, out_dir, bounces.bounce(tmp_path / "surround.wav", channels=8))
    assert isinstance(error, FormatNotSupported)
    assert "8 channels" in error.sentence


def test_three_hours_are_too_long(client: RiffClient, out_dir: str, tmp_path: Path) -> None:
    path = bounces.claiming(tmp_path / "night.wav", seconds=3 * 3600, on_disk_s=3 * 3600)
    error = refused(client, out_dir, path)
    assert isinstance(error, TooLong)
    assert "180.0 minutes" in error.sentence
    assert Path(path).stat().st_blocks * 512 < 1_000_000, "the test itself must not fill the disk"


def test_a_header_that_claims_three_hours_over_one_second_is_an_unfinished_bounce(
    client: RiffClient, out_dir: str, tmp_path: Path
) -> None:
    path = bounces.claiming(tmp_path / "lies.wav", seconds=3 * 3600, on_disk_s=1.0)
    bounces.make_old(path)
    assert isinstance(refused(client, out_dir, path), FileNotReady)


def test_a_silent_context_is_told_as_such(client: RiffClient, out_dir: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name, samples in (("zeros", np.zeros((72_000, 2))), ("dither", rng.normal(0, 1e-6, (72_000, 2)))):
        path = bounces.write(tmp_path / f"{name}.wav", samples)
        assert isinstance(refused(client, out_dir, path), SilentContext)
