"""Audio survives writing and reading to within its bit depth, and files are written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.audio import new_files, safe_paths, wav_file, wav_gate
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import (
    DiskFull,
    FileNotReady,
    FolderNotWritable,
    FormatNotSupported,
    Internal,
    SilentContext,
)
from tests.audio.wav_making import WavSpec

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

# Worst error of one sample: half a step of the integer grid; at 16 bits the dither adds up to one step more.
WORST_ERROR = {"wav16": 1.5 / 2**15, "wav24": 0.5 / 2**23, "wav32f": 0.0}


def noise(frames: int = 30_000, channels: int = 2, rate: int = 48_000, peak: float = 0.9) -> Waveform:
    rng = np.random.default_rng(3)
    return Waveform((rng.uniform(-peak, peak, (channels, frames))).astype(np.float32), rate)


@pytest.mark.parametrize("format_name", wav_file.FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_written_and_read_again_within_the_bit_depth(format_name: str, channels: int, tmp_path: Path) -> None:
    stem = noise(channels=channels, frames=30_001, rate=44_100)
    written = wav_file.write_stem(tmp_path, "bass", stem, format_name)
    again = wav_file.read_file(written.path)
    assert again.sample_rate == 44_100
    assert again.samples.shape == stem.samples.shape
    assert np.abs(again.samples - stem.samples).max() <= WORST_ERROR[format_name]
    assert written.sha256 == hashlib.sha256(written.path.read_bytes()).hexdigest()
    assert written.bytes == written.path.stat().st_size


@pytest.mark.parametrize("format_name", wav_file.FORMATS)
def test_libsndfile_reads_our_files_as_we_do(format_name: str, tmp_path: Path) -> None:
    path = wav_file.write_stem(tmp_path, "bass", noise(), format_name).path
    theirs, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == 48_000
    assert np.array_equal(theirs.T, wav_file.read_file(path).samples)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
def test_we_read_libsndfiles_files_as_it_does(subtype: str, container: str, tmp_path: Path) -> None:
    path = tmp_path / "theirs.wav"
    soundfile.write(path, noise().samples.T, 48_000, subtype, format=container)
    theirs = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    # At 32 bits libsndfile rounds to float32 once more than we do.
    assert np.abs(wav_file.read_file(path).samples - theirs).max() <= 2**-24


def test_a_region_is_read_exactly_across_block_borders(tmp_path: Path) -> None:
    stem = noise(frames=wav_file.BLOCK_FRAMES + 40_000)
    path = wav_file.write_stem(tmp_path, "long", stem, "wav32f").path
    with safe_paths.open_file(str(path)) as file:
        header = wav_gate.read_header(file.handle)
        part = wav_file.read_region(file.handle, header, 12_345, wav_file.BLOCK_FRAMES + 7)
    assert np.array_equal(part.samples, stem.samples[:, 12_345 : 12_345 + wav_file.BLOCK_FRAMES + 7])


@given(
    values=st.lists(st.floats(-1.5, 1.5, width=32), min_size=1, max_size=40),
    format_name=st.sampled_from(["wav16", "wav24"]),
)
@settings(max_examples=150, deadline=None)
def test_integers_never_wrap_round(values: list[float], format_name: str) -> None:
    bits = wav_file.FORMATS[format_name][0]
    stem = Waveform(np.array([values], dtype=np.float32), 48_000)
    data = b"".join(wav_file.wav_blocks(stem, format_name))[44 : 44 + len(values) * bits // 8]
    whole = [int.from_bytes(data[i : i + bits // 8], "little", signed=True) for i in range(0, len(data), bits // 8)]
    for value, integer in zip(values, whole, strict=True):
        heard = integer / 2 ** (bits - 1)
        assert abs(heard - max(-1.0, min(value, 1 - 2 ** (1 - bits)))) <= WORST_ERROR[format_name] + 1e-12


def test_equal_stems_are_equal_bytes_and_the_dither_follows_its_seed() -> None:
    stem = noise()

    def file_bytes(format_name: str, seed: int) -> bytes:
        return b"".join(wav_file.wav_blocks(stem, format_name, seed))

    assert file_bytes("wav16", 5) == file_bytes("wav16", 5)
    assert file_bytes("wav16", 5) != file_bytes("wav16", 6)
    assert file_bytes("wav24", 5) == file_bytes("wav24", 6)


def test_dither_is_triangular_and_without_offset() -> None:
    quiet = Waveform(np.full((1, 200_000), 0.25 / 2**15, dtype=np.float32), 48_000)
    data = b"".join(wav_file.wav_blocks(quiet, "wav16", 1))[44:]
    steps = np.frombuffer(data, "<i2")
    # Mean = the signal itself; variance = 1/4 of a squared step, whatever the signal (the property of TPDF dither).
    assert steps.mean() == pytest.approx(0.25, abs=4 * 0.5 / np.sqrt(len(steps)))
    assert steps.var() == pytest.approx(0.25, rel=0.02)


def test_what_is_16_bit_already_keeps_its_bits() -> None:
    whole = np.random.default_rng(0).integers(-32_768, 32_768, (2, 10_000))
    stem = Waveform((whole / 2**15).astype(np.float32), 48_000)
    data = b"".join(wav_file.wav_blocks(stem, "wav16", 1))[44:]
    assert np.array_equal(np.frombuffer(data, "<i2").reshape(-1, 2).T, whole)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30, -200.0])
@pytest.mark.parametrize("bits", [32, 64])
def test_broken_samples_are_refused(bad: float, bits: int, tmp_path: Path) -> None:
    audio = np.zeros(48_000, dtype=f"<f{bits // 8}")
    audio[31_000] = bad
    path = tmp_path / "bad.wav"
    path.write_bytes(WavSpec(tag=3, bits=bits, channels=1).to_bytes(audio.tobytes()))
    with pytest.raises(FormatNotSupported, match="broken samples"):
        wav_file.read_file(path)


def test_float_beyond_full_scale_is_still_audio(tmp_path: Path) -> None:
    audio = np.full(48_000, 3.0, dtype="<f4")
    path = tmp_path / "hot.wav"
    path.write_bytes(WavSpec(tag=3, bits=32, channels=1).to_bytes(audio.tobytes()))
    assert wav_file.read_file(path).peak == 3.0


def test_silence_is_reported_and_the_quietest_music_is_not() -> None:
    for decibels in (-200.0, -81.0):
        with pytest.raises(SilentContext):
            wav_file.require_sound(noise(peak=10 ** (decibels / 20)))
    wav_file.require_sound(noise(peak=10 ** (-79 / 20)))


def test_a_file_cut_while_it_is_read_is_not_ready(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(WavSpec().to_bytes())
    with safe_paths.open_file(str(path)) as file:
        header = wav_gate.read_header(file.handle)
        os.truncate(path, 100_000)
        with pytest.raises(FileNotReady):
            wav_file.read_region(file.handle, header)


def test_nothing_is_replaced_and_the_same_bytes_are_not_written_twice(tmp_path: Path) -> None:
    first = wav_file.write_stem(tmp_path, "bass", noise(), "wav24")
    again = wav_file.write_stem(tmp_path, "bass", noise(), "wav24")
    other = wav_file.write_stem(tmp_path, "bass", noise(peak=0.1), "wav24")
    assert first.path == again.path == tmp_path / "bass.wav"
    assert other.path == tmp_path / "bass_2.wav"
    assert hashlib.sha256(first.path.read_bytes()).hexdigest() == first.sha256
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bass.wav", "bass_2.wav"]


def test_publishing_works_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    first = wav_file.write_stem(tmp_path, "bass", noise(), "wav24")
    other = wav_file.write_stem(tmp_path, "bass", noise(peak=0.1), "wav24")
    assert [first.path.name, other.path.name] == ["bass.wav", "bass_2.wav"]


CALLS = ["os.open", "os.fsync", "os.link"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("code", "kind"),
    [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EROFS, FolderNotWritable)],
)
def test_a_failing_disk_has_its_code_and_leaves_nothing_behind(
    call: str, code: int, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(call, fail)
    if call == "os.link":
        monkeypatch.setattr("os.rename", fail)
    with pytest.raises(kind):
        wav_file.write_stem(tmp_path, "bass", noise(), "wav24")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(resource is None, reason="file size limits as POSIX has them")
def test_a_disk_that_fills_up_in_the_middle_is_a_full_disk(tmp_path: Path) -> None:
    assert resource is not None
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(DiskFull):
            wav_file.write_stem(tmp_path, "bass", noise(), "wav24")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_gives_back_other_bytes_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truly = os.fsync

    def spoil(descriptor: int) -> None:
        truly(descriptor)
        os.pwrite(descriptor, b"\xff", 1000)

    monkeypatch.setattr(os, "fsync", spoil)
    with pytest.raises(Internal):
        wav_file.write_stem(tmp_path, "bass", noise(), "wav24")
    assert list(tmp_path.iterdir()) == []


def test_float_files_carry_what_the_format_asks_for(tmp_path: Path) -> None:
    content = wav_file.write_stem(tmp_path, "bass", noise(frames=24_000), "wav32f").path.read_bytes()
    assert content[38:50] == struct.pack("<4sII", b"fact", 4, 24_000)
    assert struct.unpack_from("<I", content, 4)[0] == len(content) - 8


LONGEST_WAIT_S = 0.13
ENDLESS_WRITER = """
import sys
from pathlib import Path
import numpy as np
from bridge_server.audio.wav_file import write_stem
from bridge_server.audio.waveform import Waveform
rng = np.random.default_rng()
print("writing", flush=True)
while True:
    stem = Waveform(rng.uniform(-1, 1, (2, 200_000)).astype(np.float32), 48_000)
    write_stem(Path(sys.argv[1]), "stem", stem, "wav24")
"""


def test_killed_writers_leave_whole_stems_or_hidden_leftovers(tmp_path: Path) -> None:
    for wait_s in (0.0, 0.015, 0.03, 0.05, 0.08, LONGEST_WAIT_S):
        writer = subprocess.Popen([sys.executable, "-c", ENDLESS_WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(wait_s)
        while wait_s == LONGEST_WAIT_S and not list(tmp_path.glob("*.wav")):
            time.sleep(0.01)  # on a very busy machine
        writer.kill()
        writer.communicate()
    stems = list(tmp_path.glob("*.wav"))
    assert stems
    assert all(wav_file.read_file(path).frames == 200_000 for path in stems)
    left = [path for path in tmp_path.iterdir() if path.suffix != ".wav"]
    assert len(left) <= 6
    assert new_files.sweep_parts(tmp_path, older_than_s=-1) == len(left)
