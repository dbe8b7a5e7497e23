"""Hypothesis strategies made from the table: any message that fits it."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from bridge_server.protocol.messages import KINDS, Generate, Message
from bridge_server.protocol.table import PAIRS, Argument, Value

EXCLUDED = ("length_frames", "ring")
"""Pairs that no request has beside `context`, `context_start` and `context_frames`."""

TEXT = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
ID = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=64)
NAME = st.sampled_from(["bass", "Gitarre süß", "ギター", "take 2", "a.b", "-"])


def value_of(argument: Argument) -> st.SearchStrategy[Value]:
    """Any value the table allows for an argument."""
    if argument.choices:
        return st.sampled_from(argument.choices)
    if argument.kind == "i":
        return st.integers(int(argument.lowest), int(argument.highest))
    if argument.kind == "f":
        low, high = float(argument.lowest), float(argument.highest)
        return st.floats(low, high, width=32, allow_nan=False)
    if argument.form in ("id", "name"):
        return ID if argument.form == "id" else NAME
    # A character has at most 4 bytes; 40 of them fit the shortest free text of 32 bytes only when ASCII.
    short = st.text(TEXT, max_size=max(1, min(argument.longest // 4, 60)))
    return short.filter(bool) if argument.form == "path" else short


def message_of(kind: type[Message]) -> st.SearchStrategy[Message]:
    """Any message of a kind."""
    if kind is Generate:
        together = (pair for pair in PAIRS if pair.name not in EXCLUDED)
        pairs = st.fixed_dictionaries({}, optional={pair.name: value_of(pair) for pair in together})
        return st.builds(lambda i, p: Generate(i, tuple(p.items())), ID, pairs)
    return st.builds(kind, **{a.name: value_of(a) for a in kind.row.arguments})


ANY_MESSAGE: st.SearchStrategy[Message] = st.one_of([message_of(kind) for kind in KINDS])
