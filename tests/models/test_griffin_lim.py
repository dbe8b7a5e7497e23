"""One round of Griffin-Lim: audio that fits stays as it is, and what does not fit keeps its magnitudes better."""

from __future__ import annotations

import numpy as np
import pytest

from models.griffin_lim import FIRST_BIN, GriffinLim, griffin_lim_ring, in_phase_with
from models.ring import ring_audio, turned_around
from models.spectrogram import (
    BINS,
    CHUNK_FRAMES,
    EDGE,
    chunk_audio,
    chunk_spectrograms,
    compand,
    expand,
    split_chunks,
    stft,
)

CHUNKS = 3


def noise(frames: int = CHUNKS * CHUNK_FRAMES) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (2, frames)).astype(np.float32)


def magnitudes(planes: np.ndarray) -> np.ndarray:
    parts = expand(planes)
    return np.hypot(parts[0::2], parts[1::2])


def scrambled() -> np.ndarray:
    """A spectrogram `[4, 1024, 96]` with the magnitudes of noise and phases that have nothing to do with each other."""
    told = expand(np.concatenate(list(chunk_spectrograms(noise(), 0, CHUNKS)), axis=-1))
    angle = np.random.default_rng(1).uniform(-np.pi, np.pi, (2, *told.shape[1:]))
    turned = (told[0::2] + 1j * told[1::2]) * np.exp(1j * angle)
    return compand(np.stack([turned.real, turned.imag], 1).reshape(told.shape).astype(np.float32))


def heard(chunks: np.ndarray) -> np.ndarray:
    rounds = GriffinLim()
    return np.concatenate([*(rounds.push(chunk) for chunk in chunks), rounds.finish()], axis=1)


def error(audio: np.ndarray, told: np.ndarray) -> float:
    """How far the magnitudes of audio `[2, 1024 n]` are from those told, as a part of these."""
    made = magnitudes(stft(np.pad(audio, ((0, 0), (EDGE, EDGE)))))
    return float(np.linalg.norm(made - magnitudes(told)) / np.linalg.norm(magnitudes(told)))


def test_a_spectrogram_that_fits_comes_back_as_it_is() -> None:
    audio = noise()
    for _ in range(4):  # the Nyquist bin is not in the spectrogram, and must not be in the audio
        audio[:, 1:] = (audio[:, 1:] + audio[:, :-1]) / 2
    assert np.abs(heard(chunk_spectrograms(audio, 0, CHUNKS)) - audio)[:, 1024:-1024].max() < 1e-4


def test_magnitudes_are_kept_better_than_by_overlap_add() -> None:
    planes = scrambled()
    chunks = split_chunks(planes)
    assert error(heard(chunks), planes) < 0.8 * error(chunk_audio(chunks), planes)


@pytest.mark.parametrize("frames", [1, 5, 32, 96])
def test_chunks_of_any_length_give_the_same_audio(frames: int) -> None:
    planes = scrambled()
    rounds = GriffinLim()
    starts = range(0, planes.shape[-1], frames)
    pieces = [rounds.push(planes[..., start : start + frames]) for start in starts]
    audio = np.concatenate([*pieces, rounds.finish()], axis=1)
    assert audio.shape == (2, CHUNKS * CHUNK_FRAMES)
    assert np.abs(audio - heard(split_chunks(planes))).max() < 1e-6


def test_audio_comes_a_window_later_and_is_final() -> None:
    chunks = split_chunks(scrambled())
    rounds = GriffinLim()
    lengths = [rounds.push(chunk).shape[1] for chunk in chunks]
    assert lengths == [CHUNK_FRAMES - EDGE - 1024, CHUNK_FRAMES, CHUNK_FRAMES]
    assert rounds.finish().shape == (2, 1024 + EDGE)
    upto = lengths[0]
    assert np.array_equal(heard(chunks)[:, :upto], heard(chunks[:2])[:, :upto])


def test_low_bins_keep_their_phases_and_all_bins_their_magnitudes() -> None:
    parts = np.random.default_rng(2).normal(0, 1, (2, 2, 2, 3, BINS)).astype(np.float32)
    told, other = parts[0] + 1j * parts[1]
    other[..., 500] = 0  # nothing is heard there
    joined = in_phase_with(other, told)
    assert np.array_equal(joined[..., :FIRST_BIN], told[..., :FIRST_BIN])
    heard = (np.arange(BINS) != 500) & (np.arange(BINS) >= FIRST_BIN)
    assert np.abs(joined)[..., heard] == pytest.approx(np.abs(told)[..., heard], rel=1e-5)
    assert np.angle(joined[..., heard] * other[..., heard].conj()) == pytest.approx(0, abs=1e-5)
    assert not joined[..., 500].any()


def test_a_ring_has_no_seam() -> None:
    """Turned by any number of frames it is the same sound, turned by as many."""
    planes = scrambled()[..., :40]
    audio = griffin_lim_ring(planes)
    turned = griffin_lim_ring(np.roll(planes, 7, axis=-1))
    assert np.abs(turned - np.roll(audio, 7 * 1024, axis=1)).max() < 1e-5
    around = stft(turned_around(audio, EDGE, audio.shape[1] + 2 * EDGE))
    plain = stft(turned_around(ring_audio([planes], 40), EDGE, audio.shape[1] + 2 * EDGE))
    wanted = magnitudes(planes)
    assert np.linalg.norm(magnitudes(around) - wanted) < 0.8 * np.linalg.norm(magnitudes(plain) - wanted)
