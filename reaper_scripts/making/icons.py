"""Toolbar icons: strips of three states (normal, mouse over, pressed) in REAPER's three sizes."""

from __future__ import annotations

from math import cos, pi
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

SIZES = {"": 30, "150": 45, "200": 60}
"""Folder below toolbar_icons -> pixels of one state."""

FINE = 4  # drawn four times as large, then made smaller: smooth edges
STATES = ((64, 66, 70), (84, 87, 92), (44, 46, 50))
ICONS: dict[str, tuple[str, Colour]] = {
    "bass": ("B", (203, 92, 60)),
    "drums": ("D", (214, 170, 62)),
    "chords": ("C", (84, 142, 190)),
    "pad": ("P", (120, 104, 186)),
    "lead": ("L", (92, 168, 110)),
    "ask": ("?", (190, 190, 190)),
    "again": ("+", (190, 190, 190)),
    "vary": ("~", (190, 190, 190)),
    "redo": ("=", (190, 190, 190)),
    "cancel": ("×", (210, 80, 80)),
}


def write_icons(folder: Path) -> None:
    """All strips into `folder` and its folders for larger screens."""
    for below, size in SIZES.items():
        (folder / below).mkdir(parents=True, exist_ok=True)
        for name, (letter, colour) in ICONS.items():
            strip(letter, colour, size).save(folder / below / f"riffbridge_{name}.png")


def strip(letter: str, colour: Colour, size: int) -> Image.Image:
    """Three states side by side."""
    large = size * FINE
    image = Image.new("RGBA", (3 * large, large), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for state, background in enumerate(STATES):
        _draw_state(draw, state * large, large, letter, colour, background)
    return image.resize((3 * size, size), Image.Resampling.LANCZOS)


def _draw_state(
    draw: ImageDraw.ImageDraw, left: int, size: int, letter: str, colour: Colour, background: Colour
) -> None:
    """A letter over a small waveform."""
    edge = size // 15
    draw.rounded_rectangle((left + edge, edge, left + size - edge, size - edge), size // 6, fill=background)
    font = ImageFont.load_default(size * 0.5)
    draw.text((left + size / 2, size * 0.38), letter, font=font, fill=(238, 238, 238), anchor="mm")
    for bar in range(7):
        height = size * 0.14 * (0.35 + 0.65 * (0.5 - 0.5 * cos(2 * pi * (bar + 1) / 4)))
        x = left + size * (0.2 + 0.1 * bar)
        draw.line((x, size * 0.78 - height, x, size * 0.78 + height), fill=colour, width=size // 18)
