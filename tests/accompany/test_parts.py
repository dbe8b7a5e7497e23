"""Parts of a stem that is still being made: gapless, early, the stem itself untouched by them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bridge_server.accompany import parts as parts_module
from bridge_server.accompany.parts import LEAST_LEFT_S, SHORTEST_STEM_S, PartResult
from bridge_server.accompany.pipeline import Accompanist
from bridge_server.accompany.request import StemRequest
from bridge_server.accompany.variations import StemResult
from bridge_server.audio import wav_file
from bridge_server.audio.true_peak import true_peak
from bridge_server.errors import Cancelled, Internal
from tests.accompany.conftest import MakeRequest, write_context
from tests.accompany.double_generator import DoubleGenerator

LONG = {"context": None, "length_frames": 30 * 48_000, "stream": 1}


def told(accompanist: Accompanist, request: StemRequest) -> tuple[list[PartResult], list[StemResult]]:
    """What is told of the parts, and of the stems."""
    parts: list[PartResult] = []
    stems = accompanist.run(request, lambda fraction, stage: None, lambda stem: None, on_part=parts.append)
    return parts, stems


def joined(parts: list[PartResult]) -> np.ndarray:
    """The parts' samples one after the other."""
    return np.concatenate([wav_file.read_file(Path(part.path)).samples for part in parts], axis=1)


def samples_of(stem: StemResult) -> np.ndarray:
    return wav_file.read_file(Path(stem.path)).samples


@pytest.mark.parametrize("channels", [1, 2])
def test_parts_follow_each_other_without_a_gap_and_raw_ones_are_the_stem(
    channels: int, accompanist: Accompanist, make_request: MakeRequest
) -> None:
    parts, (stem,) = told(accompanist, make_request(loudness="raw", channels=channels, format="wav32f", **LONG))
    assert [part.part for part in parts] == list(range(len(parts)))
    assert [part.start for part in parts] == [sum(p.frames for p in parts[:k]) for k in range(len(parts))]
    assert sum(part.frames for part in parts) == stem.frames
    assert {(part.index, part.stem_frames, part.sample_rate) for part in parts} == {(0, stem.frames, 48_000)}
    np.testing.assert_array_equal(joined(parts), samples_of(stem))


def test_the_first_part_is_short_and_each_next_one_at_most_twice_as_long(
    accompanist: Accompanist, make_request: MakeRequest
) -> None:
    parts, _ = told(accompanist, make_request(**{**LONG, "length_frames": 90 * 48_000}))
    lengths_s = [part.frames / 48_000 for part in parts]
    assert 2.0 < lengths_s[0] < 4.0
    for before, after in pairwise(lengths_s):
        assert after <= 2.3 * before
    assert max(lengths_s) < parts_module.LONGEST_S + 2 * LEAST_LEFT_S
    assert lengths_s[-1] >= LEAST_LEFT_S


