"""Stems as a user gets them: length, rate, format, names, recipes, and the same bytes whenever the same is asked."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge_server.client import RiffClient
from bridge_server.protocol.messages import Stem
from tests.whole import bounces
from tests.whole.asking import files, play, recipe
from tests.whole.raw_osc import RawOsc, generate
from tests.whole.real_server import PACK, RealServer, riffbridge


def assert_sounds(stem: Stem, rate: int, frames: int, subtype: str = "PCM_24") -> None:
    """The file is what the message says and what was wished, with finite sound below full scale."""
    info = soundfile.info(stem.path)
    assert (info.samplerate, info.frames, info.channels, info.subtype) == (rate, frames, 2, subtype)
    assert (stem.sample_rate, stem.frames) == (rate, frames)
    assert np.abs(bounces.read(stem.path)).max() < 1.0  # false for NaN, too


def test_a_mono_cd_quality_bounce_gets_a_stem_of_its_own_rate_and_length(
    client: RiffClient, out_dir: str, tmp_path: Path
) -> None:
    frames = 61_741
    bounce = bounces.bounce(tmp_path / "cd.wav", frames / 44_100, rate=44_100, channels=1, subtype="PCM_16")
    assert_sounds(play(client, context=bounce, prompt="bass", seed=1, out_dir=out_dir).stem, 44_100, frames)


def test_a_96_khz_24_bit_bounce_gets_a_stem_of_its_own_rate_and_length(
    client: RiffClient, out_dir: str, tmp_path: Path
) -> None:
    frames = 130_001
    bounce = bounces.bounce(tmp_path / "studio.wav", frames / 96_000, rate=96_000)
    assert_sounds(play(client, context=bounce, prompt="pad", seed=1, out_dir=out_dir).stem, 96_000, frames)


def test_rate_and_format_can_be_chosen(client: RiffClient, context: str, out_dir: str) -> None:
    for format_, subtype in (("wav16", "PCM_16"), ("wav32f", "FLOAT")):
        played = play(client, context=context, sample_rate=44_100, format=format_, seed=1, out_dir=out_dir)
        assert_sounds(played.stem, 44_100, round(bounces.SECONDS * 44_100), subtype)


def test_a_region_of_the_bounce_gives_a_stem_of_the_region_s_length(
    client: RiffClient, context: str, out_dir: str
) -> None:
    played = play(client, context=context, context_start=10_000, context_frames=40_001, seed=1, out_dir=out_dir)
    assert_sounds(played.stem, 48_000, 40_001)


def test_a_length_without_a_context_is_kept_exactly(client: RiffClient, out_dir: str) -> None:
    played = play(client, length_frames=50_003, sample_rate=44_100, prompt="drums", seed=1, out_dir=out_dir)
    assert_sounds(played.stem, 44_100, 50_003)
    assert recipe(played.stem)["context"] is None


def test_spaces_quotes_and_other_scripts_in_paths_and_names(client: RiffClient, tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s a "song", Größe $HOME; 音楽 🎸'
    bounce = bounces.bounce(folder / "mix 'final' (2) ñ.wav")
    stem = play(client, "quoted", context=bounce, seed=1, out_dir=str(folder / "les stëms"), name="l'été 夏").stem
    assert stem.path == str(folder / "les stëms" / "l'été 夏_quoted_v0.wav")
    assert_sounds(stem, 48_000, bounces.FRAMES)
    assert recipe(stem)["request"]["context"] == bounce


def test_progress_never_falls_and_ends_with_all_stems(server: RealServer, context: str, out_dir: str) -> None:
    fractions, stages, sequences = [], set(), []
    with RawOsc(server.announced) as raw:
        raw.send(generate("progress", context=context, variations=2, seed=1, out_dir=out_dir))
        for answer in raw.told(limit_s=60):
            if answer.address == "/riff/progress":
                fractions.append(answer.values[2])
                stages.add(answer.values[3].split(" (")[0])
                assert answer.values[4] >= 0.0
            if answer.address in ("/riff/progress", "/riff/stem", "/riff/done"):
                sequences.append(answer.values[1])
            if answer.address == "/riff/done":
                break
    assert len(fractions) >= 5
    assert fractions == sorted(fractions)
    assert 0.0 <= fractions[0] < 0.2
    assert 0.8 < fractions[-1] <= 1.0
    assert {"playing", "decoding"} <= stages
    assert sequences == sorted(sequences)


def test_four_variations_differ_and_use_the_seeds_that_follow(client: RiffClient, context: str, out_dir: str) -> None:
    played = play(client, "four", context=context, prompt="piano", variations=4, seed=2**31 - 3, out_dir=out_dir)
    assert [(stem.index, stem.count, stem.seed) for stem in played.stems] == [
        (0, 4, 2**31 - 3),
        (1, 4, 2**31 - 2),
        (2, 4, 2**31 - 1),
        (3, 4, 0),  # seeds go round, so that they stay a whole number of 32 bits
    ]
    assert played.done.count == 4
    sounds = [bounces.read(stem.path) for stem in played.stems]
    assert sorted(np.abs(sound).max() for sound in sounds)[1] > 1e-3, "a player may rest in one of four, not in most"
    for one, other in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        assert unlike(sounds[one], sounds[other]) > 0.1
    wanted = [f"stem_four_v{k}.{ending}" for k in range(4) for ending in ("json", "wav")]
    assert files(Path(out_dir)) == sorted(wanted)


def test_the_same_seed_gives_the_same_bytes_under_another_request_id(
    client: RiffClient, context: str, out_dir: str, tmp_path: Path
) -> None:
    copy = shutil.copy(context, tmp_path / "same bounce.wav")
    first = play(client, context=context, prompt="bass", seed=5, variations=2, out_dir=out_dir)
    again = play(client, context=str(copy), prompt=" bass ", seed=5, variations=2, out_dir=out_dir)
    later = play(client, context=context, prompt="bass", seed=6, out_dir=out_dir)
    assert first.hashes == again.hashes
    assert later.hashes == first.hashes[1:]
    assert len(files(Path(out_dir))) == 10


def test_the_recipe_tells_all_and_replay_makes_the_same_bytes(
    client: RiffClient, context: str, out_dir: str, tmp_path: Path
) -> None:
    played = play(client, context=context, prompt="bass", variations=2, seed=11, format="wav16", out_dir=out_dir)
    stem, digest = played.stems[1], played.hashes[1]
    held = recipe(stem)
    assert (held["seed"], held["index"], held["sha256"]) == (12, 1, digest)
    assert held["context"]["sha256"] == hashlib.sha256(Path(context).read_bytes()).hexdigest()
    assert held["player"]["device"] == played.done.device
    path = Path(stem.path).with_suffix(".json")
    ran = riffbridge("replay", path, "--out-dir", tmp_path / "again", "--pack", PACK)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "The same bytes" in ran.stdout
    assert (tmp_path / "again" / Path(stem.path).name).read_bytes() == Path(stem.path).read_bytes()


@pytest.fixture(scope="module")
def other_context(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tritone away, and at another tempo."""
    return bounces.bounce(tmp_path_factory.mktemp("other") / "other.wav", root_hz=311.1, beats_per_minute=170.0)


