"""From a run of the EDM stage to what evaluation plays: `python -m models.train.edm_export RUN --out FOLDER`."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.nets.edm_graph import FILE, export_edm
from models.train.latent_model import load_average


def main(arguments: list[str] | None = None) -> None:
    """Exports the averaged weights of a DiT or a U-Net and prints parity and size."""
    parser = argparse.ArgumentParser(description="Exports a trained DiT or U-Net to ONNX and compares it with torch.")
    parser.add_argument("run", type=Path, help="run of the EDM stage, or its `ema` folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", choices=("float32", "float16", "int8"), default="int8")
    options = parser.parse_args(arguments)
    run = options.run / "ema" if (options.run / "ema").is_dir() else options.run
    model, meta = load_average(run)
    error = export_edm(model.net, options.out, options.weights)
    size = (options.out / FILE).stat().st_size / 2**20
    print(f"{options.out / FILE}: {meta.get('net', 'dit')}, {size:.1f} MiB, against torch {error:.1e}")


if __name__ == "__main__":
    main()
