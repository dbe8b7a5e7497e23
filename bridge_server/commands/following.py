"""Follow a request on a progress bar until its stems are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bridge_server.client import RiffClient
from bridge_server.protocol.messages import Done, Part, Stem
from bridge_server.protocol.messages import Progress as ProgressMessage

Report = Callable[[float, str], None]


@contextmanager
def bar(console: Console, title: str) -> Iterator[Report]:
    """A progress bar; call what it yields with a fraction and a stage."""
    columns = (TextColumn("{task.fields[title]}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), TextColumn("{task.description}"), console=console) as progress:
        task = progress.add_task("", total=1.0, title=title)
        yield lambda fraction, stage: progress.update(task, completed=fraction, description=stage)


def follow(client: RiffClient, request_id: str, console: Console, title: str) -> tuple[list[Stem], Done]:
    """Show the request's progress; returns its stems in order, and its end. Ctrl-C cancels it.

    Raises the RiffError with which the job failed.
    """
    stems: list[Stem] = []
    began = time.perf_counter()
    try:
        with bar(console, title) as report:
            for message in client.events(request_id):
                if isinstance(message, ProgressMessage):
                    report(message.fraction, message.stage)
                elif isinstance(message, Part):
                    console.print(_told(message, time.perf_counter() - began), soft_wrap=True)
                elif isinstance(message, Stem):
                    stems.append(message)
                else:
                    report(1.0, "done")
                    return sorted(stems, key=lambda stem: stem.index), message
    except KeyboardInterrupt:
        client.cancel(request_id)
        raise
    raise AssertionError("events ends with Done")


def _told(part: Part, after_s: float) -> str:
    """A part for people: what can be heard already, and since when."""
    begin_s, end_s = part.start / part.sample_rate, (part.start + part.frames) / part.sample_rate
    return f"{part.path}  {begin_s:.1f} to {end_s:.1f} s, after {after_s:.1f} s"
