"""LAION's CLAP: the tokenizer reads as RoBERTa's, the runtime hears windows of 10 s, a checkpoint runs nothing.

The import itself runs with the real package and a checkpoint with random weights, where there is an interpreter that
has laion-clap: this one, or the one that RIFFBRIDGE_CLAP_PYTHON names (laion-clap wants numpy < 2 and a torchvision
that fits torch, so that an environment of its own is usual).
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from models.byte_tokenizer import END, PAD, START, TEXT_LENGTH, UNKNOWN, ByteTokenizer, pieces
from models.clap import AUDIO_GRAPH, TEXT_GRAPH, TOKENIZER, Clap
from models.errors import ContextError, PackError
from models.laion_clap import LaionClap, open_clap
from models.train.import_clap import FILES, ImportRefused, import_clap, main
from models.train.laion_child import WORDS, Refusal, load_state
from tests.models import laion_checkpoint

ROOT = Path(__file__).parents[2]


# The tokenizer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("warm bass", ["warm", " bass"]),
        ("it's  what we'd", ["it", "'s", " ", " what", " we", "'d"]),
        ("F#m7 at 92bpm!!", ["F", "#", "m", "7", " at", " 92", "bpm", "!!"]),
        ("a\n\n b ", ["a", "\n\n", " b", " "]),
        ("très² 鼓🥁", ["très", "²", " 鼓", "🥁"]),
        ("", []),
    ],
)
def test_texts_are_cut_as_gpt_2_cuts_them(text: str, expected: list[str]) -> None:
    assert list(pieces(text)) == expected


def test_merges_are_applied_in_the_order_in_which_they_were_learnt() -> None:
    vocabulary = {"a": 4, "b": 5, "ab": 6, "bb": 7, "abb": 8}
    first_ab = ByteTokenizer(vocabulary, [("a", "b"), ("b", "b"), ("ab", "b")])
    assert first_ab.encode("abb", 5) == [START, 8, END, PAD, PAD]
    first_bb = ByteTokenizer(vocabulary, [("b", "b"), ("a", "b")])
    assert first_bb.encode("abb", 5) == [START, 4, 7, END, PAD]
    assert first_bb.encode("abc", 5) == [START, 6, UNKNOWN, END, PAD]


def test_long_texts_end_with_the_end() -> None:
    words = ByteTokenizer({"a": 4}, [])
    assert words.encode("aaaaaaaa", 4) == [START, 4, 4, END]


def test_a_tokenizer_is_the_same_after_a_file(tmp_path: Path) -> None:
    tokens = laion_checkpoint.save_tokenizer(tmp_path)
    assert 256 < tokens < 400
    ours = ByteTokenizer({"a": 4, "Ġ": 5}, [("Ġ", "a")])
    ours.save(tmp_path / "t.json")
    again = ByteTokenizer.load(tmp_path / "t.json")
    assert again.encode("a a", 8) == ours.encode("a a", 8)
    (tmp_path / "t.json").write_text('{"format": 1, "merges": []}')
    with pytest.raises(PackError, match="import the CLAP again"):
        ByteTokenizer.load(tmp_path / "t.json")


# The runtime


def save_graph(path: Path, name: str, kind: int, length: int, seed: int) -> None:
    """name `[1, length]` -> vector `[1, 512]`: a random matrix for the first 77 numbers, and the mean of all."""
    random = np.random.default_rng(seed)
    weight = numpy_helper.from_array(random.standard_normal((77, 512)).astype(np.float32), "weight")
    ends = [
        numpy_helper.from_array(np.array(value, np.int64), n)
        for n, value in (("from", [0]), ("to", [77]), ("axis", [1]))
    ]
    nodes = [
        helper.make_node("Cast", [name], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Slice", ["numbers", "from", "to", "axis"], ["first"]),
        helper.make_node("MatMul", ["first", "weight"], ["mixed"]),
        helper.make_node("ReduceMean", ["numbers", "axis"], ["mean"], keepdims=1),
        helper.make_node("Add", ["mixed", "mean"], ["vector"]),
    ]
    graph = helper.make_graph(nodes, "tower", [helper.make_tensor_value_info(name, kind, [1, length])],
                              [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, 512])],
                              [weight, *ends])  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Graphs and a tokenizer of the right shape; what they say means nothing."""
    made = tmp_path_factory.mktemp("laion")
    save_graph(made / AUDIO_GRAPH, "waveform", TensorProto.FLOAT, 480_000, 1)
    save_graph(made / TEXT_GRAPH, "tokens", TensorProto.INT64, TEXT_LENGTH, 2)
    ByteTokenizer({"a": 4, "b": 5}, []).save(made / TOKENIZER)
    return made


@pytest.fixture(scope="module")
def clap(folder: Path) -> LaionClap:
    return LaionClap(folder, "cpu", threads=1)


def test_vectors_have_length_1_and_texts_do_not_depend_on_their_neighbours(clap: LaionClap) -> None:
    both = clap.embed_texts(["ab", "ba"])
    assert np.linalg.norm(both, axis=1) == pytest.approx([1, 1])
    assert np.array_equal(both[1], clap.embed_text("ba"))
    assert not np.array_equal(both[0], both[1])
    assert clap.embed_texts([]).shape == (0, 512)


