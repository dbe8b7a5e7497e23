"""The identity pack returns the context through the whole real pipeline, and only the context where it lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from bridge_server.accompany.pipeline import Accompanist
from bridge_server.accompany.request import StemRequest
from tests.identity_pack import identity_pack


@pytest.fixture(scope="module")
def accompanist(tmp_path_factory: pytest.TempPathFactory) -> Accompanist:
    return Accompanist(identity_pack(tmp_path_factory.mktemp("identity")), "cpu", threads=1)


def noise_below(limit_hz: float, frames: int, rate: int) -> NDArray[np.float64]:
    """Stereo noise `[frame, 2]` without anything above `limit_hz`, faded for 0.1 s at both ends, peak 0.5."""
    spectrum = np.fft.rfft(np.random.default_rng(7).standard_normal((frames, 2)), axis=0)
    spectrum[np.fft.rfftfreq(frames, 1 / rate) > limit_hz] = 0
    audio = np.fft.irfft(spectrum, frames, axis=0)
    from_edge_s = np.minimum(np.arange(frames), np.arange(frames)[::-1]) / rate
    fade = np.sin(np.pi / 2 * np.minimum(1, from_edge_s / 0.1)) ** 2
    return np.asarray(0.5 * audio / np.abs(audio).max() * fade[:, None])


def left_over_db(stem: NDArray[np.float64], context: NDArray[np.float64]) -> float:
    """Peak of the difference in dB below full scale."""
    return float(20 * np.log10(np.abs(stem - context).max() + 1e-12))


@pytest.mark.parametrize(("rate", "seconds"), [(44_100, 11.3), (48_000, 2.0), (88_200, 2.0), (96_000, 2.0)])
def test_the_stem_is_the_context(accompanist: Accompanist, tmp_path: Path, rate: int, seconds: float) -> None:
    """An odd number of frames; the first one needs two windows of the models (10.24 s).

    Left over were -122 dB at 44.1 kHz and -138 dB at 48, 88.2 and 96 kHz.
    """
    frames = int(seconds * rate) | 1
    audio = noise_below(15_000, frames, rate)
    context = tmp_path / "context.wav"
    soundfile.write(context, audio, rate, subtype="FLOAT")
    request = StemRequest(
        "identity-1", str(tmp_path), 3, context=str(context), prompt="bass", format="wav32f", loudness="raw"
    )
    (made,) = accompanist.run(request, lambda fraction, stage: None, lambda stem: None)
    stem, stem_rate = soundfile.read(made.path)
    assert (stem_rate, stem.shape) == (rate, audio.shape)
    assert left_over_db(stem, audio) < -115
    assert left_over_db(stem[1:], audio[:-1]) > -20, "one frame late would go unseen"
