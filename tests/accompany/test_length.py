"""How long a stem becomes, and whether the stem to vary fits, from headers alone."""

from __future__ import annotations

import pytest

from bridge_server.accompany.admission import Admission
from bridge_server.accompany.length import Length, stem_length
from bridge_server.accompany.request import StemRequest
from bridge_server.errors import BadArguments, TooLong, TooShort
from tests.accompany.conftest import write_context


def request(**changes: object) -> StemRequest:
    return StemRequest(**{"request_id": "id", "out_dir": "/out", "seed": 0, "init": "/i.wav", **changes})  # type: ignore[arg-type]


def test_length_and_rate_come_from_the_context_then_from_what_was_asked_then_from_init() -> None:
    context, init = Length(44_100, 44_100), Length(48_000, 48_000)
    assert stem_length(request(context="/c.wav"), context, init) == context
    assert stem_length(request(context="/c.wav", sample_rate=96_000), context, init) == Length(96_000, 96_000)
    assert stem_length(request(), None, init) == init
    assert stem_length(request(length_frames=44_100, sample_rate=44_100), None, init) == context
    assert stem_length(request(init=None, length_frames=48_000), None, None) == init


def test_a_region_is_made_anew_at_the_rate_of_the_stem() -> None:
    wish = request(context="/c.wav", redo_start=0, redo_frames=20_000)
    assert stem_length(wish, Length(44_100, 44_100), Length(48_000, 48_000)) == Length(48_000, 48_000)


@pytest.mark.parametrize(
    ("init", "fits"), [(88_200, True), (88_201, True), (88_199, True), (88_210, False), (44_100, False)]
)
def test_a_frame_of_rounding_at_the_slower_rate_still_fits(init: int, fits: bool) -> None:
    lengths = (Length(96_000, 48_000), Length(init, 44_100))
    if fits:
        stem_length(request(context="/c.wav"), *lengths)
    else:
        with pytest.raises(BadArguments, match="equally long"):
            stem_length(request(context="/c.wav"), *lengths)


def test_limits_hold_for_stems_to_vary() -> None:
    with pytest.raises(TooShort):
        stem_length(request(), None, Length(10_000, 48_000))
    with pytest.raises(TooLong):
        stem_length(request(), None, Length(601 * 48_000, 48_000))


@pytest.mark.parametrize(("pairs", "wished"), [({}, "wav24"), ({"format": "wav16"}, "wav16")])
def test_a_region_keeps_the_bits_of_its_stem_unless_told_otherwise(
    pairs: dict[str, object], wished: str, tmp_path: object
) -> None:
    stem = str(write_context(tmp_path))  # type: ignore[arg-type]
    held, seconds = Admission(tmp_path)("id", {"init": stem, "redo_start": 0, "redo_frames": 9_000, **pairs}, None, 0)  # type: ignore[arg-type]
    assert (held["format"], seconds) == (wished, 2.0)


def test_strength_is_half_for_a_variation_and_all_for_a_region() -> None:
    assert request().how_far == 0.5
    assert request(redo_start=0, redo_frames=9_000).how_far == 1.0
    assert request(redo_start=0, redo_frames=9_000, strength=0.2).how_far == 0.2
