"""The figures of a row of the table, each with what resampling the songs says of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluate.accompaniment_adherence import accompaniment_adherence, adherence
from models.evaluate.auc import Auc, matched_auc
from models.evaluate.bench import NOISE, RANDOM, REAL
from models.evaluate.bench_run import SHUFFLE_SEED, Material
from models.evaluate.bootstrap import Counts, Estimate, estimate, mean_of
from models.evaluate.clap_scores import clap_scores
from models.evaluate.density_coverage import density_coverage, inside_balls
from models.evaluate.frechet_distance import Gaussian, fit_gaussian, frechet
from models.evaluate.hearing import Heard, stacked
from models.evaluate.kernel_distance import cubic_kernel, kernel_distance
from models.evaluate.musical import BEAT_SCORES, HARMONY_SCORES, agreement, relative, score_matrix
from models.families import FAMILIES

Vectors = NDArray[np.float64]
FEW_DRAWS = 60  # of figures that take long to compute
ADHERENCES = ("APA", "APA musical")
ATTACKLESS = ("strings", "pad")
"""Families whose real stems are hardly ever on the grid: beat is measured without them, harmony without drums."""


@dataclass(frozen=True)
class Figures:
    """One row: distances and CLAP scores, AUCs by score, and the share of stems in which the family is recognised."""

    distances: dict[str, Estimate]
    aucs: dict[str, Auc]
    recognised: Estimate


class Reference:
    """The real stems that every row is compared with."""

    def __init__(self, material: Material) -> None:
        def stack(name: str) -> Vectors:
            return np.stack([one[name] for one in material.references]).astype(np.float64)

        self.clap = stack("clap")
        self.clap_normal, self.family_normal = fit_gaussian(self.clap), fit_gaussian(stack("family"))
        self.mixes, self.agreements = (Pairings(stack(n), stack(f"shuffled {n}")) for n in ("mix", "agreement"))


class Pairings:
    """Vectors `[item, d]` of true and of shuffled pairs of context and stem, for APA."""

    def __init__(self, true: Vectors, shuffled: Vectors) -> None:
        self.true, self.shuffled = true, shuffled
        self.true_normal, self.shuffled_normal = fit_gaussian(true), fit_gaussian(shuffled)
        self.apart = frechet(self.true_normal, self.shuffled_normal)

    def adherence(self, pairs: Vectors) -> Estimate:
        """APA of candidate pairs."""

        def value(counts: Counts) -> float:
            made = fit_gaussian(np.repeat(pairs, counts, 0))
            return adherence(frechet(made, self.true_normal), frechet(made, self.shuffled_normal), self.apart)

        whole = accompaniment_adherence(self.true, self.shuffled, pairs, SHUFFLE_SEED).value
        return Estimate(whole, estimate(value, len(pairs), draws=FEW_DRAWS).half_width)


def distances(
    heard: Heard, agreements: Vectors, reference: Reference, asked: Vectors | None, text: Vectors | None
) -> dict[str, Estimate]:
    """KD (in thousandths), FAD, coverage, density, the Frechet distance of family probabilities, APA, CSAA and CSAT.

    agreements `[item, 4]`: how each stem goes with its context by the musical scores. CLAP hears what plays and hardly
    whether it plays together, so APA is measured on these vectors, too.
    asked, text `[item, 512]`: CLAP vectors of the true sound and of the caption; None where there is nothing to say.
    """
    clap = heard.clap.astype(np.float64)
    found = {
        "KD": _kernel_estimate(reference.clap, clap),
        "FAD": _frechet_estimate(reference.clap_normal, clap),
        **_coverage_estimates(reference.clap, clap),
        "FAD family": _frechet_estimate(reference.family_normal, heard.family.astype(np.float64)),
        "APA": reference.mixes.adherence(heard.mix.astype(np.float64)),
        "APA musical": reference.agreements.adherence(agreements),
    }
    for name, target in (("CSAA", asked), ("CSAT", text)):
        if target is not None:
            found[name] = mean_of(clap_scores(clap, target))
    return found


def musical(heard: Heard, material: Material, partners: NDArray[np.int64] | None = None) -> dict[str, Auc]:
    """AUC of beat, harmony and family; `partners` pairs every context with another item's stem (the floor).

    A stem's scores are taken relative to what it scores on average, whatever the context: a drum's onsets are
    sharper than a pad's. Opponents of the same family say nothing about whether a family was asked for.
    """
    families, count = material.families, len(material.items)
    matrices = score_matrix([heard.features(item) for item in range(count)], material.contexts)
    kept = {name: _without(families, ATTACKLESS) for name in BEAT_SCORES}
    kept |= {name: _without(families, ("drums",)) for name in HARMONY_SCORES}
    found = {name: _auc(relative(matrices[name]), kept[name], partners) for name in matrices}
    other_family = families[:, None] != families[None, :]
    return found | {"family": matched_auc(heard.family[:, families].T, partners, compared=other_family)}


def recognised(heard: Heard, families: NDArray[np.int64]) -> Estimate:
    """Share of stems whose most probable family is the one that was asked for."""
    return mean_of((heard.family.argmax(axis=1) == families).astype(np.float64))


def by_family(heard: Heard, families: NDArray[np.int64]) -> dict[str, float]:
    """The same for each family."""
    right = heard.family.argmax(axis=1) == families
    return {name: float(right[families == number].mean()) for number, name in enumerate(FAMILIES)
            if (families == number).any()}  # fmt: skip


def row_figures(name: str, prompt: str, material: Material, reference: Reference) -> Figures:
    """All figures of one row; `prompt` says which true sound CSAA looks at."""
    heard, real = stacked(material.items, name), stacked(material.items, REAL)
    sound = np.stack([one["sound"] for one in material.items]).astype(np.float64)
    text = np.stack([one["text"] for one in material.items]).astype(np.float64)
    asked = sound if prompt == "audio" else real.clap.astype(np.float64)
    agreements = np.stack([agreement(heard.features(item), known) for item, known in enumerate(material.contexts)])
    measured = distances(heard, agreements.astype(np.float64), reference, None if name == REAL else asked, text)
    if name == NOISE:
        measured = {key: value for key, value in measured.items() if key not in (*ADHERENCES, "CSAA", "CSAT")}
    floor = name == RANDOM  # its stems are the real ones, each beside another context
    aucs = musical(real, material, material.partners) if floor else musical(heard, material)
    return Figures(measured, aucs, recognised(heard, material.families))


def _auc(scores: Vectors, kept: NDArray[np.int64], partners: NDArray[np.int64] | None) -> Auc:
    """AUC among the kept items; with partners, opponents are chosen among all stems that are kept."""
    if len(kept) < 2:
        return Auc(float("nan"), float("nan"), float("nan"), len(kept))
    inside = scores[np.ix_(kept, kept)]
    if partners is None:
        return matched_auc(inside)
    place = {item: at for at, item in enumerate(kept)}
    made_for = [place.get(int(partners[item]), (at + 1) % len(kept)) for at, item in enumerate(kept)]
    return matched_auc(inside, np.array(made_for))


def _without(families: NDArray[np.int64], left_out: tuple[str, ...]) -> NDArray[np.int64]:
    """Items of other families than these."""
    return np.flatnonzero(~np.isin(families, [FAMILIES.index(name) for name in left_out]))


def _kernel_estimate(real: Vectors, made: Vectors) -> Estimate:
    """KD in thousandths; in the resampling an item that was drawn twice is not compared with itself."""
    value = kernel_distance(real, made).mean
    among, between = cubic_kernel(made, made), cubic_kernel(real, made).mean(axis=0)
    np.fill_diagonal(among, 0)

    def shifted(counts: Counts) -> float:
        pairs = np.outer(counts, counts).astype(float)
        np.fill_diagonal(pairs, 0)
        return float((pairs * among).sum() / pairs.sum() - 2 * (counts @ between) / counts.sum())

    return Estimate(1e3 * value, 1e3 * estimate(shifted, len(made)).half_width)


def _frechet_estimate(real: Gaussian, made: Vectors) -> Estimate:
    return estimate(lambda counts: frechet(real, fit_gaussian(np.repeat(made, counts, 0))), len(made), draws=FEW_DRAWS)


def _coverage_estimates(real: Vectors, made: Vectors) -> dict[str, Estimate]:
    """Coverage and density from one matrix of which candidate lies in which ball."""
    whole, inside = density_coverage(real, made), inside_balls(real, made)
    coverage = estimate(lambda counts: float((inside @ counts > 0).mean()), len(made))
    scale = whole.neighbours * len(made)
    density = estimate(lambda counts: float((inside @ counts).sum() / scale), len(made))
    return {"coverage": Estimate(whole.coverage, coverage.half_width),
            "density": Estimate(whole.density, density.half_width)}  # fmt: skip
