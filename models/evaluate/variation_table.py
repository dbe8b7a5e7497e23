"""How far does a variation leave its stem, and is a draft the same take? `python -m models.evaluate.variation_table`.

For each held-out song the pack plays a stem; it is varied at several strengths with another seed and compared with the
original by `likeness`. A second table compares a draft of one step with the final take of the same seed and of others.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from models.evaluate.excerpts import FIRST_SEED, excerpts_with, load_font
from models.evaluate.likeness import LIKENESSES, likeness
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.generator import Generator
from models.underlay import Underlay

STRENGTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
DRAFTS = ("draft and final, same seed", "draft and final of another seed", "final of two seeds")
Scores = dict[str, list[dict[str, float]]]


def compare(generator: Generator, family: str, songs: int, chunks: int, first_seed: int, scores: Scores) -> None:
    """Adds the likenesses of `songs` stems of a family to `scores`, by the name of a row."""
    for excerpt in excerpts_with(family, songs, first_seed):
        context, seed = generator.encode_context(excerpt.context_for(family))[:chunks], excerpt.song.seed

        def make(number: int, steps: int = 0, under: Underlay | None = None) -> np.ndarray:
            style = generator.stylist.of_words(family, number)
            usual = generator.guidance
            return generator.generate(context, chunks, style, number, steps or None, guidance=usual, under=under)  # noqa: B023

        original, other = make(seed), make(seed + 1)
        latents = generator.encode_context(original)[:chunks]
        for strength in STRENGTHS:
            varied = make(seed + 1, under=Underlay(latents, strength)) if strength < 1 else other
            scores.setdefault(f"strength {strength:g}", []).append(likeness(original, varied))
        draft = make(seed, steps=1)
        for row, pair in zip(DRAFTS, ((draft, original), (draft, other), (original, other)), strict=True):
            scores.setdefault(row, []).append(likeness(*pair))


def report(scores: Scores, heading: str) -> str:
    """Means with standard errors, and in how many stems each step of strength is less alike than the one before."""
    rows = [[name, *(_mean(items, way) for way in LIKENESSES)] for name, items in scores.items()]
    mels = np.array([[item[LIKENESSES[0]] for item in scores[f"strength {s:g}"]] for s in STRENGTHS])
    falls = ", ".join(f"{int((b < a).sum())}" for a, b in pairwise(mels))
    note = f"Of {mels.shape[1]} stems, {falls} are less alike at each next strength (mel spectrogram)."
    return "\n\n".join([heading, markdown_table(["compared", *LIKENESSES], rows), note])


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    songs: Annotated[int, typer.Option(help="Held-out songs per family.")] = 5,
    chunks: Annotated[int, typer.Option(help="Length of the stems in chunks of 0.68 s.", min=2, max=15)] = 8,
    seed: Annotated[int, typer.Option(help="First seed to look for songs.")] = FIRST_SEED,
    families: Annotated[str, typer.Option(help="Families, comma-separated.")] = "bass,drums,piano,pad",
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of ONNX Runtime (0: chosen for you).")] = 0,
) -> None:
    """Prints both tables."""
    load_font(held_out=False)
    chosen = [family.strip() for family in families.split(",")]
    with errors_as_sentences():
        generator = Generator(pack, device, threads)
    scores: Scores = {}
    with progress_bar("variations", len(chosen)) as done:
        for family in chosen:
            compare(generator, family, songs, chunks, seed, scores)
            done()
    heading = f"## Variations and drafts of {pack.name}: {songs} songs for each of {families}, {chunks * 0.683:.1f} s"
    publish(report(scores, heading), out)


def _mean(items: list[dict[str, float]], way: str) -> str:
    values = np.array([item[way] for item in items])
    return f"{values.mean():.3f} ± {values.std() / np.sqrt(len(values)):.3f}"


if __name__ == "__main__":
    typer.run(main)
