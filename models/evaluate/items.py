"""What a table is measured on: held-out songs, in each of which one instrument is to be played again.

Items go through the twelve families in turn, every item from a song of its own. Seeds start at 9,000,000 (never
trained on); the reference set, against which distributions are compared, comes from other held-out songs than the
items, so that the row "real stem" is the floor of every distance at the same counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from models.data.captions import Writer
from models.data.composer.dice import Dice
from models.data.composer.render import render
from models.data.composer.song import Song, Track
from models.data.stem_facts import facts_of
from models.evaluate.codec_metrics import SAMPLE_RATE_HZ, Audio
from models.evaluate.excerpts import FIRST_SEED, FRAMES, PLAYS_SHARE, Excerpt, held_out_song, play, plays
from models.families import FAMILIES

ITEMS, REFERENCES = 0, 5_000_000
"""Where the seeds of the two sets begin, from FIRST_SEED on."""
SEEDS_PER_FAMILY = 100_000
DETAILS = 4  # facts beside the instrument in a caption
WINDOW_S = FRAMES / SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Item:
    """A place in a song and the track that is asked for; rendered only when it is looked at."""

    song: Song
    track: Track
    start_s: float
    elsewhere_s: float

    @property
    def family(self) -> str:
        """The instrument family that is asked for."""
        return self.track.family

    def excerpt(self) -> Excerpt:
        """All stems at this place."""
        return play(self.song, self.start_s)

    def reference(self) -> Audio:
        """The same track somewhere else in the song `[2, FRAMES]`: what "audio" prompts with, as in training."""
        rendered = render(self.song, self.elsewhere_s, FRAMES)
        return rendered.stems[rendered.families.index(self.family)]

    def caption(self, fonts: bool) -> str:
        """What a musician could write to ask for this stem; `fonts`: sound fonts are loaded."""
        facts = facts_of(self.song, self.track, fonts)
        return Writer(Dice(f"{self.song.seed}/table")).write(facts, DETAILS).text


def items(count: int, first: int = ITEMS) -> list[Item]:
    """`count` items, family after family; the first ones do not depend on how many there are."""
    per_family = -(-count // len(FAMILIES))
    sources = [list(islice(_of_family(number, first), per_family)) for number in range(len(FAMILIES))]
    return [item for turn in zip(*sources, strict=True) for item in turn][:count]


def _of_family(number: int, first: int) -> Iterator[Item]:
    """Songs in which the family plays nearly throughout at two places that share nothing, one beside another track."""
    family, seed = FAMILIES[number], FIRST_SEED + first + number * SEEDS_PER_FAMILY
    while True:
        song = held_out_song(seed)
        seed += 1
        track = next((track for track in song.tracks if track.family == family), None)
        if track is not None and (places := two_places(song, track)):
            yield Item(song, track, *places)


def two_places(song: Song, track: Track) -> tuple[float, float] | None:
    """Starts in seconds, on bars and a window or more apart; at the first, another track plays too."""
    bar_s = song.beats_per_bar * song.seconds_per_beat
    starts = np.arange(max(0, int((song.duration_s - WINDOW_S) / bar_s))) * bar_s
    busy = [float(start) for start in starts if plays(track, start) >= PLAYS_SHARE]
    others = [other for other in song.tracks if other is not track]
    accompanied = [start for start in busy if any(plays(other, start) >= PLAYS_SHARE for other in others)]
    pairs = [(here, there) for here in accompanied for there in busy if abs(here - there) >= WINDOW_S]
    return Dice(f"{song.seed}/{track.family}/places").pick(pairs) if pairs else None
