"""Regions lie inside their file and are half a second to ten minutes long."""

from __future__ import annotations

import pytest

from bridge_server.audio.regions import check_region
from bridge_server.audio.wav_gate import WavHeader
from bridge_server.errors import TooLong, TooShort


def test_region_and_length_limits() -> None:
    header = WavHeader(2, 48_000, 48_000 * 700, 16, False, 44)
    assert check_region(header, 48_000, 24_000) == 24_000
    assert check_region(header, 48_000 * 100, None) == 48_000 * 600
    for start, frames, kind in [
        (0, None, TooLong),
        (0, 23_999, TooShort),
        (0, 0, TooShort),
        (-1, 48_000, TooShort),
        (48_000 * 700, None, TooShort),
        (48_000 * 699, 48_001, TooShort),
    ]:
        with pytest.raises(kind):
            check_region(header, start, frames)
