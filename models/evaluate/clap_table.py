"""How well an exported CLAP finds held-out stems by their captions, through the runtime that ships.

    python -m models.evaluate.clap_table --clap FOLDER --songs 60 [--foreign]

Songs of seed 9,000,000 and above, which no training sees; `--foreign` takes their sounds from a sound font that
training never loads. FOLDER holds the three files of `models/clap.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.clap import Clap, unit
from models.data.captions import Writer, family_names
from models.data.composer.dice import Dice
from models.data.stem_facts import StemFacts, facts_of
from models.evaluate.excerpts import FIRST_SEED, excerpt, load_font
from models.evaluate.retrieval import retrieval_figures
from models.families import FAMILIES

DETAILS = 4  # facts beside the instrument in each caption
QUIETEST = 1e-3  # RMS (-60 dBFS) below which a stem is not heard


def held_out_stems(songs: int, fonts: bool, foreign: bool = False) -> Iterator[tuple[str, np.ndarray, StemFacts]]:
    """Name, audio `[2, frame]` and facts of every stem that sounds; `fonts`: sound fonts are loaded."""
    for seed in range(FIRST_SEED, FIRST_SEED + songs):
        found = excerpt(seed, from_font=fonts and foreign)
        for track in found.song.tracks:
            audio = found.stems[track.family]
            if np.sqrt(np.mean(audio**2)) > QUIETEST:
                yield f"{seed}/{track.family}", audio, facts_of(found.song, track, fonts)


def table(clap: Clap, stems: list[tuple[str, np.ndarray, StemFacts]]) -> dict[str, dict[str, float]]:
    """Figures of `retrieval_figures` for captions in usual and in unseen wordings."""
    audio = np.stack([clap.embed_audio(sound) for _, sound, _ in stems])
    family = np.array([FAMILIES.index(facts.family) for _, _, facts in stems])
    figures = {}
    for name, unseen in (("usual", False), ("unseen", True)):
        texts = [Writer(Dice(f"{stem}/check"), unseen).write(facts, DETAILS).text for stem, _, facts in stems]
        prompts = np.stack([unit(clap.embed_texts(list(names)).mean(0)) for names in family_names(unseen)])
        figures[name] = retrieval_figures(audio, clap.embed_texts(texts), prompts, family)
    return figures


def main(arguments: list[str] | None = None) -> None:
    """Prints the figures with how many stems they are of."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clap", type=Path, required=True)
    parser.add_argument("--songs", type=int, default=60)
    parser.add_argument("--foreign", action="store_true", help="all sounds from the sound font kept for tests")
    options = parser.parse_args(arguments)
    fonts = load_font(held_out=options.foreign)
    if options.foreign and not fonts:
        parser.error("the sound font kept for tests is not installed (Debian: timgm6mb-soundfont).")
    stems = list(held_out_stems(options.songs, fonts, options.foreign))
    print(f"{len(stems)} stems of {options.songs} songs, by chance R@10 is {min(1.0, 10 / len(stems)):.3f}")
    for name, figures in table(Clap(options.clap), stems).items():
        print(f"{name:7}" + "".join(f"  {key} {value:.3f}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
