"""Does the bridge close the gap? `python -m models.evaluate.gap_table --pairs PAIRS --bridge RUN`.

Every row answers the texts of the held-out songs, one audio vector per text, and is compared with the sounds of
these songs: cosine to the text's own sound, Frechet distance, density and coverage, all at equal counts. The floor
is real sounds of training songs. The cosine rewards the mean of what is possible, so an honest sample scores lower
than ridge regression; the distribution measures say whether the answers are like sounds.

The spread is the mean of 1 - cosine between answers to one text, over the texts that several held-out sounds share,
beside the spread of those sounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from models.evaluate.density_coverage import DensityCoverage, density_coverage
from models.evaluate.frechet_distance import FrechetDistance, frechet_distance
from models.evaluate.gap_baselines import BASELINES, unit
from models.evaluate.report import errors_as_sentences, markdown_table, publish
from models.gap_bridge import STEPS
from models.nets.gap_bridge import GapBridge
from models.train.clap_pairs import HELD_OUT_SHARE, ClapPairs, load_pairs, same_text, split
from models.train.gap_bridge import draw, load_bridge

Array = NDArray[np.float32]
Answer = Callable[[Array, int], Array]
"""(texts [m, 512], seed) -> audio vectors [m, 512]; deterministic methods do not look at the seed."""
LARGEST = 5000  # held-out pairs compared; the Frechet distance and coverage then are those of the paper's counts
SPREAD_TEXTS = 200  # texts at most that the spread is measured for
FLOOR = "real audio, other songs"


@dataclass(frozen=True)
class Row:
    """One method's figures; spread is None when no two held-out sounds share a text."""

    name: str
    cosine: float
    distance: FrechetDistance
    places: DensityCoverage
    spread: float | None


def judge(name: str, answers: Array, held: ClapPairs, spread: float | None) -> Row:
    """Figures of answers `[m, 512]` to the held-out texts."""
    cosine = float((answers * held.audios).sum(1).mean())
    return Row(name, cosine, frechet_distance(held.audios, answers), density_coverage(held.audios, answers), spread)


def spread(vectors: Array) -> float:
    """Mean of 1 - cosine over all pairs of vectors `[n, 512]` of length 1, n at least 2; rounding below 0 is cut."""
    wide = vectors.astype(np.float64)
    between = wide @ wide.T
    return max(float(1 - (between.sum() - np.trace(between)) / (len(wide) * (len(wide) - 1))), 0.0)


def spread_of_sounds(held: ClapPairs) -> float | None:
    """Spread of the sounds that share a text, mean over texts; None when no text is there twice."""
    found = [spread(held.audios[rows]) for rows in same_text(held)[:SPREAD_TEXTS]]
    return float(np.mean(found)) if found else None


def spread_of_answers(answer: Answer, held: ClapPairs, samples: int) -> float | None:
    """Spread of `samples` answers to each of the texts that `spread_of_sounds` looks at."""
    texts = [held.texts[rows[0]] for rows in same_text(held)[:SPREAD_TEXTS]]
    if not texts:
        return None
    drawn = answer(np.repeat(np.stack(texts), samples, 0), 1).reshape(len(texts), samples, -1)
    return float(np.mean([spread(vectors) for vectors in drawn]))


def bridge_answers(net: GapBridge, steps: int, best_of: int = 1, given: bool = True) -> Answer:
    """The bridge as a method; best_of keeps the candidate nearest to the text, given = False hides the text."""

    def answer(texts: Array, seed: int) -> Array:
        repeated = torch.from_numpy(np.repeat(texts, best_of, 0))
        made = draw(net, repeated, seed, steps, given).numpy().reshape(len(texts), best_of, -1)
        nearest = np.einsum("mcd,md->mc", made, texts).argmax(1)
        return made[np.arange(len(texts)), nearest]

    return answer


def baseline_answers(name: str, training: ClapPairs) -> Answer:
    """A baseline as a method."""
    return lambda texts, seed: BASELINES[name](training, texts)


def methods(training: ClapPairs, net: GapBridge, steps: int) -> dict[str, Answer]:
    """Every row of the table but the floor."""
    return {
        **{name: baseline_answers(name, training) for name in BASELINES},
        "bridge": bridge_answers(net, steps),
        "bridge, best of 2": bridge_answers(net, steps, best_of=2),
        "bridge without text": bridge_answers(net, steps, given=False),
    }


def measure(training: ClapPairs, held: ClapPairs, net: GapBridge, steps: int, samples: int, seed: int) -> list[Row]:
    """All rows, the floor first; the held-out pairs must be as many as are to be compared."""
    rng = np.random.default_rng(seed)
    others = unit(training.audios[rng.choice(len(training), len(held), replace=len(training) < len(held))])
    rows = [judge(FLOOR, others, held, spread_of_sounds(held))]
    for name, answer in methods(training, net, steps).items():
        rows.append(judge(name, answer(held.texts, seed), held, spread_of_answers(answer, held, samples)))
    return rows


def report(rows: list[Row], training: ClapPairs, held: ClapPairs, plan: str) -> str:
    """The table in Markdown with its counts."""
    places, distance = rows[0].places, rows[0].distance
    texts = len(same_text(held)[:SPREAD_TEXTS])
    cells = [[r.name, f"{r.cosine:.3f}", f"{r.distance.value:.4f}", f"{r.places.density:.2f}",
              f"{r.places.coverage:.3f}", "" if r.spread is None else f"{r.spread:.3f}"] for r in rows]  # fmt: skip
    return "\n\n".join(
        [
            f"## Modality-gap bridge: {len(held)} held-out pairs of {len(np.unique(held.songs))} songs, {plan}",
            markdown_table(["method", "cosine to true audio", "Frechet", "density", "coverage", "spread"], cells),
            f"{len(training)} training pairs. k = {places.neighbours}; a perfect generator has coverage"
            f" {places.expected_coverage:.3f}. Spread over {texts} texts that several sounds share; in the first row"
            " it is that of the sounds."
            + (" Fewer items than dimensions: the Frechet distance is biased upwards." if distance.singular else ""),
        ]
    )


def main(
    pairs: Annotated[Path, typer.Option(help="Folder of texts.npy, audios.npy, songs.npy.")],
    bridge: Annotated[Path, typer.Option(help="Run of models.train.gap_bridge.")],
    steps: Annotated[int, typer.Option(help="Heun steps.", min=1)] = STEPS,
    samples: Annotated[int, typer.Option(help="Answers per text for the spread.", min=2)] = 8,
    seed: Annotated[int, typer.Option(help="Seed of all drawing.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
) -> None:
    """Prints the bridge beside the baselines, on the songs that its run held out."""
    with errors_as_sentences():
        net, meta = load_bridge(bridge)
        training, held = split(load_pairs(pairs), float(meta.get("held_out", HELD_OUT_SHARE)))
        chosen = np.sort(np.random.default_rng(seed).permutation(len(held))[:LARGEST])
        held = held.where(chosen)
        rows = measure(training, held, net, steps, samples, seed)
    publish(report(rows, training, held, f"{steps} steps, {samples} answers per text, seed {seed}"), out)


if __name__ == "__main__":
    typer.run(main)
