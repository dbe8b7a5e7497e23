"""What the user wants, complete: made once when a request is admitted, stored with the job, carried to the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bridge_server.errors import BadArguments

SEEDS = 2**31

USUAL_STRENGTH = 0.5
USUAL_MIXTURE = 0.5

NOT_YET = ("grid",)
"""Parameters of the protocol that the models cannot follow yet; asking for one is refused, never ignored."""


@dataclass(frozen=True)
class StemRequest:
    """One request for stems. Frames and positions count at the rate of the file they belong to.

    - context, context_start, context_frames: the bounced WAV and the region of it; no context = play from nothing.
    - ring: the context is the ring of a DAW device and this the note beside it: whole bars are cut (`audio.ring`).
    - length_frames: length without a context, at `sample_rate`.
    - out_dir, name, request_id: where the stems go and how they are called.
    - prompt: what shall play, in words; empty: the model chooses, or follows the reference.
    - prompt_to, prompt_position: another prompt, and how far towards it; None = 0.5.
    - reference, blend: audio that sounds as the stem shall, and how much of it beside the words; None = 0.5.
    - seed: of variation 0; variation k uses seed + k.
    - channels, stream: 1 = mono; 1 = parts of a long stem are told while the rest is made.
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
    ring: str | None = None
    length_frames: int | None = None
    name: str = "stem"
    prompt: str = ""
    prompt_to: str = ""
    prompt_position: float | None = None
    reference: str | None = None
    blend: float | None = None
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
    channels: int = 2
    stream: int = 0
    roots: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _check(self)

    @property
    def root_paths(self) -> list[Path] | None:
        """The folders in which files may be read; None = anywhere."""
        return None if self.roots is None else [Path(root) for root in self.roots]

    @property
    def has_style(self) -> bool:
        """Something says what the stem shall sound like."""
        return bool(self.prompt.strip()) or self.reference is not None

    @property
    def how_much_reference(self) -> float:
        """0: as the words say, 1: as the reference sounds."""
        return USUAL_MIXTURE if self.blend is None else self.blend

    @property
    def how_much_second(self) -> float:
        """0: as `prompt` says, 1: as `prompt_to` says."""
        return USUAL_MIXTURE if self.prompt_position is None else self.prompt_position

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
    if request.ring is not None and (request.context is None or request.context_frames or request.context_start):
        raise BadArguments(
            "A ring was sent without its audio, or with a region.", "Send context, and say in the note how many bars."
        )
    _check_style(request)
    _check_init(request)
    _check_guidance(request)


def _check_style(request: StemRequest) -> None:
    """A mixture takes two."""
    if request.blend is not None and (request.reference is None or not request.prompt.strip()):
        raise BadArguments(
            "blend was given without both a prompt and a reference.", "Give both to blend between, or leave it away."
        )
    if request.prompt_to.strip() and not request.prompt.strip():
        raise BadArguments("prompt_to was given without prompt.", "Say in prompt where the way begins.")
    if request.prompt_position is not None and not request.prompt_to.strip():
        raise BadArguments("prompt_position was given without prompt_to.", "Say in prompt_to where the way leads.")


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
    if request.prompt_guidance not in (None, 1.0) and not request.has_style:
        raise BadArguments("prompt_guidance was given without a prompt or reference.", "Send one, or leave it away.")
