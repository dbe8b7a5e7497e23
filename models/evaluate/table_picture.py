"""The table as a picture: one panel per figure, one line per row, with its interval; the anchors are drawn through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.evaluate.bench import ANCHORS, DECODED, RANDOM, REAL
from models.evaluate.table_measures import Figures

PANELS = ("FAD", "coverage", "APA musical", "CSAA", "CSAT", "with context", "in chords", "family heard")
GROUND, INK, SOFT = "#ffffff", "#222222", "#c8ccd4"
COLOURS = {
    "U-Net": "#8c8c8c",
    "DiT": "#2f6db3",
    "DiT + bridge": "#6ea8dc",
    "C-DiT": "#c2571a",
    "C-DiT + bridge": "#eb9b5c",
}


def draw(figures: dict[str, Figures], title: str, path: Path) -> None:
    """Writes a PNG; panels share their rows, real, decoded and random stem are vertical lines."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    rows = [name for name in figures if name not in ANCHORS]
    height = 1.6 + 0.24 * max(len(rows), 4)
    figure, axes = plt.subplots(
        1, len(PANELS), figsize=(3 + 1.7 * len(PANELS), height), sharey=True, layout="constrained"
    )
    for panel, axis in zip(PANELS, axes, strict=True):
        _panel(axis, panel, figures, rows)
    axes[0].set_yticks(range(len(rows)), rows, fontsize=8)
    axes[0].invert_yaxis()
    figure.suptitle(
        f"{title}; solid line: real stem, dotted: the same through the codec, dashed: random stem", fontsize=9
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, facecolor=GROUND)
    plt.close(figure)


def interval(figures: Figures, panel: str) -> tuple[float, float, float]:
    """(value, low, high) of one figure of a row; NaN where the row has none."""
    if panel in figures.aucs:
        found = figures.aucs[panel]
        return found.value, found.low, found.high
    known = figures.recognised if panel == "family heard" else figures.distances.get(panel)
    if known is None:
        return (np.nan,) * 3
    half = np.nan_to_num(known.half_width)
    return known.value, known.value - half, known.value + half


def _panel(axis: Any, panel: str, figures: dict[str, Figures], rows: list[str]) -> None:
    for name, style in ((REAL, "-"), (DECODED, ":"), (RANDOM, "--")):
        if name in figures and np.isfinite(value := interval(figures[name], panel)[0]):
            axis.axvline(value, color=SOFT, lw=1.5, ls=style, zorder=0)
    for place, name in enumerate(rows):
        value, low, high = interval(figures[name], panel)
        colour = COLOURS.get(name.split(":")[0], INK)
        axis.plot([low, high], [place, place], color=colour, lw=1.5)
        axis.plot([value], [place], "o", color=colour, ms=4)
    axis.set_title(panel, fontsize=9, color=INK)
    axis.tick_params(labelsize=7)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
