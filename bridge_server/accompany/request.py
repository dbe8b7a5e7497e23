"""What the user wants, complete: made once when a request is admitted, stored with the job, carried to the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from bridge_server.errors import BadArguments

SEEDS = 2**31

NOT_YET = (
    "reference",
    "blend",
    "init",
    "strength",
    "redo_start",
    "redo_frames",
    "loop",
    "guidance",
    "prompt_guidance",
    "grid",
)
"""Parameters of the protocol that the models cannot follow yet; asking for one is refused, never ignored."""


@dataclass(frozen=True)
class StemRequest:
    """One request for stems. Frames and positions count at the rate of the file they belong to.

    - context, context_start, context_frames: the bounced WAV and the region of it; no context = play from nothing.
    - ring: the context is the ring of a DAW device and this the note beside it: whole bars are cut (`audio.ring`).
    - length_frames: length without a context, at `sample_rate`.
    - out_dir, name, request_id: where the stems go and how they are called.
    - prompt: what shall play, in words; empty: the model chooses.
    - seed: of variation 0; variation k uses seed + k.
    - channels, stream: 1 = mono; 1 = parts of a long stem are told while the rest is made.
    - steps, sample_rate: None = the pack's, the context's.
    - roots: folders in which the context must lie; None = anywhere (the client showed the token).
    """

    request_id: str
    out_dir: str
    seed: int
    context: str | None = None
    context_start: int = 0
    context_frames: int | None = None
    ring: str | None = None
    length_frames: int | None = None
    name: str = "stem"
    prompt: str = ""
    tempo: float | None = None
    beats_per_bar: int = 4
    beat_unit: int = 4
    variations: int = 1
    steps: int | None = None
    sample_rate: int | None = None
    format: str = "wav24"
    loudness: str = "match"
    channels: int = 2
    stream: int = 0
    roots: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _check(self)

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
    if request.context is None and request.length_frames is None:
        raise BadArguments(
            "Neither a context nor a length was given.", "Send context (a WAV), or length_frames to play from nothing."
        )
    if request.context is not None and request.length_frames is not None:
        raise BadArguments(
            "A context and length_frames were both given.",
            "A stem is as long as its context: leave length_frames away.",
        )
    if request.ring is not None and (request.context is None or request.context_frames or request.context_start):
        raise BadArguments(
            "A ring was sent without its audio, or with a region.", "Send context, and say in the note how many bars."
        )
