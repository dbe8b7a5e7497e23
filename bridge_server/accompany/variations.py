"""The variations of one request: which seed each uses, what its file is called, and what became of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bridge_server.accompany.request import SEEDS, StemRequest
from bridge_server.audio.new_files import safe_name


@dataclass(frozen=True)
class Variation:
    """One stem to be made: `index` from 0, its seed, its file name without ending."""

    index: int
    count: int
    seed: int
    name: str


@dataclass(frozen=True)
class StemResult:
    """One finished stem, as the client hears of it; `recipe` is the recipe's path, `recipe_json` its text."""

    index: int
    count: int
    path: str
    frames: int
    sample_rate: int
    seed: int
    sha256: str
    recipe: str
    recipe_json: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def plan(request: StemRequest) -> tuple[Variation, ...]:
    """All variations of a request. Seeds go round at 2^31, so that they stay an OSC `i`."""
    name = f"{safe_name(request.name)}_{request.request_id[:8]}"
    return tuple(
        Variation(index, request.variations, (request.seed + index) % SEEDS, f"{name}_v{index}")
        for index in range(request.variations)
    )
