"""How long a stem is and at which rate, and whether the stem to vary fits: known from headers alone.

Runs in the server process when a request is admitted, and again in the worker.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge_server.accompany.request import StemRequest
from bridge_server.audio.regions import check_length, frames_at
from bridge_server.errors import BadArguments

USUAL_RATE_HZ = 48_000
SHORTEST_REDO_S = 0.1
"""A little more than a slot of the models (85 ms), and several times the cross-fades at its edges."""


@dataclass(frozen=True)
class Length:
    """Frames at a rate."""

    frames: int
    rate: int

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self.frames / self.rate


def stem_length(request: StemRequest, context: Length | None, init: Length | None) -> Length:
    """Length of the stems of a request; `context` is the region used, `init` the whole stem to vary.

    Raises TooShort or TooLong, and BadArguments for an init of another length or a region that does not lie in it.
    """
    length = _wished(request, context, init)
    check_length(length.frames, length.rate)
    if init is not None:
        _check_redo(request, init)
        _check_fit(init, context or length, "the context" if context else "length_frames")
    return length


def _wished(request: StemRequest, context: Length | None, init: Length | None) -> Length:
    """As long as the context, or as asked, or as the stem to vary; a region is made anew at the stem's own rate."""
    if init is not None and request.redo_start is not None:
        return init
    source = context or init
    rate = request.sample_rate or (source.rate if source else USUAL_RATE_HZ)
    if request.length_frames is not None:
        return Length(request.length_frames, rate)
    assert source is not None, "a request without context, length and init is refused before"
    return Length(frames_at(source.frames, source.rate, rate), rate)


def _check_redo(request: StemRequest, init: Length) -> None:
    if request.redo_start is None or request.redo_frames is None:
        return
    end = request.redo_start + request.redo_frames
    if end > init.frames:
        raise BadArguments(
            f"The region to make anew ends at frame {end}, and the stem has {init.frames} frames.",
            "redo_start and redo_frames count at the stem's own sample rate.",
        )
    if request.redo_frames < SHORTEST_REDO_S * init.rate:
        raise BadArguments(
            f"The region to make anew is {request.redo_frames / init.rate:.3f} s long; it takes {SHORTEST_REDO_S} s.",
            "Select a longer region.",
        )
    if request.sample_rate not in (None, init.rate):
        raise BadArguments(
            f"The stem has {init.rate} Hz: at {request.sample_rate} Hz nothing of it could stay as it is.",
            "Leave sample_rate away to make a region anew.",
        )


def _check_fit(init: Length, other: Length, name: str) -> None:
    """Equally long but for a frame of rounding at the slower of both rates."""
    slower = min(init.rate, other.rate)
    if abs(frames_at(init.frames, init.rate, slower) - frames_at(other.frames, other.rate, slower)) > 1:
        raise BadArguments(
            f"The stem to vary is {init.seconds:.3f} s long, and {name} {other.seconds:.3f} s.",
            "They must be equally long: send the region that the stem was made for, or leave it away.",
        )
