"""`riffbridge import-clap`: a LAION checkpoint to ONNX. The work is in `models.train.import_clap`; the checkpoint is
loaded in a further process, which is the only one that knows laion-clap."""

from __future__ import annotations

from collections.abc import Sequence

from bridge_server.commands.training import become, require

NEEDED = ("onnx",)


def import_clap(words: Sequence[str]) -> int:
    """Import with the options of `models.train.import_clap`; that laion-clap is there, the child finds out."""
    require("The import", NEEDED, "train,clap")
    return become("models.train.import_clap", words)
