"""What a table would have heard of systems whose quality is known, without any audio: a double of `Material`.

CLAP vectors are a cone of music; a mix is the sum of what its context and its stem say, so that mixes of belonging
stems lie apart from others. "perfect" plays as well as the real stems, "deaf" plays a stem of another context.
"""

from __future__ import annotations

import numpy as np

from models.evaluate.accompaniment_adherence import other_songs
from models.evaluate.bench import DECODED, NOISE, RANDOM, REAL
from models.evaluate.bench_run import SHUFFLE_SEED, Material
from models.evaluate.hearing import Heard
from models.evaluate.musical import ContextFeatures, StemFeatures, agreement
from models.families import FAMILIES

STEPS, COLUMNS = 400, 20
PERFECT, DEAF = "C-DiT: text, ctx", "C-DiT: ctx"


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def material(count: int = 36, references: int = 72) -> Material:
    """`count` items of all families in turn."""
    random = np.random.default_rng(0)
    songs = random.standard_normal((count, 24))
    chords, grids = _chords(random, count), _grids(random, count)
    partners = other_songs(range(count), SHUFFLE_SEED)
    items = []
    for item in range(count):
        family = item % len(FAMILIES)
        own, other = (item, family), (partners[item], partners[item] % len(FAMILIES))
        plays = dict.fromkeys((REAL, DECODED, PERFECT), own) | dict.fromkeys((RANDOM, DEAF), other)
        made = {
            name: _heard(random, songs[item], songs[source], played, grids[source], chords[source])
            for name, (source, played) in plays.items()
        }
        made[NOISE] = _noise(random)
        stored = {key: value for name, heard in made.items() for key, value in heard.arrays(name).items()}
        known = {"grid": grids[item], "onsets": grids[item], "chords": chords[item], "key": chords[item].mean(1)}
        stored |= {f"context|{name}": value for name, value in known.items()}
        vector = stored[f"{REAL}|clap"].astype(float)
        stored |= {"sound": vector, "text": unit(vector + 0.03 * random.standard_normal(512))}
        items.append(stored | {"item": np.array([9_000_000 + item, family])})
    return Material(items, [_reference(random) for _ in range(references)], partners)


def _heard(random, song, source, family, grid, chords) -> Heard:
    """A stem that was made for the song `source`, beside the context of `song`."""
    return Heard(
        clap=_clap(random, source),
        mix=_mix(random, song, source),
        family=_family(random, family),
        onsets=grid + 0.05 * random.random(STEPS),
        chroma=chords * 0.8 + 0.1 * random.random(chords.shape),
    )


def _family(random, family: int) -> np.ndarray:
    """Log probabilities of a classifier that is nearly sure."""
    scores = random.random(12) + 4 * (np.arange(12) == family)
    return scores - np.log(np.exp(scores).sum())


def _noise(random) -> Heard:
    return Heard(unit(random.standard_normal(512)), unit(random.standard_normal(512)),
                 np.log(np.full(12, 1 / 12)), random.random(STEPS), random.random((12, COLUMNS)))  # fmt: skip


def _reference(random) -> dict[str, np.ndarray]:
    here, other = random.standard_normal((2, 24))
    (grid, grid_there), (chords, chords_there) = _grids(random, 2), _chords(random, 2)
    context = ContextFeatures(grid, grid, chords, chords.mean(1))
    true = _heard(random, here, here, random.integers(12), grid, chords)
    shuffled = _heard(random, here, other, random.integers(12), grid_there, chords_there)
    return {
        "clap": true.clap, "family": true.family, "mix": true.mix, "shuffled mix": shuffled.mix,
        "agreement": agreement(StemFeatures(true.onsets, true.chroma), context),
        "shuffled agreement": agreement(StemFeatures(shuffled.onsets, shuffled.chroma), context),
    }  # fmt: skip


def _grids(random, count: int) -> np.ndarray:
    return (random.random((count, STEPS)) < 0.05).astype(float)


def _chords(random, count: int) -> np.ndarray:
    return (random.random((count, 12, COLUMNS)) < 0.3).astype(float)


def _clap(random, source) -> np.ndarray:
    """In a cone: a common direction, what the song says, and a little noise."""
    vector = 0.01 * random.standard_normal(512)
    vector[0] += 1
    vector[1:25] += 0.05 * source
    return unit(vector)


def _mix(random, song, source) -> np.ndarray:
    """What context and stem agree on lies along its own axis."""
    vector = _clap(random, song)
    vector[30] += 0.3 * float(np.mean(song * source))
    return unit(vector)
