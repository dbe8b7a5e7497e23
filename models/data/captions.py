"""Writes what a musician might type to ask for a stem, from facts about it: tags, phrases and sentences.

    python -m models.data.captions --songs 2000 | python -m models.tokenizer --out models/data/clap_tokenizer.json

Every caption mentions a random part of what is known and nothing else. Wordings and sentence frames marked as
unseen are never used for training (see `models.data.wording`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from models.data.composer.dice import Dice
from models.data.idioms import IDIOMS, STRANGERS
from models.data.stem_facts import StemFacts, facts_of_seed
from models.data.wording import ADJECTIVES, NOUNS, TAILS, Phrases, table
from models.families import FAMILIES

Fact = tuple[str, str]

_NOUNS, _ADJECTIVES, _TAILS = table(NOUNS), table(ADJECTIVES), table(TAILS)

DETAILS = {0: 0.1, 1: 0.2, 2: 0.25, 3: 0.2, 4: 0.15, 6: 0.1}
"""How many facts beside the instrument a caption mentions, and how often."""
FORMS = {"tags": 0.4, "words": 0.25, "sentence": 0.35}
LIKELY = {"style": 3.0, "instrument": 0.0, "family": 0.0, "mood": 2.0, "tempo": 1.5, "timbre": 2.0, "piece": 0.6}
NO_NOUN = 0.06
IDIOM, IDIOM_ALONE = 0.3, 0.15
"""Shares of captions that say an idiom beside the instrument, and instead of it; none in wordings kept for tests."""
STRANGE, MOST_STRANGERS = 0.3, 3  # share of captions with words that say nothing, and how many at most
SYLLABLES = (
    "ba", "be", "bo", "da", "del", "do", "fa", "fen", "gar", "go", "ha", "hel", "jo", "ka", "ken", "la", "lo",
    "ma", "mi", "mor", "na", "nor", "pa", "per", "ra", "rin", "ro", "sa", "sel", "shi", "so", "ta", "tor", "va",
    "vin", "wa", "zo",
)  # fmt: skip
"""Of made-up names."""

FRAMES = Phrases(
    (
        "{}", "{}", "{}", "{} please", "give me {}", "i want {}", "i need {}", "add {}", "add some {}", "make {}",
        "can you play {}", "play {}", "let's have {}", "something like {}", "a track with {}", "we need {} here",
        "try {}", "generate {}", "create {}", "some {}", "a bit of {}", "a part for {}", "now {}", "more {}",
    ),
    (
        "i'd love to hear {}", "could you throw in {}", "how about {}", "what this song is missing is {}",
        "put {} on top of this", "looking for {}", "{} would be nice", "my track could use {}",
    ),
)  # fmt: skip
CLOSERS = Phrases(
    ("for a {} song", "for a {} track", "in a {} style", "for something {}", "that sounds {}", "with a {} feel"),
    ("to make it more {}", "think {}", "for my {} tune", "and keep it {}"),
)
THINGS = Phrases(("something", "a part", "an instrument", "a track"), ("anything", "a layer"))
TEMPI = Phrases(("{} bpm", "at {} bpm", "tempo {}", "{}bpm"), ("{} beats per minute", "{} on the metronome"))
KEYS = Phrases(("in {}", "{}", "key of {}", "in the key of {}"), ("tonality {}", "using the {} scale"))


@dataclass(frozen=True)
class Caption:
    """A text and the facts that it mentions, each with the words for it."""

    text: str
    used: tuple[tuple[Fact, str], ...]


class Writer:
    """Writes captions with one source of randomness; `unseen` takes the wordings that training leaves out."""

    def __init__(self, dice: Dice, unseen: bool = False) -> None:
        self.dice, self.unseen = dice, unseen

    def write(self, stem: StemFacts, details: int | None = None) -> Caption:
        """A caption of a stem; `details` facts beside the instrument, drawn at random where not given."""
        count = self.dice.weighted(DETAILS) if details is None else details
        facts = self._draw(stem, count)
        noun = self._noun(stem, nameless=details is None and len(facts) > 1 and self.dice.chance(NO_NOUN))
        idiom = None if self.unseen or details is not None else self._idiom(stem)
        if idiom and self.dice.chance(IDIOM_ALONE / (IDIOM + IDIOM_ALONE)):
            noun, idiom = idiom, None
        form = self.dice.weighted(FORMS)
        if form == "tags":
            return self._tags(noun, [self._tag(fact, stem) for fact in facts] + ([idiom] if idiom else []))
        before = [f for f in facts if f in _ADJECTIVES and (f not in _TAILS or self.dice.chance(0.4))]
        adjectives = [(f, self._choose(_ADJECTIVES[f])) for f in before]
        tails = [self._tag(f, stem, tail=True) for f in facts if f not in before] + ([idiom] if idiom else [])
        return self._words(adjectives, noun, tails, sentence=form == "sentence")

    def _draw(self, stem: StemFacts, count: int) -> list[Fact]:
        """Different facts, in random order, no two of one kind but pieces, timbres and effects."""
        left = {f: LIKELY.get(f[0], 1.0) for f in sorted(stem.facts) if f in _ADJECTIVES or f in _TAILS}
        if stem.bpm:
            left[("bpm", str(stem.bpm))] = 1.0
        if stem.key:
            left[("key", stem.key)] = 1.0
        drawn: list[Fact] = []
        while left and len(drawn) < count:
            fact = self.dice.weighted(left)
            drawn.append(fact)
            once = fact[0] not in ("piece", "timbre", "effect")
            left = {f: w for f, w in left.items() if f != fact and not (once and f[0] == fact[0])}
        return drawn

    def _noun(self, stem: StemFacts, nameless: bool) -> tuple[Fact | None, str]:
        if nameless:
            return None, self._choose(THINGS)
        instruments = stem.values("instrument")
        if instruments and self.dice.chance(0.6):
            fact = ("instrument", self.dice.pick(instruments))
        else:
            fact = ("family", stem.family)
        return fact, self._choose(_NOUNS[fact])

    def _idiom(self, stem: StemFacts) -> tuple[Fact, str] | None:
        """Now and then what else is said of its family or its instrument."""
        if not self.dice.chance(IDIOM + IDIOM_ALONE):
            return None
        facts = [("family", stem.family), *(("instrument", name) for name in stem.values("instrument"))]
        fact = self.dice.pick([fact for fact in facts if fact in IDIOMS])
        return fact, self.dice.pick(IDIOMS[fact])

    def _tag(self, fact: Fact, stem: StemFacts, tail: bool = False) -> tuple[Fact, str]:
        """One fact in words that can stand alone (`tail`: or after a noun)."""
        if fact[0] == "bpm":
            return fact, self._choose(TEMPI).format(stem.bpm)
        if fact[0] == "key":
            return fact, self._choose(KEYS).format(stem.key)
        tables = [t for t in ((_TAILS,) if tail and fact in _TAILS else (_ADJECTIVES, _TAILS)) if fact in t]
        return fact, self._choose(self.dice.pick(tables)[fact])

    def _tags(self, noun: tuple[Fact | None, str], tags: list[tuple[Fact, str]]) -> Caption:
        """A list; the instrument comes first, last or anywhere."""
        place = self.dice.pick((0, 0, 0, len(tags), self.dice.integer(0, len(tags))))
        items: list[tuple[Fact | None, str]] = [*tags[:place], noun, *tags[place:]]
        glue = self.dice.pick((", ", ", ", " ", ",", " - "))
        return _caption(glue.join(phrase for _, phrase in items), items)

    def _words(
        self,
        adjectives: list[tuple[Fact, str]],
        noun: tuple[Fact | None, str],
        tails: list[tuple[Fact, str]],
        sentence: bool,
    ) -> Caption:
        """Adjectives, noun, what follows it; in a sentence inside a frame, one adjective may close it."""
        items: list[tuple[Fact | None, str]] = [*adjectives, noun, *tails]
        closing = sentence and len(adjectives) > 0 and self.dice.chance(0.4)
        front = [phrase for _, phrase in (adjectives[:-1] if closing else adjectives)]
        glue = self.dice.pick((" ", " ", ", "))
        text = " ".join([part for part in (glue.join(front), noun[1]) if part])
        if tails:
            text += " " + self.dice.pick((" ", ", ", " and ")).join(phrase for _, phrase in tails)
        if closing:
            text += " " + self._choose(CLOSERS).format(adjectives[-1][1])
        return _caption(self._choose(FRAMES).format(text) if sentence else text, items)

    def _choose(self, phrases: Phrases) -> str:
        return self.dice.pick(phrases.unseen if self.unseen and phrases.unseen else phrases.usual)


def _caption(text: str, items: Sequence[tuple[Fact | None, str]]) -> Caption:
    return Caption(text, tuple((fact, phrase) for fact, phrase in items if fact is not None))


def plain(caption: Caption) -> str:
    """The facts of a caption as tags in the plainest words that there are, the instrument first."""
    facts = list(dict.fromkeys(fact for fact, _ in caption.used))
    facts.sort(key=lambda fact: fact not in _NOUNS)
    said = dict(caption.used)
    return ", ".join(said[fact] if fact[0] in ("bpm", "key") else _plainest(fact) for fact in facts)


def _plainest(fact: Fact) -> str:
    """The first wording of a fact."""
    return next(phrases[fact].usual[0] for phrases in (_NOUNS, _ADJECTIVES, _TAILS) if fact in phrases)


def captions(stem: StemFacts, seed: int | str, count: int, unseen: bool = False) -> list[str]:
    """So many captions of a stem; the same seed gives the same ones."""
    writer = Writer(Dice(f"{seed}/captions/{stem.family}/{unseen}"), unseen)
    return [writer.write(stem).text for _ in range(count)]


def family_names(unseen: bool = False) -> list[tuple[str, ...]]:
    """What each family is called, in the order of FAMILIES."""
    both = [_NOUNS["family", family] for family in FAMILIES]
    return [phrases.unseen if unseen else phrases.usual for phrases in both]


def among_strangers(text: str, dice: Dice) -> str:
    """The text with a few words in it that say nothing about the stem: common ones, made-up names, numbers.

    Who writes "bach toccata, full pipes, 1973" must not get flutes because of the words that nobody has learnt.
    """
    places = text.split(" ")
    for _ in range(dice.integer(1, MOST_STRANGERS)):
        kind = dice.weighted({"word": 0.5, "name": 0.35, "number": 0.15})
        if kind == "word":
            word = dice.pick(STRANGERS)
        elif kind == "name":
            word = "".join(dice.pick(SYLLABLES) for _ in range(dice.integer(2, 3)))
        else:
            word = str(dice.integer(1, 2030))
        places.insert(dice.integer(0, len(places)), word)
    return " ".join(places)


def misspell(text: str, dice: Dice) -> str:
    """One slip of the fingers: a letter left out, doubled or changed places with the next."""
    places = [at for at in range(1, len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    if not places:
        return text
    at = dice.pick(places)
    slips = (text[at + 1 :], text[at] * 2 + text[at + 1 :], text[at + 1] + text[at] + text[at + 2 :])
    return text[:at] + dice.pick(slips)


def main(arguments: list[str] | None = None) -> None:
    """Prints captions of many songs, one a line."""
    parser = argparse.ArgumentParser(description="Prints captions of composed songs for training, one a line.")
    parser.add_argument("--songs", type=int, default=2000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=4, help="captions per stem")
    parser.add_argument("--unseen", action="store_true", help="with the wordings that training leaves out")
    options = parser.parse_args(arguments)
    for seed in range(options.first_seed, options.first_seed + options.songs):
        for stem in facts_of_seed(seed, fonts=seed % 3 != 0).values():
            print("\n".join(captions(stem, seed, options.each, options.unseen)))


if __name__ == "__main__":
    main()
