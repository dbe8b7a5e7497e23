"""The gate admits what DAWs bounce, refuses the rest with a sentence, and lets nothing else escape."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.audio import wav_gate
from bridge_server.errors import FileNotReady, FormatNotSupported, RiffError, TooShort
from tests.audio.wav_making import WavSpec, chunk

GOOD = WavSpec()
BROADCAST = chunk(b"JUNK", bytes(28)) + chunk(b"bext", bytes(602)) + chunk(b"odd ", b"abc")


def judge(content: bytes, tmp_path: Path) -> wav_gate.WavHeader:
    path = tmp_path / "context.wav"
    path.write_bytes(content)
    with path.open("rb") as handle:
        return wav_gate.read_header(handle)


ADMITTED = [
    GOOD,
    GOOD.but(bits=24),
    GOOD.but(bits=32),
    GOOD.but(channels=1, rate=44_100),
    GOOD.but(bits=24, rate=96_000),
    GOOD.but(rate=8_000),
    GOOD.but(rate=192_000),
    GOOD.but(tag=3, bits=32),
    GOOD.but(tag=3, bits=64),
    GOOD.but(extensible=True, bits=24),
    GOOD.but(extensible=True, bits=32, valid_bits=24),
    GOOD.but(extensible=True, tag=3, bits=32),
    GOOD.but(before=BROADCAST),
    GOOD.but(after=chunk(b"LIST", bytes(50)) + chunk(b"iXML", bytes(900))),
    GOOD.but(rf64=True),
    GOOD.but(rf64=True, bits=24, before=chunk(b"bext", bytes(602))),
]


@pytest.mark.parametrize("spec", ADMITTED, ids=range(len(ADMITTED)))
def test_what_daws_bounce_is_admitted_and_read_as_libsndfile_reads_it(spec: WavSpec, tmp_path: Path) -> None:
    header = judge(spec.to_bytes(), tmp_path)
    other = soundfile.info(str(tmp_path / "context.wav"))
    assert (header.frames, header.channels, header.sample_rate) == (other.frames, other.channels, other.samplerate)
    assert (header.frames, header.bits, header.is_float) == (spec.frames, spec.bits, spec.tag == 3)


REFUSED = [
    (GOOD.but(bits=8), FormatNotSupported, "8 bits"),
    (GOOD.but(bits=12, block=3), FormatNotSupported, "12 bits"),
    (GOOD.but(tag=3, bits=16), FormatNotSupported, "format 3, 16 bits"),
    (GOOD.but(tag=2), FormatNotSupported, "format 2"),
    (GOOD.but(tag=0x55), FormatNotSupported, "format 85"),
    (GOOD.but(extensible=True, tag=6), FormatNotSupported, "format 6"),
    (GOOD.but(extensible=True, valid_bits=20, bits=16), FormatNotSupported, "valid bits"),
    (GOOD.but(extensible=True, tag=3, bits=32, valid_bits=24), FormatNotSupported, "valid bits"),
    (GOOD.but(channels=3), FormatNotSupported, "3 channels"),
    (GOOD.but(channels=8), FormatNotSupported, "8 channels"),
    (GOOD.but(channels=0, block=4, data_bytes_said=4), FormatNotSupported, "0 channels"),
    (GOOD.but(channels=1024, frames=100), FormatNotSupported, "claims 1024 channels"),
    (GOOD.but(rate=7_999), FormatNotSupported, "7999 Hz"),
    (GOOD.but(rate=192_001), FormatNotSupported, "192001 Hz"),
    (GOOD.but(rate=2**31 - 1), FormatNotSupported, "2147483647 Hz"),
    (GOOD.but(block=2), FormatNotSupported, "bytes per frame"),
    (GOOD.but(frames=0), TooShort, "no audio"),
    (GOOD.but(data_bytes_said=0), FileNotReady, "not finished"),
    (GOOD.but(data_bytes_said=0xFFFFFFFF), FileNotReady, "not finished"),
    (GOOD.but(data_bytes_said=48_000 * 4 + 4), FileNotReady, "not finished"),
    (GOOD.but(frames=96_000, data_bytes_said=4_000, riff_bytes_said=4_036), FileNotReady, "not finished"),
    (GOOD.but(riff_bytes_said=0), FileNotReady, "not finished"),
    (GOOD.but(riff_bytes_said=48_000 * 4 + 500), FileNotReady, "not finished"),
    (GOOD.but(data_bytes_said=48_000 * 4 - 2), FormatNotSupported, "whole frame"),
    (GOOD.but(before=chunk(b"fmt ", bytes(16))), FormatNotSupported, ""),
    (GOOD.but(before=chunk(b"junk", b"") * 70), FormatNotSupported, "64 chunks"),
    (GOOD.but(rf64=True, data_bytes_said=2**40), FileNotReady, "not finished"),
]


@pytest.mark.parametrize(("spec", "kind", "words"), REFUSED, ids=range(len(REFUSED)))
def test_everything_else_is_refused_with_its_reason(
    spec: WavSpec, kind: type[RiffError], words: str, tmp_path: Path
) -> None:
    with pytest.raises(kind) as refusal:
        judge(spec.to_bytes(), tmp_path)
    assert type(refusal.value) is kind
    assert words in refusal.value.sentence
    assert refusal.value.hint.endswith(".")


@pytest.mark.parametrize(
    "content",
    [
        b"Dear diary, this is a text file with the wrong name." * 10,
        b"OggS" + bytes(200),
        b"fLaC" + bytes(200),
        b"RIFX" + GOOD.to_bytes()[4:],
        b"RIFF\x10\x00\x00\x00AVI LIST",
        bytes(4000),
        b"RIFF\x04\x00\x00\x00WAVE",
        b"RIFF\x0c\x00\x00\x00WAVEdata\x04\x00\x00\x00abcd",
    ],
)
def test_other_files_are_no_wavs(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(FormatNotSupported):
        judge(content, tmp_path)


@pytest.mark.parametrize("length", [0, 2, 4])
def test_a_file_that_has_only_begun_may_still_become_a_wav(length: int, tmp_path: Path) -> None:
    with pytest.raises(FileNotReady):
        judge(GOOD.to_bytes()[:length], tmp_path)


def test_a_wav_cut_at_any_byte_of_its_header_is_refused_by_name(tmp_path: Path) -> None:
    content = GOOD.but(before=BROADCAST, frames=100).to_bytes()
    for length in range(len(content)):
        with pytest.raises((FileNotReady, FormatNotSupported, TooShort)):
            judge(content[:length], tmp_path)


@given(
    spec=st.sampled_from(ADMITTED),
    edits=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 400),
)
@settings(max_examples=400, deadline=None)
def test_no_mutated_header_escapes(spec: WavSpec, edits: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(spec.but(frames=90).to_bytes())
    for position, value in edits:
        content[position % len(content)] = value
    check_verdict(bytes(content[: len(content) - cut] if cut < 40 else content))


def test_no_mutated_header_escapes_in_ten_thousand_seeded_tries() -> None:
    dice = random.Random(2)
    originals = [spec.but(frames=20).to_bytes() for spec in ADMITTED]
    for _ in range(10_000):
        content = bytearray(dice.choice(originals))
        for _ in range(dice.randint(1, 5)):
            content[dice.randrange(min(len(content), 120))] = dice.choice((0, 1, 127, 128, 255, dice.randrange(256)))
        check_verdict(bytes(content))


def check_verdict(content: bytes) -> None:
    """Refused by a RiffError, or admitted with numbers that the file's own size bears out."""
    try:
        header = wav_gate.read_header(io.BytesIO(content))
    except RiffError:
        return
    assert 1 <= header.channels <= 2
    assert 8_000 <= header.sample_rate <= 192_000
    assert header.frames > 0
    assert header.data_offset + header.frames * header.block_align <= len(content)


