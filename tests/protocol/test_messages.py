"""The table against the messages, and every value against its range."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge_server.errors import BadArguments, UnknownAddress, UnknownParameter
from bridge_server.protocol import messages as m
from bridge_server.protocol.check import check, clip, nearest
from bridge_server.protocol.table import MESSAGES, PAIR_BY_NAME, PAIRS, Argument
from bridge_server.settings import Limits
from tests.protocol.strategies import ANY_MESSAGE, EXCLUDED, message_of

NUMBERS = [p for p in PAIRS if p.kind != "s" and not p.choices]
CHOICES = [p for p in PAIRS if p.choices]


def one(name: str, value: object) -> m.Generate:
    return m.Generate("r", ((name, value),))  # type: ignore[arg-type]


def test_every_row_has_one_message_with_its_fields_in_order() -> None:
    assert [kind.row for kind in m.KINDS] == list(MESSAGES)
    for kind in m.KINDS:
        fields = [field.name for field in dataclasses.fields(kind) if field.name != "pairs"]
        assert fields == [argument.name for argument in kind.row.arguments]


def test_acked_rows_are_those_marked_in_the_protocol() -> None:
    marked = {"/riff/part", "/riff/stem", "/riff/done", "/riff/failed", "/riff/cancelled"}
    assert {row.address for row in MESSAGES if row.acked} == marked
    for row in MESSAGES:
        assert not row.acked or "sequence" in [argument.name for argument in row.arguments]


def test_a_request_with_every_pair_that_goes_together_fits_the_argument_limit() -> None:
    """A length or a ring takes the place of a region of the context."""
    assert {"length_frames", "ring", "context", "context_start"} <= {pair.name for pair in PAIRS}
    assert 1 + 2 * (len(PAIRS) - len(EXCLUDED)) <= Limits().packet.arguments


@pytest.mark.parametrize("pair", NUMBERS, ids=lambda pair: pair.name)
def test_ranges_hold_at_both_ends(pair: Argument) -> None:
    for inside in (pair.lowest, pair.highest):
        assert one(pair.name, inside).value(pair.name) == inside
    for outside in (pair.lowest - 1, pair.highest + 1, math.nan, math.inf, -math.inf, 10**30):
        with pytest.raises(BadArguments, match=pair.name):
            one(pair.name, outside)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_value_of_the_wrong_kind_is_refused_by_name(pair: Argument) -> None:
    for wrong in ([None, b"x", [1]], ["1", b"x", None])[pair.kind != "s"]:
        with pytest.raises(BadArguments, match=pair.name):
            one(pair.name, wrong)
    with pytest.raises(BadArguments, match=pair.name):
        one(pair.name, 1 if pair.kind == "s" else "one")


@pytest.mark.parametrize("pair", CHOICES, ids=lambda pair: pair.name)
def test_choices_are_listed_when_another_is_given(pair: Argument) -> None:
    for choice in pair.choices:
        assert one(pair.name, choice).value(pair.name) == choice
    with pytest.raises(BadArguments, match=str(pair.choices[-1])):
        one(pair.name, "wav64" if pair.kind == "s" else 3)


def test_whole_floats_and_truths_count_as_integers() -> None:
    assert one("variations", 3.0).value("variations") == 3
    assert one("loop", True).given == {"loop": 1}
    with pytest.raises(BadArguments, match="whole"):
        one("variations", 2.5)


@pytest.mark.parametrize("text", ["", "a b", "ü", "x" * 65, "a/b", "a.b", "\n"])
def test_request_ids_of_other_characters_or_lengths_are_refused(text: str) -> None:
    with pytest.raises(BadArguments, match="request_id"):
        m.Query(text)


@pytest.mark.parametrize(
    "name", ["", "../x", "a\\b", "a:b", ".hidden", "end.", " x", "x ", "a\nb", "CON", "nul.wav", "x" * 65]
)
def test_stem_names_that_are_no_file_names_are_refused(name: str) -> None:
    with pytest.raises(BadArguments, match="name"):
        one("name", name)


def test_an_unknown_pair_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownParameter, match="variatons") as caught:
        one("variatons", 2)
    assert "variations" in caught.value.hint
    with pytest.raises(UnknownParameter, match="zzzz"):
        one("zzzz", 2)


@given(st.text(max_size=9000))
def test_the_nearest_name_is_found_quickly_for_any_text(word: str) -> None:
    assert nearest(word, PAIR_BY_NAME) in {"", *PAIR_BY_NAME}


def test_an_unknown_address_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownAddress) as caught:
        m.parse("/riff/cancle", ["x"])
    assert "/riff/cancel" in caught.value.hint


@pytest.mark.parametrize("kind", [k for k in m.KINDS if k is not m.Generate], ids=lambda k: k.__name__)
def test_a_wrong_number_of_arguments_is_refused(kind: type[m.Message]) -> None:
    with pytest.raises(BadArguments, match=kind.row.address):
        m.parse(kind.row.address, [1] * (len(kind.row.arguments) + 1))


@pytest.mark.parametrize(
    "values", [[], [3], ["r", "seed"], ["r", 3, 4], ["r", "seed", 1, "seed", 1], ["bad id", "seed", 1]]
)
def test_malformed_generates_are_refused(values: list[object]) -> None:
    with pytest.raises(BadArguments):
        m.parse("/riff/generate", values)


@given(message_of(m.Generate), st.randoms())
def test_the_fingerprint_is_of_the_meaning(request: m.Generate, random: object) -> None:
    shuffled = list(request.pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    defaults = [(p.name, p.default) for p in PAIRS if p.default is not None]
    missing = [(n, v) for n, v in defaults if n not in dict(request.pairs)]
    same = m.Generate("other-id", (*shuffled, *missing))
    assert same.fingerprint() == request.fingerprint()
    assert same.given == request.given


@given(message_of(m.Generate), st.integers(0, 2**31 - 1))
def test_another_seed_is_another_fingerprint(request: m.Generate, seed: int) -> None:
    other = m.Generate(request.request_id, tuple({**dict(request.pairs), "seed": seed}.items()))
    same_seed = dict(request.pairs).get("seed") == seed
    assert (other.fingerprint() == request.fingerprint()) == same_seed


def test_floats_are_one_request_whether_sent_as_32_or_64_bits() -> None:
    assert one("tempo", 123.4).fingerprint() == one("tempo", 123.40000152587890625).fingerprint()


@given(ANY_MESSAGE, st.integers(0, 2**31 - 1))
def test_numbering_changes_the_sequence_alone(message: m.Message, sequence: int) -> None:
    after = m.numbered(message, sequence)
    assert getattr(after, "sequence", sequence) == sequence or not message.row.acked
    assert m.numbered(after, getattr(message, "sequence", 0)) == message


@given(st.text(), st.integers(3, 50))
def test_clipped_text_fits_and_is_a_beginning(text: str, longest: int) -> None:
    clipped = clip(text, longest)
    assert len(clipped.encode()) <= longest
    assert "\0" not in clipped


def test_long_sentences_are_cut_not_refused() -> None:
    refused = m.Refused("r", "internal", "ü" * 5000, "")
    assert len(refused.message.encode()) <= 1000
    assert refused.message.endswith("…")


def test_text_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(BadArguments, match="UTF-8"):
        check(PAIR_BY_NAME["prompt"], "\ud800")
