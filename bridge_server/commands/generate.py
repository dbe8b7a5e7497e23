"""`riffbridge generate`: stems for a context, by OSC like any other client."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from bridge_server.commands.at_hand import client_of
from bridge_server.commands.following import follow
from bridge_server.settings import Settings


def generate(settings: Settings, wishes: Mapping[str, Any], keep: bool, console: Console) -> int:
    """Ask, follow, tell where the stems are; returns the exit code. `wishes` are pairs of the protocol."""
    with client_of(settings, console, keep) as client:
        accepted = client.generate(secrets.token_hex(8), **wishes)
        if accepted.position:
            console.print(f"{accepted.position} before this one")
        stems, done = follow(client, accepted.request_id, console, str(wishes.get("prompt") or "stem"))
    for stem in stems:
        console.print(f"{stem.path}  seed {stem.seed}", soft_wrap=True)
    console.print(f"{done.count} in {done.elapsed_s:.1f} s on {done.device}")
    return 0
