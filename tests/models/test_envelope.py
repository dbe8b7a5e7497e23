"""The temporal envelope: what is told of it, the numpy and the torch twin, and what shaping does to audio."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.envelope import (
    AROUND,
    BANDS,
    HOP,
    LIMIT,
    REACH_FRAMES,
    STRENGTH,
    WINDOW,
    EnvelopeShaper,
    shaped,
    shaped_ring,
)
from models.nets import envelope as twin
from models.nets.spectrogram import CHUNK_FRAMES, EDGE
from models.train.codec_losses import envelope_errors, envelope_loss

STEPS = 512  # of a pair of chunks
FRAMES = STEPS * HOP


def detail(audio: np.ndarray) -> np.ndarray:
    """What the torch twin says of audio `[2, 128 n]` with silence around: `[4, n]`."""
    padded = np.pad(audio, ((0, 0), (WINDOW // 2, WINDOW // 2 - HOP)))
    return twin.envelope_detail(torch.from_numpy(padded)[None])[0].numpy()


def noise(frames: int = FRAMES, seed: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal((2, frames)).astype(np.float32)


def attacks(frames: int = FRAMES, every: int = 6_000) -> np.ndarray:
    """Noise that begins anew every 125 ms and dies away within 10 ms."""
    since = np.arange(frames) % every
    return noise(frames) * np.exp(-since / 480).astype(np.float32)


def tell_nothing(frames: int) -> np.ndarray:
    return np.zeros((BANDS, frames // HOP), np.float32)


def test_an_attack_is_told_where_it_is_and_a_level_or_a_slow_swell_is_not() -> None:
    loud = detail(attacks())
    assert (loud.std(axis=1) > 0.5).all()
    at = 48_000 // HOP  # the eighth attack
    assert all(abs(int(band[at - 10 : at + 20].argmax()) - 10) <= 2 for band in loud)
    inside = slice(2 * AROUND, -2 * AROUND)
    sine = 0.3 * np.sin(2 * np.pi * 3_000 / 48_000 * np.arange(FRAMES)) * np.ones((2, 1))
    swell = sine * np.exp(np.arange(FRAMES) / 48_000)  # 8.7 dB a second
    assert np.abs(detail(sine.astype(np.float32))[:, inside]).max() < 0.02
    assert np.abs(detail(swell.astype(np.float32))[:, inside]).max() < 0.05


def test_both_twins_know_the_same_numbers() -> None:
    for name in ("WINDOW", "HOP", "EDGES", "BANDS", "AROUND", "FLOOR", "STEPS_PER_STFT_FRAME"):
        ours, theirs = (getattr(module, name) for module in (__import__("models.envelope", fromlist=[name]), twin))
        assert np.allclose(ours, theirs, rtol=1e-6), name


def test_audio_that_moves_as_told_stays_as_it_is() -> None:
    """So windows and overlaps take nothing away, and both twins measure the same."""
    audio = attacks()
    assert np.abs(shaped(audio, detail(audio)) - audio).max() < 1e-3 * np.abs(audio).max()


def test_shaping_brings_attacks_back_that_were_smeared() -> None:
    sharp = attacks()
    smeared = noise(seed=1) * np.abs(sharp).mean() / np.abs(noise()).mean()
    told = detail(sharp)

    def alike(audio: np.ndarray) -> float:
        return float(np.corrcoef(detail(audio).ravel(), told.ravel())[0, 1])

    once = shaped(smeared, told)
    assert alike(smeared) < 0.2
    assert alike(once) > 0.9
    assert alike(shaped(once, told)) >= alike(once) - 0.01


def test_a_bass_hardly_hears_what_is_told_of_the_bands_above() -> None:
    """What leaks into them from 60 Hz does: half a per cent, under a wilder detail than music has."""
    bass = 0.3 * np.sin(2 * np.pi * 60 / 48_000 * np.arange(FRAMES)).astype(np.float32) * np.ones((2, 1), np.float32)
    told = np.random.default_rng(2).standard_normal((BANDS, STEPS)).astype(np.float32)
    change = (shaped(bass, told) - bass)[:, WINDOW:-WINDOW]  # a bass that breaks off at an end is no bass there
    assert np.sqrt(np.mean(change**2)) < 0.01 * 0.3


def test_a_level_changes_by_no_more_than_the_limit() -> None:
    wild = 50 * np.random.default_rng(3).standard_normal((BANDS, STEPS)).astype(np.float32)
    audio = noise()
    change = np.abs(shaped(audio, wild)).max() / np.abs(audio).max()
    assert change < np.exp(LIMIT) * 1.2


def test_a_blip_of_the_told_detail_arrives_by_its_strength() -> None:
    told = np.zeros((BANDS, STEPS), np.float32)
    told[2, 200:203] = 1.0
    audio = noise()
    plain, raised = shaped(audio, tell_nothing(FRAMES)), shaped(audio, told)
    gained = (detail(raised) - detail(plain))[:, 201]
    assert gained[2] == pytest.approx(float(STRENGTH), abs=0.3)
    assert np.abs(gained[[0, 1, 3]]).max() < 0.1


@pytest.mark.parametrize("sizes", [(32_256, 32_768, 32_768), (1_000, 60_000, 36_792), (97_792,)])
def test_pieces_give_what_the_whole_gives(sizes: tuple[int, ...]) -> None:
    frames = 3 * CHUNK_FRAMES
    audio, told = noise(frames), np.random.default_rng(4).standard_normal((BANDS, frames // HOP)).astype(np.float32)
    shaper, at, out = EnvelopeShaper(), 0, []
    for place, size in enumerate(sizes):
        ahead = told if place == 0 else told[:, :0]
        out.append(shaper.push(audio[:, at : at + size], ahead))
        at += size
        assert sum(piece.shape[1] for piece in out) > at - REACH_FRAMES - HOP
    out.append(shaper.finish(audio[:, at:]))
    joined = np.concatenate(out, axis=1)
    assert joined.shape == audio.shape
    assert np.abs(joined - shaped(audio, told)).max() < 1e-5


def test_a_ring_is_shaped_the_same_wherever_it_is_cut() -> None:
    frames = 200 * HOP
    audio, told = noise(frames), np.random.default_rng(5).standard_normal((BANDS, 200)).astype(np.float32)
    whole = shaped_ring(audio, told)
    turned = shaped_ring(np.roll(audio, 70 * HOP, axis=1), np.roll(told, 70, axis=1))
    assert whole.shape == audio.shape
    assert np.abs(np.roll(whole, 70 * HOP, axis=1) - turned).max() < 1e-5


def test_the_loss_of_a_pair_is_nothing_for_the_truth_and_one_for_silence() -> None:
    audio = torch.from_numpy(attacks(2 * CHUNK_FRAMES + 2 * EDGE))[None]
    inner = audio[0, :, EDGE - WINDOW // 2 : EDGE + FRAMES - HOP + WINDOW // 2]
    true = twin.envelope_detail(inner[None])[0].unflatten(1, (2, -1)).transpose(0, 1)[None]
    assert true.shape == (1, 2, BANDS, 256)
    assert envelope_loss(true, audio).item() == pytest.approx(0, abs=1e-6)
    assert envelope_loss(torch.zeros_like(true), audio).item() == pytest.approx(1, abs=1e-6)
    error, total = envelope_errors(true.flip(1), audio)
    assert error > 0.5 * total


def test_a_head_tells_nothing_at_first_and_then_of_its_own_time_alone() -> None:
    torch.manual_seed(0)
    head, maps = twin.EnvelopeHead(8), torch.randn(2, 8, 64, 32)
    assert not head(maps).any()
    torch.nn.init.normal_(head.tell.weight)
    changed = maps.clone()
    changed[:, :, :, 10] += 1
    moved = (head(changed) - head(maps)).abs().amax((0, 1)) > 0
    assert moved.shape == (256,)
    assert set(np.flatnonzero(moved.numpy()) // 8) == {9, 10, 11}
