"""`riffbridge replay`: the same bytes again."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from bridge_server.accompany import recipe as recipes
from bridge_server.accompany.pipeline import Accompanist
from bridge_server.accompany.recipe import Player, Recipe
from bridge_server.commands.following import bar
from bridge_server.commands.history import recipes_of


def replay(what: str, out_dir: Path, pack: Path, state_folder: Path, console: Console) -> int:
    """Make the stem of a recipe again, or all stems of a job of the history; 0 = the same bytes, 1 = others.

    what: the path of a recipe, or the number of a job.
    """
    is_number = what.isdecimal() and not Path(what).exists()
    chosen = recipes_of(state_folder, int(what)) if is_number else [recipes.load(Path(what))]
    return max([_replay(recipe, out_dir, pack, console) for recipe in chosen])


def _replay(recipe: Recipe, out_dir: Path, pack: Path, console: Console) -> int:
    with console.status("loading the models"):
        accompanist = Accompanist(pack.expanduser().absolute(), recipe.player.device, recipe.player.threads)
    with bar(console, recipe.request.prompt or "stem") as report:
        result = accompanist.replay(recipe, out_dir, report)
    console.print(f"recipe  {recipe.sha256}")
    console.print(f"replay  {result.sha256}")
    if result.sha256 == recipe.sha256:
        console.print(f"[green]The same bytes:[/] {result.path}", soft_wrap=True)
        return 0
    console.print(f"[red]Not the same bytes:[/] {result.path}", soft_wrap=True)
    for difference in _differences(recipe.player, accompanist.player):
        console.print(f"  {difference}")
    return 1


def _differences(then: Player, now: Player) -> list[str]:
    """What is other than when the stem was made, for the person who wonders why."""
    pairs = [(name, getattr(then, name), getattr(now, name)) for name in Player.__dataclass_fields__]
    return [f"{name} was {before}, is {after}" for name, before, after in pairs if before != after]