class GrowingBounce:
    """A bounce that gets its audio and its final header while the gate waits; time is counted, not waited."""

    def __init__(self, path: Path, done_after_looks: int) -> None:
        self.path, self.left, self.waited_s = path, done_after_looks, 0.0
        path.write_bytes(GOOD.but(data_bytes_said=0, riff_bytes_said=0).to_bytes()[:400])

    def sleep(self, seconds: float) -> None:
        self.waited_s += seconds
        self.left -= 1
        if self.left == 0:
            self.path.write_bytes(GOOD.to_bytes())


def test_the_gate_waits_for_a_bounce_to_finish(tmp_path: Path) -> None:
    bounce = GrowingBounce(tmp_path / "growing.wav", done_after_looks=20)
    with bounce.path.open("rb") as handle:
        header = wav_gate.wait_ready(handle, sleep=bounce.sleep)
    assert header.frames == GOOD.frames
    assert 2.0 < bounce.waited_s < 2.5


def test_the_gate_gives_up_after_its_limit(tmp_path: Path) -> None:
    bounce = GrowingBounce(tmp_path / "growing.wav", done_after_looks=1000)
    with bounce.path.open("rb") as handle, pytest.raises(FileNotReady):
        wav_gate.wait_ready(handle, sleep=bounce.sleep)
    assert bounce.waited_s == pytest.approx(5.0)


def test_a_finished_bounce_costs_no_wait_and_an_old_broken_one_neither(tmp_path: Path) -> None:
    def never(seconds: float) -> None:
        raise AssertionError("waited")

    good, broken = tmp_path / "good.wav", tmp_path / "broken.wav"
    good.write_bytes(GOOD.to_bytes())
    broken.write_bytes(GOOD.but(data_bytes_said=0).to_bytes())
    later = good.stat().st_mtime + 60
    with good.open("rb") as handle:
        assert wav_gate.wait_ready(handle, sleep=never, now=lambda: later).frames == GOOD.frames
    with broken.open("rb") as handle, pytest.raises(FileNotReady):
        wav_gate.wait_ready(handle, sleep=never, now=lambda: later)
