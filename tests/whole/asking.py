"""Whole requests, from `generate` to `done`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge_server.client import RiffClient
from bridge_server.errors import RiffError
from bridge_server.protocol.messages import Done, Progress, Stem
from bridge_server.protocol.table import Value


@dataclass(frozen=True)
class Played:
    """All that a client was told of one request."""

    told: tuple[Progress | Stem | Done, ...]

    @property
    def stems(self) -> list[Stem]:
        """In the order in which they came."""
        return [message for message in self.told if isinstance(message, Stem)]

    @property
    def stem(self) -> Stem:
        """The only one."""
        (stem,) = self.stems
        return stem

    @property
    def done(self) -> Done:
        """The end."""
        (done,) = [message for message in self.told if isinstance(message, Done)]
        return done

    @property
    def hashes(self) -> list[str]:
        """SHA-256 of each stem's file."""
        return [hash_of(stem.path) for stem in self.stems]


def play(client: RiffClient, request_id: str = "", **pairs: Value) -> Played:
    """Ask for stems and wait for all of them."""
    return follow(client, client.generate(request_id, **pairs).request_id)


def follow(client: RiffClient, request_id: str) -> Played:
    """Wait for all stems of a request."""
    return Played(tuple(client.events(request_id)))


def refusal(client: RiffClient, **pairs: Value) -> RiffError:
    """The error that a request ends with, at once or after the worker looked at it; in words for a person."""
    with pytest.raises(RiffError) as caught:
        play(client, **pairs)
    error = caught.value
    assert len(error.sentence.split()) >= 3
    assert len(error.hint.split()) >= 3
    assert "Error" not in error.sentence
    return error


def recipe(stem: Stem) -> dict[str, Any]:
    """The recipe that lies beside a stem."""
    held: dict[str, Any] = json.loads(Path(stem.path).with_suffix(".json").read_text(encoding="utf-8"))
    return held


def hash_of(path: str) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def files(folder: Path) -> list[str]:
    """Names of everything in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
