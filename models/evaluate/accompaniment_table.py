"""Do the stems of a pack belong to their contexts? `python -m models.evaluate.accompaniment_table --songs 40`.

For each family: held-out songs in which the family plays are rendered, the pack plays the family along with
everything else, and every stem is scored against every song. The AUC says how often a stem made for a song fits
it better than one made for another song, for four kinds of stem: the real one (ceiling), the real one through the
codec, the pack's, and a real one of another song (floor, 0.5). Read every row against its ceiling: a pad has no
attacks, so not even the real one is on the grid. A second table says what changes the output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from models.evaluate.auc import Auc, derangement, matched_auc
from models.evaluate.bench import DECODED, REAL
from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio
from models.evaluate.excerpts import FIRST_SEED, Excerpt, excerpts_with, load_font
from models.evaluate.musical import (
    BEAT_SCORES,
    HARMONY_SCORES,
    ContextFeatures,
    StemFeatures,
    hear_stem,
    know_context,
    output_change,
    score_matrix,
)
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.families import FAMILIES
from models.generator import Generator
from models.guidance import UNGUIDED, Guidance

MADE, RANDOM = "made by the pack", "real stem, random song"
CHANGES = ("same again", "another context", "another seed")


@dataclass
class Heard:
    """What was heard of one family, song by song; audio is not kept."""

    seeds: list[int] = field(default_factory=list)
    contexts: list[ContextFeatures] = field(default_factory=list)
    latents: list[np.ndarray] = field(default_factory=list)
    stems: dict[str, list[StemFeatures]] = field(default_factory=lambda: {REAL: [], DECODED: [], MADE: []})
    changes: dict[str, list[float]] = field(default_factory=lambda: {change: [] for change in CHANGES})


@dataclass(frozen=True)
class Plan:
    """How much to do: songs per family, of which `changes` also with another context and another seed."""

    songs: int
    changes: int
    first_seed: int
    steps: int
    save: Path | None = None
    guidance: Guidance = UNGUIDED

    @property
    def manner(self) -> str:
        """How stems are drawn, for headings."""
        steps = f"{self.steps} steps"
        if self.guidance == UNGUIDED:
            return steps
        return f"{steps}, guidance {self.guidance.context:g} (context) and {self.guidance.prompt:g} (family)"


def hear_family(generator: Generator, family: str, plan: Plan, done: Callable[[], None]) -> Heard:
    """Plays the family along with every song and takes down the features."""
    heard = Heard()
    for excerpt in excerpts_with(family, plan.songs, plan.first_seed):
        _hear_song(generator, family, excerpt, plan, heard)
        done()
    return heard


def aucs(heard: Heard, family: str, seed: int) -> dict[str, dict[str, Auc]]:
    """AUC of every score for every kind of stem; drums have no harmony to judge."""
    names = BEAT_SCORES if family == "drums" else BEAT_SCORES + HARMONY_SCORES
    matrices = {row: score_matrix(stems, heard.contexts) for row, stems in heard.stems.items()}
    result = {row: {name: matched_auc(matrix[name], seed=seed) for name in names} for row, matrix in matrices.items()}
    pairing = derangement(len(heard.seeds), seed)
    result[RANDOM] = {name: matched_auc(matrices[REAL][name], pairing, seed) for name in names}
    return result


def report(results: dict[str, Heard], pack: str, plan: Plan) -> str:
    """Both tables in Markdown with counts and seeds."""
    auc_rows, change_rows = [], []
    for family, heard in results.items():
        for row, values in aucs(heard, family, plan.first_seed).items():
            cells = [str(values[name]) if name in values else "" for name in BEAT_SCORES + HARMONY_SCORES]
            auc_rows.append([family, row, *cells])
        change_rows.append([family, *(_mean_and_spread(heard.changes[change]) for change in CHANGES)])
    seeds = "\n".join(f"- {family}: songs {', '.join(map(str, heard.seeds))}" for family, heard in results.items())
    return "\n\n".join(
        [
            f"## Accompaniment of {pack}: {plan.songs} held-out songs per family, {plan.manner}, "
            f"first seed {plan.first_seed}",
            "AUC, stem made for this context against stems made for other contexts, 95 % bootstrap interval:",
            markdown_table(["family", "stem", *BEAT_SCORES, *HARMONY_SCORES], auc_rows),
            f"Log-mel difference in dB between two outputs ({plan.changes} songs, mean and standard deviation):",
            markdown_table(["family", *CHANGES], change_rows),
            f"Seeds (the seed of a song also seeds its stem):\n\n{seeds}",
        ]
    )


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    songs: Annotated[int, typer.Option(help="Held-out songs per family.", min=2)] = 40,
    seed: Annotated[int, typer.Option(help="First seed to look for songs.")] = FIRST_SEED,
    families: Annotated[str, typer.Option(help="Families, comma-separated.")] = "bass,drums,piano,pad",
    changes: Annotated[int, typer.Option(help="Songs also played with another context and seed.")] = 6,
    steps: Annotated[int, typer.Option(help="Steps of the sampler (0: what the pack says).")] = 0,
    guidance: Annotated[
        tuple[float, float], typer.Option(help="How strongly context and family are followed; 1: as trained.")
    ] = (1.0, 1.0),
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    save: Annotated[Path | None, typer.Option(help="Folder for WAVs of contexts and stems.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of ONNX Runtime (0: chosen for you).")] = 0,
) -> None:
    """Prints AUCs of beat and harmony per family, with ceiling and floor, and how the output depends on its context."""
    chosen = [family.strip() for family in families.split(",")]
    unknown = [family for family in chosen if family not in FAMILIES]
    if unknown:
        raise typer.BadParameter(f"no such family: {', '.join(unknown)}; there are {', '.join(FAMILIES)}")
    try:
        guided = Guidance(*guidance)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    load_font(held_out=False)
    with errors_as_sentences():
        generator = Generator(pack, device, threads)
    plan = Plan(songs, min(changes, songs - 1), seed, steps or generator.pack.manifest.steps, save, guided)
    with progress_bar("accompaniment", len(chosen) * songs) as done:
        results = {family: hear_family(generator, family, plan, done) for family in chosen}
    publish(report(results, pack.name, plan), out)


def _hear_song(generator: Generator, family: str, excerpt: Excerpt, plan: Plan, heard: Heard) -> None:
    """Adds one song to what was heard; the context before it serves as the "another context"."""
    seed, context, real = excerpt.song.seed, excerpt.context_for(family), excerpt.stems[family]
    latents = generator.encode_context(context)

    def make(context_latents: np.ndarray, stem_seed: int) -> Audio:
        style = generator.stylist.of_words(family, stem_seed)
        return generator.generate(context_latents, len(latents), style, stem_seed, plan.steps, guidance=plan.guidance)

    made = make(latents, seed)
    decoded = generator.codec.decode(generator.codec.encode(real), seed)
    if 0 < len(heard.latents) <= plan.changes:
        others = (make(latents, seed), make(heard.latents[-1], seed), make(latents, seed + 1))
        for change, other in zip(CHANGES, others, strict=True):
            heard.changes[change].append(output_change(made, other))
    for row, stem in ((REAL, real), (DECODED, decoded), (MADE, made)):
        heard.stems[row].append(hear_stem(stem))
    heard.contexts.append(know_context(excerpt.song, excerpt.start_s, context))
    heard.seeds.append(seed)
    heard.latents.append(latents)
    if plan.save is not None:
        _save(plan.save, f"{family}_{seed}", {"context": context, "real": real, "made": made})


def _save(folder: Path, name: str, audios: dict[str, Audio]) -> None:
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    for kind, audio in audios.items():
        soundfile.write(folder / f"{name}_{kind}.wav", audio.T, SAMPLE_RATE_HZ)


def _mean_and_spread(values: list[float]) -> str:
    return f"{np.mean(values):.2f} ± {np.std(values):.2f}" if values else ""


if __name__ == "__main__":
    typer.run(main)
