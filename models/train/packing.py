"""Turns runs into a pack that plays: `riffbridge pack`.

    python -m models.train.packing RUN [RUN] --out FOLDER

A pack needs a codec and a consistency model; what the runs do not hold comes from the pack they began from. The
latents of both must be the same, so the encoders are compared before anything is written.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.errors import ModelError
from models.export import export_pack
from models.generator import Generator
from models.pack import Pack
from models.train.lineage import holds_codec, is_pack, pack_behind, read_note, stage_of, starting_point
from models.train.trained import load_codec, load_networks

PRIVATE = "Not licensed to others; ask whoever trained it."
TOLERANCE = 2e-3  # float16 storage changes weights by at most 5e-4 of themselves, int8 of rounded ones not at all


@dataclass(frozen=True)
class Parts:
    """Where a pack's networks come from."""

    codec: Path
    dit: Path
    clap: Path
    bridge: Path
    base: Path  # the pack that the runs go back to
    latents_of: Path | None  # the codec whose latents `dit` learnt, where that is known


def choose(runs: list[Path]) -> Parts:
    """Sorts runs by what they hold and completes them.

    Raises:
        ValueError: two of a kind, or a run that cannot be played.
    """
    codecs = [run for run in runs if holds_codec(run)]
    claps, bridges = ([run for run in runs if stage_of(run) == stage] for stage in ("clap", "bridge"))
    models = [run for run in runs if run not in (*codecs, *claps, *bridges)]
    for kind, found in (("codec", codecs), ("latent", models), ("clap", claps), ("bridge", bridges)):
        if len(found) > 1:
            raise ValueError(f"{found[0]} and {found[1]} are both {kind} runs: a pack holds one.")
    for run in models:
        if stage_of(run) != "consistency":
            raise ValueError(
                f"{run} is a {stage_of(run)} run, too slow to play: train --stage consistency --from {run} first."
            )
    learnt = read_note(models[0]).get("codec") if models else None
    base = pack_behind(runs[0])
    codec = codecs[0] if codecs else Path(learnt or base)
    dit = models[0] if models else base
    clap, bridge = claps[0] if claps else base, bridges[0] if bridges else base
    return Parts(codec, dit, clap, bridge, base, (Path(learnt) if learnt else None) if models else base)


def check_latents(parts: Parts) -> None:
    """Refuse a model that learnt another encoder's latents than the codec makes.

    Raises:
        ValueError: the encoders differ.
    """
    if parts.latents_of is None or parts.latents_of == parts.codec:
        return
    ours, theirs = (load_codec(path)[0] for path in (parts.codec, parts.latents_of))
    mine, other = ours.encoder.state_dict(), theirs.encoder.state_dict()
    alike = mine.keys() == other.keys() and all(mine[name].shape == other[name].shape for name in mine)
    if not alike or not all(_close(mine[name], other[name]) for name in mine):
        raise ValueError(f"{parts.dit} learnt the latents of {parts.latents_of}; {parts.codec} makes other ones.")


def _close(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    """Whether two tensors differ by rounding only."""
    return bool((ours - theirs).abs().max() <= TOLERANCE * theirs.abs().max().clamp(min=1e-4))


def verify(folder: Path) -> str:
    """Open a pack as the server does, play two chunks, and say how that went.

    Raises:
        ModelError: it does not open.
        ValueError: what it plays is not audio.
    """
    began = time.perf_counter()
    generator = Generator(folder, "cpu")
    context = generator.encode_context(np.zeros((2, 2 * generator.chunk_frames), np.float32))
    stem = generator.generate(context, 2, generator.stylist.of_words("bass", 0), seed=0)
    if not np.isfinite(stem).all():
        raise ValueError(f"{folder} plays values that are no numbers: train again with a smaller batch or fewer steps.")
    peak, took = float(np.abs(stem).max()), time.perf_counter() - began
    return f"opened and played 1.4 s in {took:.1f} s, peak {peak:.2f}"


def _run(path: Path) -> Path:
    """A run's folder; ValueError for packs and for what is neither."""
    found = starting_point(str(path))
    if is_pack(found):
        raise ValueError(f"{path} is a pack already: name the runs to make one of.")
    return found


def about(options: argparse.Namespace, base: Pack, runs: list[Path]) -> dict[str, Any]:
    """Texts of the manifest; folders of the user are named without their place on the disk."""
    notes = [note for run in runs if (note := read_note(run))]
    learnt = [f"{note['stage']} on {note['songs']} songs of {Path(note['data']).name!r}" for note in notes]
    before = f"{base.manifest.name} {base.manifest.version} ({base.manifest.trained_on})"
    return {
        "name": options.name or options.out.name,
        "version": "0.1.0",
        "licence": options.licence,
        "description": options.description or f"Made from {base.manifest.name}: {base.manifest.description}",
        "trained_on": f"{before} Then trained further: {', '.join(learnt) or 'not noted'}.",
        "command": "riffbridge pack",
    }


def main(arguments: list[str] | None = None) -> None:
    """Writes and verifies the pack; what is wrong is said in a sentence."""
    parser = argparse.ArgumentParser(
        prog="riffbridge pack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new pack")
    parser.add_argument("--name", default="", help="default the folder's")
    parser.add_argument("--licence", default=PRIVATE)
    parser.add_argument("--description", default="")
    parser.add_argument("--weights", choices=("float32", "float16", "int8"), default="int8")
    options = parser.parse_args(arguments)
    try:
        if is_pack(options.out):
            raise ValueError(f"{options.out} holds a pack: name another folder with --out.")
        runs = [_run(path) for path in options.runs]
        parts = choose(runs)
        check_latents(parts)
        texts = about(options, Pack.open(parts.base), runs)
        networks = load_networks(parts.codec, parts.dit, parts.clap, parts.bridge)
        export_pack(networks, options.out, texts, options.weights)
        print(f"{options.out}: {verify(options.out)}")
    except (ValueError, OSError, ModelError) as error:
        raise SystemExit(str(error)) from None
    print(f"It is played by: riffbridge serve --pack {options.out}")


if __name__ == "__main__":
    main()
