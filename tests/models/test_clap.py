"""The starter CLAP: torch and numpy hear the same, the graphs say what torch says, windows lie at fixed places."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from models.clap import AUDIO_GRAPH, TEXT_GRAPH, TOKENIZER, Clap, clap_windows, mono
from models.errors import ContextError, ModelError, PackError
from models.evaluate.clap_table import held_out_stems, table
from models.log_mel import CLAP_FRAMES, log_mel, mel_filters
from models.nets.clap import CLAP_PRESETS, ClapConfig, contrastive_loss
from models.nets.clap import Clap as ClapNet
from models.nets.clap_graphs import export_clap
from models.nets.log_mel import LogMel
from models.tokenizer import Tokenizer, train
from models.train.checkpoint import save_parts
from models.train.clap_export import main

TINY = ClapConfig(tokens=0, channels=(8, 16, 32), heads=2, audio_layers=1, text_width=32, text_layers=1)


def noise(frames: int, seed: int = 0, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((channels, frames)).astype(np.float32) * 0.1


def tokenizer() -> Tokenizer:
    return train(["warm electric bass", "slow dreamy pad", "fast funky drums"] * 3, 140)


def net(words: Tokenizer) -> ClapNet:
    """A tiny network whose zero-initialised layers are not zero."""
    torch.manual_seed(1)
    made = ClapNet(ClapConfig(**{**vars(TINY), "tokens": len(words)})).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.ndim > 1:
                parameter += 0.1 * torch.randn_like(parameter)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network as training leaves it, exported by the command."""
    made, words = tmp_path_factory.mktemp("clap"), tokenizer()
    trained = net(words)
    save_parts(made / "run" / "ema", trained.state_dict(), {"config": asdict(trained.config)})
    words.save(made / "words.json")
    printed = io.StringIO()
    with redirect_stdout(printed):
        main([str(made / "run"), "--out", str(made / "out"), "--tokenizer", str(made / "words.json")])
    lines = printed.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == [AUDIO_GRAPH, TEXT_GRAPH]
    assert all(float(line.split()[-1]) < 1e-4 for line in lines)
    return made / "out"


@pytest.fixture(scope="module")
def clap(folder: Path) -> Clap:
    return Clap(folder, "cpu", threads=1)


@pytest.mark.parametrize("kind", ["noise", "tone", "quiet", "silence"])
def test_numpy_and_torch_hear_the_same(kind: str) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(CLAP_FRAMES) / 48_000).astype(np.float32)
    sounds = {"noise": noise(CLAP_FRAMES)[0], "tone": tone, "quiet": tone * 1e-4, "silence": tone * 0}
    ours = log_mel(sounds[kind])
    theirs = LogMel()(torch.from_numpy(sounds[kind])[None])[0].numpy()
    assert ours.shape == (96, 500)
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_a_tone_lies_in_its_band_and_its_level_makes_no_difference() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(CLAP_FRAMES) / 48_000).astype(np.float32)
    heard = log_mel(tone * 0.5)
    np.testing.assert_allclose(heard, log_mel(tone * 0.05), atol=1e-3)
    loudest = int(heard.mean(1).argmax())
    assert mel_filters()[loudest, round(440 / (48_000 / 2048))] > 0.5
    assert (mel_filters().max(1) > 0.3).all()


def test_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="480000"):
        log_mel(np.zeros(480_001, np.float32))
    with pytest.raises(ValueError, match="480000"):
        LogMel()(torch.zeros(1, 479_999))


def test_the_starter_has_at_most_eight_million_parameters_and_both_towers_give_unit_vectors() -> None:
    torch.manual_seed(0)
    made = ClapNet(CLAP_PRESETS["starter"]).eval()
    assert sum(parameter.numel() for parameter in made.parameters()) < 8_000_000
    text = made.text(torch.tensor([[1, 5, 6] + [0] * 45, [1] + [0] * 47]))
    assert text.shape == (2, 512)
    torch.testing.assert_close(text.norm(dim=1), torch.ones(2))


def test_padding_says_nothing(folder: Path) -> None:
    made = net(tokenizer())
    numbers = torch.tensor([[1, 7, 8, 9] + [0] * 44])
    before = made.text(numbers)
    with torch.no_grad():
        made.text.position[4:] += 1.0
        made.text.table.weight[0] += 1.0
    torch.testing.assert_close(made.text(numbers), before)


def test_runtime_and_torch_agree_on_text(clap: Clap) -> None:
    words = tokenizer()
    torch_net = net(words)
    texts = ["warm bass", "", "gnarly zither " * 30, "FUNKY drums!"]
    numbers = torch.tensor([words.encode(text, 48) for text in texts])
    with torch.no_grad():
        theirs = torch_net.text(numbers).numpy()
    ours = clap.embed_texts(texts)
    assert (ours * theirs).sum(1).min() > 0.999  # int8 weights
    np.testing.assert_array_equal(ours[3], clap.embed_text("FUNKY drums!"))
    assert (ours[0] * ours[3]).sum() < 0.9999


