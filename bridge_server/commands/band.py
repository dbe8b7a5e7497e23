"""`riffbridge band`: a whole arrangement, part after part, each hearing the ones before.

What each player hears (the context and all stems so far) is a WAV in the folder `heard`, which stays: the recipes name
it, so every stem can be replayed. A stem that is there already, whole and made of the very same things, is taken
instead of made again: the same command with the same seed goes on where it was interrupted.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from rich.console import Console

from bridge_server.accompany import recipe as recipes
from bridge_server.accompany.recipe import Recipe
from bridge_server.accompany.request import SEEDS, StemRequest
from bridge_server.audio import new_files, safe_paths, wav_file
from bridge_server.audio.mixing import mixed, summed
from bridge_server.audio.waveform import Waveform
from bridge_server.client import RiffClient
from bridge_server.commands.at_hand import client_of
from bridge_server.commands.following import follow
from bridge_server.commands.reaper_project import Meter, Track, project
from bridge_server.errors import BadArguments, PathNotAllowed, RiffError
from bridge_server.settings import Settings

MOST_PARTS = 16


@dataclass(frozen=True)
class Player:
    """One part of the arrangement: its name (of track and file), its prompt, its seed."""

    name: str
    prompt: str
    seed: int


@dataclass
class Session:
    """The arrangement as it grows: the context first, then every stem, all of one rate and length."""

    folder: Path
    audio: list[Waveform]
    tracks: list[Track] = field(default_factory=list)

    def add(self, name: str, file: Path, audio: Waveform) -> None:
        """One more track."""
        self.audio.append(audio)
        self.tracks.append(Track(name, PurePath(file.name), audio.seconds))


def band(
    settings: Settings,
    context: Path,
    parts: str,
    out_dir: Path,
    seed: int | None,
    wishes: Mapping[str, Any],
    keep: bool,
    console: Console,
) -> int:
    """Make all parts, the mix and the project; returns the exit code.

    parts: prompts, separated by semicolons. wishes: pairs of the protocol that hold for every part.
    """
    chosen = secrets.randbelow(SEEDS) if seed is None else seed
    players = players_of(parts, chosen)
    session = _begin(context, safe_paths.out_folder(str(out_dir)))
    console.print(f"seed {chosen}: the same command with --seed {chosen} goes on here, or makes the same again")
    with client_of(settings, console, keep) as client:
        for player in players:
            _play(client, player, session, wishes, console)
    _leave(session, _meter(wishes), console)
    return 0


def players_of(parts: str, seed: int) -> list[Player]:
    """The players that a list of prompts names; raises BadArguments for none, too many, or one nobody can follow."""
    prompts = [" ".join(part.split()) for part in parts.split(";") if part.strip()]
    if not 1 <= len(prompts) <= MOST_PARTS:
        raise BadArguments(
            f"A band has 1 to {MOST_PARTS} parts, and {len(prompts)} were named.",
            'Separate them with semicolons: --parts "drums; bass; rhodes; pad".',
        )
    for prompt in prompts:  # before the first one plays
        StemRequest("band", "/", seed=0, length_frames=1, prompt=prompt)
    names: list[str] = []
    for prompt in prompts:
        before = sum(name == prompt or name.startswith(f"{prompt} ") for name in names)
        names.append(f"{prompt} {before + 1}" if prompt in names else prompt)
    return [
        Player(name, prompt, (seed + place) % SEEDS)
        for place, (name, prompt) in enumerate(zip(names, prompts, strict=True))
    ]


def _begin(context: Path, folder: Path) -> Session:
    """The context as the first track, copied so that the folder can be moved as a whole."""
    if not context.is_file():
        raise PathNotAllowed(f"There is no file {context}.", "Name the WAV that you bounced.")
    audio = wav_file.read_file(context)
    wav_file.require_sound(audio)
    session = Session(folder, [])
    session.add("context", wav_file.write_stem(folder, "context", audio, "wav32f").path, audio)
    return session


def _play(client: RiffClient, player: Player, session: Session, wishes: Mapping[str, Any], console: Console) -> None:
    """One more stem, from the disk or from the server."""
    heard_folder = safe_paths.out_folder(str(session.folder / "heard"))
    name = f"{len(session.tracks)} heard by {new_files.safe_name(player.name)}"
    heard = wav_file.write_stem(heard_folder, name, summed(session.audio), "wav32f")
    pairs = {
        **wishes,
        "context": str(heard.path),
        "out_dir": str(session.folder),
        "name": new_files.safe_name(player.name),
        "prompt": player.prompt,
        "seed": player.seed,
    }
    there = _already_there(session.folder, pairs, heard.sha256, str(client.status()["pack"]))
    if there is not None:
        file = session.folder / there.file
        console.print(f"{player.name} was there already: {file}", soft_wrap=True)
    else:
        accepted = client.generate(secrets.token_hex(8), **pairs)
        stems, _ = follow(client, accepted.request_id, console, player.name)
        file = Path(stems[0].path)
        console.print(f"{file}  seed {player.seed}", soft_wrap=True)
    session.add(player.name, file, wav_file.read_file(file))


def _already_there(folder: Path, pairs: Mapping[str, Any], heard_sha256: str, pack: str) -> Recipe | None:
    """The recipe of a whole stem in the folder that this pack made of the same words, hearing the same."""
    for path in sorted(folder.glob("*.json")):
        try:
            recipe = recipes.load(path)
            asked = all(getattr(recipe.request, name) == value for name, value in pairs.items())
            heard_same = recipe.context is not None and recipe.context.sha256 == heard_sha256
            same = asked and heard_same and recipe.player.pack == pack
            if same and recipes.is_whole(recipe, folder):
                return recipe
        except RiffError:
            continue
    return None


def _leave(session: Session, meter: Meter, console: Console) -> None:
    """The mix and the project, beside the stems."""
    mix = mixed(*session.audio)
    path = wav_file.write_stem(session.folder, "mix", mix, "wav24").path
    tracks = [*session.tracks, Track("mix (muted)", PurePath(path.name), mix.seconds, is_muted=True)]
    text = project(tracks, meter, mix.sample_rate)
    console.print(f"mix      {path}", soft_wrap=True)
    console.print(f"project  {new_files.write_text(session.folder, 'band', '.RPP', text)}", soft_wrap=True)


def _meter(wishes: Mapping[str, Any]) -> Meter:
    names = ("tempo", "beats_per_bar", "beat_unit")
    return Meter(**{name: wishes[name] for name in names if name in wishes})
