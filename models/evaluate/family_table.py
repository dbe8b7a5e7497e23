"""How well the family classifier hears what it never met: `python -m models.evaluate.family_table --songs 100`.

Held-out songs (seeds from 9,000,000) with the sounds of training, the same songs with every sound from a sound font
that training never loads, and, with `--pack`, the first kind through a codec. Also what is taken for what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from models.codec import Codec
from models.evaluate.codec_metrics import Audio
from models.evaluate.excerpts import FIRST_SEED, excerpt, load_font
from models.evaluate.family_classifier import WEIGHTS, FamilyClassifier
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.evaluate.timbre import SILENCE, timbre
from models.families import FAMILIES
from models.pack import Pack

Counts = NDArray[np.int64]
"""Clips `[family, heard as]`."""
Change = Callable[[Audio, int], Audio]


def stems_of(seed: int, foreign: bool) -> Iterator[tuple[int, Audio]]:
    """(family, audio) of every stem of a held-out song that sounds."""
    for family, audio in excerpt(seed, from_font=foreign).stems.items():
        if np.sqrt(np.mean(np.square(audio))) > SILENCE:
            yield FAMILIES.index(family), audio


def confusion(
    classifier: FamilyClassifier, seeds: range, foreign: bool, done: Callable[[], None], change: Change | None = None
) -> Counts:
    """What the stems of the songs are heard as; `change(audio, seed)` is applied first."""
    counts = np.zeros((len(FAMILIES), len(FAMILIES)), np.int64)
    for seed in seeds:
        for family, audio in stems_of(seed, foreign):
            heard = audio if change is None else change(audio, seed)
            counts[family, classifier.log_probabilities(timbre(heard)[None])[0].argmax()] += 1
        done()
    return counts


def report(found: dict[str, Counts]) -> str:
    """Shares of each family that are heard as it, and the commonest mistakes."""
    rows = []
    for number, name in enumerate(FAMILIES):
        rows.append([name, *(_share(counts[number, number], counts[number].sum()) for counts in found.values())])
    rows.append(["**all**", *(_share(np.trace(counts), counts.sum()) for counts in found.values())])
    lines = [f"- {source}: {mistakes(counts)}" for source, counts in found.items()]
    return markdown_table(["family", *found], rows) + "\n\nMost frequent mistakes:\n\n" + "\n".join(lines)


def mistakes(counts: Counts, most: int = 6) -> str:
    """The largest numbers beside the diagonal."""
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(wrong, axis=None)[::-1][:most]
    pairs = [np.unravel_index(place, wrong.shape) for place in order]
    return ", ".join(f"{FAMILIES[a]} as {FAMILIES[b]} {wrong[a, b]}" for a, b in pairs if wrong[a, b]) or "none"


def main(
    songs: Annotated[int, typer.Option(help="Held-out songs per sound source.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="First seed.")] = FIRST_SEED,
    weights: Annotated[Path, typer.Option(help="The classifier's weights.")] = WEIGHTS,
    pack: Annotated[Path | None, typer.Option(help="A pack whose codec the stems pass, too.")] = None,
    decoded: Annotated[int, typer.Option(help="How many of the songs pass the codec.")] = 20,
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
) -> None:
    """Prints accuracy per family and sound source."""
    classifier, seeds = FamilyClassifier.load(weights), range(seed, seed + songs)
    found: dict[str, Counts] = {}
    with progress_bar("songs", 2 * songs + (decoded if pack else 0)) as done:
        for name, foreign in (("other songs", False), ("other sound font", True)):
            if load_font(held_out=foreign) or not foreign:
                found[name] = confusion(classifier, seeds, foreign, done)
        if pack is not None:
            with errors_as_sentences():
                codec = Codec(Pack.open(pack), "auto")
            load_font(held_out=False)
            change = lambda audio, seed: codec.decode(codec.encode(audio), seed)[:, : audio.shape[1]]  # noqa: E731
            found["through the codec"] = confusion(classifier, seeds[:decoded], False, done, change)
    publish(f"Family classifier, {songs} held-out songs per source, first seed {seed}\n\n" + report(found), out)


def _share(right: int, of: int) -> str:
    return f"{right / of:.2f} of {of}" if of else ""


if __name__ == "__main__":
    typer.run(main)