def test_runtime_and_torch_agree_on_audio(clap: Clap) -> None:
    audio = noise(CLAP_FRAMES, seed=3)
    with torch.no_grad():
        theirs = net(tokenizer()).audio(LogMel()(torch.from_numpy(mono(audio))[None]))[0].numpy()
    ours = clap.embed_audio(audio)
    assert float(ours @ theirs) > 0.999
    assert np.linalg.norm(ours) == pytest.approx(1, abs=1e-6)


def test_the_same_audio_gives_the_same_bytes(clap: Clap) -> None:
    audio = noise(CLAP_FRAMES * 2 + 60_000)
    assert clap.embed_audio(audio).tobytes() == clap.embed_audio(audio.copy()).tobytes()


def test_short_audio_is_repeated(clap: Clap) -> None:
    second = noise(48_000)
    np.testing.assert_array_equal(clap.embed_audio(second), clap.embed_audio(np.tile(second, 10)))


def test_long_audio_is_the_mean_of_its_windows(clap: Clap) -> None:
    first, second = noise(CLAP_FRAMES, 1), noise(CLAP_FRAMES, 2)
    mean = clap.embed_audio(first) + clap.embed_audio(second)
    whole = clap.embed_audio(np.concatenate([first, second], 1))
    np.testing.assert_allclose(whole, mean / np.linalg.norm(mean), atol=1e-6)


@pytest.mark.parametrize(
    ("frames", "starts"),
    [(1, [0]), (480_000, [0]), (491_520, [0]), (528_000, [0, 48_000]), (970_000, [0, 480_000])],
)
def test_windows_lie_at_fixed_places(frames: int, starts: list[int]) -> None:
    audio = np.arange(frames, dtype=np.float32)
    windows = clap_windows(audio)
    assert windows.shape == (len(starts), CLAP_FRAMES)
    assert windows[:, 0].tolist() == starts


def test_silent_windows_are_left_out_unless_all_are(clap: Clap) -> None:
    sound, silence = noise(CLAP_FRAMES), np.zeros((2, CLAP_FRAMES), np.float32)
    np.testing.assert_array_equal(clap.embed_audio(np.concatenate([sound, silence], 1)), clap.embed_audio(sound))
    assert np.linalg.norm(clap.embed_audio(silence)) == pytest.approx(1, abs=1e-6)


def test_channels_that_cancel_are_still_heard() -> None:
    left = noise(1000, channels=1)
    np.testing.assert_array_equal(mono(np.concatenate([left, -left])), left[0])


@pytest.mark.parametrize("broken", [np.zeros((2, 0)), np.zeros(10), np.full((1, 10), np.nan)])
def test_broken_audio_is_refused(clap: Clap, broken: np.ndarray) -> None:
    with pytest.raises(ContextError):
        clap.embed_audio(broken)


def test_foreign_files_are_refused(folder: Path, tmp_path: Path) -> None:
    for name in (AUDIO_GRAPH, TEXT_GRAPH, TOKENIZER):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / TEXT_GRAPH).write_bytes((folder / AUDIO_GRAPH).read_bytes())
    with pytest.raises(PackError, match="do not fit"):
        Clap(tmp_path, "cpu")
    (tmp_path / TEXT_GRAPH).write_bytes(b"nothing")
    with pytest.raises(ModelError):
        Clap(tmp_path, "cpu")


def test_a_tokenizer_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tokens"):
        export_clap(net(tokenizer()), Tokenizer([]), tmp_path)


def test_the_loss_knows_right_from_wrong_and_spares_equal_texts() -> None:
    good = torch.eye(3) * 20
    assert contrastive_loss(good) < 1e-3
    assert contrastive_loss(good.roll(1, 0)) > 10
    equal = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    confused = good.clone()
    confused[0, 1] = confused[1, 0] = 20
    assert contrastive_loss(confused) > 0.4
    assert contrastive_loss(confused, equal) < 1e-3


def test_the_retrieval_table_is_complete_and_repeats(clap: Clap) -> None:
    stems = list(held_out_stems(3, fonts=False))
    assert len(stems) >= 3
    figures = table(clap, stems)
    assert figures == table(clap, list(held_out_stems(3, fonts=False)))
    assert set(figures) == {"usual", "unseen"}
    for found in figures.values():
        assert all(0 <= value <= 1 or np.isnan(value) for value in found.values())
        assert found["r10"] >= found["r1"]
