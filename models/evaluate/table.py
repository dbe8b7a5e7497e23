"""Table 1 of arXiv 2410.23005 for our systems: `riffbridge evaluate --pack P --table`.

Anchors (real, real through the codec, noise, random), then every system in every input mode: distances between sets of
CLAP vectors, the scores of single stems, and musical measures on the audio, because the composer knows the truth. Codec
metrics with their anchors come first.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from models.codec import Codec
from models.evaluate.anchors import ANCHORS as CODEC_ANCHORS
from models.evaluate.bench import ANCHORS, DECODED, MODES, REAL, SYSTEMS, Row, Setup
from models.evaluate.bench_run import Material, hear_all
from models.evaluate.bootstrap import Estimate
from models.evaluate.clips import composed_clips
from models.evaluate.codec_table import codec_decoders, group_report, measure_group
from models.evaluate.density_coverage import expected_coverage
from models.evaluate.excerpts import FIRST_SEED
from models.evaluate.hearing import stacked
from models.evaluate.items import ITEMS, REFERENCES
from models.evaluate.musical import BEAT_SCORES, HARMONY_SCORES
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.evaluate.systems import EDM_GUIDANCE
from models.evaluate.table_measures import ADHERENCES, Figures, Reference, by_family, row_figures
from models.families import FAMILIES
from models.guidance import Guidance
from models.pack import Pack

DISTANCES = {"KD": 2, "FAD": 3, "coverage": 2, "density": 2, "FAD family": 2, "APA": 2,
             "APA musical": 2, "CSAA": 2, "CSAT": 2}  # fmt: skip
"""Columns of the first table and their digits."""
AUCS = (*BEAT_SCORES, *HARMONY_SCORES, "family")
FEWEST = 24  # items: two per family


@dataclass(frozen=True)
class Table:
    """All figures by the name of their row, with what they are of."""

    figures: dict[str, Figures]
    named: dict[str, dict[str, float]]
    material: Material

    @classmethod
    def of(cls, rows: Sequence[Row], material: Material) -> Table:
        """Every figure of the anchors and the rows. Distances of context and stem (APA) are kept where a context is."""
        reference, figures = Reference(material), {}
        for name in ANCHORS:
            figures[name] = row_figures(name, "", material, reference)
        for row in rows:
            figures[row.name] = _without_adherence(row, row_figures(row.name, row.prompt, material, reference))
        told = [REAL, DECODED, *(row.name for row in rows if row.prompt == "text")]
        named = {name: by_family(stacked(material.items, name), material.families) for name in told}
        return cls(figures, named, material)


def report(table: Table, setup: Setup, seconds: float) -> str:
    """Both tables in Markdown, the families one by one, and everything that the figures depend on."""
    count, references = len(table.material.items), len(table.material.references)
    distances = [[name, *(_cell(row.distances.get(key), digits) for key, digits in DISTANCES.items())]
                 for name, row in table.figures.items()]  # fmt: skip
    aucs = [[name, *(str(row.aucs[key]) for key in AUCS), row.recognised.text()] for name, row in table.figures.items()]
    named = [[name, *(f"{values[family]:.2f}" if family in values else "" for family in FAMILIES)]
             for name, values in table.named.items()]  # fmt: skip
    parts = [
        f"## Accompaniment of {setup.pack.name}: {count} held-out songs, {references} reference songs",
        "Distances to the reference set; 95 % intervals from resampled songs. The real stem's row is the floor; through"
        " the codec it shows what latents keep of it:",
        markdown_table(["", "KD ×1000", *list(DISTANCES)[1:]], distances),
        _notes(setup, count, references),
        "AUC of the stem for this context against stems for other contexts (0.5: guessing), and share of stems in"
        " which the classifier hears the family that was asked for:",
        markdown_table(["", *AUCS, "family heard"], aucs),
        "Family heard, one by one:",
        markdown_table(["", *FAMILIES], named),
        f"{seconds:.0f} s, {seconds / count:.0f} s a song.",
    ]
    return "\n\n".join(parts)


def codec_report(setup: Setup, clips: int, seed: int) -> str:
    """The codec's metrics beside its anchors, per sound source."""
    codec = Codec(Pack.open(setup.pack), setup.device, threads=setup.threads)
    decoders, groups = codec_decoders(codec) | CODEC_ANCHORS, composed_clips(clips, seed)
    parts = [f"## Codec of {setup.pack.name}, {clips} clips of 10.24 s per group, first seed {seed}"]
    with progress_bar("codec", sum(map(len, groups.values()))) as done:
        for group, members in groups.items():
            parts.append(group_report(group, members, measure_group(members, decoders, done)))
    return "\n\n".join(parts)


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    table: Annotated[bool, typer.Option("--table", help="The table of systems, not the codec alone.")] = False,
    clap: Annotated[Path | None, typer.Option(help="Folder of the CLAP that hears (default: the pack's).")] = None,
    dit: Annotated[Path | None, typer.Option(help="Folder of the EDM DiT (models.train.edm_export).")] = None,
    unet: Annotated[Path | None, typer.Option(help="Folder of the U-Net (models.train.edm_export).")] = None,
    songs: Annotated[int, typer.Option(help="Held-out songs, one stem each.", min=FEWEST)] = 48,
    references: Annotated[int, typer.Option(help="Songs of the reference set (0: four times as many).")] = 0,
    systems: Annotated[str, typer.Option(help="Systems, comma-separated.")] = ",".join(SYSTEMS),
    modes: Annotated[str, typer.Option(help="Input modes, separated by semicolons.")] = ";".join(MODES),
    steps: Annotated[int, typer.Option(help="Steps of the C-DiT (0: what the pack says).")] = 0,
    edm_steps: Annotated[int, typer.Option(help="Steps of DiT and U-Net.", min=1)] = 30,
    guidance: Annotated[
        tuple[float, float] | None, typer.Option(help="C-DiT: context and prompt (default: what the pack says).")
    ] = None,
    edm_guidance: Annotated[tuple[float, float], typer.Option(help="DiT and U-Net: the same.")] = (
        EDM_GUIDANCE.context,
        EDM_GUIDANCE.prompt,
    ),
    clips: Annotated[int, typer.Option(help="Clips per sound source for the codec (0: leave it out).", min=0)] = 8,
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Write a PNG of the figures.")] = None,
    keep: Annotated[Path, typer.Option(help="Where what was heard is kept.")] = Path("runs/evaluate"),
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of ONNX Runtime (0: chosen for you).")] = 0,
) -> None:
    """Prints codec metrics and, with --table, the paper's table for this pack and the models beside it."""
    parts = []
    with errors_as_sentences():
        usual = Pack.open(pack).manifest.guidance if guidance is None else _guidance(guidance)
        setup = Setup(
            pack, clap, dit, unet, _chosen(systems, ",", SYSTEMS), _chosen(modes, ";", MODES), steps, edm_steps,
            usual, _guidance(edm_guidance, above_sigma=0.0), device, threads,
        )  # fmt: skip
        if clips:
            parts.append(codec_report(setup, clips, FIRST_SEED))
        if table:
            found, seconds = _table(setup, songs, references or 4 * songs, keep, workers)
            parts.append(report(found, setup, seconds))
            if picture is not None:
                # Imported here: matplotlib takes a second and is an extra.
                from models.evaluate.table_picture import draw

                draw(found.figures, f"{setup.pack.name}, {songs} held-out songs", picture)
    publish("\n\n".join(parts), out)


