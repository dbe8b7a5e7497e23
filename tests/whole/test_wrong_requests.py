"""What a client can get wrong besides its audio. Each is answered with code, sentence and hint; nothing is made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge_server.client import RiffClient
from bridge_server.errors import BadArguments, FolderNotWritable, NotAuthorised, PathNotAllowed, SilentContext
from tests.whole import bounces, raw_osc
from tests.whole.asking import files, play, refusal
from tests.whole.raw_osc import RawOsc, generate, packet
from tests.whole.real_server import RealServer


@pytest.fixture
def raw(server: RealServer) -> Iterator[RawOsc]:
    """A greeted client that sends whatever it is told to."""
    with RawOsc(server.announced) as raw:
        yield raw


def refused(raw: RawOsc, message: bytes) -> tuple[str, str, str, str]:
    """Request id, code, sentence and hint of the refusal that a message earns."""
    request_id, code, sentence, hint = raw.ask(message, "/riff/refused").values
    return request_id, code, sentence, hint


def test_without_a_token_only_the_exchange_folder_can_be_used(
    server: RealServer, context: str, out_dir: str, tmp_path: Path
) -> None:
    with server.guest() as guest:
        assert guest.hello().granted == 0
        assert isinstance(refusal(guest, context=context), PathNotAllowed)
        within = bounces.bounce(server.exchange / "by a guest.wav")
        assert isinstance(refusal(guest, context=within, out_dir=out_dir), PathNotAllowed)
        (server.exchange / "link.wav").symlink_to(context)
        assert isinstance(refusal(guest, context=str(server.exchange / "link.wav")), PathNotAllowed)
        stem = play(guest, context=within, name="guest").stem
    assert Path(stem.path).parent == server.exchange
    assert files(Path(out_dir)) == []


def test_without_a_token_the_server_cannot_be_stopped_nor_jobs_of_others_seen(
    server: RealServer, client: RiffClient, out_dir: str
) -> None:
    job = client.generate(length_frames=48_000, out_dir=out_dir).request_id
    with server.guest() as guest:
        with pytest.raises(NotAuthorised):
            guest.quit()
        for question in (guest.query, guest.cancel):
            with pytest.raises(Exception, match="knows no request"):
                question(job)
    assert len(list(client.events(job))) > 1


def test_a_wrong_token_is_as_good_as_none(server: RealServer, context: str) -> None:
    with server.guest(token="0" * 32) as guest:
        assert guest.hello().granted == 0
        assert isinstance(refusal(guest, context=context), PathNotAllowed)
        with pytest.raises(NotAuthorised):
            guest.quit()
    with server.client() as client:
        assert client.ping() < 5.0


def test_another_major_version_is_refused_and_told_who_is_older(server: RealServer, raw: RawOsc) -> None:
    token = server.announced.token
    for major, older in ((0, "client"), (2, "server")):
        _, code, sentence, hint = refused(raw, packet("/riff/hello", "future", major, 0, 0, token))
        assert code == "version-mismatch"
        assert f"version {major}" in sentence
        assert older in hint


def test_an_unknown_address_gets_the_nearest_known_one(raw: RawOsc) -> None:
    _, code, sentence, hint = refused(raw, packet("/riff/generat", "job-1"))
    assert code == "unknown-address"
    assert "/riff/generat" in sentence
    assert hint == "Did you mean /riff/generate?"


def test_an_unknown_pair_gets_the_nearest_known_one(raw: RawOsc, context: str) -> None:
    request_id, code, sentence, hint = refused(raw, generate("job-2", context=context, variatons=2))
    assert (request_id, code) == ("job-2", "unknown-parameter")
    assert "variatons" in sentence
    assert hint == "Did you mean variations?"


def test_a_value_out_of_range_is_answered_with_the_range(raw: RawOsc, context: str) -> None:
    wrong: dict[str, tuple[raw_osc.Sent, str]] = {
        "variations": (9, "1 to 8"),
        "seed": (-1, "0 to 2147483647"),
        "steps": (31, "1 to 30"),
        "sample_rate": (4000, "8000 to 192000"),
        "format": ("mp3", "wav24, wav16, wav32f"),
        "beat_unit": (3, "1, 2, 4, 8"),
        "name": ("a/b", "file name"),
        "context_frames": (0.5, "whole number"),
        "tempo": (float("nan"), "10 to 1000"),
        "expires_ms": ("soon", "whole number"),
    }
    for name, (value, range_) in wrong.items():
        _, code, sentence, _ = refused(raw, generate("job-3", context=context, **{name: value}))
        assert code == "bad-arguments"
        assert name in sentence
        assert range_ in sentence


def test_neither_context_nor_length_or_both_at_once_is_refused(client: RiffClient, context: str) -> None:
    assert isinstance(refusal(client, prompt="bass"), BadArguments)
    assert isinstance(refusal(client, context=context, length_frames=48_000), BadArguments)


def test_what_the_models_cannot_do_yet_is_refused_and_not_ignored(client: RiffClient, context: str) -> None:
    error = refusal(client, context=context, grid=context)
    assert isinstance(error, BadArguments)
    assert "grid" in error.sentence


def test_half_of_a_mixture_of_styles_is_refused(client: RiffClient, context: str) -> None:
    halves: dict[str, dict[str, str | float]] = {
        "blend": {"blend": 0.25, "prompt": "bass"},
        "prompt_to": {"prompt_to": "strings"},
        "prompt_position": {"prompt": "bass", "prompt_position": 0.5},
    }
    for name, pairs in halves.items():
        error = refusal(client, context=context, **pairs)
        assert isinstance(error, BadArguments)
        assert name in error.sentence


def test_a_reference_that_is_missing_or_silent_is_refused_or_fails(
    client: RiffClient, context: str, tmp_path: Path, out_dir: str
) -> None:
    assert isinstance(refusal(client, context=context, reference=str(tmp_path / "no.wav")), PathNotAllowed)
    silence = bounces.write(tmp_path / "silence.wav", np.zeros((48_000, 2)), 48_000)
    with pytest.raises(SilentContext, match="reference"):
        play(client, context=context, reference=silence, out_dir=out_dir)


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_played(
    client: RiffClient, context: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "file" / "stems", tmp_path / "file"):
        error = refusal(client, context=context, out_dir=str(folder))
        assert isinstance(error, FolderNotWritable)
        assert str(folder) in error.sentence
    assert client.status()["queue_length"] == 0


def test_a_request_id_reused_with_other_arguments_is_refused(raw: RawOsc, context: str, out_dir: str) -> None:
    first = generate("take-1", context=context, seed=1, out_dir=out_dir)
    raw.ask(first, "/riff/accepted")
    other = generate("take-1", context=context, seed=2, out_dir=out_dir)
    assert refused(raw, other)[:2] == ("take-1", "id-reused")
    raw.next("/riff/done")
    assert refused(raw, other)[:2] == ("take-1", "id-reused")
    assert raw.ask(first, "/riff/done").values[0] == "take-1"


def test_the_same_request_many_times_makes_one_job(raw: RawOsc, context: str, out_dir: str) -> None:
    request = generate("take-2", context=context, seed=1, out_dir=out_dir)
    for _ in range(5):
        raw.send(request)
    raw.next("/riff/done")
    raw.send(request)
    stem = raw.next("/riff/stem").values
    assert raw.next("/riff/done").values[2] == 1
    assert files(Path(out_dir)) == ["stem_take-2_v0.json", "stem_take-2_v0.wav"]
    assert stem[4] == str(Path(out_dir) / "stem_take-2_v0.wav")


def test_a_sender_that_knows_only_floats_is_understood(raw: RawOsc, out_dir: str) -> None:
    raw.ask(generate("pd-1", length_frames=48_000.0, seed=7.0, variations=1.0, out_dir=out_dir), "/riff/accepted")
    assert raw.next("/riff/stem").values[2:] == [0, 1, str(Path(out_dir) / "stem_pd-1_v0.wav"), 48_000, 48_000, 7]
