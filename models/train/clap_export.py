"""From a run to the files that the runtime reads: `python -m models.train.clap_export RUN --out FOLDER`."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.data.tokenizer_file import SOURCE_TOKENIZER
from models.nets.clap_graphs import export_clap
from models.tokenizer import Tokenizer
from models.train.trained import load_clap


def main(arguments: list[str] | None = None) -> None:
    """Exports the averaged weights and prints parity and sizes."""
    parser = argparse.ArgumentParser(description="Exports a trained CLAP to ONNX and compares it with torch.")
    parser.add_argument("run", type=Path, help="run folder of models.train.clap")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", choices=("float32", "float16", "int8"), default="int8")
    parser.add_argument("--tokenizer", type=Path, default=SOURCE_TOKENIZER, help="that of the run")
    options = parser.parse_args(arguments)
    net, _ = load_clap(options.run)
    for file, (error, _) in export_clap(net, Tokenizer.load(options.tokenizer), options.out, options.weights).items():
        size = (options.out / file).stat().st_size / 2**20
        print(f"{file:16} {size:5.1f} MiB  against torch {error:.1e}")


if __name__ == "__main__":
    main()
