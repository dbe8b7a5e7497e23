"""Is what people type understood? `python -m models.evaluate.prompt_table --pack P`.

`user_prompts.json` holds prompts as musicians type them, by the family that they mean, in lists written by different
hands without a look at the wordings of training. Each prompt becomes a few styles, as in the server, and each style the
family of most of the real stems nearest to it. The ceiling is the same for the styles of other real stems. Whoever adds
words to the training because of a list has used it up: write another one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from models.evaluate.excerpts import load_font
from models.evaluate.family_table import stems_of
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.families import FAMILIES
from models.pack import Pack
from models.style import Stylist

Array = NDArray[np.float32]
PROMPTS = Path(__file__).with_name("user_prompts.json")
FIRST_SEED = 12_200_000
SEEDS = 4  # styles of a prompt
NEAREST = 9  # real stems that vote


class Jury:
    """Real stems, which vote on the family of a style."""

    def __init__(self, styles: Array, families: NDArray[np.int64]) -> None:
        """Unit vectors `[stem, 512]` and their places in FAMILIES `[stem]`."""
        self.styles, self.families = styles, families

    def verdict(self, style: Array, but: int | None = None) -> int:
        """The family, as its place in FAMILIES, that has most of the nearest stems, nearer ones first; `but`: one that
        has no vote."""
        likeness = self.styles @ style
        if but is not None:
            likeness[but] = -1
        nearest = np.argsort(-likeness)[:NEAREST]
        votes = np.bincount(self.families[nearest], likeness[nearest].clip(0), len(FAMILIES))
        return int(votes.argmax())

    def ceiling(self) -> float:
        """Share of the stems whose family the others know."""
        known = [self.verdict(style, but) == self.families[but] for but, style in enumerate(self.styles)]
        return float(np.mean(known))


def jury(stylist: Stylist, songs: int) -> Jury:
    """The stems of so many held-out songs."""
    styles, families = [], []
    for seed in range(FIRST_SEED, FIRST_SEED + songs):
        for family, audio in stems_of(seed, foreign=False):
            styles.append(stylist.of_sound(audio))
            families.append(family)
    return Jury(np.stack(styles), np.array(families))


def understood(stylist: Stylist, judges: Jury, prompt: str, family: str) -> float:
    """Share of the styles of a prompt that sound like the family."""
    heard = [judges.verdict(stylist.of_words(prompt, seed)) for seed in range(SEEDS)]
    return float(np.mean([FAMILIES[place] == family for place in heard]))


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    songs: Annotated[int, typer.Option(help="Songs whose stems vote.", min=1)] = 170,
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of ONNX Runtime (0: chosen for you).")] = 0,
) -> None:
    """Prints the share of prompts that are understood per family and list, and those that are not."""
    load_font(held_out=False)
    lists = json.loads(PROMPTS.read_text(encoding="utf-8"))
    with errors_as_sentences():
        stylist = Stylist(Pack.open(pack), device, threads)
    judges = jury(stylist, songs)
    shares: dict[str, dict[str, list[float]]] = {name: {} for name in lists}
    missed: list[str] = []
    with progress_bar("prompts", sum(len(prompts) for found in lists.values() for prompts in found.values())) as done:
        for name, found in lists.items():
            for family, prompts in found.items():
                shares[name][family] = [understood(stylist, judges, prompt, family) for prompt in prompts]
                missed += [f"{family}: {p}" for p, s in zip(prompts, shares[name][family], strict=True) if s < 0.5]
                for _ in prompts:
                    done()
    rows = [[family, *(f"{np.mean(found[family]):.2f}" for found in shares.values())] for family in FAMILIES]
    rows.append(
        ["**all**", *(f"{np.mean([s for one in found.values() for s in one]):.2f}" for found in shares.values())]
    )
    title = (
        f"## Prompts that {pack.name} understands ({len(judges.styles)} stems vote; real stems {judges.ceiling():.2f})"
    )
    publish("\n\n".join([title, markdown_table(["family", *lists], rows), "Missed: " + "; ".join(missed)]), out)


if __name__ == "__main__":
    typer.run(main)
