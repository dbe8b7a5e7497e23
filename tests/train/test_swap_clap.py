"""Giving a latent model the ears of another CLAP: it hears what it heard, said in the other's words."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from models.nets.dit import DiTConfig
from models.nets.unet import UNET_PRESETS
from models.train.checkpoint import save_parts
from models.train.latent_model import LatentModel
from models.train.swap_clap import likeness, main, paired_vectors, swapped, translation
from models.train.trained import dit_checkpoint
from tests.models.conftest import STARTER

TINY = DiTConfig(width=32, layers=1, heads=2, condition=16)


def units(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def said() -> tuple[np.ndarray, np.ndarray]:
    """Two CLAPs that hear the same 60 things, each in directions of its own."""
    rng = np.random.default_rng(0)
    heard = rng.standard_normal((2_000, 60))
    return units(heard @ rng.standard_normal((60, 512))), units(heard @ rng.standard_normal((60, 512)))


def test_a_translation_is_found_where_there_is_one(said: tuple[np.ndarray, np.ndarray]) -> None:
    spoken, understood = said
    matrix = translation(spoken[:1_500], understood[:1_500])
    assert abs(likeness(spoken[1_500:], understood[1_500:], np.eye(512))) < 0.2
    assert likeness(spoken[1_500:], understood[1_500:], matrix) > 0.97
    assert np.linalg.norm(spoken @ matrix, axis=1).mean() == pytest.approx(1, abs=1e-3)


def test_what_nothing_was_said_about_stays() -> None:
    basis = np.eye(512)
    same = translation(basis[:100], basis[:100])
    assert np.allclose(same, np.eye(512), atol=1e-6)


@pytest.mark.parametrize("net", ["dit", "unet"])
def test_a_network_hears_translated_vectors_as_it_heard_the_others(
    net: str, said: tuple[np.ndarray, np.ndarray]
) -> None:
    torch.manual_seed(0)
    model = LatentModel(TINY if net == "dit" else UNET_PRESETS["starter"]).eval()
    torch.nn.init.normal_(getattr(model, net).null_clap, std=0.02)
    matrix = translation(*said)
    other = LatentModel(model.net.config).eval()
    other.load_state_dict(swapped(model.state_dict(), net, matrix))
    spoken = torch.from_numpy(said[0][:4])
    noise = torch.randn(4)

    def heard(which: LatentModel, vector: torch.Tensor) -> torch.Tensor:
        return which.net._condition(noise, vector.float())

    with torch.no_grad():
        before = heard(model, spoken @ torch.from_numpy(matrix))
        torch.testing.assert_close(heard(other, spoken), before, rtol=1e-3, atol=1e-3)
        assert (heard(model, spoken) - before).abs().max() > 0.01
        silence = heard(model, model.net.null_clap.expand(4, -1))
        torch.testing.assert_close(heard(other, other.net.null_clap.expand(4, -1)), silence, rtol=1e-3, atol=1e-3)


def test_both_claps_hear_the_same_stems() -> None:
    spoken, understood = paired_vectors((STARTER, STARTER), songs=1)
    assert len(spoken) >= 2
    assert np.array_equal(spoken, understood)
    assert np.allclose(np.linalg.norm(spoken, axis=1), 1, atol=1e-5)


def test_a_run_is_written_with_what_was_done_to_it(
    tmp_path: Path, said: tuple[np.ndarray, np.ndarray], capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "said.npz", spoken=said[0], understood=said[1])
    model = LatentModel(TINY)
    (tmp_path / "run" / "ema").mkdir(parents=True)
    save_parts(tmp_path / "run" / "ema", model.state_dict(), {"net": "dit", "config": asdict(TINY), "step": 7})
    folders = [str(tmp_path / name) for name in ("run", "said.npz", "out")]
    main([folders[0], "--from", "A", "--to", "B", "--vectors", folders[1], "--out", folders[2]])
    weights, notes = dit_checkpoint(tmp_path / "out")
    assert notes["step"] == 7
    assert notes["clap_swapped"]["stems"] == 2_000
    assert notes["clap_swapped"]["likeness"] > 0.97
    changed = {name for name, value in weights.items() if (value - model.state_dict()[name]).abs().max() > 1e-2}
    assert changed <= {"dit.clap_mlp.0.weight", "dit.null_clap"}
    assert "dit.clap_mlp.0.weight" in changed
    assert "cosine of 1.000" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([folders[0], "--from", "A", "--to", "B", "--vectors", folders[1], "--out", folders[2]])
    assert "another folder" in capsys.readouterr().err
