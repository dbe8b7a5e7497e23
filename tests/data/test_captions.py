"""Captions: only what is true, told in many ways, the same for the same seed, with wordings kept for tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.data.captions import STRANGERS, Writer, among_strangers, captions, misspell
from models.data.composer.compose import compose
from models.data.composer.dice import Dice
from models.data.composer.drum_machine import PIECE_OF_KEY
from models.data.idioms import IDIOMS
from models.data.stem_facts import PROGRAM_NAMES, StemFacts, facts_of, facts_of_seed
from models.data.stem_moods import moods
from models.data.wording import ADJECTIVES, NOUNS, TAILS, table
from models.families import FAMILIES
from models.tokenizer import UNKNOWN, Tokenizer, words

TOKENIZER = Path(__file__).parents[2] / "models" / "data" / "clap_tokenizer.json"

SEEDS = range(40)
TELLING = {  # words that only one family is called by
    "violin": "strings", "cello": "strings", "trumpet": "brass", "trombone": "brass", "flute": "winds",
    "clarinet": "winds", "sax": "winds", "marimba": "mallets", "vibraphone": "mallets", "glockenspiel": "mallets",
    "rhodes": "electric piano", "clavinet": "electric piano", "hammond": "organ", "harpsichord": "piano",
    "banjo": "guitar", "guitars": "guitar", "bassline": "bass", "sub": "bass", "snare": "drums", "congas": "drums",
    "pads": "pad", "woodwinds": "winds", "horns": "brass", "strings": "strings",
}  # fmt: skip


@pytest.fixture(scope="module")
def stems() -> list[tuple[int, StemFacts]]:
    return [(seed, stem) for seed in SEEDS for stem in facts_of_seed(seed, fonts=seed % 2 == 0).values()]


@pytest.mark.parametrize("unseen", [False, True])
def test_every_caption_says_only_what_is_true(stems: list[tuple[int, StemFacts]], unseen: bool) -> None:
    """Each phrase belongs to a fact of the stem, and stands in the text."""
    wordings = [table(texts) for texts in (NOUNS, ADJECTIVES, TAILS)]
    for seed, stem in stems:
        writer = Writer(Dice(seed), unseen)
        for _ in range(8):
            caption = writer.write(stem)
            for fact, phrase in caption.used:
                assert phrase in caption.text
                if fact[0] == "bpm":
                    assert (fact[1], fact[1] in phrase) == (str(stem.bpm), True)
                elif fact[0] == "key":
                    assert (fact[1], fact[1] in phrase) == (stem.key, True)
                else:
                    assert fact in stem.facts
                    known = [w[fact].unseen if unseen else w[fact].usual for w in wordings if fact in w]
                    known += [] if unseen else [IDIOMS.get(fact, ())]
                    assert any(phrase in phrases for phrases in known)


def test_the_words_themselves_name_no_other_instrument_mode_or_tempo(stems: list[tuple[int, StemFacts]]) -> None:
    """Read back without the generator's own account of what it mentioned."""
    for seed, stem in stems:
        for text in captions(stem, seed, 8):
            said = words(text)
            named = {TELLING[word] for word in said if word in TELLING}
            if ("instrument", "synth strings") in stem.facts:
                named -= {"strings"}
            assert named <= {stem.family}, text
            modes = {"minor", "major"} & set(said)
            assert modes <= {(stem.key or "").split(" ")[-1]}, text
            beats = re.findall(r"(?:tempo |at )?(\d{2,3}) ?bpm|tempo (\d+)", text)
            assert all(str(stem.bpm) in found for found in beats), text


def test_facts_agree_with_the_song() -> None:
    for seed in SEEDS:
        song = compose(seed)
        facts = facts_of_seed(seed, fonts=True)
        assert set(facts) == {track.family for track in song.tracks}
        for track in song.tracks:
            stem = facts[track.family]
            assert stem == facts_of(song, track, fonts=True)
            assert stem.bpm == round(song.tempo_bpm)
            assert stem.values("style") == [song.style]
            assert (stem.key is None) == (track.family == "drums")
            assert ("slow" in stem.values("tempo")) == (song.tempo_bpm < 85)
            assert ("tremolo" in stem.values("effect")) == (track.effects.tremolo_hz > 0)
            heard = {PIECE_OF_KEY.get(note.pitch, "rim") for note in track.notes}
            assert set(stem.values("piece")) <= heard


def test_instruments_are_named_only_when_their_font_was_there() -> None:
    song = next(s for s in map(compose, range(200)) if any(t.sound.source == "soundfont" for t in s.tracks))
    track = next(t for t in song.tracks if t.sound.source == "soundfont" and t.family in ("winds", "piano", "guitar"))
    name = PROGRAM_NAMES[track.family].get(track.sound.program)
    assert facts_of(song, track, fonts=True).values("instrument") in ([name], [])
    assert facts_of(song, track, fonts=False).values("instrument") == []


