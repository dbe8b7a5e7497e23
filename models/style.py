"""What a stem shall sound like, as a vector in CLAP space: from words, from a reference, or from something between.

The networks are conditioned on CLAP vectors of sounds. Words become such a vector through the text tower and the
modality-gap bridge ("Improving Musical Accompaniment Co-creation...", section 3.3), which gives another one for
every seed; a reference is heard by the audio tower.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.clap import Clap
from models.errors import ModelError
from models.gap_bridge import FILE, GapBridge
from models.pack import Pack
from models.session import StopSignal

Array = NDArray[np.float32]

CONDITIONING = "clap"
"""What a pack's manifest says whose networks follow CLAP vectors and which holds both towers and the bridge."""

CANDIDATES = 8
"""Sounds that the bridge imagines for a prompt, of which the one nearest to its words is taken.

With 1, 4, 8: the family that was asked for is heard in .81, .89, .92 of the stems (36 songs from 11,650,000, 3 a
family, pack 0.4.2), and the sound is a little nearer to the real stem's (cosine .666, .673, .684). Eight take 21 ms,
one 12."""


class Stylist:
    """The CLAP and the bridge of a pack. Not for several threads at once, apart from `stop`."""

    def __init__(self, pack: Pack, device: str = "auto", threads: int = 0, stop: StopSignal | None = None) -> None:
        """Load the graphs of a verified pack (PackError, DeviceError)."""
        self.clap = Clap(pack.folder, device, threads, stop)
        self.bridge = GapBridge(pack.path(FILE), "cpu", threads, stop)
        self.sessions = self.clap.sessions

    def of_words(self, prompt: str, seed: int) -> Array:
        """A unit vector `[512]` of a sound that the prompt describes; another seed gives another such sound."""
        vector: Array = self.bridge.sample(self.clap.embed_text(prompt), seed=seed, best_of=CANDIDATES)[0]
        return vector

    def of_sound(self, audio: Array) -> Array:
        """The unit vector `[512]` of audio `[2, frame]` at 48 kHz; ContextError for broken values."""
        return self.clap.embed_audio(audio)


def between(first: Array, second: Array, position: float) -> Array:
    """The unit vector at `position` (0..1) on the arc from one unit vector `[512]` to the other; either end is itself.

    Raises ModelError for opposite vectors: there is no way between them.
    """
    if position in (0, 1):
        return second if position else first
    cosine = float(np.clip(first @ second, -1.0, 1.0))
    if cosine < -0.9999:
        raise ModelError("Two styles that are each other's opposite have nothing between them: choose another one.")
    mixed = _arc(first, second, position, float(np.arccos(cosine)))
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)


def _arc(first: Array, second: Array, position: float, angle: float) -> Array:
    """Spherical interpolation (Shoemake 1985); straight where both are almost the same."""
    if angle < 1e-3:
        return (1 - position) * first + position * second
    return np.asarray(np.sin((1 - position) * angle) * first + np.sin(position * angle) * second, np.float32)