def _table(setup: Setup, songs: int, references: int, keep: Path, workers: int) -> tuple[Table, float]:
    """Hears everything and computes the figures; also how long it took."""
    started = time.monotonic()
    with progress_bar("table", songs + references) as done:
        material = hear_all(setup, songs, references, keep, workers, done)
    return Table.of(setup.rows(), material), time.monotonic() - started


def _notes(setup: Setup, count: int, references: int) -> str:
    """Counts, seeds and definitions under the first table."""
    missing = [system for system in SYSTEMS if system in setup.systems and setup.folder_of(system) is None]
    parts = [
        f"Seeds: songs from {FIRST_SEED + ITEMS}, reference from {FIRST_SEED + REFERENCES}, one song per stem; the"
        " seed of a song also seeds what is made for it.",
        f"DiT and U-Net {setup.edm_steps} Heun steps, guidance {_said(setup.edm_guidance)}; C-DiT"
        f" {setup.steps or Pack.open(setup.pack).manifest.steps} steps, guidance {_said(setup.guidance)}.",
        f"Coverage and density with k = 5; candidates of the reference's own distribution would cover"
        f" {expected_coverage(references, count):.2f}.",
        "KD in thousandths. FAD grows with few items: compare rows of one table only. FAD family is measured on"
        " the classifier's 12 log probabilities, which no model is conditioned on.",
        "APA looks at CLAP vectors of mixes, which can only tell what an embedding hears: where the random stem scores"
        " like the real one, it says nothing. APA musical is the same formula on the four scores of the second table.",
        "* : the bridge invents a sound, no text is given.",
    ]
    parts += [f"{', '.join(missing)}: not measured, because no model was given."] if missing else []
    return "\n".join(f"- {part}" for part in parts)


def _said(guidance: Guidance) -> str:
    return f"{guidance.context:g} (context) and {guidance.prompt:g} (prompt)"


def _cell(value: Estimate | None, digits: int) -> str:
    return "" if value is None else value.text(digits)


def _without_adherence(row: Row, figures: Figures) -> Figures:
    """APA asks whether stems belong to their contexts, which a row that sees none cannot know."""
    kept = {key: value for key, value in figures.distances.items() if key not in ADHERENCES or row.with_context}
    return Figures(kept, figures.aucs, figures.recognised)


def _chosen(words: str, separator: str, known: Sequence[str]) -> tuple[str, ...]:
    """What an option lists, in the table's order."""
    wanted = [word.strip() for word in words.split(separator)]
    unknown = [word for word in wanted if word not in known]
    if unknown:
        raise typer.BadParameter(f"there is no {unknown[0]!r}; there are {'; '.join(known)}")
    return tuple(word for word in known if word in wanted)


def _guidance(weights: tuple[float, float], above_sigma: float = 1.0) -> Guidance:
    try:
        return Guidance(*weights, above_sigma)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


if __name__ == "__main__":
    typer.run(main)
