"""The error family: complete, each code once, drawn as it is."""

from __future__ import annotations

import pickle

import pytest

from bridge_server import errors

CODES = [
    "bad-arguments",
    "unknown-address",
    "unknown-parameter",
    "unknown-request",
    "version-mismatch",
    "not-authorised",
    "path-not-allowed",
    "file-not-ready",
    "format-not-supported",
    "too-short",
    "too-long",
    "silent-context",
    "queue-full",
    "rate-limited",
    "id-reused",
    "disk-full",
    "folder-not-writable",
    "model-missing",
    "out-of-memory",
    "expired",
    "replaced",
    "cancelled",
    "timed-out",
    "worker-died",
    "internal",
]


def all_below(kind: type[errors.RiffError]) -> list[type[errors.RiffError]]:
    own = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return own + [below for child in own for below in all_below(child)]


def test_the_codes_are_those_of_the_protocol_in_its_order() -> None:
    assert list(errors.ERROR_BY_CODE) == CODES


def test_each_code_has_exactly_one_class() -> None:
    coded = [kind for kind in all_below(errors.RiffError) if kind.code]
    assert sorted(kind.code for kind in coded) == sorted(CODES)


def test_the_drawn_tree_names_every_class() -> None:
    drawn = {word for line in (errors.__doc__ or "").splitlines() for word in line.split()}
    for kind in all_below(errors.RiffError):
        assert kind.__name__ in drawn
        assert not kind.code or kind.code in drawn


@pytest.mark.parametrize("code", CODES)
def test_every_error_has_a_sentence_and_a_hint_and_survives_a_pipe(code: str) -> None:
    error = errors.error_for(code)
    assert error.code == code
    assert error.sentence.endswith(".")
    assert error.hint.endswith(".")
    again = pickle.loads(pickle.dumps(type(error)("What.", "Next.")))
    assert (type(again), again.sentence, again.hint) == (type(error), "What.", "Next.")


def test_a_code_from_a_newer_server_is_kept_in_the_sentence() -> None:
    assert "very-new" in errors.error_for("very-new").sentence
    assert isinstance(errors.error_for("very-new", "Said."), errors.Internal)
