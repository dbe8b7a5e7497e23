"""The recipe beside every stem: all that is needed to make the same bytes again, on the same machine."""

from __future__ import annotations

import glob
import json
import platform
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bridge_server import __version__
from bridge_server.accompany.request import StemRequest
from bridge_server.accompany.variations import StemResult, Variation
from bridge_server.audio import new_files, safe_paths, wav_file
from bridge_server.errors import BadArguments, RiffError

FORMAT = 1
LARGEST_BYTES = 100_000


@dataclass(frozen=True)
class Player:
    """Who played: the pack and everything on which the last bit may depend."""

    pack: str
    pack_version: str
    manifest_sha256: str
    device: str
    threads: int
    runtime: str
    machine: str = platform.machine()
    riffbridge: str = __version__


@dataclass(frozen=True)
class ContextMark:
    """The context as it was: hash of the whole file, its rate and the frames of the region used."""

    sha256: str
    sample_rate: int
    frames: int


@dataclass(frozen=True)
class CutMark:
    """What was cut out of a device's ring: bars wanted and heard, where in the song (quarter notes) they start, the
    quarters in a bar, the mean tempo, the frames of each bar at the ring's rate."""

    bars_wanted: int
    bars: int
    start_beat: float
    bar_length: float
    tempo: float
    bar_frames: tuple[int, ...]


@dataclass(frozen=True)
class Recipe:
    """Everything about one stem. `seconds` (time per stage) is for people; the rest is what replaying needs.

    - attempt: which of the seed's draws this is; more than 0 when those before were silent.
    - silent: nobody would hear this one either: the player rests.
    """

    request: StemRequest
    index: int
    seed: int
    player: Player
    context: ContextMark | None
    gain: float
    file: str
    sha256: str
    frames: int
    sample_rate: int
    seconds: dict[str, float]
    attempt: int = 0
    silent: bool = False
    cut: CutMark | None = None

    def to_json(self) -> str:
        """The file's text."""
        held = {"recipe": FORMAT, **asdict(self), "request": _public(self.request).to_dict()}
        return json.dumps(held, indent=1, ensure_ascii=False) + "\n"

    def result(self, folder: Path, count: int) -> StemResult:
        """The stem as the client hears of it."""
        stem, own = folder / self.file, path_beside(folder / self.file)
        return StemResult(
            index=self.index,
            count=count,
            path=str(stem),
            frames=self.frames,
            sample_rate=self.sample_rate,
            seed=self.seed,
            sha256=self.sha256,
            recipe=str(own),
            recipe_json=self.to_json(),
        )


def path_beside(stem: Path) -> Path:
    """Where the recipe of a stem lies."""
    return stem.with_suffix(".json")


def save(recipe: Recipe, folder: Path) -> None:
    """Write the recipe beside its stem."""
    new_files.replace_text(path_beside(folder / recipe.file), recipe.to_json())


def load(path: Path) -> Recipe:
    """Read a recipe; raises PathNotAllowed or BadArguments with what is wrong with it."""
    with safe_paths.open_file(str(path.absolute())) as file:
        text = file.handle.read(LARGEST_BYTES + 1)
    return read(text, path.name) if len(text) <= LARGEST_BYTES else read(b"", path.name)


def read(text: bytes | str, name: str) -> Recipe:
    """The recipe of a text that is called `name`; raises BadArguments with what is wrong with it."""
    try:
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadArguments(f"{name} is not a recipe.", "Take the .json file that lies beside a stem.") from error


def finished(request: StemRequest, variation: Variation, folder: Path) -> StemResult | None:
    """The stem of this very variation if it is on disk already: recipe and bytes agree. (A job done again.)"""
    for path in sorted(folder.glob(f"{glob.escape(variation.name)}*.json")):
        try:
            recipe = load(path)
            same = recipe.request == _public(request) and recipe.index == variation.index
            if same and is_whole(recipe, folder):
                return recipe.result(folder, variation.count)
        except RiffError:
            continue
    return None


def is_whole(recipe: Recipe, folder: Path) -> bool:
    """Whether the stem of a recipe lies in `folder` with the bytes it was written with; raises PathNotAllowed."""
    with safe_paths.open_file(str((folder / recipe.file).absolute())) as file:
        return wav_file.sha256_of(file.handle) == recipe.sha256


def _parse(held: Any) -> Recipe:
    if held["recipe"] != FORMAT:
        raise BadArguments(
            f"The recipe has format {held['recipe']}; this version reads {FORMAT}.", "Update riffbridge."
        )
    mark, cut, attempt = held["context"], held.get("cut"), held.get("attempt", 0)
    if Path(held["file"]).name != held["file"] or not 0 <= held["index"] < held["request"]["variations"]:
        raise ValueError
    if not (isinstance(attempt, int) and attempt >= 0):
        raise ValueError
    return Recipe(
        request=StemRequest.from_dict(held["request"]),
        player=Player(**held["player"]),
        context=None if mark is None else ContextMark(**mark),
        attempt=attempt,
        silent=bool(held.get("silent", False)),
        cut=None if cut is None else CutMark(**{**cut, "bar_frames": tuple(cut["bar_frames"])}),
        **{
            name: held[name] for name in ("index", "seed", "gain", "file", "sha256", "frames", "sample_rate", "seconds")
        },
    )


def _public(request: StemRequest) -> StemRequest:
    """Without what concerns only the server that admitted it."""
    return replace(request, roots=None)