def test_audio_is_heard_in_windows_of_10_s_at_fixed_places(clap: LaionClap) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal((2, 960_000)).astype(np.float32)
    halves = [clap.embed_audio(noise[:, :480_000]), clap.embed_audio(noise[:, 480_000:])]
    raw = [clap._audio.run({"waveform": half.mean(0)[None]}, ["vector"])[0][0] for half in np.split(noise, 2, axis=1)]
    whole = np.mean(raw, axis=0)
    assert clap.embed_audio(noise) == pytest.approx(whole / np.linalg.norm(whole), abs=1e-6)
    assert np.array_equal(clap.embed_audio(noise), clap.embed_audio(noise))
    assert np.array_equal(clap.embed_audio(noise[:, :491_520]), halves[0])  # one window of ours, 10.24 s
    assert not np.array_equal(*halves)


def test_broken_audio_is_refused(clap: LaionClap) -> None:
    with pytest.raises(ContextError):
        clap.embed_audio(np.full((2, 480_000), np.nan, np.float32))


def test_the_kind_of_a_folder_is_found_out(folder: Path, tmp_path: Path) -> None:
    assert isinstance(open_clap(folder, "cpu", 1), LaionClap)
    with pytest.raises(PackError):
        Clap(folder, "cpu", 1)
    with pytest.raises(PackError):
        open_clap(tmp_path)
    (tmp_path / TOKENIZER).write_bytes((folder / TOKENIZER).read_bytes())
    for file in (AUDIO_GRAPH, TEXT_GRAPH):
        (tmp_path / file).write_bytes((folder / AUDIO_GRAPH).read_bytes())
    with pytest.raises(PackError, match="no imported LAION CLAP"):
        open_clap(tmp_path, "cpu", 1)


# Checkpoints


class Payload:
    """Pickled, it writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


def test_a_checkpoint_that_runs_code_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    torch.save({"state_dict": {WORDS: torch.zeros(4, 8)}, "extra": Payload(tmp_path / "owned")}, tmp_path / "bad.pt")
    with pytest.raises(Refusal, match="more than weights"):
        load_state(tmp_path / "bad.pt", trusted=False)
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Payload(tmp_path / "owned")))
    with pytest.raises(Refusal, match="more than weights"):
        load_state(tmp_path / "plain.pt", trusted=False)
    assert not (tmp_path / "owned").exists()
    load_state(tmp_path / "bad.pt", trusted=True)
    assert (tmp_path / "owned").exists()  # what --trust means


def test_a_checkpoint_as_laion_saves_it_is_read_without_trust(tmp_path: Path) -> None:
    """With numpy's scalars among the training state, half precision, and names that begin with `module.`."""
    state = {f"module.{WORDS}": torch.ones(4, 8).half(), "module.text_branch.embeddings.position_ids": torch.arange(4)}
    torch.save({"epoch": 15, "best": np.float64(0.9), "state_dict": state}, tmp_path / "good.pt")
    found = load_state(tmp_path / "good.pt", trusted=False)
    assert set(found) == {WORDS}
    assert found[WORDS].dtype == torch.float32


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"weight": torch.zeros(2)}, "no LAION CLAP"),
        ({WORDS: torch.zeros(2, 2), "audio_branch.patch_embed.mel_conv2d.weight": torch.zeros(2)}, "fusion"),
    ],
)
def test_other_models_are_told_from_it(state: dict[str, torch.Tensor], said: str, tmp_path: Path) -> None:
    torch.save({"state_dict": state}, tmp_path / "other.pt")
    with pytest.raises(Refusal, match=said):
        load_state(tmp_path / "other.pt", trusted=False)


def test_troubles_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "none.pt"), "--out", str(tmp_path / "out")])
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("There is no file ")
    (tmp_path / "text.pt").write_text("no checkpoint")
    with pytest.raises(ImportRefused, match="cannot be started"):
        import_clap(tmp_path / "text.pt", tmp_path / "out", python=str(tmp_path / "no_python"))
    with pytest.raises(ImportRefused, match=r"text\.pt holds more than weights, or is no checkpoint"):
        import_clap(tmp_path / "text.pt", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# The real package


def python_with_laion_clap() -> str:
    """An interpreter that can import laion-clap; skips, with the package's own reason, where there is none."""
    python = os.environ.get("RIFFBRIDGE_CLAP_PYTHON", sys.executable)
    script = "import importlib.util, torchvision; assert importlib.util.find_spec('laion_clap'), 'it is not installed'"
    tried = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    if tried.returncode:
        reason = (tried.stderr.strip().splitlines() or ["no reason given"])[-1]
        pytest.skip(f"laion-clap cannot be imported by {Path(python).name}: {reason}; set RIFFBRIDGE_CLAP_PYTHON")
    return python


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_checkpoint_of_the_real_package_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python = python_with_laion_clap()
    made = subprocess.run([python, "-m", "tests.models.laion_checkpoint", str(tmp_path)], cwd=ROOT, check=False,
                          capture_output=True, text=True)  # fmt: skip
    assert made.returncode == 0, made.stderr[-2000:]
    given = [str(tmp_path / "random.pt"), "--tokenizer", str(tmp_path / "tokenizer"), "--python", python]
    given += ["--weights", "float32", "--out", str(tmp_path / "out")]
    main([*given, "--amodel", laion_checkpoint.AMODEL])
    errors = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    assert len(errors) == 2
    assert max(errors) < 1e-4
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES)
    clap = open_clap(tmp_path / "out", "cpu")
    noise = 0.1 * np.random.default_rng(0).standard_normal((2, 700_000)).astype(np.float32)
    assert np.array_equal(clap.embed_audio(noise), clap.embed_audio(noise))
    with pytest.raises(SystemExit):
        main([*given, "--amodel", "HTSAT-base"])
    assert "HTSAT-tiny with the 630k-*" in capsys.readouterr().err
