"""Retrieval between texts and sounds: how often, and how well, the right one is found.

Ranks are those of the right answer among all candidates, 0 for the nearest; equal similarities count half, so that
an encoder that says the same of everything lands at chance and not at the top.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def ranks(similarity: Array) -> NDArray[np.float64]:
    """similarity `[query, candidate]` whose right answers lie on the diagonal -> rank of each query's, 0-based."""
    right = np.diag(similarity)[:, None]
    better = (similarity > right).sum(1)
    equal = (similarity == right).sum(1) - 1
    return better + equal / 2


def recall(similarity: Array, at: int) -> float:
    """Share of queries whose right answer is among the `at` nearest candidates (R@at)."""
    return float((ranks(similarity) < at).mean())


def within_group_auc(similarity: Array, group: NDArray[np.integer]) -> float:
    """Chance that the right candidate is nearer than another one of its group; 0.5 is guessing.

    group `[n]`: for instance the instrument family, so that finding the family alone gains nothing. NaN when no
    group has two members.
    """
    shares = []
    for one in np.unique(group):
        members = np.flatnonzero(group == one)
        if len(members) > 1:
            shares += list(1 - ranks(similarity[np.ix_(members, members)]) / (len(members) - 1))
    return float(np.mean(shares)) if shares else float("nan")


def group_recall(similarity: Array, group: NDArray[np.integer]) -> float:
    """Share of queries whose nearest candidate is of the right group, whichever one it is."""
    return float((group[similarity.argmax(1)] == group).mean())


def zero_shot(audio: Array, prompts: Array, truth: NDArray[np.integer]) -> float:
    """Share of unit vectors `[n, d]` that lie nearest to the prompt of their class, prompts `[class, d]`."""
    return float(((audio @ prompts.T).argmax(1) == truth).mean())


def retrieval_figures(audio: Array, text: Array, prompts: Array, family: NDArray[np.integer]) -> dict[str, float]:
    """How well texts `[n, 512]` find their sounds `[n, 512]`.

    r1, r10: share of texts whose own stem is the nearest, or among the ten nearest; family: whose nearest stem is of
    their family; song_auc: right against another stem of the same family (0.5: guessing); zero_shot: sounds nearest
    to their family's name, prompts `[12, 512]`.
    """
    similarity = text @ audio.T
    return {
        "r1": recall(similarity, 1),
        "r10": recall(similarity, 10),
        "family": group_recall(similarity, family),
        "song_auc": within_group_auc(similarity, family),
        "zero_shot": zero_shot(audio, prompts, family),
    }
