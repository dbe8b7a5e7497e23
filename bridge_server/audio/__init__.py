"""Audio files and audio in memory. Long work calls a `Check` between its pieces, so that it can be ended."""

from __future__ import annotations

from collections.abc import Callable

Check = Callable[[], None]
"""Raises to end the work that called it."""


def go_on() -> None:
    """The check that never ends anything."""
