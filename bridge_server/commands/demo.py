"""`riffbridge demo`: the whole way of a stem in one minute, with a server of its own."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from bridge_server.accompany import recipe as recipes
from bridge_server.accompany.recipe import Recipe
from bridge_server.audio import safe_paths, wav_file
from bridge_server.audio.mixing import mixed
from bridge_server.audio.waveform import Waveform
from bridge_server.client import RiffClient
from bridge_server.commands.at_hand import client_of
from bridge_server.commands.following import follow
from bridge_server.demo import picture, supplied
from bridge_server.demo.supplied import DemoContext
from bridge_server.settings import Settings

OURS = ("bass_*", "pad_*", "context.wav", "mix.wav", "picture.png")
"""What an earlier demo left in its folder; the next one starts afresh."""


@dataclass(frozen=True)
class Part:
    """One request of the demo."""

    prompt: str
    variations: int
    seed: int


PARTS = (Part("bass", 2, 1), Part("pad", 1, 11))


def demo(
    out_dir: Path, pack: Path, device: Literal["auto", "cpu", "cuda"], console: Console, folder: Path = supplied.FOLDER
) -> int:
    """Leave stems, a mix and a picture in `out_dir` and tell how long each stage took; returns the exit code.

    `folder` holds the supplied context. The server of the demo has a state folder of its own and a free port, so a
    server that already runs is left alone.
    """
    context = supplied.load(folder)
    _clear(safe_paths.out_folder(str(out_dir)))
    with tempfile.TemporaryDirectory(prefix="riffbridge-demo-") as state:
        settings = Settings(
            port=0,
            state_folder=Path(state),
            exchange_folder=Path(state) / "exchange",
            pack_folder=pack.expanduser().absolute(),
            device=device,
        )
        began = time.perf_counter()
        with client_of(settings, console) as client:
            console.print(f"server and models ready in {time.perf_counter() - began:.1f} s at port {client.server[1]}")
            stems = [stem for part in PARTS for stem in _play(client, part, context, out_dir, console)]
    _show(stems, context, console)
    _leave(stems, context, out_dir, console)
    return 0


def _clear(out_dir: Path) -> None:
    for pattern in OURS:
        for path in out_dir.glob(pattern):
            path.unlink()


def _play(client: RiffClient, part: Part, context: DemoContext, out_dir: Path, console: Console) -> list[Recipe]:
    """Ask for one part as any client would; returns the recipes that lie beside its stems."""
    accepted = client.generate(
        context=str(context.path),
        out_dir=str(out_dir),
        name=part.prompt,
        prompt=part.prompt,
        variations=part.variations,
        seed=part.seed,
        tempo=context.tempo,
        beats_per_bar=context.beats_per_bar,
    )
    stems, _ = follow(client, accepted.request_id, console, part.prompt)
    return [recipes.load(recipes.path_beside(Path(stem.path))) for stem in stems]


def _show(stems: list[Recipe], context: DemoContext, console: Console) -> None:
    """Seconds of each stage of each stem, and how much faster than playing aloud that is."""
    music_s = context.audio.seconds
    together = [sum(stem.seconds.values()) for stem in stems]
    table = Table("seconds", title=f"{music_s:.1f} s of music on {stems[0].player.device}")
    table.caption = "variations of one request share one reading and encoding"
    for stem in stems:
        table.add_column(f"{stem.request.prompt}, seed {stem.seed}", justify="right")
    for stage in dict.fromkeys(stage for stem in stems for stage in stem.seconds):
        table.add_row(stage, *(f"{stem.seconds.get(stage, 0.0):.2f}" for stem in stems))
    table.add_row("together", *(f"{seconds:.2f}" for seconds in together))
    table.add_row("real-time factor", *(f"{seconds / music_s:.3f}" for seconds in together))
    table.add_row("times real time", *(f"{music_s / seconds:.1f}" for seconds in together))
    console.print(table)


def _leave(stems: list[Recipe], context: DemoContext, out_dir: Path, console: Console) -> None:
    """The context, the mix and the picture, beside the stems."""
    with console.status("mixing and drawing"):
        audio = [wav_file.read_file(out_dir / stem.file) for stem in stems]
        wav_file.write_stem(out_dir, "context", context.audio, "wav24")
        mix = wav_file.write_stem(out_dir, "mix", mixed(context.audio, audio[0], audio[-1]), "wav24")
        drawn = _draw(stems, audio, context, out_dir / "picture.png")
    console.print(f"mix      {mix.path}  (context, first bass, pad)", soft_wrap=True)
    console.print(f"picture  {drawn}", soft_wrap=True)


def _draw(stems: list[Recipe], audio: list[Waveform], context: DemoContext, path: Path) -> str:
    tracks = [picture.Track("context", context.audio)]
    tracks += [
        picture.Track(f"{stem.request.prompt}, seed {stem.seed}", part) for stem, part in zip(stems, audio, strict=True)
    ]
    title = f"riffbridge demo: {context.key}, {context.tempo:.1f} beats per minute"
    try:
        picture.draw(tracks, context.downbeats_s, title, path)
    except ImportError:
        return "left out: pip install 'riffbridge[picture]'"
    return str(path)
