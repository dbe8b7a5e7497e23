"""The ways in which a request can be played, each in a module of its own: straight on, as a loop, in one region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bridge_server.accompany.context import Context
from bridge_server.accompany.init import Init
from bridge_server.accompany.length import Length
from bridge_server.accompany.request import StemRequest
from bridge_server.accompany.style import Style
from bridge_server.audio import Check
from bridge_server.audio.waveform import Samples, Waveform
from models.generator import Generator
from models.guidance import Guidance

Report = Callable[[float, str], None]
Hear = Callable[[Samples], None]


@dataclass(frozen=True)
class Material:
    """What there is to play with and from; `length` is that of the stems."""

    generator: Generator
    request: StemRequest
    context: Context | None
    init: Init | None
    style: Style
    length: Length
    check: Check
    encoding: Callable[[float], None]

    @property
    def guidance(self) -> Guidance:
        """How strongly context and prompt are followed."""
        asked, usual = self.request, self.generator.guidance
        return Guidance(
            usual.context if asked.guidance is None else asked.guidance,
            usual.prompt if asked.prompt_guidance is None else asked.prompt_guidance,
        )

    def encoded(self, done: int, of: int) -> None:
        """Tell how far encoding is."""
        self.encoding(done / of)


class Playing(Protocol):
    """One way, with all that the variations of a request share made ready."""

    keeps_level: bool
    """The stem is finished in level: nothing may be made louder or softer."""

    goes_straight: bool
    """The stem is made from its beginning to its end, so that its first part is there while the rest is made."""

    def play(self, seed: int, attempt: int, report: Report, hear: Hear | None = None) -> Waveform:
        """One stem, at least as long as wished, at any rate; `hear` is given its pieces where it goes straight."""
        ...

    def judged(self, stem: Waveform) -> Samples:
        """The part of a stem that must sound, or it is played once more."""
        ...
