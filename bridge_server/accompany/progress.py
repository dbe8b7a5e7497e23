"""One fraction from 0 to 1 over all stages of a request, which never falls."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[float, str], None]

# Shares of the time of a request with one variation on two cores; measured roughly, shown to people only.
READ, ENCODE = 0.02, 0.08
PLAY_OF_STEM = 0.97
"""Part of a stem's time before it is written."""


class Progress:
    """Turns stages into fractions; what would fall is held."""

    def __init__(self, report: OnProgress, count: int) -> None:
        self._report, self._count = report, count
        self._reached = 0.0

    def reading(self) -> None:
        """The context is being read."""
        self._say(0.0, "reading context")

    def encoding(self, fraction: float) -> None:
        """The context is being encoded."""
        self._say(READ + (ENCODE - READ) * fraction, "encoding context")

    def playing(self, index: int, fraction: float, stage: str) -> None:
        """The models play stem `index`; `fraction` of that stem, `stage` is playing or decoding."""
        self._say(self._of_stem(index, PLAY_OF_STEM * fraction), f"{stage} ({index + 1} of {self._count})")

    def writing(self, index: int) -> None:
        """Stem `index` is being written."""
        self._say(self._of_stem(index, PLAY_OF_STEM), f"writing ({index + 1} of {self._count})")

    def finish(self) -> None:
        """All stems are on disk."""
        self._say(1.0, "done")

    def _of_stem(self, index: int, fraction: float) -> float:
        return ENCODE + (1.0 - ENCODE) * (index + fraction) / self._count

    def _say(self, fraction: float, stage: str) -> None:
        self._reached = min(max(self._reached, fraction), 1.0)
        self._report(self._reached, stage)
