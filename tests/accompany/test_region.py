"""Where the models look when a region is made anew: always whole chunks, and always the region's own start."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge_server.accompany.region import _Place
from bridge_server.audio.waveform import Waveform
from models.spectrogram import CHUNK_FRAMES, SLOT_FRAMES, SLOTS

RATES = (8_000, 22_050, 44_100, 48_000, 96_000)


@given(st.sampled_from(RATES), st.floats(0.5, 30), st.floats(0, 1), st.floats(0, 1))
def test_a_region_begins_on_a_slot_and_is_made_to_its_end(rate: int, seconds: float, size: float, at: float) -> None:
    total = round(seconds * rate)
    frames = round(0.1 * rate + size * (total - 0.1 * rate))
    start = round(at * (total - frames))
    place = _Place.around(start, frames, Waveform(np.zeros((2, total), np.float32), rate))
    assert place.heard_frames % CHUNK_FRAMES == 0
    assert (place.decoded_to - place.decoded_from) % SLOTS == 0
    assert place.decoded_to * SLOT_FRAMES <= place.heard_frames
    made = (place.decoded_to - place.decoded_from) * SLOT_FRAMES - place.frames_before
    assert made * rate >= frames * 48_000
    assert abs((start - place.cut.start) - place.first * SLOT_FRAMES * rate / 48_000) <= 0.5
    known = place.known(place.heard_frames // SLOT_FRAMES)
    assert not known[place.first : place.end].any()
    assert known[: place.first].all()
    assert 0 <= place.cut.start <= start
    assert place.cut.stop <= total
