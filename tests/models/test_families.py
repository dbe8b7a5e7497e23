"""Prompts and the families they mean."""

from __future__ import annotations

import pytest

from models.families import FAMILIES, SYNONYMS, family_index, family_of

PROMPTS = {
    "drums": "drums",
    "Kick and Snare": "drums",
    "bass drum, tight": "drums",
    "no bass, just percussion": "drums",
    "a funky BASSLINE": "bass",
    "upright bass": "bass",
    "synth bass with a long release": "bass",
    "organ bass": "bass",
    "808": "bass",
    "808 beat": "drums",
    "grand piano": "piano",
    "electric piano": "electric piano",
    "soft Rhodes chords": "electric piano",
    "e-piano": "electric piano",
    "Hammond B3": "organ",
    "lead guitar": "guitar",
    "acoustic_guitar strumming": "guitar",
    "string section": "strings",
    "violins": "strings",
    "trumpets and trombones": "brass",
    "French horns": "brass",
    "tenor sax": "winds",
    "flûte": "winds",
    "Marimba": "mallets",
    "vibes": "mallets",
    "warm pad like strings": "pad",
    "synth pad": "pad",
    "synth lead": "lead",
    "arpeggio": "lead",
}


@pytest.mark.parametrize("prompt", PROMPTS)
def test_prompt(prompt: str) -> None:
    assert family_of(prompt) == PROMPTS[prompt]


@pytest.mark.parametrize(
    "prompt", ["", "   ", "something blue", "no drums", "basso profondo 7", "!?", "\x00", "a" * 5000]
)
def test_prompt_without_an_instrument(prompt: str) -> None:
    assert family_of(prompt) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_and_every_synonym_is_understood(family: str) -> None:
    assert family_of(family) == family
    for phrase in SYNONYMS[family].split(","):
        assert family_of(phrase) == family, phrase


def test_order_is_the_packs() -> None:
    assert [family_index(family) for family in FAMILIES] == list(range(12))
    with pytest.raises(ValueError):
        family_index("theremin")
