"""`riffbridge generate`: stems for a context, by OSC like any other client."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from bridge_server.commands.at_hand import client_of
from bridge_server.commands.following import follow
from bridge_server.errors import BadArguments, PathNotAllowed
from bridge_server.settings import Settings


def generate(settings: Settings, wishes: Mapping[str, Any], keep: bool, console: Console) -> int:
    """Ask, follow, tell where the stems are; returns the exit code. `wishes` are pairs of the protocol."""
    _refuse_at_once(wishes)
    with client_of(settings, console, keep) as client:
        accepted = client.generate(secrets.token_hex(8), **wishes)
        if accepted.position:
            console.print(f"waiting for {accepted.position} before this one")
        stems, done = follow(client, accepted.request_id, console, str(wishes.get("prompt") or "stem"))
    for stem in stems:
        console.print(f"{stem.path}  seed {stem.seed}", soft_wrap=True)
    made = f"{done.count} stem{'' if done.count == 1 else 's'}"
    console.print(f"{made} in {done.elapsed_s:.1f} s on {done.device}")
    return 0


def _refuse_at_once(wishes: Mapping[str, Any]) -> None:
    """What is seen without a server, said before one is started, in the words of the command line.

    The protocol's own refusals name no path, lest a stranger probe for files; here it is the user who asks.
    """
    context = wishes.get("context")
    if context is None and "length_frames" not in wishes:
        raise BadArguments(
            "Neither a context nor a length was given.", "Name the bounced WAV, or give --seconds to play without one."
        )
    if context is not None and "length_frames" in wishes:
        raise BadArguments(
            "A context and --seconds were both given.", "A stem is as long as its context: leave it away."
        )
    if context is not None and not Path(context).is_file():
        raise PathNotAllowed(f"There is no file {context}.", "Name the WAV that you bounced.")
