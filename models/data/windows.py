"""Training windows from multitracks: one stem as target, a random subset of the others as context.

The recipe: activity map of 100 ms blocks, target active for at least half the window, context of random size from
the other stems that sound, common gain on both so that balance stays as mixed. All drawn from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RATE = 48_000
FRAMES = 491_520
BLOCK = RATE // 10
SILENCE_DB = -60.0
QUIETEST_WINDOW_DB = -50.0


@dataclass(frozen=True)
class Recipe:
    """How windows are made; `minimum_active` is .5 for training, .8 for evaluation."""

    frames: int = FRAMES
    minimum_active: float = 0.5
    empty_context: float = 0.07
    common_gain_db: float = 5.0
    context_gain_db: float = 3.0
    context_gain_chance: float = 0.5
    excluded_targets: tuple[str, ...] = ("vocals",)
    attempts: int = 24


@dataclass(frozen=True)
class Window:
    """Which stems, from which frame, at which gains (linear). `leak`: no other segment for the embedding."""

    target: int
    context: tuple[int, ...]
    start: int
    gain: float
    context_gain: float
    reference_start: int
    leak: bool


def activity(stems: np.ndarray) -> np.ndarray:
    """Which blocks of 100 ms sound above -60 dBFS RMS: stems [stem, 2, frame] -> bool [stem, block]."""
    blocks = stems.shape[2] // BLOCK
    power = np.mean(stems[:, :, : blocks * BLOCK].reshape(len(stems), 2, blocks, BLOCK) ** 2, axis=(1, 3))
    return power > 10 ** (SILENCE_DB / 10)


def choose(stems: np.ndarray, families: list[str], seed: int, recipe: Recipe | None = None) -> Window | None:
    """Draws a window of a song, or None when no try met the recipe: stems [stem, 2, frame] float32."""
    recipe = recipe or Recipe()
    rng = np.random.Generator(np.random.PCG64(seed))
    active = activity(stems)
    targets = [i for i, family in enumerate(families) if family not in recipe.excluded_targets]
    room = stems.shape[2] - recipe.frames
    if not targets or room < 0:
        return None
    for _ in range(recipe.attempts):
        start = int(rng.integers(0, room + 1))
        target = int(rng.choice(targets))
        context = _context(active, families, target, start, recipe, rng)
        if _fit(stems, active, target, context, start, recipe):
            return _gained(stems, active, target, context, start, recipe, rng)
    return None


def _blocks(active: np.ndarray, start: int, frames: int) -> np.ndarray:
    return active[:, start // BLOCK : max((start + frames) // BLOCK, start // BLOCK + 1)]


def _context(
    active: np.ndarray, families: list[str], target: int, start: int, recipe: Recipe, rng: np.random.Generator
) -> tuple[int, ...]:
    """A random non-empty subset of the sounding stems of other families; now and then nothing."""
    sounding = _blocks(active, start, recipe.frames).any(axis=1)
    others = [i for i in np.flatnonzero(sounding) if i != target and families[i] != families[target]]
    if not others or rng.random() < recipe.empty_context:
        return ()
    size = int(rng.integers(1, len(others) + 1))
    return tuple(sorted(int(i) for i in rng.choice(others, size, replace=False)))


def _fit(
    stems: np.ndarray, active: np.ndarray, target: int, context: tuple[int, ...], start: int, recipe: Recipe
) -> bool:
    cut = slice(start, start + recipe.frames)
    if _blocks(active, start, recipe.frames)[target].mean() < recipe.minimum_active:
        return False
    if level_db(stems[target, :, cut]) < QUIETEST_WINDOW_DB:
        return False
    return not context or level_db(stems[list(context), :, cut].sum(0)) >= QUIETEST_WINDOW_DB


def level_db(audio: np.ndarray) -> float:
    """RMS of all channels and frames together in dBFS; silence is -120."""
    return float(10 * np.log10(np.mean(audio.astype(np.float64) ** 2) + 1e-12))


def _gained(
    stems: np.ndarray,
    active: np.ndarray,
    target: int,
    context: tuple[int, ...],
    start: int,
    recipe: Recipe,
    rng: np.random.Generator,
) -> Window:
    """Draws gains; both are lowered together where either, or their sum, would clip."""
    gain = 10 ** (rng.uniform(-recipe.common_gain_db, recipe.common_gain_db) / 20)
    apart = rng.random() < recipe.context_gain_chance
    context_db = rng.uniform(-recipe.context_gain_db, recipe.context_gain_db) if apart else 0.0
    context_gain = gain * 10 ** (context_db / 20)
    cut = slice(start, start + recipe.frames)
    one = stems[target, :, cut] * gain
    rest = stems[list(context), :, cut].sum(0) * context_gain if context else np.zeros_like(one)
    peak = max(float(np.abs(x).max()) for x in (one, rest, one + rest))
    limit = min(1.0, 0.99 / max(peak, 1e-9))
    reference, leak = _reference(active[target], start, stems.shape[2], recipe, rng)
    return Window(target, context, start, gain * limit, context_gain * limit, reference, leak)


def _reference(
    active: np.ndarray, start: int, frames: int, recipe: Recipe, rng: np.random.Generator
) -> tuple[int, bool]:
    """Start of another segment of the target for its embedding: 10 s away if possible, else elsewhere, else here."""
    starts = np.arange(0, frames - recipe.frames + 1, BLOCK)
    share = np.array([active[s // BLOCK : (s + recipe.frames) // BLOCK].mean() for s in starts])
    good = starts[share >= recipe.minimum_active]
    for distance in (10 * RATE, RATE):
        apart = good[np.abs(good - start) >= distance]
        if len(apart):
            return int(rng.choice(apart)), False
    return start, True


def cut(stems: np.ndarray, window: Window, frames: int = FRAMES) -> tuple[np.ndarray, np.ndarray]:
    """Target and context [2, frames] float32 of a window (the context is silence when it is empty)."""
    part = slice(window.start, window.start + frames)
    target = stems[window.target, :, part] * np.float32(window.gain)
    if not window.context:
        return target, np.zeros_like(target)
    return target, stems[list(window.context), :, part].sum(0) * np.float32(window.context_gain)