def test_moods_follow_from_facts() -> None:
    assert moods({("mode", "minor"), ("tempo", "slow")}) == {("mood", "sad")}
    assert moods({("mode", "minor"), ("tempo", "fast")}) == set()


def test_every_fact_can_be_said_and_every_family_has_unseen_words(stems: list[tuple[int, StemFacts]]) -> None:
    said = {**NOUNS, **ADJECTIVES, **TAILS}
    assert {fact for _, stem in stems for fact in stem.facts} <= set(said)
    assert all(("instrument", name) in NOUNS for names in PROGRAM_NAMES.values() for name in names.values())
    tables = [table(texts) for texts in (NOUNS, ADJECTIVES, TAILS)]
    assert all(phrases.usual and phrases.unseen for t in tables for phrases in t.values())
    assert {("family", family) for family in FAMILIES} <= set(NOUNS)
    usual = {phrase for t in tables for phrases in t.values() for phrase in phrases.usual}
    unseen = {phrase for t in tables for phrases in t.values() for phrase in phrases.unseen}
    assert not usual & unseen
    assert len(usual) > 600


def test_idioms_mean_one_family_and_are_none_of_the_words_kept_for_tests(stems: list[tuple[int, StemFacts]]) -> None:
    assert set(IDIOMS) <= set(NOUNS)
    assert {family for kind, family in IDIOMS if kind == "family"} == set(FAMILIES)
    family_of = {name: family for family, names in PROGRAM_NAMES.items() for name in names.values()} | {
        "reese bass": "bass", "sub bass": "bass", "synth brass": "brass", "polysynth pad": "pad",
    }  # fmt: skip
    meant: dict[str, set[str]] = {}
    for (kind, name), phrases in IDIOMS.items():
        for phrase in phrases:
            meant.setdefault(phrase, set()).add(name if kind == "family" else family_of[name])
    assert {phrase: families for phrase, families in meant.items() if len(families) > 1} == {}
    unseen = {phrase for texts in (NOUNS, ADJECTIVES, TAILS) for p in table(texts).values() for phrase in p.unseen}
    assert not unseen & set(meant)
    usual = {phrase for texts in (NOUNS, ADJECTIVES, TAILS) for p in table(texts).values() for phrase in p.usual}
    assert not usual & set(meant)
    writers = [(Writer(Dice(seed)), stem) for seed, stem in stems]
    told = {phrase for writer, stem in writers for _ in range(20) for _, phrase in writer.write(stem).used}
    assert len(told & set(meant)) > 200


def test_strangers_stand_between_the_words_and_change_none() -> None:
    texts = {among_strangers("church organ, full pipes", Dice(seed)) for seed in range(80)}
    assert len(texts) > 70
    for text in texts:
        rest = iter(text.split(" "))
        assert all(word in rest for word in ("church", "organ,", "full", "pipes"))
        assert 5 <= len(text.split(" ")) <= 7
    telling = {
        word for texts in (NOUNS, TAILS) for p in table(texts).values() for phrase in p.usual for word in [phrase]
    }
    assert not telling & set(STRANGERS)


def test_captions_vary_and_repeat_with_their_seed(stems: list[tuple[int, StemFacts]]) -> None:
    seed, stem = stems[0]
    first = captions(stem, seed, 40)
    assert first == captions(stem, seed, 40)
    assert len(set(first)) > 30
    assert not set(first) & set(captions(stem, seed, 40, unseen=True))


def test_the_trained_tokenizer_knows_unseen_wordings(stems: list[tuple[int, StemFacts]]) -> None:
    """Common words stay whole; no caption, seen or not, has a letter that is lost; two words never look the same."""
    tokenizer = Tokenizer.load(TOKENIZER)
    assert tokenizer.pieces("electric bass") == ["electric_", "bass_"]
    for seed, stem in stems[:40]:
        for text in captions(stem, seed, 4, unseen=True):
            assert UNKNOWN not in tokenizer.encode(text, 48)
    unheard = ["bouzouki", "tabla", "vaporwavey", "theremin", "gamelan", "shoegazey"]
    assert len({tuple(tokenizer.encode(word, 16)) for word in unheard}) == len(unheard)


def test_slips_of_the_fingers_are_small() -> None:
    slips = {misspell("electric bass", Dice(seed)) for seed in range(60)}
    assert len(slips) > 10
    assert all(abs(len(slip) - 13) <= 1 for slip in slips)
    assert misspell("a 1", Dice(0)) == "a 1"
