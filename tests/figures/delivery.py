"""What delivery costs and gains on this machine: `python -m tests.figures.delivery`.

- Time to first audio: from the request to the first `/riff/part` on disk, beside the whole stem, for several lengths;
  and whether every part was there before the parts before it had been heard. In brackets seconds of the processors,
  which say more on a busy machine; cost of parts: processor time of the stem with parts to that without.
- Batch: one request with 8 variations beside 8 requests, seconds on the clock and of the processors.

Real pack, real pipeline, in this process. The two sides of each ratio take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from bridge_server.accompany.parts import PartResult
from bridge_server.accompany.pipeline import Accompanist
from bridge_server.accompany.request import StemRequest
from bridge_server.audio import wav_file
from bridge_server.audio.waveform import Waveform
from bridge_server.settings import default_pack_folder
from models.evaluate.report import markdown_table, publish

RATE_HZ = 48_000
VARIATIONS = 8
PACK = default_pack_folder()


@dataclass(frozen=True)
class Took:
    """Seconds on the clock and of all processors together."""

    wall_s: float
    cpu_s: float

    def __add__(self, other: Took) -> Took:
        return Took(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


def timed(work: Callable[[], Any]) -> Took:
    """How long a piece of work takes."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall_s, time.process_time() - cpu_s)


def context(folder: Path, seconds: float) -> Path:
    """Plucked chords, old enough that nobody waits for the bounce to finish."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tones = sum(np.sin(2 * np.pi * hz * time_s) for hz in (220.0, 264.0, 330.0)) * np.exp(-6 * (time_s % 0.5)) / 6
    wave = Waveform(np.stack([tones, tones]).astype(np.float32), RATE_HZ)
    path = wav_file.write_stem(folder, f"context {seconds:.0f}", wave, "wav24").path
    os.utime(path, (1, 1))
    return path


class Player:
    """The accompanist, asked again and again, each time as another request."""

    def __init__(self, pack: Path, folder: Path) -> None:
        self.accompanist, self.folder, self._asked = Accompanist(pack, "cpu"), folder, 0

    def play(self, on_part: Callable[[PartResult], None] | None = None, **wishes: Any) -> None:
        """One request to its end."""
        self._asked += 1
        request = StemRequest(f"{self._asked:08d}", str(self.folder), **{"prompt": "bass", **wishes})
        self.accompanist.run(request, lambda fraction, stage: None, lambda stem: None, on_part=on_part)


def first_audio(player: Player, seconds: float) -> list[str]:
    """A row: the first part, the stem without parts, the stem with parts, how late the latest part was."""
    path = context(player.folder, seconds)
    told: list[tuple[Took, PartResult]] = []
    wall_s, cpu_s = time.perf_counter(), time.process_time()

    def hear(part: PartResult) -> None:
        told.append((Took(time.perf_counter() - wall_s, time.process_time() - cpu_s), part))

    streamed = timed(lambda: player.play(hear, context=str(path), seed=1, stream=1))
    plain = timed(lambda: player.play(context=str(path), seed=1))
    first = told[0][0]
    late_s = max(took.wall_s - first.wall_s - part.start / RATE_HZ for took, part in told)
    return [
        f"{seconds:.0f}",
        f"{first.wall_s:.2f} ({first.cpu_s:.2f})",
        f"{plain.wall_s:.2f} ({plain.cpu_s:.2f})",
        f"{plain.wall_s / first.wall_s:.1f} ({plain.cpu_s / first.cpu_s:.1f})",
        f"{streamed.cpu_s / plain.cpu_s:.2f}",
        "never" if late_s <= 0 else f"{late_s:.1f} s",
    ]


def batch(player: Player, seconds: float, rounds: int) -> list[list[str]]:
    """Rows: 8 requests, one request for 8."""
    asked = {"context": str(context(player.folder, seconds))}
    apart, together = Took(0, 0), Took(0, 0)
    for _ in range(rounds):
        together += timed(lambda: player.play(seed=1, variations=VARIATIONS, **asked))
        for seed in range(1, VARIATIONS + 1):
            apart += timed(lambda seed=seed: player.play(seed=seed, **asked))  # type: ignore[misc]
    rows = [
        [name, took.wall_s / rounds, took.cpu_s / rounds] for name, took in (("8 requests", apart), ("1", together))
    ]
    ratio = [together.wall_s / apart.wall_s, together.cpu_s / apart.cpu_s]
    return [[str(name), f"{wall:.2f}", f"{cpu:.2f}"] for name, wall, cpu in rows] + [
        ["ratio", *(f"{share:.2f}" for share in ratio)]
    ]


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = PACK,
    lengths: Annotated[str, typer.Option(help="Seconds of the contexts that are streamed.")] = "10,30,60",
    batch_seconds: Annotated[float, typer.Option(help="Seconds of the context of the batch.")] = 10.24,
    rounds: Annotated[int, typer.Option(help="How often the two sides of the batch take turns.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
) -> None:
    """Prints both tables."""
    with tempfile.TemporaryDirectory() as folder:
        player = Player(pack, Path(folder))
        player.play(length_frames=RATE_HZ, seed=1)  # the first run is slow
        heads = ["context (s)", "first part (s)", "whole stem (s)", "earlier by", "cost of parts", "playing waits"]
        streaming = [first_audio(player, float(each)) for each in lengths.split(",")]
        table = markdown_table(heads, streaming)
        table += "\n\n" + markdown_table(
            [f"{VARIATIONS} stems of {batch_seconds:.2f} s", "wall (s)", "processors (s)"],
            batch(player, batch_seconds, rounds),
        )
    publish(f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}\n\n{table}", out)


if __name__ == "__main__":
    typer.run(main)
