"""Ten-second excerpts of held-out composed songs, with everything about them known.

Songs of seed 9,000,000 and above are never trained on. `HELD_OUT_FONT` is a sound font that training never
loads, for songs whose notes are of the known kind and whose timbres are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from models.data.composer import soundfont
from models.data.composer.compose import compose
from models.data.composer.dice import Dice
from models.data.composer.render import render
from models.data.composer.song import Song, Track
from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio

FIRST_SEED = 9_000_000
FRAMES = 15 * 32_768  # one window, 10.24 s
HELD_OUT_FONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")  # Debian package timgm6mb-soundfont
TRAINING_FONT = Path("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3")
SLOTS = 16  # parts of an excerpt in which a track plays or does not
PLAYS_SHARE = 0.75  # a target that rests more than this says little about its context


@dataclass(frozen=True)
class Excerpt:
    """Part of a song from `start_s`, its stems `[2, FRAMES]` by family."""

    song: Song
    start_s: float
    stems: dict[str, Audio]

    @property
    def mix(self) -> Audio:
        """All stems together, peak at most 0.95."""
        return _mix(list(self.stems.values()))

    def context_for(self, family: str) -> Audio:
        """Everything but one family, peak at most 0.95."""
        return _mix([stem for name, stem in self.stems.items() if name != family])


def load_font(held_out: bool) -> bool:
    """Loads the held-out or the training sound font; False, and own synthesis only, when it is not installed."""
    path = HELD_OUT_FONT if held_out else TRAINING_FONT
    usable = path.is_file() and find_spec("tinysoundfont") is not None
    soundfont.load([path] if usable else [])
    return usable


def excerpt(seed: int, from_font: bool = False) -> Excerpt:
    """A window at a random place of a held-out song; `from_font` takes every sound from the loaded font."""
    song = held_out_song(seed)
    start_s = Dice(f"{seed}/excerpt").between(0, max(0.0, song.duration_s - FRAMES / SAMPLE_RATE_HZ))
    return play(song, start_s, from_font)


def excerpts_with(family: str, count: int, first_seed: int = FIRST_SEED) -> Iterator[Excerpt]:
    """Excerpts, one a song, in which the family and at least one other track play nearly throughout."""
    found, seed = 0, first_seed
    while found < count:
        song = held_out_song(seed)
        start_s = busy_place(song, family)
        if start_s is not None:
            yield play(song, start_s)
            found += 1
        seed += 1


def held_out_song(seed: int) -> Song:
    """The song of a held-out seed; a training seed is refused."""
    if seed < FIRST_SEED:
        raise ValueError(f"seed {seed} may have been trained on; held-out seeds start at {FIRST_SEED}")
    return compose(seed)


def busy_place(song: Song, family: str) -> float | None:
    """Start in seconds, on a bar, where the family plays nearly throughout and another track does too."""
    targets = [track for track in song.tracks if track.family == family]
    others = [track for track in song.tracks if track.family != family]
    bar_s = song.beats_per_bar * song.seconds_per_beat
    places = [bar * bar_s for bar in range(int((song.duration_s - FRAMES / SAMPLE_RATE_HZ) / bar_s))]
    places = [
        start_s
        for start_s in places
        if targets
        and plays(targets[0], start_s) >= PLAYS_SHARE
        and any(plays(track, start_s) >= PLAYS_SHARE for track in others)
    ]
    return Dice(f"{song.seed}/place").pick(places) if places else None


def plays(track: Track, start_s: float) -> float:
    """Share of the excerpt's sixteenths (0.64 s each) in which a note starts or sounds."""
    slot_s = FRAMES / SAMPLE_RATE_HZ / SLOTS
    heard = np.zeros(SLOTS, bool)
    for note in track.notes:
        first = int(np.floor((note.start_s - start_s) / slot_s))
        last = int(np.floor((note.start_s + note.duration_s - start_s) / slot_s))
        heard[max(first, 0) : max(last + 1, 0)] = True
    return float(heard.mean())


def play(song: Song, start_s: float, from_font: bool = False) -> Excerpt:
    """Renders one window of a song."""
    if from_font:
        for track in song.tracks:
            track.sound = replace(track.sound, source="soundfont")
    rendered = render(song, start_s, FRAMES)
    return Excerpt(song, start_s, dict(zip(rendered.families, rendered.stems, strict=True)))


def _mix(stems: list[Audio]) -> Audio:
    total = np.sum(stems, axis=0, dtype=np.float32)
    return total * np.float32(min(1.0, 0.95 / max(float(np.abs(total).max()), 1e-9)))
