"""The runtime's spectrogram: round trip (oracle 7), framing, and equality with the torch twin used in training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal

from models import spectrogram
from models.nets import spectrogram as twin
from models.spectrogram import CHUNK_FRAMES, OverlapAdd, chunk_audio, chunk_spectrograms


def tones(chunks: int) -> np.ndarray:
    """Two different chords without energy near 24 kHz."""
    time_s = np.arange(chunks * CHUNK_FRAMES) / spectrogram.SAMPLE_RATE
    left = np.sin(2 * np.pi * 220 * time_s) + 0.3 * np.sin(2 * np.pi * 9_001 * time_s)
    right = 0.5 * np.sin(2 * np.pi * 97.3 * time_s + 1)
    return 0.4 * np.stack([left, right]).astype(np.float32)


def test_round_trip_of_tones() -> None:
    audio = tones(3)
    again = chunk_audio(chunk_spectrograms(audio, 0, 3))
    assert again.shape == audio.shape
    inside = slice(2048, -2048)  # a tone that is cut off at the edge has energy everywhere
    assert np.abs(again - audio)[:, inside].max() < 1e-5


def test_round_trip_of_noise() -> None:
    rng = np.random.default_rng(0)
    low_pass = signal.firwin(2001, 22_000, fs=48_000)
    white = rng.standard_normal((2, 4 * CHUNK_FRAMES)) * 0.1
    filtered = signal.fftconvolve(white, low_pass[None], mode="same", axes=1).astype(np.float32)

    def snr_db(audio: np.ndarray) -> float:
        error = (chunk_audio(chunk_spectrograms(audio, 0, 4)) - audio)[:, 4096:-4096]
        return float(10 * np.log10(np.square(audio[:, 4096:-4096]).mean() / np.square(error).mean()))

    assert snr_db(filtered) > 110
    # White noise loses the dropped bin and no more.
    assert 35 < snr_db(white.astype(np.float32)) < 39


def test_equal_to_the_torch_twin() -> None:
    audio = np.random.default_rng(1).standard_normal((2, 3 * CHUNK_FRAMES)).astype(np.float32) * 0.2
    ours = chunk_spectrograms(audio, 0, 3)
    theirs = twin.chunk_spectrograms(torch.from_numpy(audio)[None])[0].numpy()
    assert ours.shape == theirs.shape == (3, 4, 1024, 32)
    assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()
    back = twin.chunk_audio(torch.from_numpy(theirs)[None])[0].numpy()
    assert np.abs(chunk_audio(theirs) - back).max() < 1e-5


def test_blocks_of_chunks_are_those_of_the_whole() -> None:
    audio = tones(5)
    whole = chunk_spectrograms(audio, 0, 5)
    parts = np.concatenate([chunk_spectrograms(audio, 0, 2), chunk_spectrograms(audio, 2, 3)])
    assert np.array_equal(whole, parts)


def test_silence_follows_short_audio() -> None:
    audio = tones(2)
    padded = np.pad(audio[:, :40_000], ((0, 0), (0, 2 * CHUNK_FRAMES - 40_000)))
    assert np.array_equal(chunk_spectrograms(audio[:, :40_000], 0, 2), chunk_spectrograms(padded, 0, 2))
    assert not chunk_spectrograms(audio[:, :10], 1, 1).any()


def test_a_click_lies_in_its_slot() -> None:
    audio = np.zeros((2, 2 * CHUNK_FRAMES), np.float32)
    audio[:, CHUNK_FRAMES + 3 * 4096 + 2048] = 1
    energy = np.square(chunk_spectrograms(audio, 0, 2)).sum((1, 2))  # chunk, STFT frame
    assert np.unravel_index(energy.argmax(), energy.shape)[0] == 1
    assert energy[1].argmax() // 4 == 3


def test_overlap_add_gives_every_frame_once() -> None:
    adder, chunk = OverlapAdd(), np.zeros(spectrogram.CHUNK_SHAPE, np.float32)
    lengths = [adder.push(chunk).shape[1] for _ in range(3)]
    assert lengths == [32_256, 32_768, 32_768]
    assert adder.finish().shape == (2, 512)


def test_compand_and_expand_are_inverse() -> None:
    value = np.array([-300, -1, -1e-4, 0, 1e-6, 0.5, 200], np.float32)
    assert spectrogram.expand(spectrogram.compand(value)) == pytest.approx(value, rel=1e-5, abs=1e-12)
