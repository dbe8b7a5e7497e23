"""What the user wants, complete: made once when a request is admitted, stored with the job, carried to the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from bridge_server.errors import BadArguments
from models.families import FAMILIES, family_of

SEEDS = 2**31

USUAL_STRENGTH = 0.5

NOT_YET = (
    "reference",
    "blend",
    "grid",
)
"""Parameters of the protocol that the models cannot follow yet; asking for one is refused, never ignored."""


@dataclass(frozen=True)
class StemRequest:
    """One request for stems. Frames and positions count at the rate of the file they belong to.

    - context, context_start, context_frames: the bounced WAV and the region of it; no context = play from nothing.
    - length_frames: length without a context, at `sample_rate`.
    - out_dir, name, request_id: where the stems go and how they are called.
    - prompt: names one of the instrument families, or is empty.
    - seed: of variation 0; variation k uses seed + k.
    - steps, guidance, prompt_guidance: None = the pack's. sample_rate: None = the context's, or that of `init`.
    - init, strength: a stem to vary, and how far; None = 0.5, or all the way where a region is made anew.
    - redo_start, redo_frames: the region of `init` to make anew. loop: 1 = the end goes on into the start.
    - roots: folders in which the context must lie; None = anywhere (the client showed the token).
    """

    request_id: str
    out_dir: str
    seed: int
    context: str | None = None
    context_start: int = 0
    context_frames: int | None = None
    length_frames: int | None = None
    name: str = "stem"
    prompt: str = ""
    tempo: float | None = None
    beats_per_bar: int = 4
    beat_unit: int = 4
    variations: int = 1
    steps: int | None = None
    guidance: float | None = None
    prompt_guidance: float | None = None
    init: str | None = None
    strength: float | None = None
    redo_start: int | None = None
    redo_frames: int | None = None
    loop: int = 0
    sample_rate: int | None = None
    format: str = "wav24"
    loudness: str = "match"
    roots: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _check(self)

    @property
    def family(self) -> str | None:
        """The instrument family that the prompt names; None for an empty prompt (the model's choice)."""
        return family_of(self.prompt) if self.prompt.strip() else None

    @property
    def how_far(self) -> float:
        """How far the new stem may leave `init`: 0 keeps it, 1 ignores it."""
        if self.strength is not None:
            return self.strength
        return USUAL_STRENGTH if self.redo_start is None else 1.0

    @classmethod
    def from_pairs(cls, request_id: str, pairs: Mapping[str, Any], seed: int) -> StemRequest:
        """From the name/value pairs of `generate` (already checked against the table) with `out_dir` filled in.

        Raises BadArguments for what contradicts itself, names no instrument, or cannot be done yet.
        """
        for name in NOT_YET:
            if name in pairs:
                raise BadArguments(
                    f"This server cannot follow {name!r} yet.", "Leave it away, or update riffbridge and its pack."
                )
        known = {field.name for field in fields(cls)} - {"request_id", "roots"}
        return cls(request_id, **{"seed": seed} | {name: pairs[name] for name in known & pairs.keys()})

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> StemRequest:
        """The opposite of `to_dict`; raises BadArguments for anything else (a recipe edited by hand)."""
        try:
            roots = held.get("roots")
            return cls(**{**held, "roots": None if roots is None else tuple(roots)})
        except TypeError as error:
            raise BadArguments("This is not a request that riffbridge wrote.", "Take an unchanged recipe.") from error


def _check(request: StemRequest) -> None:
    """Contradictions that no single argument shows."""
    if request.context is None and request.length_frames is None and request.init is None:
        raise BadArguments(
            "Neither a context nor a length was given.", "Send context (a WAV), or length_frames to play from nothing."
        )
    if request.context is not None and request.length_frames is not None:
        raise BadArguments(
            "A context and length_frames were both given.",
            "A stem is as long as its context: leave length_frames away.",
        )
    if request.prompt.strip() and request.family is None:
        raise BadArguments(
            f"The prompt {request.prompt[:60]!r} names no instrument this server plays.",
            f"Name one of: {', '.join(FAMILIES)}.",
        )
    _check_init(request)
    _check_guidance(request)


def _check_init(request: StemRequest) -> None:
    """What needs a stem to vary, and what needs each other."""
    if request.init is None:
        for name in ("strength", "redo_start", "redo_frames"):
            if getattr(request, name) is not None:
                raise BadArguments(f"{name} was given without init.", "Name the stem in init, or leave it away.")
    if (request.redo_start is None) != (request.redo_frames is None):
        raise BadArguments(
            "Only one of redo_start and redo_frames was given.", "Give both: where the region starts, and its length."
        )


def _check_guidance(request: StemRequest) -> None:
    """A wish to follow what is not there; 1 (as trained) wishes for nothing."""
    if request.guidance not in (None, 1.0) and request.context is None:
        raise BadArguments("guidance was given without a context to follow.", "Send a context, or leave it away.")
    if request.prompt_guidance not in (None, 1.0) and not request.prompt.strip():
        raise BadArguments("prompt_guidance was given without a prompt to follow.", "Send a prompt, or leave it away.")
