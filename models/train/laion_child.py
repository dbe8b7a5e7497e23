"""The only place that loads a LAION checkpoint, in a process of its own that ends when it is done.

    python -m models.train.laion_child ORDER.json

The package `laion-clap` downloads tokenizers and 500 MB of text weights when it is imported; here they come from the
order's folder and from the checkpoint instead. A checkpoint is a pickle: only plain weights are unpickled, unless the
order trusts it. Needs torch, onnx, onnxscript and laion-clap, and nothing else. Writes both towers as ONNX, the
tokenizer, and `reference.npz`: what the package itself answers.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.byte_tokenizer import PAD, TEXT_LENGTH, ByteTokenizer
from models.log_mel import CLAP_FRAMES
from models.nets.rounding import round_weights, shrink

OPSET = 18
TEXTS = (
    "bass, synth, electronic", "a warm Rhodes piano, played softly at 92 bpm in F# minor", "",
    "Ein Kontrabaß, très doux…",
    "it's what we'd've called 'lo-fi' -- 100% tape;   hiss\tand \n wow", "鼓 🥁 drums²",
)  # fmt: skip
WORDS = "text_branch.embeddings.word_embeddings.weight"


class Refusal(Exception):
    """Something about the checkpoint or the machine that a person can change; its text says what."""


class AudioTower(nn.Module):
    """waveform [1, 480000] -> vector [1, 512]."""

    def __init__(self, clap: nn.Module) -> None:
        super().__init__()
        self.branch, self.projection = clap.audio_branch, clap.audio_projection

    def forward(self, waveform: Tensor) -> Tensor:
        heard = self.branch({"waveform": waveform}, mixup_lambda=None, device=waveform.device)
        return F.normalize(self.projection(heard["embedding"]), dim=-1)


class TextTower(nn.Module):
    """tokens [1, 77] -> vector [1, 512]."""

    def __init__(self, clap: nn.Module) -> None:
        super().__init__()
        self.branch, self.projection = clap.text_branch, clap.text_projection

    def forward(self, tokens: Tensor) -> Tensor:
        read = self.branch(input_ids=tokens, attention_mask=(tokens != PAD).long())
        return F.normalize(self.projection(read["pooler_output"]), dim=-1)


def load_state(path: Path, trusted: bool) -> dict[str, Tensor]:
    """The weights of a checkpoint under the names of the package's model."""
    try:
        with torch.serialization.safe_globals(_plain_numbers()):
            stored = torch.load(path, map_location="cpu", weights_only=not trusted)
    except Exception as error:  # torch raises many types for what is no plain checkpoint
        raise Refusal(
            f"{path.name} holds more than weights, or is no checkpoint. If you know who made it, import it with"
            " --trust: that runs what is inside."
        ) from error
    state = stored.get("state_dict", stored) if isinstance(stored, dict) else {}
    state = {str(name).removeprefix("module."): value for name, value in state.items() if isinstance(value, Tensor)}
    state.pop("text_branch.embeddings.position_ids", None)  # a buffer that newer transformers do not have
    if WORDS not in state:
        raise Refusal(f"{path.name} is no LAION CLAP with a RoBERTa text tower: {WORDS} is missing.")
    if any("mel_conv2d" in name for name in state):
        raise Refusal(f"{path.name} is a fusion model, which mixes windows: take one without fusion.")
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def build(state: dict[str, Tensor], amodel: str, tokenizer: Path | None) -> nn.Module:
    """The package's own model with the checkpoint's weights."""
    create_model = _import_package(state, tokenizer)
    clap, _ = create_model(amodel, "roberta", precision="fp32", device="cpu", enable_fusion=False)
    try:
        clap.load_state_dict(state)
    except RuntimeError as error:
        raise Refusal(
            f"These weights do not fit into {amodel} ({str(error).splitlines()[1].strip()[:160]}): HTSAT-base goes with"
            " the music_* checkpoints, HTSAT-tiny with the 630k-* ones."
        ) from error
    return clap.eval()


def export(tower: nn.Module, example: Tensor, name: str, path: Path, weights: str) -> None:
    """One tower as ONNX, for one item at a time."""
    round_weights(tower, weights)
    _round_tables(tower, weights)
    program = torch.onnx.export(tower, (example,), dynamo=True, opset_version=OPSET, input_names=[name],
                                output_names=["vector"], verbose=False, external_data=False)  # fmt: skip
    model = program.model_proto
    shrink(model, weights)
    for node in model.graph.node:
        del node.metadata_props[:]  # source lines of the machine that exported
    onnx.save(model, path)


@torch.no_grad()
def write_reference(clap: Any, tokens: list[list[int]], path: Path) -> None:
    """Inputs and what the package's own methods answer."""
    random = np.random.default_rng(0)
    time_s = np.arange(CLAP_FRAMES) / 48_000
    tone = np.sin(2 * np.pi * 220 * time_s) * np.exp(-3 * (time_s % 0.5)) * 0.5
    waves = np.stack([0.1 * random.standard_normal(CLAP_FRAMES), tone, 0.01 * tone]).astype(np.float32)
    heard = [
        clap.get_audio_embedding([{"waveform": torch.from_numpy(w), "longer": torch.tensor([False])}]) for w in waves
    ]
    rows = torch.tensor(tokens)
    read = clap.get_text_embedding({"input_ids": rows, "attention_mask": (rows != PAD).long()})
    np.savez(path, waves=waves, audio=torch.cat(heard).numpy(), tokens=rows.numpy(), text=read.numpy(), texts=TEXTS)


