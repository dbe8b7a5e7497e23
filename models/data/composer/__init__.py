"""Writes and renders endless multi-track songs, each from one integer, with everything about it known.

`compose(seed)` -> Song; `render(song, start_s, frames)` -> Rendered with stems, families and truth.
"""

from models.data.composer.compose import compose
from models.data.composer.render import Rendered, render
from models.data.composer.song import Song

__all__ = ["Rendered", "Song", "compose", "render"]