@pytest.mark.parametrize("wishes", [{"loudness": "raw", "format": "wav16"}, {"sample_rate": 44_100}, {}])
def test_the_stem_has_the_same_bytes_as_without_parts(
    wishes: dict[str, object], accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    asked = {**LONG, **wishes} | {"length_frames": 10 * 48_000}
    parts, (with_parts,) = told(accompanist, make_request(**asked))
    none, (without,) = told(accompanist, make_request(**{**asked, "stream": 0, "out_dir": str(tmp_path / "plain")}))
    assert len(parts) >= 2
    assert none == []
    assert with_parts.sha256 == without.sha256


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_parts_at_another_rate_have_no_seams(rate: int, accompanist: Accompanist, make_request: MakeRequest) -> None:
    asked = {**LONG, "length_frames": 20 * rate, "sample_rate": rate}
    parts, (stem,) = told(accompanist, make_request(loudness="raw", format="wav32f", **asked))
    assert len(parts) >= 3
    assert sum(part.frames for part in parts) == stem.frames
    np.testing.assert_allclose(joined(parts), samples_of(stem), atol=1e-6)


def test_a_part_is_told_while_most_of_the_stem_is_still_to_be_made(
    accompanist: Accompanist, make_request: MakeRequest
) -> None:
    order: list[float | PartResult] = []
    request = make_request(**LONG)
    accompanist.run(request, lambda fraction, _: order.append(fraction), lambda _: None, on_part=order.append)
    before = order[: next(at for at, each in enumerate(order) if isinstance(each, PartResult))]
    assert max(before) < 0.4  # type: ignore[type-var]


def test_short_stems_and_requests_without_stream_have_no_parts(
    accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    short = round(SHORTEST_STEM_S * 48_000) - 1
    assert told(accompanist, make_request(**{**LONG, "length_frames": short}))[0] == []
    assert told(accompanist, make_request(**{**LONG, "stream": 0, "name": "other"}))[0] == []
    assert not list((tmp_path / "out").glob("*_parts"))


def test_no_part_of_a_try_that_rests_is_told(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    double.rests = 1
    parts, (stem,) = told(accompanist, make_request(loudness="raw", format="wav32f", **LONG))
    assert len(double.calls) == 2
    np.testing.assert_array_equal(joined(parts), samples_of(stem))


def test_a_player_that_enters_late_has_a_longer_first_part(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    def late(audio: np.ndarray) -> np.ndarray:
        return audio * np.float32(np.arange(audio.shape[1]) > 8 * 48_000)

    double.spoil = late
    parts, _ = told(accompanist, make_request(**LONG))
    assert parts[0].start == 0
    assert parts[0].frames > 8 * 48_000


def swelling(audio: np.ndarray, to: float) -> np.ndarray:
    """From a tenth of what it is to so many times what it is."""
    return audio * np.linspace(0.1, to, audio.shape[1], dtype=np.float32)


def test_parts_of_one_stem_share_the_level_of_the_first(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest, tmp_path: Path
) -> None:
    double.spoil = lambda audio: swelling(audio, 0.4)
    context = str(write_context(tmp_path, seconds=20.0, rate=48_000, peak=0.2))
    parts, (stem,) = told(accompanist, make_request(context=context, format="wav32f", stream=1))
    audio, whole = joined(parts), samples_of(stem)
    gains = [np.vdot(audio[:, at : at + 48_000], whole[:, at : at + 48_000]) for at in range(0, 900_000, 90_000)]
    powers = [np.vdot(whole[:, at : at + 48_000], whole[:, at : at + 48_000]) for at in range(0, 900_000, 90_000)]
    ratios = np.divide(gains, powers)
    assert np.ptp(ratios) < 1e-4 * ratios.mean()
    assert ratios.mean() > 1.2, "the first part alone is quieter than the whole, so its gain is higher"


def test_no_part_exceeds_minus_1_dbtp(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest
) -> None:
    double.spoil = lambda audio: swelling(audio, 12.0)
    parts, _ = told(accompanist, make_request(format="wav32f", **LONG))
    assert max(true_peak(wav_file.read_file(Path(part.path))) for part in parts) < 10 ** (-1 / 20)


def test_every_variation_has_its_own_parts(accompanist: Accompanist, make_request: MakeRequest) -> None:
    parts, stems = told(accompanist, make_request(variations=2, loudness="raw", format="wav32f", **LONG))
    for stem in stems:
        own = [part for part in parts if part.index == stem.index]
        np.testing.assert_array_equal(joined(own), samples_of(stem))


def test_a_job_done_again_tells_the_same_files_with_the_same_bytes(
    accompanist: Accompanist, make_request: MakeRequest
) -> None:
    request = make_request(**LONG)
    first, (stem,) = told(accompanist, request)
    Path(stem.recipe).unlink()  # as if it had died before the stem was there
    written_ns = [Path(part.path).stat().st_mtime_ns for part in first]
    again, _ = told(accompanist, request)
    assert again == first
    assert [Path(part.path).stat().st_mtime_ns for part in first] == written_ns


def test_a_stop_leaves_whole_parts_and_nothing_else(
    accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest, tmp_path: Path
) -> None:
    double.step_s = 0.005
    parts: list[PartResult] = []

    def stop_soon(part: PartResult) -> None:
        parts.append(part)
        threading.Timer(0.01, accompanist.stop.stop).start()

    with pytest.raises(Cancelled):
        accompanist.run(make_request(**LONG), lambda fraction, stage: None, lambda stem: None, on_part=stop_soon)
    assert len(parts) == 1
    assert wav_file.read_file(Path(parts[0].path)).frames == parts[0].frames
    left = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*"))
    assert left == [Path("stem_req-0123_v0_parts"), Path("stem_req-0123_v0_parts/stem_req-0123_v0_part0.wav")]


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_no_numbers_never_reach_a_part(
    bad: float, accompanist: Accompanist, double: DoubleGenerator, make_request: MakeRequest, tmp_path: Path
) -> None:
    spoilt: Callable[[np.ndarray], np.ndarray] = lambda audio: audio * np.float32(bad)  # noqa: E731
    double.spoil = spoilt
    with pytest.raises(Internal):
        told(accompanist, make_request(**LONG))
    assert list((tmp_path / "out").rglob("*")) == []


def test_replay_makes_the_stem_of_a_streamed_request_without_its_parts(
    accompanist: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    from bridge_server.accompany import recipe as recipes

    _, (stem,) = told(accompanist, make_request(**LONG))
    again = accompanist.replay(recipes.load(Path(stem.recipe)), tmp_path / "again", lambda fraction, stage: None)
    assert again.sha256 == stem.sha256
    assert len(list((tmp_path / "again").rglob("*"))) == 2
