"""Do loops repeat without a seam? `python -m models.evaluate.loop_table`.

Stems of several lengths are played twice over, made as loops and made straight on; the place where they start again is
judged by `seams`. Contexts are cut at any frame, where the music jumps; the real stem, cut there, says how far.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from models.evaluate.excerpts import FIRST_SEED, excerpts_with, load_font
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.evaluate.seams import Seam, around_wrap, hear_seam
from models.generator import Generator
from models.loop import Looper
from models.spectrogram import CHUNK_FRAMES, SLOT_FRAMES, SLOTS

KINDS = ("loop", "straight on", "real stem")


def seams(generator: Generator, family: str, slots: int, songs: int, first_seed: int) -> dict[str, list[Seam]]:
    """Seams of loops, of plain stems and of real stems of `slots` slots."""
    heard: dict[str, list[Seam]] = {kind: [] for kind in KINDS}
    looper, frames = Looper(generator), slots * SLOT_FRAMES
    for excerpt in excerpts_with(family, songs, first_seed):
        seed = excerpt.song.seed
        style = generator.stylist.of_words(family, seed)
        ring = np.take(excerpt.context_for(family), np.arange(frames), axis=1, mode="wrap")
        latents, chunks, usual = generator.encode_context(ring), -(-frames // CHUNK_FRAMES), generator.guidance
        made = {
            "loop": looper.generate(looper.encode(ring), slots, style, seed, guidance=usual),
            "straight on": generator.generate(latents, chunks, style, seed, guidance=usual)[:, :frames],
            "real stem": np.take(excerpt.stems[family], np.arange(frames), axis=1, mode="wrap"),
        }
        for kind, audio in made.items():
            heard[kind].append(hear_seam(*around_wrap(audio)))
    return heard


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    songs: Annotated[int, typer.Option(help="Held-out songs per family and length.")] = 3,
    slots: Annotated[str, typer.Option(help="Lengths in slots of 85 ms.")] = "6,16,23,47,94,141",
    seed: Annotated[int, typer.Option(help="First seed to look for songs.")] = FIRST_SEED,
    families: Annotated[str, typer.Option(help="Families, comma-separated.")] = "bass,drums,pad",
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of ONNX Runtime (0: chosen for you).")] = 0,
) -> None:
    """Prints one row per length and kind."""
    load_font(held_out=False)
    chosen, lengths = [name.strip() for name in families.split(",")], [int(length) for length in slots.split(",")]
    with errors_as_sentences():
        generator = Generator(pack, device, threads)
    rows = []
    with progress_bar("loops", len(lengths) * len(chosen)) as done:
        for length in lengths:
            heard: dict[str, list[Seam]] = {kind: [] for kind in KINDS}
            for family in chosen:
                for kind, found in seams(generator, family, length, songs, seed).items():
                    heard[kind] += found
                done()
            rows += [[f"{length} ({length / SLOTS * 0.683:.2f} s)", kind, *_cells(heard[kind])] for kind in KINDS]
    heading = f"## Seams of loops of {pack.name}: {songs} songs for each of {families}; rank 0.5 = like any other place"
    head = ["slots", "made as", "click", "click rank", "spectral step dB", "step rank"]
    publish("\n\n".join([heading, markdown_table(head, rows)]), out)


def _cells(found: list[Seam]) -> list[str]:
    """Medians; a mean would be that of the worst."""
    columns = ("click", "click_rank", "step_db", "step_rank")
    return [f"{np.median([getattr(seam, name) for seam in found]):.3f}" for name in columns]


if __name__ == "__main__":
    typer.run(main)
