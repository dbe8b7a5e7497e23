"""Checkpoints are whole or absent; transported weights come back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.train import checkpoint
from models.train.checkpoint import join_parts, load_checkpoint, save_checkpoint, save_parts


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return {f"layer.{number}": torch.randn(64, 100 * (number + 1)) for number in range(9)}


def test_newest_checkpoint_replaces_the_one_before(tmp_path: Path):
    assert load_checkpoint(tmp_path) is None
    for step in (9, 10_000):
        save_checkpoint(tmp_path, step, {"weights": {"a": torch.full((2,), float(step))}}, {"step": step})
    groups, state = load_checkpoint(tmp_path)
    assert state == {"step": 10_000}
    assert groups["weights"]["a"].tolist() == [10_000, 10_000]
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-00010000"]


@pytest.mark.parametrize("victim", ["save_file", "_sync"])
def test_kill_while_writing_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, victim: str):
    save_checkpoint(tmp_path, 1, {"weights": {"a": torch.ones(2)}}, {"step": 1})

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, victim, die)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(tmp_path, 2, {"weights": {"a": torch.zeros(2)}}, {"step": 2})
    monkeypatch.undo()
    assert load_checkpoint(tmp_path)[1] == {"step": 1}
    save_checkpoint(tmp_path, 3, {"weights": {"a": torch.zeros(2)}}, {"step": 3})
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-00000003"]


def test_parts_stay_small_and_join_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkpoint, "PART_BYTES", 250_000)
    paths = save_parts(tmp_path, weights(), {"stage": "dit"})
    assert len(paths) == 4  # 576 kB in parts of 184 kB, the largest tensor 115 kB
    assert all(path.stat().st_size < 250_000 for path in paths)
    tensors, meta = join_parts(tmp_path)
    assert meta == {"stage": "dit"}
    for name, value in weights().items():
        torch.testing.assert_close(tensors[name], value, rtol=1e-3, atol=1e-4)


def test_fewer_parts_later_leave_no_stale_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkpoint, "PART_BYTES", 250_000)
    save_parts(tmp_path, weights(), {"step": 1})
    monkeypatch.undo()
    save_parts(tmp_path, weights(1), {"step": 2})
    assert len(list(tmp_path.iterdir())) == 1
    assert join_parts(tmp_path)[1] == {"step": 2}


@pytest.mark.parametrize("damage", ["missing", "mixed"])
def test_incomplete_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str):
    monkeypatch.setattr(checkpoint, "PART_BYTES", 250_000)
    paths = save_parts(tmp_path / "a", weights(), {"step": 1})
    if damage == "missing":
        paths[-1].unlink()
    else:
        save_parts(tmp_path / "b", weights(), {"step": 2})[0].rename(paths[0])
    with pytest.raises(ValueError, match="does not hold one complete set"):
        join_parts(tmp_path / "a")


def test_tensor_larger_than_a_part_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkpoint, "PART_BYTES", 100_000)
    with pytest.raises(ValueError, match=r"layer\.8 alone is larger"):
        save_parts(tmp_path, weights(), {})
