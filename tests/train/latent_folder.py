"""Made-up latents in the folder format of `models.train.latent_data`, for tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

STEMS, MIXES, TOKENS, LATENT, CLAP = 6, 2, 120, 64, 512


def write_folder(folder: Path, families: np.ndarray, seed: int = 0, growth: float = 0.1) -> np.ndarray:
    """Writes one song per row of `families` [song, 6]; returns the raw targets [song, 6, 120, 64].

    The CLAP vector of a stem is the unit vector of its family.

    Each stem is a constant colour of its own plus noise of size `growth`; its contexts hold the same colour, so a
    model that reads the context can know the stem.
    """
    rng = np.random.default_rng(seed)
    songs = len(families)
    colour = rng.uniform(-0.8, 0.8, (songs, STEMS, 1, LATENT))
    targets = colour + growth * rng.standard_normal((songs, STEMS, TOKENS, LATENT)) * 0.5
    contexts = np.broadcast_to(-colour[:, :, None], (songs, STEMS, MIXES, TOKENS, LATENT))
    folder.mkdir(parents=True, exist_ok=True)
    targets.astype(np.float16).tofile(folder / "targets.f16")
    contexts.astype(np.float16).tofile(folder / "contexts.f16")
    np.eye(CLAP, dtype=np.float16)[families].tofile(folder / "claps.f16")
    families.astype(np.int8).tofile(folder / "families.i8")
    (folder / "count").write_text(str(songs))
    mean, std = targets.mean((0, 1, 2)), targets.std((0, 1, 2))
    (folder / "norm.json").write_text(json.dumps({"mean": mean.tolist(), "std": std.tolist()}))
    return targets.astype(np.float16)


def one_stem_each(songs: int) -> np.ndarray:
    """Families of songs that have a single stem, of family 0, 1, 2, ... in turn."""
    families = np.full((songs, STEMS), -1)
    families[:, 0] = np.arange(songs) % 12
    return families
