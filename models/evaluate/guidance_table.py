"""Which guidance should be the default? `python -m models.evaluate.guidance_table`.

The same songs and seeds are played under several pairs of guidance (context, prompt). Adherence to the context: the
AUCs of `accompaniment_table`. Adherence to the prompt: in how many stems the family classifier hears the family that
was asked for. Level says what guidance does beside that. The songs are not those of the other tables, so that a default
that is chosen here is not chosen on what the pack is judged by.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from models.evaluate.auc import matched_auc
from models.evaluate.excerpts import excerpts_with, load_font
from models.evaluate.family_classifier import hear_family
from models.evaluate.musical import (
    BEAT_SCORES,
    HARMONY_SCORES,
    ContextFeatures,
    StemFeatures,
    hear_stem,
    know_context,
    score_matrix,
)
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.families import FAMILIES
from models.generator import Generator
from models.guidance import Guidance

PAIRS = "1:1,1.25:1.25,1.5:1,1:1.5,1.5:1.5,1.5:2,2:2"
FIRST_SEED = 9_400_000
Played = tuple[StemFeatures, bool, float]
"""What is heard in a stem, whether it is of the family that was asked for, its level in dB."""


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    songs: Annotated[int, typer.Option(help="Held-out songs per family.", min=2)] = 4,
    pairs: Annotated[str, typer.Option(help="Guidance as context:prompt, comma-separated.")] = PAIRS,
    seed: Annotated[int, typer.Option(help="First seed to look for songs.")] = FIRST_SEED,
    families: Annotated[str, typer.Option(help="Families, comma-separated.")] = ",".join(FAMILIES),
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of ONNX Runtime (0: chosen for you).")] = 0,
) -> None:
    """Prints a row per pair of guidance: AUCs over all families, prompts met, level against no guidance."""
    load_font(held_out=False)
    chosen = [name.strip() for name in families.split(",")]
    asked = [Guidance(*(float(part) for part in pair.split(":"))) for pair in pairs.split(",")]
    with errors_as_sentences():
        generator = Generator(pack, device, threads)
    contexts: dict[str, list[ContextFeatures]] = {family: [] for family in chosen}
    made: dict[Guidance, dict[str, list[Played]]] = {pair: {family: [] for family in chosen} for pair in asked}
    with progress_bar("guidance", songs * len(chosen)) as done:
        for family in chosen:
            for excerpt in excerpts_with(family, songs, seed):
                context = excerpt.context_for(family)
                latents, number = generator.encode_context(context), excerpt.song.seed
                contexts[family].append(know_context(excerpt.song, excerpt.start_s, context))
                for guidance in asked:
                    stem = generator.generate(
                        latents, len(latents), generator.stylist.of_words(family, number), number, guidance=guidance
                    )
                    level_db = float(20 * np.log10(stem.std() + 1e-6))
                    met = FAMILIES[int(hear_family(stem).argmax())] == family
                    made[guidance][family].append((hear_stem(stem), met, level_db))
                done()
    usual = made[asked[0]]
    rows = [_row(guidance, stems, contexts, usual, seed) for guidance, stems in made.items()]
    head = ["context", "prompt", *BEAT_SCORES, *HARMONY_SCORES, "prompt met", "level dB"]
    title = f"## Guidance of {pack.name}: AUC over {songs} songs from {seed} for each of {families}"
    publish("\n\n".join([title, markdown_table(head, rows)]), out)


def _row(
    guidance: Guidance,
    stems: dict[str, list[Played]],
    contexts: dict[str, list[ContextFeatures]],
    usual: dict[str, list[Played]],
    seed: int,
) -> list[str]:
    values: dict[str, list[float]] = {name: [] for name in (*BEAT_SCORES, *HARMONY_SCORES)}
    for family, items in stems.items():
        matrices = score_matrix([heard for heard, _, _ in items], contexts[family])
        for name in BEAT_SCORES if family == "drums" else BEAT_SCORES + HARMONY_SCORES:
            values[name].append(matched_auc(matrices[name], seed=seed).value)
    met = [right for items in stems.values() for _, right, _ in items]
    levels = [
        level - other
        for family, items in stems.items()
        for (*_, level), (*_, other) in zip(items, usual[family], strict=True)
    ]
    cells = [f"{np.mean(values[name]):.3f}" for name in values]
    return [f"{guidance.context:g}", f"{guidance.prompt:g}", *cells, f"{np.mean(met):.2f}", f"{np.mean(levels):+.1f}"]


if __name__ == "__main__":
    typer.run(main)
