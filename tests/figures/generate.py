"""Seconds and memory of one window (10.24 s of stem): `python -m tests.figures.generate` or `make figures`.

Each engine lives in a process of its own, so that its peak memory is its own: ONNX Runtime through
`models.generator.Generator`, and the same pipeline with the networks in torch eager (random weights, which do not
change the time). They take turns round by round, so that a busy machine slows both.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.pack import Pack
from tests.figures.engines import ENGINES, STAGES, WINDOW_CHUNKS

WINDOW_S = WINDOW_CHUNKS * 32_768 / 48_000
COUNTS = (1, 4)  # variations


@dataclass
class Engine:
    """A running engine process and what it has reported."""

    name: str
    process: subprocess.Popen[str]
    load: dict[str, float] = field(default_factory=dict)
    runs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def start(cls, name: str, pack: Path, threads: int) -> Engine:
        """Starts the process and waits until it has loaded and made its verified first run."""
        command = [sys.executable, "-m", "tests.figures.engines", name, str(pack), str(threads)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        engine = cls(name, process)
        engine.load = engine._read()
        return engine

    def run(self, variations: int) -> None:
        """One more run with so many variations."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{variations}\n")
        self.process.stdin.flush()
        self.runs.setdefault(variations, []).append(self._read())

    def stop(self) -> None:
        """Lets the process end."""
        self.process.communicate()

    def warm(self, variations: int, stage: str) -> float:
        """Median seconds of a stage over the warm runs (all but the very first of the engine)."""
        runs = self.runs[variations][1:] if variations == COUNTS[0] else self.runs[variations]
        return statistics.median(run["seconds"][stage] for run in runs)

    def total(self, variations: int) -> float:
        """Median seconds of a whole warm run."""
        runs = self.runs[variations][1:] if variations == COUNTS[0] else self.runs[variations]
        return statistics.median(sum(run["seconds"].values()) for run in runs)

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with exit status {self.process.wait()}; its error is above")
        return json.loads(line)


def rows(engines: list[Engine]) -> list[list[str]]:
    """The table: load, first run, every stage for each count of variations, totals, memory."""
    table = [_row("load and first real run (s)", [engine.load["load"] for engine in engines])]
    first = [sum(engine.runs[COUNTS[0]][0]["seconds"].values()) for engine in engines]
    table.append(_row("first window, 1 variation (s)", first))
    for count in COUNTS:
        for stage in STAGES:
            table.append(_row(f"warm, {count} var., {stage} (s)", [e.warm(count, stage) for e in engines]))
        totals = [engine.total(count) for engine in engines]
        table.append(_row(f"**warm, {count} var., total (s)**", totals))
        table.append(_row(f"warm, {count} var., times real time", [count * WINDOW_S / total for total in totals]))
    for count in COUNTS:
        peaks = [max(run["peak_mib"] for run in engine.runs[count]) for engine in engines]
        table.append(_row(f"peak memory, {count} var. (MiB)", peaks, digits=0))
    return table


def figures(pack: Path, threads: int, rounds: int) -> str:
    """Runs both engines in turns and returns the report in Markdown."""
    plan = [COUNTS[0]] * (rounds + 1) + [COUNTS[1]] * rounds
    with progress_bar("figures", len(ENGINES) * (len(plan) + 1)) as done:
        engines = []
        for name in ENGINES:
            engines.append(Engine.start(name, pack, threads))
            done()
        try:
            for count in plan:
                for engine in engines:
                    engine.run(count)
                    done()
        finally:
            for engine in engines:
                engine.stop()
    head = ["", *ENGINES, f"{ENGINES[1]} / {ENGINES[0]}"]
    return f"{_machine(threads)}\n\n{markdown_table(head, rows(engines))}"


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    threads: Annotated[int, typer.Option(help="Threads per engine (0: what the runtime chooses).")] = 0,
    rounds: Annotated[int, typer.Option(help="Warm runs per engine and number of variations.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
) -> None:
    """Prints seconds for 10.24 s of stem per stage and peak memory, ONNX Runtime beside torch eager."""
    with errors_as_sentences():
        Pack.open(pack)  # a missing pack is said here, not by both engines
    publish(figures(pack, threads, rounds), out)


def _row(title: str, values: list[float], digits: int = 2) -> list[str]:
    return [title, *(f"{value:.{digits}f}" for value in values), f"{values[1] / values[0]:.2f}"]


def _machine(threads: int) -> str:
    from models.session import runtime_version, sensible_threads

    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"One window of {WINDOW_S:.2f} s on {platform.machine()}, {os.cpu_count()} processors{load}; "
        f"{threads or sensible_threads()} threads; Python {platform.python_version()}, numpy {np.__version__}, "
        f"ONNX Runtime {runtime_version()}; medians."
    )


if __name__ == "__main__":
    typer.run(main)
