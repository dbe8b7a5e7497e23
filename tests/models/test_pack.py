"""Packs that must be refused, each with a sentence for a person."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import external_data_helper

from models.errors import PackError
from models.export import DECODE_SIGMAS, GUIDANCE, SKETCH_DECODE_SIGMAS, SKETCH_PULL
from models.guidance import UNGUIDED
from models.onnx_file import external_files
from models.pack import MANIFEST, Pack
from models.style import CONDITIONING

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def pack(tiny_pack: Path, tmp_path: Path) -> Path:
    """A copy of the tiny pack that a test may damage."""
    return Path(shutil.copytree(tiny_pack, tmp_path / "pack"))


def edit(pack: Path, change: Edit) -> None:
    """Change the manifest."""
    manifest = json.loads((pack / MANIFEST).read_text())
    change(manifest)
    (pack / MANIFEST).write_text(json.dumps(manifest))


def relist(pack: Path, name: str) -> None:
    """Make the manifest agree with the changed bytes of a file."""
    data = (pack / name).read_bytes()
    fresh = {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    edit(pack, lambda m: m.update(files=[f for f in m["files"] if f["name"] != name] + [fresh]))


def refusal(pack: Path) -> str:
    """The sentence with which a pack is refused."""
    with pytest.raises(PackError) as refused:
        Pack.open(pack)
    sentence = str(refused.value)
    assert sentence[0].isupper() or sentence.split()[0].endswith((".onnx", ".npy"))
    assert sentence.endswith(".")
    return sentence


def test_whole_pack_opens(tiny_pack: Path) -> None:
    pack = Pack.open(tiny_pack)
    assert pack.manifest.conditioning == CONDITIONING
    assert pack.manifest.steps == 5
    assert pack.manifest.decode_sigmas == SKETCH_DECODE_SIGMAS
    assert pack.manifest.sketch_pull == SKETCH_PULL
    assert pack.manifest.guidance == GUIDANCE
    assert pytest.approx((80, 0.96542), rel=1e-4) == DECODE_SIGMAS  # of packs without a sketch
    assert pack.array("null_clap.npy").shape == (512,)
    assert pack.path("c_dit.onnx").is_file()


def test_no_folder_and_no_manifest(tmp_path: Path) -> None:
    assert "manifest.json is missing" in refusal(tmp_path / "nowhere")
    assert "manifest.json is missing" in refusal(tmp_path)


def test_missing_file(pack: Path) -> None:
    (pack / "c_dit.onnx").unlink()
    assert "c_dit.onnx is missing" in refusal(pack)


def test_one_changed_byte(pack: Path) -> None:
    data = bytearray((pack / "c_dit.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (pack / "c_dit.onnx").write_bytes(data)
    assert "c_dit.onnx is not the file that the manifest describes" in refusal(pack)


def test_cut_off_file(pack: Path) -> None:
    data = (pack / "c_dit.onnx").read_bytes()
    (pack / "c_dit.onnx").write_bytes(data[:-1])
    assert f"{len(data) - 1} bytes instead of {len(data)}" in refusal(pack)


@pytest.mark.parametrize(
    "name",
    ["../c_dit.onnx", "/etc/passwd", "a/b.onnx", "a\\b.onnx", "C:b.onnx", "..", ".hidden", "", "x\0y", "a" * 200],
)
def test_foreign_names(pack: Path, name: str) -> None:
    edit(pack, lambda m: m["files"][0].update(name=name))
    assert "not a plain file name" in refusal(pack)


def test_link_out_of_the_folder(pack: Path) -> None:
    outside = pack.parent / "outside.npy"
    shutil.move(pack / "null_clap.npy", outside)
    (pack / "null_clap.npy").symlink_to(outside)
    assert "leads out of the folder" in refusal(pack)


def test_a_pack_that_says_nothing_about_guidance_plays_as_trained(pack: Path) -> None:
    edit(pack, lambda m: [m["schedule"].pop(key) for key in ("guidance", "prompt_guidance")])
    assert Pack.open(pack).manifest.guidance == UNGUIDED


def test_newer_format(pack: Path) -> None:
    edit(pack, lambda m: m.update(format=2, something_new=1))
    assert "update riffbridge" in refusal(pack)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda m: m.update(colour="red"), "colour"),
        (lambda m: m["files"][0].update(url="http://x"), "url"),
        (lambda m: m["schedule"].update(sigma_mni=1), "sigma_mni"),
        (lambda m: m["dimensions"].update(depth=1), "depth"),
        (lambda m: m["dimensions"].update(sample_rate=44_100), "with 48000 only"),
        (lambda m: m["dimensions"].update(slots=16), "with 8 only"),
        (lambda m: m.pop("licence"), "licence"),
        (lambda m: m.update(name=3), "name"),
        (lambda m: m.update(format=True), "format"),
        (lambda m: m.update(format=0), "format 0"),
        (lambda m: m.update(files={}), "files"),
        (lambda m: m.update(files=[1]), "JSON object"),
        (lambda m: m["files"].append(dict(m["files"][0])), "twice"),
        (lambda m: m["files"][0].update(sha256="0" * 63), "SHA-256"),
        (lambda m: m["files"][0].update(bytes=-1), "bytes"),
        (lambda m: m["schedule"].update(decode_sigmas=[1, 80]), "decode_sigmas"),
        (lambda m: m["schedule"].update(decode_sigmas=[]), "decode_sigmas"),
        (lambda m: m["schedule"].update(sketch_pull=1.5), "sketch_pull"),
        (lambda m: m["schedule"].update(prompt_guidance=-1), "prompt_guidance"),
        (lambda m: m["schedule"].update(sigma_max=float("nan")), "sigma_max"),
        (lambda m: m.pop("schedule"), "schedule"),
        (lambda m: m.update(provenance=[]), "provenance"),
    ],
)
def test_manifest_that_says_nonsense(pack: Path, change: Edit, word: str) -> None:
    edit(pack, change)
    assert word in refusal(pack)


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 100_000, "\xff", " " * (2 << 20)])
def test_manifest_that_is_no_json_object(pack: Path, text: str) -> None:
    (pack / MANIFEST).write_text(text, encoding="latin-1")
    refusal(pack)


def test_graph_with_weights_in_a_foreign_file(pack: Path, tmp_path: Path) -> None:
    model = onnx.load(pack / "codec_encode.onnx")
    external_data_helper.convert_model_to_external_data(model, location="secret.bin", size_threshold=0)
    onnx.save(model, pack / "codec_encode.onnx")
    relist(pack, "codec_encode.onnx")
    assert "'secret.bin', which is not a file of the pack" in refusal(pack)
    relist(pack, "secret.bin")
    Pack.open(pack)  # a listed and verified file is allowed


def test_external_data_inside_a_subgraph_are_found(tmp_path: Path) -> None:
    tensor = onnx.numpy_helper.from_array(np.ones(3, np.float32), "t")
    external_data_helper.set_external_data(tensor, location="/etc/passwd")
    tensor.ClearField("raw_data")
    branch = onnx.helper.make_graph([onnx.helper.make_node("Constant", [], ["t"], value=tensor)], "b", [], [])
    node = onnx.helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    path = tmp_path / "deep.onnx"
    path.write_bytes(onnx.helper.make_model(onnx.helper.make_graph([node], "g", [], [])).SerializeToString())
    assert external_files(path) == {"/etc/passwd"}


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"RIFF....WAVE", b"\x3a\xff\xff\xff\xff\x7f"])
def test_graph_that_is_none(pack: Path, data: bytes) -> None:
    (pack / "c_dit.onnx").write_bytes(data)
    if data:
        relist(pack, "c_dit.onnx")
        assert "c_dit.onnx in the pack cannot be read" in refusal(pack)
    with pytest.raises(ValueError):
        external_files(pack / "c_dit.onnx")


def test_pickle_in_an_array_is_refused(pack: Path) -> None:
    np.save(pack / "null_clap.npy", np.array([{"a": 1}]), allow_pickle=True)
    relist(pack, "null_clap.npy")
    with pytest.raises(PackError, match="not a plain array"):
        Pack.open(pack).array("null_clap.npy")


def test_file_that_is_not_listed_is_not_given(tiny_pack: Path) -> None:
    with pytest.raises(PackError, match=r"has no clap\.onnx"):
        Pack.open(tiny_pack).path("clap.onnx")
