"""Songs on the device: who waits for them says so."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch

from models.data.pool import _Maps, create
from models.train import song_feed
from models.train.song_feed import SongFeed


def test_a_wait_for_songs_of_validation_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(song_feed, "TELL_S", 0.3)
    create(tmp_path / "songs", 2)
    serial = _Maps(tmp_path / "songs").serial
    serial[1] = 2  # seed 1, silent; seed 0, which is held out, comes later
    threading.Timer(1.0, serial.__setitem__, (0, 1)).start()
    feed = SongFeed(str(tmp_path / "songs"), torch.device("cpu"), wait_for=1)
    feed.stop()
    assert "songs: 1 of 1 for training, 0 of 1 for validation so far" in capsys.readouterr().out
    assert feed.training.tolist() == [1]
    assert feed.validation.tolist() == [0]
