"""A LAION CLAP checkpoint to the three files that the runtime reads: `riffbridge import-clap CHECKPOINT.pt --out DIR`.

A child process loads the checkpoint through the package laion-clap and exports both towers (`laion_child.py`); this
one compares what the runtime then says with what the package said, and keeps nothing that differs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from models.byte_tokenizer import TEXT_LENGTH
from models.clap import AUDIO_GRAPH, TEXT_GRAPH, TOKENIZER
from models.laion_clap import LaionClap

FILES = (AUDIO_GRAPH, TEXT_GRAPH, TOKENIZER)
LARGEST_ERROR = {"float32": 1e-3, "float16": 1e-2}
"""Relative, by how weights are stored: 1e-2 is a cosine of .99995."""
ROOT = Path(__file__).parents[2]


class ImportRefused(Exception):
    """The checkpoint was not imported; the text says why and what to do."""


def import_clap(
    checkpoint: Path,
    out: Path,
    amodel: str = "HTSAT-base",
    tokenizer: Path | None = None,
    weights: str = "float16",
    trust: bool = False,
    python: str = sys.executable,
) -> dict[str, float]:
    """Imports a checkpoint into the folder `out`; returns the relative error of each tower.

    Args:
        amodel: the checkpoint's audio tower, HTSAT-tiny or HTSAT-base.
        tokenizer: folder with `vocab.json` and `merges.txt` of roberta-base; None lets transformers fetch them.
        weights: `float16` (0.4 GB for HTSAT-base) or `float32`.
        trust: unpickle a checkpoint that holds more than weights, which runs what is inside.
        python: interpreter in whose environment laion-clap is installed.

    Raises:
        ImportRefused: for everything that keeps it from being imported; nothing is left in `out` then.
    """
    if not checkpoint.is_file():
        raise ImportRefused(f"There is no file {checkpoint}.")
    with tempfile.TemporaryDirectory(prefix="riffbridge_clap_") as work:
        folder = Path(work)
        order = {"checkpoint": str(checkpoint.resolve()), "folder": work, "amodel": amodel, "weights": weights,
                 "trust": trust, "tokenizer": None if tokenizer is None else str(tokenizer.resolve()),
                 "files": [AUDIO_GRAPH, TEXT_GRAPH, TOKENIZER]}  # fmt: skip
        _run_child(order, folder, python)
        errors = compare(folder, LARGEST_ERROR[weights])
        out.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            shutil.move(folder / file, out / file)
    return errors


def compare(folder: Path, largest: float) -> dict[str, float]:
    """Largest relative error (2-norm) of each tower against the package; ImportRefused above `largest`.

    The tokens must be the same to the last one.
    """
    clap = LaionClap(folder, "cpu")
    with np.load(folder / "reference.npz", allow_pickle=False) as theirs:
        for text, tokens in zip(theirs["texts"], theirs["tokens"], strict=True):
            if clap.tokenizer.encode(str(text), TEXT_LENGTH) != tokens.tolist():
                raise ImportRefused(f"The tokenizer reads {str(text)!r} in another way than the package does.")
        heard = np.stack([clap.embed_audio(wave[None]) for wave in theirs["waves"]])
        read = clap.embed_texts([str(text) for text in theirs["texts"]])
        errors = {AUDIO_GRAPH: _error(heard, theirs["audio"]), TEXT_GRAPH: _error(read, theirs["text"])}
    for file, error in errors.items():
        if not error < largest:
            raise ImportRefused(f"{file} differs from the package by {error:.1e}: try --weights float32.")
    return errors


def main(arguments: list[str] | None = None) -> None:
    """Imports, and prints parity and sizes."""
    parser = argparse.ArgumentParser(prog="riffbridge import-clap", description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="for example music_audioset_epoch_15_esc_90.14.pt")
    parser.add_argument("--out", type=Path, default=Path("laion_clap"), help="folder for the three files")
    parser.add_argument("--amodel", choices=("HTSAT-tiny", "HTSAT-base"), default="HTSAT-base")
    parser.add_argument("--tokenizer", type=Path, help="folder with vocab.json and merges.txt of roberta-base")
    parser.add_argument("--weights", choices=("float16", "float32"), default="float16")
    parser.add_argument("--trust", action="store_true", help="unpickle more than weights: runs what is inside")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has laion-clap")
    given = parser.parse_args(arguments)
    try:
        errors = import_clap(**{name: getattr(given, name) for name in vars(given)})
    except ImportRefused as refusal:
        print(refusal, file=sys.stderr)
        raise SystemExit(1) from None
    for file, error in errors.items():
        size = (given.out / file).stat().st_size / 2**20
        print(f"{given.out / file}: {size:.1f} MiB, against laion-clap {error:.1e}")


def _run_child(order: dict[str, object], folder: Path, python: str) -> None:
    """The child's work in `folder`; its refusal, or the end of what it printed, as ImportRefused."""
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
    command = [python, "-m", "models.train.laion_child", str(folder / "order.json")]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise ImportRefused(f"{python} cannot be started: {error}.") from error
    if done.returncode == 0:
        return
    said = done.stderr.strip().splitlines() or ["it said nothing"]
    if done.returncode == 3:
        raise ImportRefused(said[-1])
    if "ModuleNotFoundError" in said[-1]:
        raise ImportRefused(f"{said[-1]}: install it with: pip install 'riffbridge[train,clap]'")
    raise ImportRefused(f"The import ended with status {done.returncode}: {said[-1]}")


def _error(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.max(np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)))


if __name__ == "__main__":
    main()
