"""In time to the sample and at the right level, whatever the bounce is: through the socket, by the identity pack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy import signal

from bridge_server.client import RiffClient
from tests.identity_pack import identity_pack
from tests.whole import bounces
from tests.whole.asking import play
from tests.whole.real_server import RealServer

CLICKS = (4_001, 30_303, 112_500)
"""Frames; near the beginning, inside, and before the end of 120,000."""
FRAMES = 120_000
SUBTYPES = {"wav16": "PCM_16", "wav24": "PCM_24", "wav32f": "FLOAT"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """With the identity pack."""
    folder = tmp_path_factory.mktemp("levels")
    server = RealServer(folder, identity_pack(folder / "pack")).start()
    yield server
    assert server.end() == 0


def clicks(channels: int) -> NDArray[np.float64]:
    """Single samples `[frame, channel]`, the right ones half as high."""
    audio = np.zeros((FRAMES, channels))
    audio[list(CLICKS)] = np.linspace(0.8, 0.4, channels)
    return audio


def found_clicks(audio: NDArray[np.float64]) -> list[int]:
    """The frame of the highest sample near each click."""
    return [int(np.abs(audio[at - 500 : at + 500]).argmax()) + at - 500 for at in CLICKS]


@pytest.mark.parametrize(
    ("rate", "channels", "bounced_as", "wished"),
    [
        (44_100, 1, "PCM_16", "wav24"),
        (44_100, 2, "PCM_32", "wav16"),
        (48_000, 1, "FLOAT", "wav16"),
        (48_000, 2, "PCM_24", "wav32f"),
        (88_200, 2, "PCM_16", "wav24"),
        (96_000, 1, "DOUBLE", "wav32f"),
        (176_400, 2, "FLOAT", "wav16"),
        (192_000, 2, "PCM_24", "wav24"),
    ],
)
def test_a_click_comes_back_on_its_frame(
    rate: int, channels: int, bounced_as: str, wished: str, client: RiffClient, out_dir: str, tmp_path: Path
) -> None:
    bounce = bounces.write(tmp_path / "clicks.wav", clicks(channels), rate, bounced_as)
    stem = play(client, context=bounce, seed=1, out_dir=out_dir, format=wished, loudness="raw").stem
    info = soundfile.info(stem.path)
    assert (info.samplerate, info.frames, info.channels) == (rate, FRAMES, 2)
    assert info.subtype == SUBTYPES[wished]
    audio = bounces.read(stem.path)
    for channel in range(2):
        assert found_clicks(audio[:, channel]) == list(CLICKS)
    heights = audio[list(CLICKS)]
    assert heights[:, 1] / heights[:, 0] == pytest.approx([1.0 if channels == 1 else 0.5] * 3, abs=0.03)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_click_stays_on_its_frame_in_another_rate(
    channels: int, client: RiffClient, out_dir: str, tmp_path: Path
) -> None:
    bounce = bounces.write(tmp_path / "clicks.wav", clicks(2), 96_000)
    asked = {"seed": 1, "loudness": "raw", "sample_rate": 48_000, "channels": channels}
    stem = play(client, context=bounce, out_dir=out_dir, **asked).stem
    audio = bounces.read(stem.path)
    assert audio.shape == (FRAMES // 2, channels)
    for at in CLICKS[1:]:  # at 96 kHz these lie on odd and even frames: half a frame at 48 kHz is as near as it gets
        near = int(np.abs(audio[at // 2 - 250 : at // 2 + 250, 0]).argmax()) + at // 2 - 250
        assert abs(near - at / 2) <= 0.5


def music(peak_db: float, seconds: float = 4.0) -> NDArray[np.float64]:
    """Chords with a noise of their own on each side, `[frame, channel]`."""
    rng = np.random.default_rng(1)
    chords = bounces.chords(seconds, 48_000)[:, None]
    noise = signal.lfilter(*signal.butter(2, 0.1), rng.normal(size=(len(chords), 2)), axis=0)
    audio = chords + 0.1 * noise
    return np.asarray(audio / np.abs(audio).max() * 10 ** (peak_db / 20))


def power_db(audio: NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.square(audio).mean()))


def true_peak_db(audio: NDArray[np.float64]) -> float:
    """By another oversampling than the server's: a factor of 8 in scipy."""
    return float(20 * np.log10(np.abs(signal.resample_poly(audio, 8, 1, axis=0)).max()))


@pytest.mark.parametrize("format_", SUBTYPES)
@pytest.mark.parametrize("peak_db", [-30.0, -9.0, 0.0])
def test_a_matched_stem_sits_6_lu_under_its_context(
    peak_db: float, format_: str, client: RiffClient, out_dir: str, tmp_path: Path
) -> None:
    # The stem is the context here, so whatever weighting and gating do, it must end 6 dB lower.
    audio = music(peak_db)
    stem = play(client, context=bounces.write(tmp_path / "a.wav", audio), seed=1, out_dir=out_dir, format=format_).stem
    assert power_db(bounces.read(stem.path)) == pytest.approx(power_db(audio) - 6.0, abs=0.12)
    assert true_peak_db(bounces.read(stem.path)) < -1.0


@pytest.mark.parametrize("format_", SUBTYPES)
def test_a_hot_stem_stays_under_minus_1_dbtp_between_its_samples_too(
    format_: str, client: RiffClient, out_dir: str, tmp_path: Path
) -> None:
    """A float bounce 9 dB over full scale: 6 LU under it would clip. Its samples reach 0.71 of the sound between them."""
    turns = 0.25 * np.arange(96_000) + 0.125
    tone = 2.8 * np.sin(2 * np.pi * turns) * np.hanning(96_000)
    bounce = bounces.write(tmp_path / "hot.wav", np.stack([tone, tone], 1), subtype="FLOAT")
    stem = play(client, context=bounce, seed=1, out_dir=out_dir, format=format_).stem
    assert -1.3 < true_peak_db(bounces.read(stem.path)) < -1.0


def test_a_raw_stem_is_untouched(client: RiffClient, out_dir: str, tmp_path: Path) -> None:
    audio = music(0.0)
    asked: dict[str, Any] = {"seed": 1, "loudness": "raw", "format": "wav32f", "out_dir": out_dir}
    stem = play(client, context=bounces.write(tmp_path / "a.wav", audio, subtype="FLOAT"), **asked).stem
    assert np.abs(bounces.read(stem.path) - audio).max() < 1e-4  # 0 dBFS, so any limit would be seen
