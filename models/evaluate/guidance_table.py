"""Which guidance should be the default? `python -m models.evaluate.guidance_table`.

The same songs and seeds are played under several pairs of guidance (context, prompt). Adherence to the context: the
AUCs of `accompaniment_table`. Adherence to the prompt: how often the asked family is the one whose real stems are most
alike (mean and spread of the mel spectrum, onsets per second). Level says what guidance does beside that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from models.evaluate.auc import matched_auc
from models.evaluate.codec_metrics import Audio, magnitude, mel_filters
from models.evaluate.excerpts import FIRST_SEED, excerpts_with, load_font
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
from models.generator import Generator
from models.guidance import Guidance

PAIRS = "1:1,1.25:1,1.5:1,2:1,1:1.25,1:1.5,1:2,1.25:1.25,1.5:1.5"
Vector = NDArray[np.float64]


def sound_of(audio: Audio) -> Vector:
    """What tells instruments apart in a stem: mean and spread of 24 mel bands in dB (level taken out), onsets."""
    power = np.square(mel_filters(2048, 24) @ magnitude(audio, 2048, 1024)).mean(0) + 1e-9
    bands = 10 * np.log10(power / power.sum(0).max() + 1e-7)
    onsets = hear_stem(audio).onsets
    return np.concatenate([bands.mean(1), bands.std(1), [30 * np.mean(onsets), 30 * np.std(onsets)]])


def nearest(sound: Vector, references: dict[str, list[Vector]]) -> str:
    """The family of which the three most similar real stems are nearest on average."""
    distances = {
        family: np.sort([np.linalg.norm(sound - one) for one in ones])[:3] for family, ones in references.items()
    }
    return min(distances, key=lambda family: float(distances[family].mean()))


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    songs: Annotated[int, typer.Option(help="Held-out songs per family.", min=2)] = 12,
    pairs: Annotated[str, typer.Option(help="Guidance as context:prompt, comma-separated.")] = PAIRS,
    seed: Annotated[int, typer.Option(help="First seed to look for songs.")] = FIRST_SEED,
    families: Annotated[str, typer.Option(help="Families, comma-separated.")] = "bass,drums,piano,pad",
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
    references: dict[str, list[Vector]] = {family: [] for family in chosen}
    made: dict[Guidance, dict[str, list[tuple[StemFeatures, Vector, float]]]] = {
        guidance: {family: [] for family in chosen} for guidance in asked
    }
    with progress_bar("guidance", songs * len(chosen)) as done:
        for family in chosen:
            for excerpt in excerpts_with(family, songs, seed):
                context = excerpt.context_for(family)
                latents, number = generator.encode_context(context), excerpt.song.seed
                contexts[family].append(know_context(excerpt.song, excerpt.start_s, context))
                references[family].append(sound_of(excerpt.stems[family]))
                for guidance in asked:
                    stem = generator.generate(
                        latents, len(latents), generator.stylist.of_words(family, number), number, guidance=guidance
                    )
                    level_db = float(20 * np.log10(stem.std() + 1e-6))
                    made[guidance][family].append((hear_stem(stem), sound_of(stem), level_db))
                done()
    usual = made[asked[0]]
    rows = [_row(guidance, stems, contexts, references, usual, seed) for guidance, stems in made.items()]
    head = ["context", "prompt", *BEAT_SCORES, *HARMONY_SCORES, "prompt met", "level dB"]
    title = f"## Guidance of {pack.name}: AUC over {songs} songs for each of {families} (harmony without drums)"
    publish("\n\n".join([title, markdown_table(head, rows)]), out)


def _row(
    guidance: Guidance,
    stems: dict[str, list[tuple[StemFeatures, Vector, float]]],
    contexts: dict[str, list[ContextFeatures]],
    references: dict[str, list[Vector]],
    usual: dict[str, list[tuple[StemFeatures, Vector, float]]],
    seed: int,
) -> list[str]:
    values: dict[str, list[float]] = {name: [] for name in (*BEAT_SCORES, *HARMONY_SCORES)}
    for family, items in stems.items():
        matrices = score_matrix([heard for heard, _, _ in items], contexts[family])
        for name in BEAT_SCORES if family == "drums" else BEAT_SCORES + HARMONY_SCORES:
            values[name].append(matched_auc(matrices[name], seed=seed).value)
    met = [nearest(sound, references) == family for family, items in stems.items() for _, sound, _ in items]
    levels = [
        level - other
        for family, items in stems.items()
        for (*_, level), (*_, other) in zip(items, usual[family], strict=True)
    ]
    cells = [f"{np.mean(values[name]):.3f}" for name in values]
    return [f"{guidance.context:g}", f"{guidance.prompt:g}", *cells, f"{np.mean(met):.2f}", f"{np.mean(levels):+.1f}"]


if __name__ == "__main__":
    typer.run(main)
