"""The tables, with a codec and a generator whose quality is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from models.data.composer import soundfont
from models.evaluate import accompaniment_table, codec_table
from models.evaluate.accompaniment_table import DECODED, MADE, RANDOM, REAL, Plan, aucs, hear_family
from models.evaluate.anchors import mean_spectrum_noise
from models.evaluate.clips import Clip
from models.evaluate.codec_table import group_report, measure_group
from models.evaluate.excerpts import FRAMES
from models.evaluate.report import markdown_table
from models.guidance import UNGUIDED, Guidance
from tests.figures import generate

SONGS = 4


class PerfectCodec:
    """Latents are the audio itself."""

    def encode(self, audio: np.ndarray) -> np.ndarray:
        return audio.reshape(2, 15, -1).swapaxes(0, 1)

    def decode(self, latents: np.ndarray, seed: int) -> np.ndarray:
        return latents.swapaxes(0, 1).reshape(2, -1)


class Words:
    """A stylist whose vectors are the words."""

    def of_words(self, prompt: str, seed: int) -> str:
        return prompt


class Parrot:
    """A generator that plays its context back, with a little noise of its seed."""

    codec, stylist = PerfectCodec(), Words()
    encode_context = codec.encode

    def __init__(self) -> None:
        self.guided_by: list[Guidance] = []

    def generate(
        self, latents: np.ndarray, chunks: int, style: str, seed: int, steps: int, guidance: Guidance
    ) -> np.ndarray:
        assert (chunks, style) == (15, "drums")
        self.guided_by.append(guidance)
        noise = np.random.default_rng(seed).standard_normal((2, FRAMES))
        return self.codec.decode(latents, seed) + 0.001 * noise.astype(np.float32)


@pytest.fixture(scope="module")
def parrot():
    """What is heard of a parrot among drums."""
    soundfont.load([])
    plan = Plan(SONGS, 2, 9_000_000, 5, guidance=Guidance(1.5, 2.0))
    counted, bird = [], Parrot()
    heard = hear_family(bird, "drums", plan, lambda: counted.append(1))
    assert len(counted) == SONGS
    assert bird.guided_by == [plan.guidance] * (SONGS + 3 * 2)  # two songs were played three more times
    return heard, plan


def test_a_parrot_is_with_its_context_and_a_perfect_codec_changes_nothing(parrot):
    heard, _ = parrot
    values = aucs(heard, "drums", 0)
    assert values[MADE]["with context"].value == 1
    assert values[DECODED]["on grid"].value == values[REAL]["on grid"].value > 0.9
    assert set(values) == {REAL, DECODED, MADE, RANDOM}
    assert "in chords" not in values[MADE]


def test_the_change_of_output_tells_context_from_repetition(parrot):
    changes = parrot[0].changes
    assert changes["same again"] == [0, 0]
    assert min(changes["another context"]) > 5
    assert all(0 < value < 30 for value in changes["another seed"])


def test_the_report_names_counts_and_seeds(parrot):
    heard, plan = parrot
    text = accompaniment_table.report({"drums": heard}, "test", plan)
    assert f"{SONGS} held-out songs per family, 5 steps, guidance 1.5 (context) and 2 (family), first" in text
    assert all(str(seed) in text for seed in heard.seeds)
    assert "made by the pack" in text
    assert "guidance" not in accompaniment_table.report({"drums": heard}, "test", replace(plan, guidance=UNGUIDED))


def test_guidance_below_zero_is_refused(tmp_path):
    app = typer.Typer()
    app.command()(accompaniment_table.main)
    result = CliRunner().invoke(app, ["--pack", str(tmp_path / "none"), "--guidance", "1", "-1"])
    assert result.exit_code == 2
    assert "finite number" in result.output


def test_the_codec_table_passes_a_copy_and_fails_noise(band_clip):
    clips = [Clip("band", band_clip), Clip("half", band_clip * 0.5)]
    decoders = {"codec, copy": lambda audio, seed: audio, "codec, noise": mean_spectrum_noise}
    values = measure_group(clips, decoders, lambda: None)
    text = group_report("test", clips, values)
    assert "- codec, copy, gate 2, worth shipping: pass" in text
    assert "- codec, noise, gate 1, go on: MISSED: " in text
    assert "half, codec, noise" in text
    assert "2 clips: band, half" in text


def test_markdown_columns_line_up():
    lines = markdown_table(["a", "long head"], [["1", "2"], ["wide cell", ""]]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1] == "|-----------|-----------|"


@pytest.mark.parametrize("command", [accompaniment_table.main, codec_table.main, generate.main])
def test_a_missing_pack_is_one_sentence(command, tmp_path):
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, ["--pack", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert result.output.startswith("There is no pack at ")
    assert "Traceback" not in result.output
