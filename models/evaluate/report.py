"""Tables in Markdown and progress bars, the same for every evaluation command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.errors import ModelError


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with columns as wide as their longest cell."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in (head, *rows)]
    lines = ["| " + " | ".join(row) + " |" for row in padded]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


@contextmanager
def progress_bar(text: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr with the time left; call what it gives once per finished item."""
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*parts, console=Console(stderr=True)) as progress:
        task = progress.add_task(text, total=total)
        yield lambda: progress.advance(task)


def publish(report: str, path: Path | None) -> None:
    """Prints a report, and writes it to a file when one is named."""
    print(report)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report + "\n", encoding="utf-8")


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Ends the command with the sentence of a ModelError (no pack, damaged pack, no device), without a traceback."""
    try:
        yield
    except ModelError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
