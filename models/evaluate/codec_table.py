"""The codec of a pack against its originals: `python -m models.evaluate.codec_table --pack models/packs/starter`.

Every group of clips gets a table: the codec's sketch (if it makes one) and every decoding step, three anchors, and the
two gates ("go on" and "worth shipping") with the metrics that miss them. Nothing in the clips was trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from models.codec import Codec
from models.evaluate import listen
from models.evaluate.anchors import ANCHORS
from models.evaluate.clips import Clip, composed_clips, composed_parts, foreign_clips, wav_clips
from models.evaluate.codec_metrics import METRICS, Audio, Metric, measure
from models.evaluate.report import errors_as_sentences, markdown_table, progress_bar, publish
from models.pack import Pack

Decoder = Callable[[Audio, int], Audio]
Values = dict[str, float]
FEW_CLIPS = 6
GATES = (("gate 1, go on", "go_on"), ("gate 2, worth shipping", "ship"))


def codec_decoders(codec: Codec) -> dict[str, Decoder]:
    """The pack's codec there and back: the sketch alone, and after each decoding step."""

    def there_and_back(steps: int) -> Decoder:
        return lambda audio, seed: codec.decode(codec.encode(audio), seed, steps)[:, : audio.shape[1]]

    names = {steps: f"codec, {steps} step{'s' * (steps > 1)}" for steps in range(1, codec.steps + 1)}
    if codec.makes_sketch:
        names = {0: "codec, sketch alone"} | names
    return {name: there_and_back(steps) for steps, name in names.items()}


def measure_group(clips: list[Clip], decoders: dict[str, Decoder], done: Callable[[], None]) -> dict[str, list[Values]]:
    """Every metric of every clip, per decoder; clip k is decoded with seed k."""
    values: dict[str, list[Values]] = {name: [] for name in decoders}
    for seed, clip in enumerate(clips):
        for name, decoder in decoders.items():
            values[name].append(measure(clip.audio, decoder(clip.audio, seed)))
        done()
    return values


def group_report(group: str, clips: list[Clip], values: dict[str, list[Values]]) -> str:
    """Markdown of one group: what was heard, the means, and a verdict per gate for each row of the codec."""
    means = {name: _mean(rows) for name, rows in values.items()}
    rows = [_row(name, mean) for name, mean in means.items()]
    if len(clips) <= FEW_CLIPS:  # sounds that have little in common: a mean hides which one failed
        best = [name for name in values if name.startswith("codec")][-1]
        rows += [_row(f"{clip.name}, {best}", own) for clip, own in zip(clips, values[best], strict=True)]
    for title, bar in GATES:
        rows.append([f"**{title}**", *(_bar_cell(metric, getattr(metric, bar)) for metric in METRICS)])
    table = markdown_table(["", *(metric.label for metric in METRICS)], rows)
    verdicts = [
        f"- {name}, {title}: {verdict(mean, bar)}"
        for name, mean in means.items()
        if name.startswith("codec")
        for title, bar in GATES
    ]
    names = ", ".join(clip.name for clip in clips)
    return f"### {group}\n\n{len(clips)} clips: {names}\n\n{table}\n\n" + "\n".join(verdicts)


def verdict(values: Values, bar: str) -> str:
    """ "pass", or "MISSED: ..." with the metrics that are on the wrong side of the bar."""
    missed = [metric.label for metric in METRICS if not metric.passes(values[metric.label], getattr(metric, bar))]
    return f"MISSED: {', '.join(missed)}" if missed else "pass"


def codec_picture(codec: Codec, seed: int, path: Path) -> None:
    """Spectrograms of drums, bass and full mix of one held-out song, the original beside what comes back."""
    decode = list(codec_decoders(codec).values())[-1]
    rows = []
    for name, audio in composed_parts(seed, ("drums", "bass")).items():
        rows += [(f"{name}, original", audio), (f"{name}, decoded", decode(audio, seed))]
    listen.picture(rows, path, columns=2)


def main(
    pack: Annotated[Path, typer.Option(help="Folder of the pack.")] = Path("models/packs/starter"),
    clips: Annotated[int, typer.Option(help="Composed songs per sound source.")] = 24,
    seed: Annotated[int, typer.Option(help="First seed of the composed songs.")] = 9_000_000,
    wavs: Annotated[Path | None, typer.Option(help="Folder of WAVs to add as a group of their own.")] = None,
    anchors: Annotated[bool, typer.Option(help="Measure the anchors too.")] = True,
    out: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Write a PNG of drums, bass and mix.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of ONNX Runtime (0: chosen for you).")] = 0,
) -> None:
    """Prints codec metrics beside anchors and gates, per group of clips."""
    with errors_as_sentences():
        codec = Codec(Pack.open(pack), device, threads=threads)
    decoders = codec_decoders(codec) | (ANCHORS if anchors else {})
    groups = composed_clips(clips, seed) | {"not from the composer": foreign_clips()}
    if wavs is not None:
        groups[f"WAVs of {wavs.name}"] = wav_clips(wavs)
    parts = [f"## Codec of {pack.name}, {sum(map(len, groups.values()))} clips of up to 10.24 s, first seed {seed}"]
    with progress_bar("codec", sum(map(len, groups.values()))) as done:
        for group, members in groups.items():
            parts.append(group_report(group, members, measure_group(members, decoders, done)))
    publish("\n\n".join(parts), out)
    if picture is not None:
        codec_picture(codec, seed, picture)


def _mean(rows: list[Values]) -> Values:
    return {label: float(np.mean([row[label] for row in rows])) for label in rows[0]}


def _row(name: str, values: Values) -> list[str]:
    return [name, *(f"{values[metric.label]:.2f}" for metric in METRICS)]


def _bar_cell(metric: Metric, bar: float | None) -> str:
    if bar is None:
        return ""
    return f"{'>' if metric.higher_is_better else '<'} {bar:g}"


if __name__ == "__main__":
    typer.run(main)
