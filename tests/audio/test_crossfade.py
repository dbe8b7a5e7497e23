"""New audio between old: nothing outside changes, and nothing clicks."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.audio.crossfade import FADE_S, crossfade, put_between


def tone(frames: int, hz: float = 220.0, phase: float = 0.0) -> np.ndarray:
    return np.repeat(np.sin(2 * np.pi * hz * np.arange(frames) / 48_000 + phase)[None], 2, 0).astype(np.float32)


def test_outside_bit_for_bit_and_fades_inside_at_most_20_ms() -> None:
    kept, new = tone(48_000), tone(10_000, 330.0)
    result = put_between(kept, new, 20_000, 48_000)
    assert np.array_equal(result[:, :20_000], kept[:, :20_000])
    assert np.array_equal(result[:, 30_000:], kept[:, 30_000:])
    fade = round(0.02 * 48_000)
    assert FADE_S <= 0.02
    assert np.array_equal(result[:, 20_000 + fade : 30_000 - fade], new[:, fade:-fade])
    assert np.abs(np.diff(result)).max() <= np.abs(np.diff(kept)).max() + np.abs(np.diff(new)).max()


@pytest.mark.parametrize(("start", "frames"), [(0, 5_000), (43_000, 5_000), (0, 48_000)])
def test_no_fade_where_there_is_nothing_beyond(start: int, frames: int) -> None:
    new = tone(frames, 330.0)
    result = put_between(tone(48_000), new, start, 48_000)
    if start == 0:
        assert np.array_equal(result[:, 0], new[:, 0])
    if start + frames == 48_000:
        assert np.array_equal(result[:, -1], new[:, -1])


@pytest.mark.parametrize("phase", [0.0, 0.7, 1.5, 2.2])
def test_the_level_holds_whatever_both_have_in_common(phase: float) -> None:
    faded = crossfade(tone(4_800), tone(4_800, phase=phase))
    level = np.sqrt(np.square(faded).reshape(2, 10, -1).mean((0, 2)))
    assert np.abs(20 * np.log10(level / np.sqrt(0.5))).max() < 1.0