def test_another_context_gives_another_stem_for_the_same_seed_and_instrument(
    client: RiffClient, context: str, other_context: str, out_dir: str
) -> None:
    asked = {"prompt": "bass", "seed": 21, "loudness": "raw", "format": "wav32f", "out_dir": out_dir}
    here, there = (play(client, context=path, **asked).stem for path in (context, other_context))
    nowhere = play(client, length_frames=bounces.FRAMES, **asked).stem
    sounds = [bounces.read(stem.path) for stem in (here, there, nowhere)]
    assert unlike(sounds[0], sounds[1]) > 0.1
    assert unlike(sounds[0], sounds[2]) > 0.1


def test_another_instrument_gives_another_stem_for_the_same_seed_and_context(
    client: RiffClient, context: str, out_dir: str
) -> None:
    asked = {"context": context, "seed": 21, "loudness": "raw", "format": "wav32f", "out_dir": out_dir}
    sounds = [bounces.read(play(client, prompt=name, **asked).stem.path) for name in ("bass", "drums")]
    assert unlike(*sounds) > 0.1


def unlike(one: np.ndarray, other: np.ndarray) -> float:
    """1 - |correlation|: 0 for the same sound, however loud; near 1 for sounds that share nothing."""
    return float(1 - abs(np.vdot(one, other)) / (np.linalg.norm(one) * np.linalg.norm(other)))