def save_tokenizer(path: Path) -> list[list[int]]:
    """Vocabulary and merges of the RoBERTa tokenizer as JSON; returns what it makes of TEXTS."""
    from transformers import RobertaTokenizer

    theirs = RobertaTokenizer.from_pretrained("roberta-base")
    if hasattr(theirs, "bpe_ranks"):  # transformers 4
        merges = [tuple(pair) for pair in sorted(theirs.bpe_ranks, key=theirs.bpe_ranks.get)]
    else:
        stored = json.loads(theirs.backend_tokenizer.to_str())["model"]["merges"]
        merges = [tuple(pair.split(" ") if isinstance(pair, str) else pair) for pair in stored]
    ByteTokenizer(dict(theirs.get_vocab()), merges).save(path)
    made = theirs(list(TEXTS), padding="max_length", truncation=True, max_length=TEXT_LENGTH)
    return [list(row) for row in made["input_ids"]]


def run(order: dict[str, Any]) -> None:
    """Everything that the order asks for, into its folder."""
    folder, tokenizer = Path(order["folder"]), order["tokenizer"]
    audio_graph, text_graph, tokenizer_file = order["files"]
    state = load_state(Path(order["checkpoint"]), bool(order["trust"]))
    clap = build(state, order["amodel"], None if tokenizer is None else Path(tokenizer))
    tokens = save_tokenizer(folder / tokenizer_file)
    towers = ((AudioTower(clap), torch.zeros(1, CLAP_FRAMES), "waveform", audio_graph),
              (TextTower(clap), torch.tensor(tokens[:1]), "tokens", text_graph))  # fmt: skip
    write_reference(clap, tokens, folder / "reference.npz")  # before any weight is rounded
    for tower, example, name, file in towers:
        export(tower.eval(), example, name, folder / file, order["weights"])


def main() -> None:
    """Exit status 3 and one sentence on stderr for a refusal."""
    try:
        run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        raise SystemExit(3) from None


def _plain_numbers() -> list[Any]:
    """What LAION's checkpoints hold beside weights: numpy's scalars (best scores), under the names of numpy 1 and 2."""
    scalar = type(np.float64(0)).__reduce__(np.float64(0))[0]
    kinds = [type(np.dtype(name)) for name in ("float64", "float32", "int64")]
    return [np.dtype, *kinds, (scalar, "numpy.core.multiarray.scalar"), (scalar, "numpy._core.multiarray.scalar")]


def _import_package(state: dict[str, Tensor], tokenizer: Path | None) -> Any:
    """`create_model` of laion-clap, imported without its downloads."""
    if tokenizer is not None:
        os.environ["HF_HUB_OFFLINE"] = "1"
    import transformers

    # In transformers 5 RoBERTa's and BART's tokenizers are one class: told apart by what is asked for.
    for kind in {transformers.RobertaTokenizer, transformers.BertTokenizer, transformers.BartTokenizer}:
        kind.from_pretrained = _local(kind.from_pretrained, tokenizer)
    config = _text_config(state)
    transformers.RobertaModel.from_pretrained = lambda name, **options: transformers.RobertaModel(config)
    try:
        import laion_clap  # noqa: F401  (puts its own modules on the path)
        from clap_module import create_model
    except Exception as error:  # torchvision raises RuntimeError when it does not fit torch
        raise Refusal(f"laion-clap cannot be imported on this machine: {type(error).__name__}: {error}") from error
    return create_model


def _local(original: Any, tokenizer: Path | None) -> Any:
    """`from_pretrained` that knows RoBERTa's tokenizer alone; LAION never used the other text towers."""

    def from_pretrained(name: str, **options: Any) -> Any:
        return original(str(tokenizer or name), **options) if name == "roberta-base" else None

    return from_pretrained


def _text_config(state: dict[str, Tensor]) -> Any:
    """RoBERTa's sizes, read off the weights."""
    from transformers import RobertaConfig

    layers = {name.split(".")[3] for name in state if name.startswith("text_branch.encoder.layer.")}
    words, width = state[WORDS].shape
    return RobertaConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=len(layers),
        num_attention_heads=width // 64,
        intermediate_size=state["text_branch.encoder.layer.0.intermediate.dense.weight"].shape[0],
        max_position_embeddings=state["text_branch.embeddings.position_embeddings.weight"].shape[0],
        type_vocab_size=1,
        layer_norm_eps=1e-5,
    )


@torch.no_grad()
def _round_tables(tower: nn.Module, weights: str) -> None:
    """The table of words is a third of the text tower."""
    if weights == "float16":
        for module in tower.modules():
            if isinstance(module, nn.Embedding):
                module.weight.copy_(module.weight.half().float())


if __name__ == "__main__":
    main()
