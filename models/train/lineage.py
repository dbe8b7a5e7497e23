"""What a fine-tuning run began from, kept beside its weights in `fine_tune.json`, and what a user means by `--from`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open

from models.pack import MANIFEST

NOTE = "fine_tune.json"
PACKS = Path(__file__).resolve().parents[1] / "packs"
CODEC_STAGES = ("encoder", "decoder", "hearing", "sketch", "joint")


def is_pack(path: Path) -> bool:
    """Whether a folder is a pack rather than a run."""
    return (path / MANIFEST).is_file()


def starting_point(text: str) -> Path:
    """The pack or run that `--from` names: a folder, or a pack that came with the program.

    Raises:
        ValueError: there is no such thing.
    """
    for path in (Path(text), PACKS / text):
        if is_pack(path) or any((path / "ema").glob("part-*.safetensors")):
            return path.absolute()
    raise ValueError(f"{text} is neither a pack nor a run: name a folder, or a pack that came with riffbridge: starter")


def stage_of(run: Path) -> str:
    """The stage whose averaged weights a run holds: "decoder", "dit" and so on."""
    with safe_open(next((run / "ema").glob("part-*.safetensors")), "np") as part:
        return str(json.loads(part.metadata()["meta"])["stage"])


def holds_codec(run: Path) -> bool:
    """Whether a run trained a codec rather than a latent model."""
    return stage_of(run) in CODEC_STAGES


def read_note(run: Path) -> dict[str, Any]:
    """What the run was told; empty for runs that were not made by `models.train.fine_tune`, and for packs."""
    path = run / NOTE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write_note(run: Path, note: dict[str, Any]) -> None:
    """Put it down, whole or not at all."""
    run.mkdir(parents=True, exist_ok=True)
    fresh = run / f"{NOTE}.new"
    fresh.write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    fresh.replace(run / NOTE)


def pack_behind(path: Path) -> Path:
    """The pack that a run goes back to: from run to run until there is one; the starter where nothing is noted."""
    while not is_pack(path):
        start = read_note(path).get("start")
        path = Path(start) if start else PACKS / "starter"
    return path
