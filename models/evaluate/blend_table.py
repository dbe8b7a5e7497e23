"""Does a slider between two sounds move the stem? `python -m models.evaluate.blend_table`.

For each held-out song two families are drawn. `blend` goes from the words for the first to a recording of the second,
`prompt_position` from the words for the first to those for the second. At every position the pack plays along with the
song, and CLAP hears how near the stem is to either end: to the words where the end is words, to the recording where it
is one. A text and a sound are never as near as two sounds, so what counts is how a column moves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from models.evaluate.excerpts import FIRST_SEED, Excerpt, excerpts_with, load_font
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.families import FAMILIES
from models.generator import Generator
from models.style import between

Array = NDArray[np.float32]
POSITIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
SLIDERS = ("words to recording", "words to words")
Ends = tuple[Array, Array]
"""CLAP vectors of both ends of a slider."""
Cosines = list[tuple[float, float]]
"""At every position the cosine to the first and to the second end."""


def measure(generator: Generator, excerpt: Excerpt, first: str, second: str, chunks: int) -> dict[str, Cosines]:
    """Both sliders for one song, from the family `first` to the family `second`."""
    stylist, seed = generator.stylist, excerpt.song.seed
    context = generator.encode_context(excerpt.context_for(first))[:chunks]
    recording = excerpt.stems[second]
    words = [stylist.clap.embed_text(family) for family in (first, second)]
    sounds = [stylist.of_words(family, seed) for family in (first, second)]
    heard = stylist.of_sound(recording)
    ways = {SLIDERS[0]: (sounds[0], heard), SLIDERS[1]: (sounds[0], sounds[1])}
    asked: dict[str, Ends] = {SLIDERS[0]: (words[0], heard), SLIDERS[1]: (words[0], words[1])}
    found: dict[str, Cosines] = {}
    for slider, (start, end) in ways.items():
        for position in POSITIONS:
            style = between(start, end, position)
            stem = generator.generate(context, chunks, style, seed, guidance=generator.guidance)
            vector = stylist.of_sound(stem)
            cosines = tuple(float(vector @ target) for target in asked[slider])
            found.setdefault(slider, []).append((cosines[0], cosines[1]))
    return found


def report(nearness: dict[str, list[Cosines]], heading: str) -> str:
    """Mean cosines along both sliders, and how many songs end nearer to where they went."""
    parts = [heading]
    for slider, songs in nearness.items():
        values = np.array(songs)  # song, position, end
        means = values.mean(0)
        rows = [[f"{at:g}", *(f"{mean:.3f}" for mean in row)] for at, row in zip(POSITIONS, means, strict=True)]
        left, came = ((values[:, -1] - values[:, 0]) * (-1, 1) > 0).sum(0)
        note = f"Of {len(songs)} songs {left} end farther from the first and {came} nearer to the second end."
        parts += [f"### {slider}", markdown_table(["position", "to the first", "to the second"], rows), note]
    return "\n\n".join(parts)


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    songs: Annotated[int, typer.Option(help="Held-out songs.", min=1)] = 12,
    chunks: Annotated[int, typer.Option(help="Length of the stems in chunks of 0.68 s.", min=2, max=15)] = 15,
    seed: Annotated[int, typer.Option(help="First seed to look for songs.")] = FIRST_SEED,
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of ONNX Runtime (0: chosen for you).")] = 0,
) -> None:
    """Prints a table per slider."""
    load_font(held_out=False)
    with errors_as_sentences():
        generator = Generator(pack, device, threads)
    nearness: dict[str, list[Cosines]] = {slider: [] for slider in SLIDERS}
    with progress_bar("sliders", songs) as done:
        for number in range(songs):
            first = FAMILIES[number % len(FAMILIES)]
            excerpt = next(excerpts_with(first, 1, seed + 100 * number))
            second = max(set(excerpt.stems) - {first}, key=lambda family: float(excerpt.stems[family].std()))
            for slider, values in measure(generator, excerpt, first, second, chunks).items():
                nearness[slider].append(values)
            done()
    publish(report(nearness, f"## Sliders of {pack.name}: {songs} songs from {seed}, {chunks * 0.683:.1f} s"), out)


if __name__ == "__main__":
    typer.run(main)
