"""Everything that a table hears in one stem, as small arrays: audio is not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.evaluate.accompaniment_adherence import mix_at_equal_level
from models.evaluate.codec_metrics import Audio
from models.evaluate.family_classifier import hear_family
from models.evaluate.musical import StemFeatures, hear_stem

Array = NDArray[np.float32]


class AudioEncoder(Protocol):
    """Audio `[channel, frame]` -> unit vector `[512]`; `models.clap.Clap` is one."""

    def embed_audio(self, audio: Array) -> Array: ...


@dataclass(frozen=True)
class Heard:
    """Of one stem, or stacked along a first axis of many.

    clap, mix `[512]`: the stem alone, and with its context at equal level; family `[12]`: log probabilities of the
    family classifier; onsets `[step]`, chroma `[12, column]`: see `musical.py`.
    """

    clap: Array
    mix: Array
    family: Array
    onsets: Array
    chroma: Array

    def arrays(self, prefix: str) -> dict[str, Array]:
        """For an .npz, with half the digits."""
        return {f"{prefix}|{f.name}": np.asarray(getattr(self, f.name), np.float16) for f in fields(self)}

    def features(self, item: int) -> StemFeatures:
        """What the musical measures look at, of one of many."""
        return StemFeatures(self.onsets[item], self.chroma[item])


def listen(clap: AudioEncoder, stem: Audio, context: Audio) -> Heard:
    """Hears a stem `[2, frame]` and its mix with a context of the same length."""
    notes = hear_stem(stem)
    return Heard(
        clap=clap.embed_audio(np.asarray(stem, np.float32)),
        mix=clap.embed_audio(mix_at_equal_level(context, stem)),
        family=hear_family(stem),
        onsets=np.asarray(notes.onsets, np.float32),
        chroma=np.asarray(notes.chroma / max(float(notes.chroma.max()), 1e-9), np.float32),
    )


def stacked(stored: Sequence[dict[str, Array]], prefix: str) -> Heard:
    """Heard of many items from what `arrays` gave, `[item, ...]`."""
    return Heard(**{f.name: np.stack([one[f"{prefix}|{f.name}"] for one in stored]).astype(np.float32)
                    for f in fields(Heard)})  # fmt: skip
