"""A checkpoint like LAION's with random weights, and a tokenizer like RoBERTa's, both made here: nothing is fetched.

python -m tests.models.laion_checkpoint FOLDER      (with an interpreter that has laion-clap)
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

from models.byte_tokenizer import _LETTER_OF_BYTE, _merged, pieces

AMODEL = "HTSAT-tiny"
LEARNT_FROM = (
    "a warm electric bass, synth, electronic, piano played softly at 92 bpm in f# minor; it's what we'd call 'lo-fi' "
)
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MERGES = 60


def save_tokenizer(folder: Path) -> int:
    """`vocab.json` and `merges.txt` with 256 bytes and a few merges; returns how many tokens there are."""
    words = [[_LETTER_OF_BYTE[byte] for byte in piece.encode()] for piece in pieces(LEARNT_FROM * 3)]
    merges: list[tuple[str, str]] = []
    while len(merges) < MERGES:
        pairs = Counter(pair for word in words for pair in pairwise(word))
        merges.append(min(pairs, key=lambda pair: (-pairs[pair], pair)))
        words = [_merged(word, merges[-1]) for word in words]
    names = [*SPECIAL, *sorted(_LETTER_OF_BYTE.values()), *dict.fromkeys("".join(pair) for pair in merges), "<mask>"]
    vocabulary = {name: number for number, name in enumerate(dict.fromkeys(names))}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(vocabulary)


def save_checkpoint(path: Path, tokens: int, tokenizer: Path) -> None:
    """The real package's model with a real HTSAT and a RoBERTa of one layer, at random, saved as LAION does."""
    import torch

    from models.train import laion_child

    names = {
        laion_child.WORDS: (tokens, 768),
        "text_branch.encoder.layer.0.intermediate.dense.weight": (96, 768),
        "text_branch.embeddings.position_embeddings.weight": (80, 768),
    }
    torch.manual_seed(0)
    create_model = laion_child._import_package({n: torch.empty(s, device="meta") for n, s in names.items()}, tokenizer)
    clap, _ = create_model(AMODEL, "roberta", precision="fp32", device="cpu", enable_fusion=False)
    with torch.no_grad():
        for name, parameter in clap.named_parameters():
            if parameter.ndim > 1 and "extractor" not in name:  # not the filters of the spectrogram
                parameter.add_(0.02 * torch.randn_like(parameter))
    state = {f"module.{name}": value for name, value in clap.state_dict().items()}
    state["module.text_branch.embeddings.position_ids"] = torch.arange(80)[None]
    torch.save({"epoch": 1, "name": "random", "state_dict": state}, path)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    save_checkpoint(where / "random.pt", save_tokenizer(where / "tokenizer"), where / "tokenizer")
