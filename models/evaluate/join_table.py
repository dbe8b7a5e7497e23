"""Can it be heard where a long stem's windows meet, does it wander off, and what does its length cost?

`python -m models.evaluate.join_table`. Long held-out songs are accompanied throughout; every join of two windows is
judged by `seams` against other places of the same stem, and level and mean spectrum of each third against the first
window's, beside the same of the real stem. The cost is measured in one run, length beside length.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from models.data.composer.render import render
from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio, magnitude
from models.evaluate.excerpts import FIRST_SEED, held_out_song, load_font, plays
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.evaluate.seams import hear_seam
from models.generator import Generator
from models.joins import spans
from models.spectrogram import CHUNK_FRAMES

BANDS = (
    (1, 5),
    (5, 9),
    (9, 17),
    (17, 33),
    (33, 65),
    (65, 129),
    (129, 257),
    (257, 1025),
)  # bins of 23 Hz, an octave each
LOW = 2
"""The first bands, below 200 Hz, are told apart: a join was once seen there in a pad."""


@dataclass(frozen=True)
class Wandering:
    """Steps of the octave bands at joins against elsewhere (all, below 200 Hz), and drift of the end from the start."""

    step_ratio: float
    low_step_ratio: float
    level_db: float
    spectrum_db: float


def long_songs(family: str, count: int, chunks: int, first_seed: int) -> Iterator[tuple[int, Audio, Audio]]:
    """Seed, context and real stem of songs in which the family plays from their start on, `chunks` long, not alone."""
    seed, found = first_seed, 0
    while found < count:
        song = held_out_song(seed)
        seed += 1
        tracks = [track for track in song.tracks if track.family == family]
        if (
            not tracks
            or len(song.tracks) < 2
            or song.duration_s * SAMPLE_RATE_HZ < chunks * CHUNK_FRAMES
            or plays(tracks[0], 0.0) < 0.75
        ):
            continue
        rendered = render(song, 0.0, chunks * CHUNK_FRAMES)
        stems = dict(zip(rendered.families, rendered.stems, strict=True))
        context = np.sum([stem for name, stem in stems.items() if name != family], axis=0, dtype=np.float32)
        found += 1
        yield song.seed, context * np.float32(min(1.0, 0.95 / max(float(np.abs(context).max()), 1e-9))), stems[family]


def wander(audio: Audio, joins: list[int]) -> Wandering:
    """Judge a stem of whole chunks; `joins` are the chunks at which a window's new part begins."""
    power = np.square(magnitude(np.pad(audio, ((0, 0), (512, 512))), 2048, 1024)).mean(0)
    bands = np.stack([power[low:high].mean(0) for low, high in BANDS])
    chunks = 10 * np.log10(bands.reshape(len(BANDS), -1, 32).mean(2) + 1e-10)
    steps = np.abs(np.diff(chunks, axis=1))
    at = np.array(joins) - 1
    ratios = [float(part[:, at].mean() / np.delete(part, at, 1).mean()) for part in (steps, steps[:LOW])]
    third = chunks.shape[1] // 3
    first, last = chunks[:, :third].mean(1), chunks[:, -third:].mean(1)
    level = [10 * np.log10((10 ** (part / 10)).sum(0).mean()) for part in (chunks[:, :third], chunks[:, -third:])]
    return Wandering(*ratios, float(level[1] - level[0]), float(np.abs(last - first).mean()))


def cost(generator: Generator, chunks: int) -> tuple[float, float]:
    """Seconds of computing per second of stem, and MiB held beside the stem itself at the worst moment."""
    tracemalloc.start()
    began = time.process_time()
    audio = generator.generate(None, chunks, None, 0)
    took_s, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return took_s / (audio.shape[1] / SAMPLE_RATE_HZ), (peak - audio.nbytes) / 2**20


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    songs: Annotated[int, typer.Option(help="Held-out songs per family.")] = 3,
    chunks: Annotated[int, typer.Option(help="Length in chunks of 0.68 s.", min=20)] = 45,
    lengths: Annotated[str, typer.Option(help="Chunks whose cost is measured.")] = "1,15,60,240,879",
    seed: Annotated[int, typer.Option(help="First seed to look for songs.")] = FIRST_SEED,
    families: Annotated[str, typer.Option(help="Families, comma-separated.")] = "bass,drums,piano,pad",
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of ONNX Runtime (0: chosen for you).")] = 0,
) -> None:
    """Prints a row per family and kind of stem, and a row per length."""
    load_font(held_out=False)
    chosen = [name.strip() for name in families.split(",")]
    with errors_as_sentences():
        generator = Generator(pack, device, threads)
    window = generator.pack.manifest.dimensions.window_chunks
    joins, rows = [span.known for span in spans(chunks, window)[1:]], []
    with progress_bar("long stems", songs * len(chosen)) as done:
        for family in chosen:
            heard: dict[str, list[Wandering]] = {"made by the pack": [], "real stem": []}
            ranks: dict[str, list[float]] = {kind: [] for kind in heard}
            for number, context, real in long_songs(family, songs, chunks, seed):
                latents, style = generator.encode_context(context), generator.stylist.of_words(family, number)
                made = generator.generate(latents, chunks, style, number, guidance=generator.guidance)
                for kind, audio in zip(heard, (made, real), strict=True):
                    heard[kind].append(wander(audio, joins))
                    found = [hear_seam(audio, join * CHUNK_FRAMES) for join in joins]
                    ranks[kind] += [seam.step_rank for seam in found]
                done()
            rows += [[family, kind, *_cells(heard[kind]), f"{np.mean(ranks[kind]):.2f}"] for kind in heard]
    costs = [[f"{n * 0.683:.1f} s", *(f"{value:.3f}" for value in cost(generator, n))] for n in _numbers(lengths)]
    head = [
        "family",
        "stem",
        "step at joins : elsewhere",
        "below 200 Hz",
        "level, end - start dB",
        "spectrum dB",
        "rank",
    ]
    title = f"## Joins of {pack.name}: {songs} songs per family, {chunks * 0.683:.0f} s, {len(joins)} joins each"
    costly = ["length", "processor s per s", "MiB beside the stem"]
    publish("\n\n".join([title, markdown_table(head, rows), markdown_table(costly, costs)]), out)


def _cells(found: list[Wandering]) -> list[str]:
    ratios = [np.mean([getattr(one, name) for one in found]) for name in ("step_ratio", "low_step_ratio")]
    drifts = [np.mean(np.abs([getattr(one, name) for one in found])) for name in ("level_db", "spectrum_db")]
    return [f"{value:.2f}" for value in (*ratios, *drifts)]


def _numbers(words: str) -> list[int]:
    return [int(word) for word in words.split(",") if word]


if __name__ == "__main__":
    typer.run(main)
