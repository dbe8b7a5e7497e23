"""Whether prompts are understood: a jury of stems that are known, and the lists of prompts."""

from __future__ import annotations

import json

import numpy as np

from models.evaluate.prompt_table import NEAREST, PROMPTS, SEEDS, Jury, understood
from models.families import FAMILIES

PER_FAMILY = 6


def known_jury() -> Jury:
    """Stems of a family lie around an axis of its own."""
    random = np.random.default_rng(0)
    families = np.repeat(np.arange(12), PER_FAMILY)
    styles = np.eye(12, 512)[families] + random.normal(0, 0.01, (len(families), 512))
    return Jury((styles / np.linalg.norm(styles, axis=1, keepdims=True)).astype(np.float32), families)


def test_a_jury_knows_its_families() -> None:
    judges = known_jury()
    assert judges.ceiling() == 1
    assert [judges.verdict(np.eye(12, 512, dtype=np.float32)[place]) for place in range(12)] == list(range(12))


def test_a_stem_has_no_vote_on_itself() -> None:
    """With one stem of each family, nobody else knows it."""
    judges = known_jury()
    lonely = Jury(judges.styles[::PER_FAMILY], judges.families[::PER_FAMILY])
    assert lonely.ceiling() == 0


def test_near_stems_outvote_many_far_ones() -> None:
    styles = np.zeros((NEAREST + 5, 2), np.float32)
    styles[:3], styles[3:] = (1.0, 0.0), (0.1, 0.995)
    families = np.array([4] * 3 + [7] * (NEAREST + 2))
    assert Jury(styles, families).verdict(np.array([1.0, 0.0], np.float32)) == 4


def test_understood_is_the_share_of_styles_that_sound_like_the_family() -> None:
    judges = known_jury()

    class HalfDeaf:
        def of_words(self, prompt: str, seed: int) -> np.ndarray:
            return np.eye(12, 512, dtype=np.float32)[FAMILIES.index("organ") if seed % 2 else 0]

    assert SEEDS == 4
    assert understood(HalfDeaf(), judges, "pipes", "organ") == 0.5  # type: ignore[arg-type]
    assert understood(HalfDeaf(), judges, "pipes", "pad") == 0  # type: ignore[arg-type]


def test_every_list_has_many_different_prompts_for_every_family() -> None:
    for found in json.loads(PROMPTS.read_text(encoding="utf-8")).values():
        assert list(found) == list(FAMILIES)
        assert all(len(set(prompts)) == len(prompts) >= 12 for prompts in found.values())
