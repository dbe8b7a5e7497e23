"""Items of the table: held out, of every family in turn, never twice the same song, with a second place to hear."""

from __future__ import annotations

import pytest

from models.data.composer import soundfont
from models.evaluate.excerpts import FIRST_SEED, PLAYS_SHARE, plays
from models.evaluate.items import REFERENCES, WINDOW_S, Item, items
from models.families import FAMILIES


@pytest.fixture(scope="module")
def some() -> list[Item]:
    soundfont.load([])
    return items(13)


def test_families_take_turns_and_songs_are_never_shared(some: list[Item]):
    assert [item.family for item in some] == [*FAMILIES, FAMILIES[0]]
    assert len({item.song.seed for item in some}) == 13
    assert min(item.song.seed for item in some) >= FIRST_SEED


def test_two_places_share_nothing_and_are_busy(some: list[Item]):
    for item in some:
        assert abs(item.start_s - item.elsewhere_s) >= WINDOW_S
        assert min(plays(item.track, item.start_s), plays(item.track, item.elsewhere_s)) >= PLAYS_SHARE
        others = [track for track in item.song.tracks if track is not item.track]
        assert max(plays(track, item.start_s) for track in others) >= PLAYS_SHARE


def test_more_items_begin_with_the_same_ones(some: list[Item]):
    assert [item.song.seed for item in items(3)] == [item.song.seed for item in some[:3]]


def test_the_reference_set_has_other_songs(some: list[Item]):
    assert not {item.song.seed for item in items(2, REFERENCES)} & {item.song.seed for item in some}


def test_an_item_renders_its_stem_its_reference_and_its_caption(some: list[Item]):
    item = some[1]
    stem, reference = item.excerpt().stems[item.family], item.reference()
    assert stem.shape == reference.shape == (2, 491_520)
    assert abs(stem - reference).max() > 0.01
    assert item.caption(fonts=False) == item.caption(fonts=False) != some[2].caption(fonts=False)
