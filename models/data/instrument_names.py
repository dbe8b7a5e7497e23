"""Which instrument family a track's name speaks of, as musicians, DAWs and data sets write names."""

from __future__ import annotations

import re

# Whole words in a name, singular; the first row that matches wins, so compounds and longer names stand first.
WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("drums", ("bass drum", "drum machine", "drum kit", "drum set")),
    ("mallets", ("chromatic percussion", "pitched percussion", "mallet percussion", "steel drum", "music box")),
    ("winds", ("bass clarinet", "bass flute", "english horn")),
    ("brass", ("bass trombone",)),
    ("vocals", ("vocal", "vox", "voice", "singer", "choir", "bgv", "bv", "rap", "sung")),
    ("electric piano", ("electric piano", "e piano", "epiano", "rhodes", "wurlitzer", "wurli", "clavinet", "clav",
                        "ep")),
    ("bass", ("sub", "bass", "bassline", "808", "contrabass")),
    ("drums", ("drum", "drumkit", "kick", "kik", "bd", "snare", "snr", "hat", "hihat", "hh", "cymbal", "tom",
               "overhead", "oh", "percussion", "perc", "conga", "bongo", "shaker", "tambourine", "tamb", "clap",
               "cowbell", "ride", "beat", "timpani")),
    ("organ", ("organ", "hammond", "accordion", "harmonium")),
    ("strings", ("string", "violin", "viola", "cello", "orchestra", "fiddle", "harp")),
    ("brass", ("brass", "trumpet", "trombone", "horn", "tuba", "flugelhorn")),
    ("winds", ("wind", "woodwind", "flute", "piccolo", "sax", "saxe", "saxophone", "clarinet", "oboe", "bassoon",
               "recorder", "whistle", "reed", "pipe")),
    ("mallets", ("mallet", "marimba", "vibraphone", "vibe", "xylophone", "glockenspiel", "bell", "kalimba",
                 "celesta")),
    ("pad", ("pad", "atmosphere", "drone", "texture")),
    ("piano", ("piano", "grand", "key", "upright", "harpsichord")),
    ("guitar", ("guitar", "gtr", "egtr", "agtr", "acoustic", "banjo", "ukulele", "mandolin", "sitar")),
    ("lead", ("synth", "synthesizer", "arp", "pluck", "lead")),
)  # fmt: skip

# First General MIDI program of each run of programs of one family; 52 to 54 are voices, 120 and up are noises.
_PROGRAMS: tuple[tuple[int, str | None], ...] = (
    (0, "piano"), (4, "electric piano"), (6, "piano"), (7, "electric piano"), (8, "mallets"), (16, "organ"),
    (24, "guitar"), (32, "bass"), (40, "strings"), (47, "drums"), (48, "strings"), (52, "vocals"), (55, "strings"),
    (56, "brass"), (64, "winds"), (80, "lead"), (88, "pad"), (104, "guitar"), (108, "mallets"), (109, "winds"),
    (110, "strings"), (111, "winds"), (112, "mallets"), (115, "drums"), (120, None),
)  # fmt: skip


def family_of(name: str) -> str | None:
    """The family (or "vocals") a track name speaks of, or None: "03_Kick In.wav" -> "drums"."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    words = re.findall(r"[a-z]+|808", spaced)
    text = f" {' '.join(words)}  {' '.join(word.removesuffix('s') for word in words)} "
    for family, synonyms in WORDS:
        if any(f" {synonym} " in text for synonym in synonyms):
            return family
    return None


def family_of_program(program: int) -> str | None:
    """The family of a General MIDI program, 0 to 127, or None for sound effects."""
    return next(family for first, family in reversed(_PROGRAMS) if program >= first)


def labels(names: list[str], song: str) -> dict[str, str]:
    """Track name -> the part of it that may name an instrument.

    REAPER and Live put the project's name before each track's ("Bass Song-003-Kick"). Words that all names begin with
    are therefore left out where the song's folder is called so; a folder of nothing but "Guitar L" and "Guitar R" is
    not.
    """
    split = {name: re.split(r"[\s_\-.]+", name.strip()) for name in names}
    title = {word.lower() for word in re.split(r"[\s_\-.]+", song)}
    columns = list(zip(*split.values(), strict=False)) if len(names) > 1 else []
    drop = next((i for i, words in enumerate(columns) if len(set(words)) > 1), len(columns))
    if any(column[0].lower() not in title for column in columns[:drop]):
        drop = 0
    return {name: " ".join(words[drop:]) for name, words in split.items()}
