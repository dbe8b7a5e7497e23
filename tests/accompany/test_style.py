"""Words and references become one style; half of a mixture alone is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridge_server.accompany.request import StemRequest
from bridge_server.accompany.style import Style
from bridge_server.audio.waveform import Waveform
from bridge_server.errors import BadArguments

SOUND = Waveform(np.ones((2, 480), np.float32), 48_000)
HEARD = np.eye(512, dtype=np.float32)[500]


class DoubleStylist:
    """A prompt's vector is the axis of its length, turned a little by the seed; every sound is HEARD."""

    def of_words(self, prompt: str, seed: int) -> np.ndarray:
        vector = np.eye(512, dtype=np.float32)[len(prompt)] + 0.1 * np.eye(512, dtype=np.float32)[100 + seed]
        return vector / np.linalg.norm(vector)

    def of_sound(self, audio: np.ndarray) -> np.ndarray:
        assert audio.shape == (2, 480)
        return HEARD


def style(reference: Waveform | None = None, **wishes: Any) -> Style:
    if reference is not None:
        wishes["reference"] = "/ref.wav"
    return Style(DoubleStylist(), StemRequest("id", "/out", 0, length_frames=48_000, **wishes), reference)  # type: ignore[arg-type]


def test_no_wish_leaves_the_choice_to_the_model() -> None:
    assert style().of(1) is None
    assert style(prompt="   ").of(1) is None


def test_words_mean_another_sound_for_every_seed() -> None:
    bass = style(prompt=" bass ")
    assert np.array_equal(bass.of(1), DoubleStylist().of_words("bass", 1))
    assert not np.array_equal(bass.of(1), bass.of(2))


def test_a_reference_alone_is_the_style_of_every_seed() -> None:
    given = style(SOUND)
    assert np.array_equal(given.of(1), HEARD)
    assert np.array_equal(given.of(2), HEARD)


@pytest.mark.parametrize(("blend", "share"), [(0.0, 0.0), (0.25, 0.25), (None, 0.5), (1.0, 1.0)])
def test_blend_goes_from_the_words_to_the_reference(blend: float | None, share: float) -> None:
    mixed = style(SOUND, prompt="pad", blend=blend).of(3)
    words = DoubleStylist().of_words("pad", 3)
    angle = np.arccos(words @ HEARD)
    assert np.arccos(np.clip(mixed @ words, -1, 1)) == pytest.approx(share * angle, abs=1e-3)
    assert np.arccos(np.clip(mixed @ HEARD, -1, 1)) == pytest.approx((1 - share) * angle, abs=1e-3)
    assert np.linalg.norm(mixed) == pytest.approx(1, abs=1e-6)


def test_a_way_between_two_prompts() -> None:
    ends = [DoubleStylist().of_words(text, 5) for text in ("bass", "strings")]
    at = [style(prompt="bass", prompt_to="strings", prompt_position=p).of(5) for p in (0.0, 0.3, 0.7, 1.0)]
    assert np.allclose(at[0], ends[0], atol=1e-6)
    assert np.allclose(at[3], ends[1], atol=1e-6)
    nearness = [float(vector @ ends[1]) for vector in at]
    assert nearness == sorted(nearness)
    assert nearness[2] - nearness[1] > 0.2


@pytest.mark.parametrize(
    "wishes",
    [
        {"blend": 0.5, "prompt": "bass"},
        {"blend": 0.5, "reference": "/ref.wav"},
        {"prompt_to": "bass"},
        {"prompt": "bass", "prompt_position": 0.5},
        {"prompt_guidance": 2.0},
    ],
)
def test_half_of_a_mixture_is_refused(wishes: dict[str, Any]) -> None:
    with pytest.raises(BadArguments, match="without"):
        StemRequest("id", "/out", 0, length_frames=48_000, **wishes)
