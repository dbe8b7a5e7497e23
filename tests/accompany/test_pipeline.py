"""From request to stems: length, rate, seeds, names, recipes, progress, stops and refusals."""

from __future__ import annotations

import errno
import json
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge_server.accompany import recipe as recipes
from bridge_server.accompany.draws import DRAWS
from bridge_server.accompany.pipeline import Accompanist
from bridge_server.accompany.recipe import CutMark
from bridge_server.accompany.variations import StemResult
from bridge_server.audio import wav_file
from bridge_server.audio.loudness import loudness_lufs
from bridge_server.audio.true_peak import true_peak
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import (
    BadArguments,
    Cancelled,
    FileNotReady,
    FormatNotSupported,
    Internal,
    ModelMissing,
    OutOfMemory,
    PathNotAllowed,
    RiffError,
    SilentContext,
    TooLong,
    TooShort,
)
from models.errors import ContextError, ModelError
from tests.accompany.conftest import MakeRequest, write_context
from tests.accompany.double_generator import CHUNK, DoubleGenerator
from tests.audio.ring_making import RATE, play, ring_of, song
from tests.audio.wav_making import WavSpec


def run(accompanist: Accompanist, request: object, context_file: Path | None = None) -> list[StemResult]:
    return accompanist.run(request, lambda fraction, stage: None, lambda stem: None, context_file)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_stems_are_as_long_as_the_context_at_its_rate(
    rate: int, channels: int, accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    context = write_context(tmp_path, seconds=0.7777, rate=rate, channels=channels)
    (stem,) = run(accompanist, make_request(context=str(context)))
    written = wav_file.read_file(Path(stem.path))
    assert (written.frames, written.sample_rate) == (round(0.7777 * rate), rate) == (stem.frames, stem.sample_rate)
    assert written.channels == 2


def test_another_rate_may_be_asked_for(accompanist: Accompanist, make_request: MakeRequest) -> None:
    (stem,) = run(accompanist, make_request(sample_rate=96_000, format="wav32f"))
    assert (stem.frames, stem.sample_rate) == (192_000, 96_000)


def test_a_region_is_what_the_models_hear(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest, tmp_path: Path
) -> None:
    context = write_context(tmp_path, seconds=3.0, rate=48_000, channels=2)
    (stem,) = run(accompanist, make_request(context=str(context), context_start=10_000, context_frames=50_001))
    whole = wav_file.read_file(context).samples
    assert np.array_equal(double.encoded, whole[:, 10_000:60_001])
    assert stem.frames == 50_001


def test_mono_is_put_on_both_sides(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    run(accompanist, make_request())
    assert double.encoded.shape == (2, 96_000)
    assert np.array_equal(double.encoded[0], double.encoded[1])


def test_without_a_context_the_length_decides(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    (stem,) = run(accompanist, make_request(length_frames=66_150, sample_rate=44_100))
    assert (stem.frames, stem.sample_rate) == (66_150, 44_100)
    assert double.calls[0].context is None
    assert double.calls[0].chunks == -(-72_000 // CHUNK)


def test_variations_count_seeds_up_and_round(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    stems = run(accompanist, make_request(variations=3, seed=2**31 - 2, steps=4))
    assert [stem.seed for stem in stems] == [2**31 - 2, 2**31 - 1, 0]
    assert [(stem.index, stem.count) for stem in stems] == [(0, 3), (1, 3), (2, 3)]
    assert [Path(stem.path).name for stem in stems] == [f"stem_req-0123_v{k}.wav" for k in range(3)]
    assert {(int(call.style.argmax()), call.steps) for call in double.calls} == {(len("bass"), 4)}


def test_hostile_names_stay_in_the_folder(accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path) -> None:
    for name in (
        "../../etc/passwd",
        "/elsewhere/x",
        "a\\..\\b",
        "con",
        "line\nbreak",
        "..",
        "é ü 日本",
        "𝄞" * 300,
        "[ab]*?",
    ):
        (stem,) = run(accompanist, make_request(name=name))
        assert Path(stem.path).parent == tmp_path / "out"
        assert run(accompanist, make_request(name=name)) == [stem]  # found again, not made again


def test_progress_never_falls_and_names_its_stage(accompanist: Accompanist, make_request: MakeRequest) -> None:
    reports: list[tuple[float, str]] = []
    accompanist.run(make_request(variations=2), lambda f, s: reports.append((f, s)), lambda stem: None)
    fractions = [fraction for fraction, _ in reports]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    stages = list(dict.fromkeys(stage for _, stage in reports))
    assert stages == [
        "reading context",
        "encoding context",
        *(f"{stage} ({k} of 2)" for k in (1, 2) for stage in ("playing", "decoding", "writing")),
        "done",
    ]


def test_stems_are_told_as_soon_as_they_lie_there(accompanist: Accompanist, make_request: MakeRequest) -> None:
    def check(stem: StemResult) -> None:
        told.append(stem.index)
        assert Path(stem.path).is_file()
        assert recipes.load(Path(stem.recipe)).sha256 == stem.sha256

    told: list[int] = []
    accompanist.run(make_request(variations=2), lambda fraction, stage: None, check)
    assert told == [0, 1]


def test_a_job_done_again_makes_only_what_is_missing(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    request = make_request(variations=3)
    first = run(accompanist, request)
    Path(first[1].path).write_bytes(b"damaged")
    Path(first[2].recipe).unlink()
    double.calls.clear()
    again = run(accompanist, request)
    assert [call.seed for call in double.calls] == [41, 42]
    assert [stem.sha256 for stem in again] == [stem.sha256 for stem in first]
    assert again[0] == first[0]
    assert replace(again[2], recipe_json="") == replace(first[2], recipe_json="")  # it took another time
    assert Path(again[1].path).name == "stem_req-0123_v1_2.wav"  # the damaged file may be in use: left alone
    assert Path(first[1].path).read_bytes() == b"damaged"


def test_another_request_with_the_same_first_letters_gets_its_own_files(
    accompanist: Accompanist, make_request: MakeRequest
) -> None:
    (one,) = run(accompanist, make_request())
    (two,) = run(accompanist, make_request(request_id="req-0123-other", seed=99))
    assert Path(two.path).name == "stem_req-0123_v0_2.wav"
    assert recipes.load(Path(one.recipe)).seed == 40
    assert recipes.load(Path(two.recipe)).seed == 99


@pytest.mark.parametrize("loudness", ["match", "raw"])
@pytest.mark.parametrize("format_name", ["wav16", "wav24", "wav32f"])
def test_a_recipe_gives_the_same_bytes_again(
    loudness: str, format_name: str, accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    stems = run(accompanist, make_request(variations=2, loudness=loudness, format=format_name, sample_rate=44_100))
    recipe = recipes.load(Path(stems[1].recipe))
    again = accompanist.replay(recipe, tmp_path / "again", lambda fraction, stage: None)
    assert again.sha256 == recipe.sha256 == stems[1].sha256
    assert Path(again.path).read_bytes() == Path(stems[1].path).read_bytes()
    assert (again.index, again.seed) == (1, 41)


def test_replay_refuses_another_context_or_pack(
    accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    (stem,) = run(accompanist, make_request())
    recipe = recipes.load(Path(stem.recipe))
    context = Path(str(recipe.request.context))
    content = bytearray(context.read_bytes())
    content[1000] ^= 1
    context.write_bytes(content)
    with pytest.raises(BadArguments, match="context is not the one"):
        accompanist.replay(recipe, tmp_path / "again", lambda fraction, stage: None)
    content[1000] ^= 1
    context.write_bytes(content)
    accompanist.player = recipes.Player("other", "2", "0" * 64, "cpu", 1, "none")
    with pytest.raises(BadArguments, match="another one is loaded"):
        accompanist.replay(recipe, tmp_path / "again", lambda fraction, stage: None)


def test_a_recipe_that_is_none_is_refused(accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path) -> None:
    (stem,) = run(accompanist, make_request())
    good = json.loads(Path(stem.recipe).read_text(encoding="utf-8"))
    bad = tmp_path / "bad.json"
    others = [
        {**good, "recipe": 2},
        {**good, "file": "../stem.wav"},
        {**good, "index": 1},
        {**good, "attempt": -1},
        {**good, "attempt": "again"},
        {**good, "request": {**good["request"], "surprise": 1}},
        {**good, "player": {}},
        {key: value for key, value in good.items() if key != "sha256"},
        [],
        "text",
        None,
    ]
    for text in [*map(json.dumps, others), "", "{", "\xff", "[" * 100_000, " " * 200_000]:
        bad.write_text(text, encoding="latin-1")
        with pytest.raises(BadArguments):
            recipes.load(bad)
    with pytest.raises(PathNotAllowed):
        recipes.load(tmp_path)


def test_the_private_copy_is_read_and_the_users_path_is_remembered(
    accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    request = make_request()
    copy = tmp_path / "copy.wav"
    Path(str(request.context)).rename(copy)
    (stem,) = run(accompanist, request, context_file=copy)
    assert recipes.load(Path(stem.recipe)).request.context == request.context


def test_a_copy_made_before_the_bounce_was_finished_is_left_aside(
    accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.wav"
    copy.write_bytes(WavSpec(data_bytes_said=0).to_bytes())
    (stem,) = run(accompanist, make_request(), context_file=copy)
    assert stem.frames == 88_200


def test_matched_stems_sit_under_their_context_and_raw_ones_are_left(
    accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    context = write_context(tmp_path, seconds=4.0, peak=0.9)
    matched, raw = (
        wav_file.read_file(Path(run(accompanist, make_request(context=str(context), loudness=kind))[0].path))
        for kind in ("match", "raw")
    )
    heard = loudness_lufs(wav_file.read_file(context).to_stereo())
    assert loudness_lufs(matched) == pytest.approx(heard - 6.0, abs=0.1)
    assert raw.peak == pytest.approx(0.25, abs=0.001)


@pytest.mark.parametrize("wishes", [{}, {"context": None, "length_frames": 96_000}], ids=["context", "none"])
@pytest.mark.parametrize("format_", ["wav16", "wav24", "wav32f"])
def test_matched_stems_stay_under_minus_1_dbtp(
    wishes: dict[str, Any], format_: str, accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    double.spoil = lambda audio: np.sign(audio) * np.float32(2.5)
    (stem,) = run(accompanist, make_request(format=format_, **wishes))
    stem_file = wav_file.read_file(Path(stem.path))
    assert 20 * np.log10(true_peak(stem_file)) < -1.0
    assert recipes.load(Path(stem.recipe)).gain < 0.36


def test_raw_stems_are_untouched_even_above_full_scale(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    double.spoil = lambda audio: audio * np.float32(10)
    asked = {"context": None, "length_frames": 65_536, "loudness": "raw"}
    floats, integers = (
        wav_file.read_file(Path(run(accompanist, make_request(name=format_, format=format_, **asked))[0].path))
        for format_ in ("wav32f", "wav24")
    )
    tone = np.float32(0.25 * np.sin(2 * np.pi * 240 * np.arange(65_536) / 48_000)) * np.float32(10)
    np.testing.assert_array_equal(floats.samples, np.stack([tone, tone]))
    np.testing.assert_allclose(integers.samples, np.clip(floats.samples, -1, 1), atol=2**-23)


def test_a_mono_stem_holds_both_channels(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    double.spoil = lambda audio: audio * np.float32([[1.0], [0.5]])
    (stem,) = run(accompanist, make_request(channels=1, loudness="raw", context=None, length_frames=48_000))
    mono = wav_file.read_file(Path(stem.path))
    assert (mono.channels, mono.frames) == (1, 48_000)
    assert mono.peak == pytest.approx(0.75 * 0.25, rel=1e-3)


def test_after_a_stop_nothing_more_is_played_and_no_half_stem_is_left(
    accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    told: list[str] = []

    def stop_while_playing(fraction: float, stage: str) -> None:
        told.append(stage.split()[0])
        if told.count("playing") == 2:
            accompanist.stop.stop()

    with pytest.raises(Cancelled):
        accompanist.run(make_request(variations=8), stop_while_playing, lambda stem: None)
    assert told.count("playing") == 2
    assert told[-1] == "playing"
    assert list((tmp_path / "out").iterdir()) == []
    accompanist.stop.clear()
    assert len(run(accompanist, make_request())) == 1


def test_a_stop_ends_the_wait_for_a_bounce(accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path) -> None:
    path = tmp_path / "growing.wav"
    path.write_bytes(WavSpec(data_bytes_said=0).to_bytes())
    threading.Timer(0.3, accompanist.stop.stop).start()
    with pytest.raises(Cancelled):  # a wait that comes to its own end raises FileNotReady
        run(accompanist, make_request(context=str(path)))


BAD_CONTEXTS = [
    (WavSpec(frames=0), TooShort),
    (WavSpec(frames=20_000), TooShort),
    (WavSpec(rate=8_000, channels=1, frames=8_000 * 601), TooLong),
    (WavSpec(), SilentContext),
    (WavSpec(channels=8), FormatNotSupported),
    (WavSpec(bits=8), FormatNotSupported),
]


@pytest.mark.parametrize(("spec", "kind"), BAD_CONTEXTS)
def test_bad_contexts_have_their_codes(
    spec: WavSpec, kind: type[RiffError], accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(spec.to_bytes())
    with pytest.raises(kind):
        run(accompanist, make_request(context=str(path)))


def test_a_drive_that_fails_while_reading_is_not_blamed_on_the_folder_of_the_stems(
    accompanist: Accompanist, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("bridge_server.audio.wav_file.read_region", broken)
    with pytest.raises(FileNotReady, match="Input/output error"):
        run(accompanist, make_request())


def test_an_unfinished_context_is_no_context(
    accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    path = tmp_path / "unfinished.wav"
    path.write_bytes(WavSpec(data_bytes_said=0).to_bytes())
    os.utime(path, (1, 1))  # nobody has written to it for long, so it is refused without the wait of 5 s
    with pytest.raises(FileNotReady):
        run(accompanist, make_request(context=str(path)))


def test_roots_still_hold_in_the_worker(accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path) -> None:
    inside, outside = tmp_path / "exchange", tmp_path / "elsewhere"
    inside.mkdir()
    outside.mkdir()
    link = inside / "context.wav"
    link.symlink_to(write_context(outside))
    with pytest.raises(PathNotAllowed):
        run(accompanist, make_request(context=str(link), roots=(str(inside),)))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (MemoryError(), OutOfMemory),
        (ModelError("Failed to allocate memory for requested buffer of size 123"), OutOfMemory),
        (ModelError("Non-zero status code"), Internal),
        (ContextError("The context contains values that are no numbers."), FormatNotSupported),
    ],
)
def test_what_the_models_raise_becomes_a_code(
    fault: Exception,
    kind: type[RiffError],
    accompanist: Accompanist,
    double: DoubleGenerator,
    make_request: MakeRequest,
) -> None:
    double.fault = fault
    with pytest.raises(kind):
        run(accompanist, make_request())


def test_samples_that_are_no_numbers_never_reach_a_file(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest, tmp_path: Path
) -> None:
    double.spoil = lambda audio: audio * np.float32(np.nan)
    with pytest.raises(Internal):
        run(accompanist, make_request())
    assert list((tmp_path / "out").iterdir()) == []


def test_a_missing_pack_is_said_in_its_own_sentence(accompanist: Accompanist, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="is missing"):
        Accompanist(tmp_path / "nothing", "cpu")


def test_silent_stems_are_not_blown_up(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    double.spoil = lambda audio: audio * np.float32(0)
    (stem,) = run(accompanist, make_request())
    silence = wav_file.read_file(Path(stem.path))
    assert silence.peak == 0.0
    assert [call.attempt for call in double.calls] == list(range(DRAWS))
    assert recipes.load(Path(stem.recipe)).silent
    assert isinstance(silence, Waveform)


def test_a_player_that_rests_is_asked_again_and_the_recipe_says_so(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest, tmp_path: Path
) -> None:
    double.rests = 2
    told: list[tuple[float, str]] = []
    request = make_request(loudness="raw")
    (stem,) = accompanist.run(request, lambda *report: told.append(report), lambda stem: None)
    assert [(call.seed, call.attempt) for call in double.calls] == [(40, 0), (40, 1), (40, 2)]
    assert wav_file.read_file(Path(stem.path)).peak > 0.2
    recipe = recipes.load(Path(stem.recipe))
    assert (recipe.seed, recipe.attempt, recipe.silent) == (40, 2, False)
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert "decoding again (1 of 1)" in {stage for _, stage in told}
    double.calls.clear()
    again = accompanist.replay(recipe, tmp_path / "again", lambda fraction, stage: None)
    assert [call.attempt for call in double.calls] == [2]
    assert again.sha256 == stem.sha256


def test_a_player_that_plays_is_asked_once(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    (stem,) = run(accompanist, make_request())
    assert [call.attempt for call in double.calls] == [0]
    recipe = recipes.load(Path(stem.recipe))
    assert (recipe.attempt, recipe.silent) == (0, False)


def test_a_recipe_from_before_attempts_were_counted_is_the_first_attempt(
    accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    (stem,) = run(accompanist, make_request())
    old = json.loads(Path(stem.recipe).read_text(encoding="utf-8"))
    del old["attempt"], old["silent"]
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    again = accompanist.replay(recipes.load(tmp_path / "old.json"), tmp_path / "again", lambda fraction, stage: None)
    assert again.sha256 == stem.sha256


def test_a_ring_is_cut_to_its_bars_and_the_recipe_says_which(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest, tmp_path: Path
) -> None:
    heard = song([play(0, 21, 120)])
    ring, head = ring_of(heard, 20 * RATE, turned=5_000)
    context, note = tmp_path / "ring.wav", tmp_path / "ring.json"
    soundfile.write(context, ring.T, RATE, subtype="FLOAT")
    note.write_text(json.dumps({"bars": 8, "head": head, "tempo": 120}))
    (stem,) = run(accompanist, make_request(context=str(context), ring=str(note)))
    recipe = recipes.load(Path(stem.recipe))
    assert recipe.cut == CutMark(8, 5, 0.0, 4.0, 120.0, (16_000,) * 5)
    assert (stem.frames, stem.sample_rate) == (5 * 16_000, RATE)
    assert recipe.context is not None
    assert recipe.context.frames == stem.frames
    with pytest.raises(FormatNotSupported, match="4 channels"):
        run(accompanist, make_request(context=str(context), request_id="without-its-note"))
