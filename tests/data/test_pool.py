"""The pool: two forked workers write, a reader sees whole excerpts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.data import pool
from models.data.pool import PoolReader


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pool") / "songs"
    for seconds in (4, 40):  # on a busy machine no more than the first songs may be there after four
        pool.create(path, 3)
        pool.fill(path, workers=2, seconds=seconds, first_seed=40, fonts=[])
        if (PoolReader(path).serials() > 0).all():
            break
    return path


def test_slots_are_filled_with_their_seeds(filled: Path) -> None:
    """Even seeds come from the first worker, which goes round slots 0 and 2; the second has slot 1 alone."""
    serials = PoolReader(filled).serials()
    assert (serials > 0).all()
    seeds = serials - 1 - 40
    assert (seeds[[0, 2]] % 4).tolist() == [0, 2]
    assert seeds[1] % 2 == 1


def test_a_slot_holds_the_excerpt_of_its_seed(filled: Path) -> None:
    audio, families, serial = PoolReader(filled).read(1)
    again, known = pool.excerpt(serial - 1)
    np.testing.assert_array_equal(audio, again)
    np.testing.assert_array_equal(families, known)


def test_absent_stems_are_silent_and_the_mix_does_not_clip(filled: Path) -> None:
    reader = PoolReader(filled)
    for slot in range(3):
        audio, families, _ = reader.read(slot)
        present = families >= 0
        assert present.any()
        assert not audio[~present].any()
        assert all(stem.any() for stem in audio[present])
        assert len(set(families[present])) == present.sum()
        assert np.abs(audio.astype(np.int32).sum(0)).max() <= 32_767


def test_a_song_that_fails_is_named_and_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    plain = pool.excerpt

    def broken(seed: int) -> tuple[np.ndarray, np.ndarray]:
        if seed == 40:
            raise RuntimeError("no such chord")
        return plain(seed)

    monkeypatch.setattr(pool, "excerpt", broken)
    pool.create(tmp_path / "songs", 2)
    pool.fill(tmp_path / "songs", workers=1, seconds=1.5, first_seed=40, fonts=[])
    assert PoolReader(tmp_path / "songs").serials()[1] > 0
    assert "seed 40 failed" in capfd.readouterr().err
