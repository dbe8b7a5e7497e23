"""Gives a latent model the ears of another CLAP without training it again.

    python -m models.train.swap_clap runs/c_dit --from CLAP --to models/packs/starter --vectors claps.npz --out SWAPPED

A latent model hears a prompt as a vector of the CLAP that it was trained beside (`--from`, a folder with an exported
one). Two CLAPs that know the same sounds say the same in different words, and a matrix translates: it is fitted to what
both say about stems of songs that neither was trained on, and put into the model's first layer, so that nothing is left
to do at run time. What no stem tells apart is taken over as it is. Words and bridge of the other CLAP come with it.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.clap import AUDIO_GRAPH, EMBEDDING, clap_windows, mono
from models.evaluate.excerpts import excerpt, load_font
from models.log_mel import log_mel
from models.session import Session
from models.train.checkpoint import save_parts
from models.train.trained import dit_checkpoint

Vectors = NDArray[np.float64]

FIRST_SEED = 12_000_000  # held-out songs that no table is about
STIFFNESS = 3e-6  # of the matrix, per stem: how hard it is pulled to change nothing
SILENT = 1e-3  # RMS (-60 dBFS) below which a stem is not heard
HEARING = {"dit": "dit.clap_mlp.0.weight", "unet": "unet.condition_mlp.0.weight"}
"""The layer whose last 512 inputs are the CLAP vector, per kind of network."""


def paired_vectors(folders: tuple[Path, Path], songs: int, first_seed: int = FIRST_SEED) -> tuple[Vectors, Vectors]:
    """What both CLAPs say about every stem of some songs that sounds: unit vectors `[stem, 512]` each."""
    ears = [Session(folder / AUDIO_GRAPH, "auto") for folder in folders]
    load_font(held_out=False)
    found: list[list[NDArray[np.float32]]] = []
    for seed in range(first_seed, first_seed + songs):
        for audio in excerpt(seed, from_font=bool(seed % 2)).stems.values():
            if np.sqrt(np.mean(np.square(audio))) > SILENT:
                heard = log_mel(clap_windows(mono(audio))[0])[None]
                found.append([ear.run({"log_mel": heard}, ["vector"])[0][0] for ear in ears])
    first, second = np.asarray(found, np.float64).transpose(1, 0, 2)
    return first, second


def translation(spoken: Vectors, understood: Vectors) -> Vectors:
    """Matrix `[512, 512]` by which `spoken` vectors, each a row, become those that are `understood`, of length 1."""
    stiff = STIFFNESS * len(spoken) * np.eye(spoken.shape[1])
    matrix = np.linalg.solve(spoken.T @ spoken + stiff, spoken.T @ understood + stiff)
    return np.asarray(matrix / np.linalg.norm(spoken @ matrix, axis=1).mean())


def likeness(spoken: Vectors, understood: Vectors, matrix: Vectors) -> float:
    """Mean cosine of the translated vectors to what they should have become."""
    made = spoken @ matrix
    return float(((made / np.linalg.norm(made, axis=1, keepdims=True)) * understood).sum(1).mean())


def swapped(tensors: dict[str, Tensor], net: str, matrix: Vectors) -> dict[str, Tensor]:
    """The weights of a `dit` or `unet` that hears vectors which `matrix` translates; no prompt is what it was."""
    name, null = HEARING[net], f"{net}.null_clap"
    weight = tensors[name].double()
    hears = weight[:, -EMBEDDING:] @ torch.from_numpy(matrix.T.copy())
    silence = weight[:, -EMBEDDING:] @ tensors[null].double()
    # The shortest vector that the new layer hears as the old one heard no prompt: it has fewer outputs than inputs.
    nothing = torch.linalg.lstsq(hears, silence[:, None], driver="gelsd").solution[:, 0]
    new = torch.cat([weight[:, :-EMBEDDING], hears], 1)
    return {**tensors, name: new.to(tensors[name].dtype), null: nothing.to(tensors[null].dtype)}


def main(arguments: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run or pack with the latent model")
    parser.add_argument("--from", dest="understood", type=Path, required=True, help="folder of the CLAP it hears with")
    parser.add_argument("--to", dest="spoken", type=Path, required=True, help="folder of the CLAP it is to hear with")
    parser.add_argument("--songs", type=int, default=1500)
    parser.add_argument(
        "--vectors", type=Path, required=True, help="keeps what both said; read, not made, if it is there"
    )
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    options = parser.parse_args(arguments)
    if (options.out / "ema").exists():
        parser.error(f"{options.out} holds a run already: name another folder with --out.")
    if not options.vectors.exists():
        spoken, understood = paired_vectors((options.spoken, options.understood), options.songs)
        with options.vectors.open("wb") as file:  # by its name alone numpy would put .npz behind it
            np.savez(file, spoken=spoken, understood=understood)
    kept = np.load(options.vectors)
    spoken, understood = (kept[name].astype(np.float64) for name in ("spoken", "understood"))
    aside = math.ceil(0.85 * len(spoken))
    told = likeness(spoken[aside:], understood[aside:], translation(spoken[:aside], understood[:aside]))
    tensors, notes = dit_checkpoint(options.run)
    weights = swapped(tensors, notes.get("net", "dit"), translation(spoken, understood))
    (options.out / "ema").mkdir(parents=True)
    save_parts(options.out / "ema", weights, {**notes, "clap_swapped": {"stems": len(spoken), "likeness": told}})
    print(f"{len(spoken)} stems; translated vectors of others lie at a cosine of {told:.3f} to what is understood")


if __name__ == "__main__":
    main()
