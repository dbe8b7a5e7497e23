"""`riffbridge evaluate`: is a pack any good? The work is in `models.evaluate.table`, in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence

from bridge_server.commands.training import become, require

NEEDED = ("scipy", "matplotlib")


def evaluate(words: Sequence[str]) -> int:
    """Measure with the options of `models.evaluate.table`; RiffError when something of the extras is missing."""
    require("Evaluation", NEEDED, "train,picture")
    return become("models.evaluate.table", words)
