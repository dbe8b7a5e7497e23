"""The twelve instrument families the first pack is conditioned on, and how a prompt finds one."""

from __future__ import annotations

import re
import unicodedata

FAMILIES = (
    "drums",
    "bass",
    "piano",
    "electric piano",
    "organ",
    "guitar",
    "strings",
    "brass",
    "winds",
    "mallets",
    "pad",
    "lead",
)
"""Order is part of every pack: row i of the family table belongs to FAMILIES[i]."""

SYNONYMS: dict[str, str] = {
    "drums": (
        "drum, drum kit, drum set, kit, kick, snare, hi hat, hihat, hat, cymbal, tom, bass drum, beat, "
        "percussion, conga, bongo, shaker, tambourine, clap, breakbeat, rimshot, cowbell, 808 beat, drum "
        "machine, groove"
    ),
    "bass": (
        "bass, bassline, bass line, bass guitar, electric bass, upright bass, double bass, contrabass, sub, "
        "sub bass, synth bass, acid bass, slap bass, 808, 808 bass, fretless, moog bass, reese"
    ),
    "piano": ("piano, grand piano, acoustic piano, upright piano, honky tonk, pianoforte, harpsichord, clavier"),
    "electric piano": (
        "electric piano, e piano, epiano, rhodes, wurlitzer, wurli, fender rhodes, fm piano, dx7, ep, "
        "clavinet, clav, keys, keyboard"
    ),
    "organ": ("organ, hammond, b3, church organ, pipe organ, drawbar, leslie, harmonium, accordion, reed organ"),
    "guitar": (
        "guitar, electric guitar, acoustic guitar, nylon guitar, steel guitar, lead guitar, rhythm guitar, "
        "banjo, ukulele, mandolin, strum, power chord, riff guitar, guitar lead, guitar solo, sitar, lute, "
        "harp"
    ),
    "strings": (
        "string, strings section, violin, viola, cello, fiddle, orchestra, string quartet, string ensemble, "
        "pizzicato, synth strings, string section, string pad"
    ),
    "brass": (
        "brass, trumpet, trombone, tuba, horn, french horn, flugelhorn, horn section, brass section, synth "
        "brass, cornet"
    ),
    "winds": (
        "wind, woodwind, flute, piccolo, oboe, clarinet, bassoon, sax, saxophone, alto sax, tenor sax, "
        "recorder, pan flute, english horn, whistle, ocarina, shakuhachi, bagpipe, tin whistle"
    ),
    "mallets": (
        "mallet, marimba, xylophone, vibraphone, vibe, glockenspiel, celesta, bell, tubular bell, music box, "
        "kalimba, steel drum, steel pan, chime, handpan, dulcimer"
    ),
    "pad": (
        "pad, synth pad, warm pad, atmosphere, ambient, drone, texture, wash, soundscape, polysynth, chord "
        "pad, synth chord"
    ),
    "lead": (
        "lead, synth lead, lead synth, synth, synthesizer, synthesiser, melody, arpeggio, arp, arpeggiator, "
        "pluck, sequence, saw lead, square lead, solo"
    ),
}
"""Family -> phrases, comma-separated, in the singular; the longest phrase in the prompt wins."""

_BREAK = re.compile(r"[.,;:!?/+&()]| (?:and|with|like|for|in|over|under|of|on|to|plus|but|n) ")
_NEGATION = re.compile(r"\b(?:no|not|without|except|minus)\b.*")


def family_of(prompt: str) -> str | None:
    """Return the family a prompt names, or None when it names none.

    The prompt is read part by part ("kick and snare" has two); in a part the last instrument is meant,
    as in English compounds ("organ bass" is a bass), and what follows a "no" is left out.
    """
    for part in _BREAK.split(f" {_plain(prompt)} "):
        family = _last_family(_NEGATION.sub("", part).split())
        if family is not None:
            return family
    return None


def family_index(family: str) -> int:
    """Row of a family in the pack's table; ValueError for a name that is not in `FAMILIES`."""
    return FAMILIES.index(family)


def _last_family(words: list[str]) -> str | None:
    """Family of the last phrase found, taking the longest phrase at each place."""
    found: str | None = None
    at = 0
    while at < len(words):
        length = _phrase_at(words, at)
        if length:
            found = _PHRASES[tuple(_singular(word) for word in words[at : at + length])]
        at += max(length, 1)
    return found


def _phrase_at(words: list[str], at: int) -> int:
    """Number of words of the longest known phrase that starts at a word; 0 when there is none."""
    for length in range(min(_LONGEST, len(words) - at), 0, -1):
        if tuple(_singular(word) for word in words[at : at + length]) in _PHRASES:
            return length
    return 0


def _plain(text: str) -> str:
    """Lower case without accents; hyphens and underscores become blanks."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[-_\s]+", " ", "".join(c for c in bare if not unicodedata.combining(c)))


def _singular(word: str) -> str:
    """Drop a plural s, but not that of "bass" and "brass"."""
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word


def _phrase_table() -> dict[tuple[str, ...], str]:
    """Every phrase as a tuple of singular words -> its family."""
    table = {}
    for family, phrases in SYNONYMS.items():
        for phrase in [family, *phrases.split(",")]:
            table[tuple(_singular(word) for word in phrase.split())] = family
    return table


_PHRASES = _phrase_table()
_LONGEST = max(len(phrase) for phrase in _PHRASES)
