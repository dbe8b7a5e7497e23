"""Requests are complete, admitted in milliseconds, and refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge_server.accompany.admission import Admission
from bridge_server.accompany.request import NOT_YET, StemRequest
from bridge_server.errors import (
    BadArguments,
    DiskFull,
    FolderNotWritable,
    FormatNotSupported,
    PathNotAllowed,
    RiffError,
    TooLong,
    TooShort,
)
from bridge_server.protocol.messages import Generate
from bridge_server.protocol.table import PAIRS
from tests.accompany.conftest import write_context
from tests.audio.wav_making import WavSpec

SAMPLE = {"i": 1, "f": 0.25, "s": "x"}


def test_every_parameter_of_the_protocol_is_followed_or_refused(tmp_path: Path) -> None:
    handled_by_jobs = {"lane", "expires_ms"}
    context = str(write_context(tmp_path))
    for pair in PAIRS:
        pairs = {"context": context, "out_dir": str(tmp_path)}
        value = pair.choices[-1] if pair.choices else SAMPLE[pair.kind]
        if pair.name in NOT_YET:
            with pytest.raises(BadArguments, match=pair.name):
                StemRequest.from_pairs("id", {**pairs, pair.name: value}, 0)
        elif pair.name not in handled_by_jobs:
            assert pair.name in StemRequest.__dataclass_fields__, pair.name


def test_defaults_are_those_of_the_table(tmp_path: Path) -> None:
    asked = Generate("id", (("context", str(write_context(tmp_path))), ("out_dir", str(tmp_path))))
    request = StemRequest.from_pairs("id", asked.given, 7)
    for pair in PAIRS:
        if pair.default is not None and pair.name in StemRequest.__dataclass_fields__:
            assert getattr(request, pair.name) == pair.default, pair.name


def test_a_request_survives_the_pipe(tmp_path: Path) -> None:
    request = StemRequest("id", str(tmp_path), 3, context="/x.wav", prompt="a warm pad", roots=("/a", "/b"))
    assert StemRequest.from_dict(request.to_dict()) == request


def test_a_context_or_a_length_but_not_both() -> None:
    with pytest.raises(BadArguments):
        StemRequest("id", "/out", 0)
    with pytest.raises(BadArguments):
        StemRequest("id", "/out", 0, context="/x.wav", length_frames=48_000)


def test_admission_knows_the_length(tmp_path: Path) -> None:
    admit = Admission(tmp_path / "exchange")
    pairs = {"context": str(write_context(tmp_path, seconds=3.0)), "context_frames": 44_100}
    held, audio_s = admit("id", pairs, None, 5)
    assert audio_s == 1.0
    assert (held["seed"], held["out_dir"]) == (5, str(tmp_path / "exchange"))
    assert admit("id", {**pairs, "seed": 9}, None, 5)[0]["seed"] == 9


def test_a_growing_bounce_is_admitted_with_unknown_length(tmp_path: Path) -> None:
    path = tmp_path / "growing.wav"
    path.write_bytes(WavSpec(data_bytes_said=0).to_bytes())
    assert Admission(tmp_path)("id", {"context": str(path)}, None, 0)[1] == 0.0


def test_a_guest_reaches_the_exchange_folder_only(tmp_path: Path) -> None:
    exchange, outside = tmp_path / "exchange", tmp_path / "outside"
    exchange.mkdir()
    outside.mkdir()
    inner, outer = str(write_context(exchange)), str(write_context(outside))
    admit, roots = Admission(exchange), [exchange]
    assert admit("id", {"context": inner}, roots, 0)[0]["roots"] == (str(exchange),)
    for pairs in ({"context": outer}, {"context": inner, "out_dir": str(outside)}):
        with pytest.raises(PathNotAllowed):
            admit("id", pairs, roots, 0)
        admit("id", pairs, None, 0)


def test_refusals_have_their_codes(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("not audio at all")
    three_hours = tmp_path / "long.wav"
    header = WavSpec(channels=1, frames=0, data_bytes_said=345_600_000, riff_bytes_said=345_600_036).to_bytes()
    with three_hours.open("wb") as file:
        file.write(header)
        file.truncate(44 + 345_600_000)
    context = str(write_context(tmp_path))
    cases: list[tuple[dict[str, object], type[RiffError]]] = [
        ({"context": str(tmp_path)}, PathNotAllowed),
        ({"context": str(tmp_path / "missing.wav")}, PathNotAllowed),
        ({"context": "context.wav"}, PathNotAllowed),
        ({"context": str(text)}, FormatNotSupported),
        ({"context": str(three_hours)}, TooLong),
        ({"context": context, "context_start": 88_000}, TooShort),
        ({"context": context, "context_frames": 10**6}, TooShort),
        ({"context": context, "out_dir": "/proc/nowhere"}, FolderNotWritable),
        ({"length_frames": 100}, TooShort),
        ({"length_frames": 2**31 - 1}, TooLong),
    ]
    for pairs, kind in cases:
        with pytest.raises(kind):
            Admission(tmp_path / "out")("id", pairs, None, 0)
    assert Admission(tmp_path / "out")("id", {"context": str(three_hours), "context_frames": 48_000}, None, 0)[1] == 1.0


def test_a_full_disk_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 100_000_000

    monkeypatch.setattr("shutil.disk_usage", lambda folder: Usage)
    with pytest.raises(DiskFull):
        Admission(tmp_path)("id", {"length_frames": 48_000}, None, 0)
