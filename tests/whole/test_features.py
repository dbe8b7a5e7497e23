"""Vary, make anew, loop, guide, draft: asked for through the socket and proven on the stems of the shipped pack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge_server.client import RiffClient
from bridge_server.commands.generate import frames_of
from bridge_server.errors import (
    BadArguments,
    FormatNotSupported,
    PathNotAllowed,
    SilentContext,
    TooShort,
)
from bridge_server.protocol.table import Value
from tests.whole import bounces
from tests.whole.asking import files, hash_of, play, recipe, refusal
from tests.whole.real_server import PACK, RealServer, riffbridge

RATE = 44_100
FRAMES = round(bounces.SECONDS * RATE)


@pytest.fixture(scope="module")
def cd_context(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A bounce at 44.1 kHz, which is no whole number of anything the models count in."""
    return bounces.bounce(tmp_path_factory.mktemp("cd") / "bounce.wav", rate=RATE)


@pytest.fixture(scope="module")
def asked(cd_context: str) -> dict[str, Any]:
    """What all stems here have in common."""
    return {"context": cd_context, "prompt": "piano", "seed": 9}


@pytest.fixture(scope="module")
def stem(server: RealServer, asked: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A stem to vary."""
    with server.client() as client:
        return play(client, **asked, out_dir=str(tmp_path_factory.mktemp("stem"))).stem.path


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two log spectrograms of 21 ms."""
    a, b = (np.log(np.abs(np.fft.rfft(x[: len(x) // 1024 * 1024, 0].reshape(-1, 1024))) + 1e-3) for x in (one, other))
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_strength_goes_from_the_stem_itself_to_a_new_one(
    client: RiffClient, asked: dict[str, Any], stem: str, out_dir: str
) -> None:
    original, found = bounces.read(stem), []
    other = {**asked, "seed": 10, "out_dir": out_dir}
    for strength in (0.0, 0.3, 1.0):  # from 0.6 on a stem is hardly less alike than with another seed
        varied = play(client, **other, init=stem, strength=strength)
        assert varied.stem.frames == FRAMES
        found.append(alike(original, bounces.read(varied.stem.path)))
    assert found == sorted(found, reverse=True)
    assert varied.hashes == play(client, **other).hashes, "strength 1 ignores init"
    assert recipe(varied.stem)["init"]["sha256"] == hash_of(stem)


def test_without_strength_a_variation_is_half_way(
    client: RiffClient, asked: dict[str, Any], stem: str, out_dir: str
) -> None:
    half = play(client, **asked, init=stem, strength=0.5, out_dir=out_dir)
    assert play(client, **asked, init=stem, out_dir=out_dir).hashes == half.hashes


def test_a_stem_is_varied_without_a_context_at_its_own_length_and_rate(
    client: RiffClient, stem: str, out_dir: str
) -> None:
    varied = play(client, init=stem, strength=0.3, seed=1, out_dir=out_dir).stem
    assert (varied.frames, varied.sample_rate) == (FRAMES, RATE)


@pytest.mark.parametrize("region", [(0, 9_000), (20_001, 22_222), (FRAMES - 8_000, 8_000)])
def test_redo_changes_its_region_and_not_a_bit_outside(
    region: tuple[int, int], client: RiffClient, asked: dict[str, Any], stem: str, out_dir: str
) -> None:
    start, frames = region
    wishes = {**asked, "seed": 77, "init": stem, "redo_start": start, "redo_frames": frames}
    redone = play(client, **wishes, out_dir=out_dir).stem
    before, after = bounces.read(stem), bounces.read(redone.path)
    changed = np.flatnonzero(np.abs(after - before).max(1))
    assert start <= changed[0] < start + 1000
    assert start + frames - 1000 < changed[-1] < start + frames
    bend = np.abs(np.diff(np.concatenate([before, after]), 2, axis=0)).max(1)
    edges = [at for at in (start, start + frames) if 0 < at < FRAMES]
    for at in edges:
        here = np.abs(np.diff(after[at - 32 : at + 32], 2, axis=0)).max()
        assert here <= 1.5 * bend.max(), "a click at the edge"


@pytest.mark.parametrize(("subtype", "answer"), [("PCM_16", "wav16"), ("FLOAT", "wav32f")])
def test_redo_keeps_the_bits_of_other_formats(
    subtype: str, answer: str, client: RiffClient, asked: dict[str, Any], stem: str, out_dir: str, tmp_path: Path
) -> None:
    copy = bounces.write(tmp_path / "copy.wav", bounces.read(stem) * 0.7, RATE, subtype)
    wishes = {**asked, "init": copy, "redo_start": 10_000, "redo_frames": 10_000, "format": answer, "out_dir": out_dir}
    before, after = bounces.read(copy), bounces.read(play(client, **wishes).stem.path)
    assert np.array_equal(after[:10_000], before[:10_000])
    assert np.array_equal(after[20_000:], before[20_000:])
    assert np.abs(after - before).max() > 0


@pytest.mark.parametrize("frames", [22_050, 33_333, FRAMES])
def test_a_loop_of_any_length_repeats_without_a_jump(
    frames: int, client: RiffClient, asked: dict[str, Any], out_dir: str
) -> None:
    loop = play(client, **asked, loop=1, context_frames=frames, out_dir=out_dir).stem
    sound = bounces.read(loop.path)
    assert (len(sound), loop.sample_rate) == (frames, RATE)
    inside = np.abs(np.diff(sound, axis=0)).max()
    assert np.abs(sound[0] - sound[-1]).max() <= inside
    bends = np.abs(np.diff(np.concatenate([sound[-3:], sound[:3]]), 2, axis=0)).max()
    assert bends <= np.abs(np.diff(sound, 2, axis=0)).max()


@pytest.mark.slow
def test_a_loop_is_varied_and_redone_over_its_seam(client: RiffClient, asked: dict[str, Any], out_dir: str) -> None:
    loop = play(client, **asked, loop=1, out_dir=out_dir).stem.path
    varied = play(client, **asked, loop=1, init=loop, strength=0.3, out_dir=out_dir).stem
    redone = play(client, **asked, loop=1, init=loop, redo_start=0, redo_frames=12_000, out_dir=out_dir).stem
    before = bounces.read(loop)
    for path in (varied.path, redone.path):
        sound = bounces.read(path)
        assert np.abs(sound[0] - sound[-1]).max() <= np.abs(np.diff(sound, axis=0)).max()
    assert np.array_equal(bounces.read(redone.path)[12_000:], before[12_000:])
    assert alike(before, bounces.read(varied.path)) > alike(before, bounces.read(redone.path)[::-1])


@pytest.mark.parametrize("seconds", [0.6, 70.0])
def test_a_reference_of_any_length_gives_the_sound(
    seconds: float, client: RiffClient, asked: dict[str, Any], out_dir: str, tmp_path: Path
) -> None:
    low, high = (
        bounces.bounce(tmp_path / f"{root_hz:.0f}.wav", seconds, root_hz=root_hz, channels=1, rate=32_000)
        for root_hz in (55.0, 880.0)
    )
    wordless = {**asked, "prompt": "", "out_dir": out_dir}
    one, other = (play(client, **wordless, reference=path).stem for path in (low, high))
    assert recipe(one)["reference"]["sha256"] == hash_of(low)
    assert alike(bounces.read(one.path), bounces.read(other.path)) < 0.99


def test_blend_goes_from_the_words_to_the_reference_and_the_slider_from_words_to_words(
    client: RiffClient, asked: dict[str, Any], stem: str, out_dir: str, tmp_path: Path
) -> None:
    """What lies at either end, to the byte; `models.evaluate.blend_table` measures what lies between."""
    reference = bounces.bounce(tmp_path / "reference.wav", 3.0, root_hz=55.0)
    words, other = {**asked, "out_dir": out_dir}, {**asked, "prompt": "strings", "out_dir": out_dir}
    at = {share: play(client, **words, reference=reference, blend=share).hashes for share in (0.0, 0.5, 1.0)}
    assert at[0.0] == [hash_of(stem)], "the words alone made the stem to vary"
    assert at[1.0] == play(client, **{**words, "prompt": ""}, reference=reference).hashes
    slid = [play(client, **words, prompt_to="strings", prompt_position=place).hashes for place in (0.0, 0.5, 1.0)]
    assert slid[0] == at[0.0]
    assert slid[2] == play(client, **other).hashes
    assert len({*at[0.0], *at[0.5], *at[1.0], *slid[1], *slid[2]}) == 5


def test_guidance_of_one_is_as_trained_and_more_is_another_stem(
    client: RiffClient, asked: dict[str, Any], out_dir: str
) -> None:
    one = {"guidance": 1.0, "prompt_guidance": 1.0}
    more = {"guidance": 2.0, "prompt_guidance": 1.0}
    prompt = {"guidance": 1.0, "prompt_guidance": 2.0}
    found = {play(client, **asked, **pairs, out_dir=out_dir).hashes[0] for pairs in (one, more, prompt)}
    assert len(found) == 3


@pytest.mark.slow
def test_a_draft_of_one_step_is_the_same_take(
    client: RiffClient, asked: dict[str, Any], out_dir: str, tmp_path: Path
) -> None:
    """Over six seeds, a draft is more like its own final than like those of others; the usual context is too short."""
    longer = {**asked, "context": bounces.bounce(tmp_path / "bounce.wav", 3.0), "out_dir": out_dir}
    drafts, finals = (
        [bounces.read(s.path) for s in play(client, **longer, variations=6, **steps).stems]
        for steps in ({"steps": 1}, {})
    )
    own = np.mean([alike(drafts[k], finals[k]) for k in range(6)])
    others = np.mean([alike(drafts[k], finals[j]) for k in range(6) for j in range(6) if k != j])
    assert own > others


CONTRADICTIONS: dict[str, dict[str, Value]] = {
    "strength": {"strength": 0.5},
    "redo_start": {"redo_start": 100, "redo_frames": 10_000},
    "redo_frames": {"redo_frames": 10_000},
    "Only one": {"init": "STEM", "redo_start": 100},
    "Only one of": {"init": "STEM", "redo_frames": 10_000},
    "ends at frame": {"init": "STEM", "redo_start": FRAMES - 10_000, "redo_frames": 10_001},
    "0.045 s": {"init": "STEM", "redo_start": 0, "redo_frames": 2_000},
    "Hz": {"init": "STEM", "redo_start": 0, "redo_frames": 10_000, "sample_rate": 48_000},
    "the context 1.000 s": {"init": "STEM", "context_frames": RATE},
    "without a context": {"context": "", "length_frames": 48_000, "guidance": 2.0},
    "length_frames 1.000 s": {"context": "", "init": "STEM", "length_frames": 44_100},
    "without a prompt": {"prompt": "", "prompt_guidance": 2.0},
}  # fmt: skip


@pytest.mark.parametrize("words", CONTRADICTIONS)
def test_what_contradicts_itself_or_does_not_fit_is_refused_in_words(
    words: str, client: RiffClient, asked: dict[str, Any], stem: str, out_dir: str
) -> None:
    pairs = {name: stem if value == "STEM" else value for name, value in CONTRADICTIONS[words].items()}
    wishes = {name: value for name, value in {**asked, **pairs}.items() if (name, value) != ("context", "")}
    error = refusal(client, **wishes, out_dir=out_dir)
    assert isinstance(error, BadArguments)
    assert words in error.sentence
    assert client.status()["queue_length"] == 0
    assert files(Path(out_dir)) == []


def test_a_loop_of_0_3_seconds_is_too_short(client: RiffClient, asked: dict[str, Any], out_dir: str) -> None:
    assert isinstance(refusal(client, **asked, loop=1, context_frames=13_230, out_dir=out_dir), TooShort)
    assert isinstance(refusal(client, length_frames=14_400, loop=1, out_dir=out_dir), TooShort)


def test_stems_that_cannot_be_varied(
    server: RealServer, client: RiffClient, asked: dict[str, Any], stem: str, out_dir: str, tmp_path: Path
) -> None:
    silent = bounces.write(tmp_path / "silent.wav", np.zeros((FRAMES, 2)), RATE)
    (tmp_path / "text.wav").write_text("no audio at all, but long enough to be read as a header")
    refused = {
        silent: SilentContext,
        str(tmp_path / "text.wav"): FormatNotSupported,
        str(tmp_path / "gone.wav"): PathNotAllowed,
    }
    for init, kind in refused.items():
        assert isinstance(refusal(client, **asked, init=init, out_dir=out_dir), kind)
    within = bounces.bounce(server.exchange / "context.wav", rate=RATE)
    with server.guest() as guest:
        guest.hello()
        assert isinstance(refusal(guest, context=within, init=stem), PathNotAllowed)
    assert files(Path(out_dir)) == []


def test_something_is_made_in_a_region_of_silence(
    client: RiffClient, asked: dict[str, Any], stem: str, out_dir: str, tmp_path: Path
) -> None:
    sound = bounces.read(stem)
    sound[20_000:45_000] = 0
    hole = bounces.write(tmp_path / "hole.wav", sound, RATE)
    wishes = {**asked, "init": hole, "redo_start": 20_000, "redo_frames": 25_000, "out_dir": out_dir}
    assert np.abs(bounces.read(play(client, **wishes).stem.path)[20_000:45_000]).max() > 1e-3


def test_the_command_line_asks_for_all_of_it(
    server: RealServer, asked: dict[str, Any], stem: str, tmp_path: Path
) -> None:
    common = ("generate", asked["context"], "--prompt", "piano", "--state", server.state, "--out-dir", tmp_path)
    ran = riffbridge(*common, "--seed", 3, "--init", stem, "--redo", 0.5, 1.0, "--name", "redone")
    assert ran.returncode == 0, ran.stderr
    (path,) = tmp_path.glob("redone*.wav")
    changed = np.flatnonzero(np.abs(bounces.read(path) - bounces.read(stem)).max(1))
    assert (round(0.5 * RATE) <= changed[0], changed[-1] < RATE) == (True, True)
    ran = riffbridge(*common, "--seed", 3, "--loop", "--guidance", 1.5, "--prompt-guidance", 1.2, "--name", "looped")
    assert ran.returncode == 0, ran.stderr
    (told,) = tmp_path.glob("looped*.json")
    ran = riffbridge("replay", told, "--out-dir", tmp_path / "again", "--pack", PACK)
    assert "The same bytes" in ran.stdout
    with pytest.raises(BadArguments, match="without --init"):
        frames_of((0.5, 1.0), None)
