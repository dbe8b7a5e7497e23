"""What the stems of a request shall sound like: from its words, from its reference, or from something between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_server.accompany.request import StemRequest
from bridge_server.audio.waveform import Waveform
from models.style import Stylist, between

Vector = NDArray[np.float32]


class Style:
    """The style of every seed, as a CLAP vector `[512]`."""

    def __init__(self, stylist: Stylist, request: StemRequest, reference: Waveform | None = None) -> None:
        """reference: at 48 kHz."""
        self._stylist, self._request = stylist, request
        self._heard = None if reference is None else stylist.of_sound(reference.samples)

    def of(self, seed: int) -> Vector | None:
        """Words mean another such sound for every seed; None: neither words nor a reference, the model chooses."""
        said = self._said(seed)
        if said is None or self._heard is None:
            return self._heard if said is None else said
        return between(said, self._heard, self._request.how_much_reference)

    def _said(self, seed: int) -> Vector | None:
        request = self._request
        first, second = (self._words(text, seed) for text in (request.prompt, request.prompt_to))
        if first is None or second is None:
            return first if second is None else second
        return between(first, second, request.how_much_second)

    def _words(self, text: str, seed: int) -> Vector | None:
        return self._stylist.of_words(text.strip(), seed) if text.strip() else None
