"""Can a cut be heard? Two measures of a place in a stem, and how they rank among many other places of the same stem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluate.codec_metrics import Audio, hann

WINDOW = 1024
CLICK_FRAMES = 16
CUTS = 400


@dataclass(frozen=True)
class Seam:
    """One place: each measure, and the share of random cuts of the stem that have a smaller one (0.5: like any)."""

    click: float
    click_rank: float
    step_db: float
    step_rank: float


def hear_seam(audio: Audio, at: int, seed: int = 0) -> Seam:
    """Judge frame `at` of a stem `[2, frame]`, both sides of which are there."""
    places = np.random.default_rng(seed).integers(WINDOW, audio.shape[1] - WINDOW, CUTS)
    clicks, steps = (np.array([measure(audio, int(p)) for p in (at, *places)]) for measure in (click, spectral_step))
    return Seam(
        float(clicks[0]), float((clicks[1:] < clicks[0]).mean()), float(steps[0]), float((steps[1:] < steps[0]).mean())
    )


def around_wrap(loop: Audio) -> tuple[Audio, int]:
    """A loop twice over, and the frame where it starts again."""
    return np.concatenate([loop, loop], 1), loop.shape[1]


def click(audio: Audio, at: int) -> float:
    """Largest second difference within a third of a millisecond, against the loudest sample of 20 ms about it."""
    bent = np.abs(np.diff(audio[:, at - CLICK_FRAMES : at + CLICK_FRAMES], 2)).max()
    return float(bent / (np.abs(audio[:, at - WINDOW // 2 : at + WINDOW // 2]).max() + 1e-4))


def spectral_step(audio: Audio, at: int) -> float:
    """Mean difference in dB of the spectra of the 21 ms before and after a place, floor 60 dB below the louder."""
    before, after = _spectrum(audio[:, at - WINDOW : at]), _spectrum(audio[:, at : at + WINDOW])
    floor = max(before.max(), after.max()) * 1e-6 + 1e-9
    return float(np.abs(10 * np.log10((before + floor) / (after + floor))).mean())


def _spectrum(piece: Audio) -> NDArray[np.float64]:
    """Power summed over the channels in 64 bands of equal width."""
    power = np.square(np.abs(np.fft.rfft(piece * hann(WINDOW)))).sum(0)[: WINDOW // 2]
    return np.asarray(power.reshape(64, -1).sum(1))
