"""Distribution metrics on made-up embeddings whose distances are known: FAD, KD, density and coverage, APA."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import scipy.linalg

from models.evaluate.accompaniment_adherence import (
    accompaniment_adherence,
    adherence,
    mix_at_equal_level,
    other_songs,
)
from models.evaluate.density_coverage import density_coverage, expected_coverage
from models.evaluate.embeddings import real_halves
from models.evaluate.frechet_distance import frechet_distance
from models.evaluate.kernel_distance import cubic_kernel, kernel_distance, unbiased_mmd

DIMENSIONS = 512
RANK = 60
BASIS = np.linalg.qr(np.random.default_rng(7).standard_normal((DIMENSIONS, RANK)))[0].T


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def music(items: int, seed: int, shift: float = 0.0) -> np.ndarray:
    """Unit vectors `[items, 512]` like those of CLAP: about 60 directions matter, and the mean is not zero.

    `shift` moves the mean along a direction that does not vary.
    """
    rng = np.random.default_rng(seed)
    vectors = 0.1 * rng.standard_normal((items, RANK)) @ BASIS
    vectors[:, 0] += 0.48
    vectors[:, 1] += shift
    return unit(vectors)


def normal(items: int, seed: int, dimensions: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((items, dimensions))


# Frechet distance


@pytest.mark.parametrize("items", [40, 400])
def test_frechet_distance_is_its_formula_with_fewer_and_with_more_items_than_dimensions(items: int):
    real, made = normal(items, 0, 64), normal(items, 1, 64) * 1.3 + 0.2
    product = np.cov(real.T) @ np.cov(made.T)
    roots = np.sqrt(scipy.linalg.eigvals(product).astype(complex)).real.sum()
    traces = np.trace(np.cov(real.T)) + np.trace(np.cov(made.T))
    expected = np.square(real.mean(0) - made.mean(0)).sum() + traces - 2 * roots
    result = frechet_distance(real, made)
    assert result.value == pytest.approx(expected, rel=1e-5)
    assert result.singular == (items == 40)
    assert (result.reference_items, result.candidate_items, result.dimensions) == (items, items, 64)


@pytest.mark.parametrize("items", [100, 1000])
def test_frechet_distance_of_a_set_to_itself_is_zero(items: int):
    real = music(items, 0)
    assert frechet_distance(real, real[::-1]).value == pytest.approx(0, abs=1e-12)


def test_frechet_distance_of_moved_and_of_scaled_sets():
    """Moved: |shift|^2. Scaled by 3: the covariance is 9 S, so tr S + 9 tr S - 6 tr S."""
    real = normal(300, 0)
    assert frechet_distance(real, real + 0.5).value == pytest.approx(16 * 0.25)
    centred = real - real.mean(0)
    assert frechet_distance(centred, 3 * centred).value == pytest.approx(4 * np.trace(np.cov(real.T)))


def test_frechet_floor_of_real_against_real_falls_with_the_number_of_items():
    """Values at different counts do not compare: these four stand for no difference at all (measured elsewhere)."""
    reference = music(5000, 0)
    floors = [frechet_distance(reference, music(items, items)).value for items in (200, 500, 1000, 2000)]
    assert floors == sorted(floors, reverse=True)
    assert floors == pytest.approx([0.062, 0.026, 0.014, 0.0086], rel=0.1)


def test_frechet_floor_of_full_rank_embeddings():
    """Half of the unit length is in the mean; (512 / 1000 + 512 / 5000) / 4 of the variance is bias."""
    reference, candidates = (unit(normal(items, items, DIMENSIONS) + 1) for items in (5000, 1000))
    assert frechet_distance(reference, candidates).value == pytest.approx(0.081, abs=0.002)


# Kernel distance


def test_kernel_distance_of_two_real_sets_is_zero_within_its_deviation():
    result = kernel_distance(music(400, 0), music(400, 1))
    assert abs(result.mean) < result.std
    assert 0 < result.std < 3e-5
    assert (result.subsets, result.subset_size, result.seed) == (100, 200, 1234)
    assert (result.reference_items, result.candidate_items) == (400, 400)


def test_kernel_distance_of_unit_vectors_is_the_shift_of_the_mean():
    """KD is near (3 / 512) |difference of means|^2; sampling alone sets the means apart a little."""
    real, made = music(400, 0), music(500, 1, shift=0.5)
    sampling = real.var(0, ddof=1).sum() / len(real) + made.var(0, ddof=1).sum() / len(made)
    shift = np.square(real.mean(0) - made.mean(0)).sum() - sampling
    assert shift > 0.1
    assert kernel_distance(real, made).mean == pytest.approx(3 / 512 * shift, rel=0.03)


def test_subsets_are_drawn_from_all_items():
    """Half of the candidates is shifted: wherever they stand, half of the shift is seen, so a quarter of KD."""
    real, plain, moved = music(400, 0), music(200, 1), music(200, 2, shift=0.5)
    whole = kernel_distance(real, music(400, 3, shift=0.5), subsets=30).mean
    for order in ((plain, moved), (moved, plain)):
        assert kernel_distance(real, np.concatenate(order), subsets=30).mean == pytest.approx(whole / 4, rel=0.15)
        assert kernel_distance(np.concatenate(order), real, subsets=30).mean == pytest.approx(whole / 4, rel=0.15)


def test_unbiased_mmd_by_hand():
    """Two items each, one dimension: kernels of 1, 2 against 0, 1."""
    first, second = np.array([[1.0], [2.0]]), np.array([[0.0], [1.0]])
    assert cubic_kernel(first, second).tolist() == [[1, 8], [1, 27]]
    assert unbiased_mmd(first, second) == pytest.approx(27 + 1 - 2 * 37 / 4)


@pytest.mark.parametrize(("items", "size"), [(1500, 1000), (1001, 1000), (1000, 500), (60, 30)])
def test_subset_is_half_of_a_set_that_is_too_small(items: int, size: int):
    assert kernel_distance(normal(items, 0, 4), normal(1500, 1, 4), subsets=2).subset_size == size


# Density and coverage


def test_coverage_and_density_of_one_distribution():
    result = density_coverage(normal(5000, 0, 8), normal(1000, 1, 8), 5)
    assert result.expected_coverage == pytest.approx(0.598, abs=5e-4)
    assert result.coverage == pytest.approx(0.598, abs=0.03)
    assert result.density == pytest.approx(1, abs=0.05)
    assert (result.neighbours, result.reference_items, result.candidate_items) == (5, 5000, 1000)


@pytest.mark.parametrize(
    ("candidates", "neighbours", "coverage"),
    [(1000, 1, 0.167), (1000, 2, 0.306), (1000, 10, 0.839), (5000, 1, 0.5), (5000, 5, 0.969), (5000, 10, 0.999)],
)
def test_expected_coverage(candidates: int, neighbours: int, coverage: float):
    assert expected_coverage(5000, candidates, neighbours) == pytest.approx(coverage, abs=6e-4)


def test_coverage_matches_its_expectation_over_many_draws():
    draws = [density_coverage(normal(120, seed, 4), normal(60, 1000 + seed, 4), 3) for seed in range(200)]
    assert np.mean([draw.coverage for draw in draws]) == pytest.approx(expected_coverage(120, 60, 3), abs=0.01)
    assert np.mean([draw.density for draw in draws]) == pytest.approx(1, abs=0.02)


def test_a_copy_is_covered_and_far_candidates_cover_nothing():
    real = music(700, 0)
    copy = density_coverage(real, real)
    assert (copy.coverage, copy.density) == (1, 1)
    far = density_coverage(real, real + 3)
    assert (far.coverage, far.density) == (0, 0)


def test_candidates_crowded_in_one_place_are_dense_but_cover_little():
    crowded = density_coverage(normal(1000, 0), normal(1000, 1) * 0.2)
    assert crowded.density > 3
    assert crowded.coverage < 0.6 * crowded.expected_coverage


# Accompaniment prompt adherence


def mixes(items: int, seed: int, stems_of: np.ndarray | None = None) -> np.ndarray:
    """Embeddings of mixes: a song is a point, its context and its stem are near it, a mix is their sum."""
    rng = np.random.default_rng(seed)
    song = rng.standard_normal((items, 12))
    context, stem = (song + 0.3 * rng.standard_normal(song.shape) for _ in range(2))
    both = context + (stem if stems_of is None else stem[stems_of])
    return unit(0.5 * both @ BASIS[:12] + 6 * BASIS[12])


def shuffled(items: int, seed: int) -> np.ndarray:
    return mixes(items, seed, other_songs(range(items), seed))


def test_adherence_of_real_shuffled_and_half_shuffled_stems():
    true, wrong = mixes(1000, 0), shuffled(1000, 1)
    real = accompaniment_adherence(true, wrong, mixes(1000, 2), 1)
    random = accompaniment_adherence(true, wrong, shuffled(1000, 3), 1)
    half = accompaniment_adherence(true, wrong, np.concatenate([mixes(500, 4), shuffled(500, 5)]), 1)
    assert 0.9 < real.value <= 1
    assert 0 <= random.value < 0.1
    assert 0.2 < half.value < 0.8
    assert real.true_to_shuffled == random.true_to_shuffled > 0
    assert (real.true_items, real.shuffled_items, real.candidate_items, real.shuffle_seed) == (1000, 1000, 1000, 1)


def test_adherence_of_the_anchors_themselves_is_exactly_one_and_zero():
    true, wrong = mixes(300, 0), shuffled(300, 1)
    result = accompaniment_adherence(true, wrong, true, 1)
    assert result.value == pytest.approx(1, abs=1e-9)
    assert result.candidate_to_shuffled == pytest.approx(frechet_distance(wrong, true).value)
    assert accompaniment_adherence(true, wrong, wrong, 1).value == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("distances", "value"),
    [
        ((2, 2, 1), 0.5),
        ((1, 3, 4), 0.75),
        ((9, 1, 2), 0),
        ((1, 9, 2), 1),
        ((-1, 1, 2), 0.75),
        ((1, 1, 0), 0),
        ((0, 0, 0), 0),
    ],
)
def test_adherence_from_distances(distances: tuple[float, float, float], value: float):
    assert adherence(*distances) == pytest.approx(value)


def test_adherence_stays_between_zero_and_one():
    drawn = np.random.default_rng(0).exponential(size=(1000, 3))
    values = [adherence(*distances) for distances in drawn]
    assert min(values) >= 0
    assert max(values) <= 1


@pytest.mark.parametrize("songs", ["ab", "aabb", "aaabbc", "abcabcabdd", "abcdefgh"])
def test_shuffled_stems_come_from_other_songs_and_each_once(songs: str):
    pairings = [other_songs(songs, seed) for seed in range(20)]
    for pairing in pairings:
        assert sorted(pairing) == list(range(len(songs)))
        assert all(songs[item] != songs[stem] for item, stem in enumerate(pairing))
    assert np.array_equal(pairings[3], other_songs(songs, 3))


@pytest.mark.parametrize("songs", ["", "a", "aaab"])
def test_too_few_songs_to_shuffle_between_are_refused(songs: str):
    with pytest.raises(ValueError, match="two songs"):
        other_songs(songs, 0)


def test_mix_brings_both_sides_to_one_level_without_clipping():
    time_s = np.arange(48_000) / 48_000
    context = np.tile(0.5 * np.sin(2 * np.pi * 200 * time_s), (2, 1))
    stem = np.tile(0.01 * np.sin(2 * np.pi * 300 * time_s), (2, 1))
    mix = mix_at_equal_level(context, stem)
    levels = np.abs(np.fft.rfft(mix[0]))[[200, 300]]
    assert levels[0] == pytest.approx(levels[1], rel=1e-4)
    assert 20 * np.log10(np.sqrt(np.square(mix).mean())) == pytest.approx(-20, abs=0.01)
    assert np.allclose(mix_at_equal_level(context, 30 * stem), mix, atol=1e-6)


def test_mix_with_silence_keeps_the_silence_and_clicks_do_not_clip():
    hum = np.full((2, 4800), 0.05)
    assert np.allclose(mix_at_equal_level(hum, np.zeros_like(hum)), 0.1)
    assert not mix_at_equal_level(np.zeros_like(hum), np.zeros_like(hum)).any()
    click = np.zeros((2, 48_000))
    click[:, 100] = 1
    assert np.abs(mix_at_equal_level(click, click)).max() == 1


# All of them


def test_every_result_is_the_same_twice_and_cannot_be_changed():
    real, made = music(200, 0), music(150, 1)
    for metric in (frechet_distance, kernel_distance, density_coverage):
        result = metric(real, made)
        assert result == metric(real, made)
        with pytest.raises(dataclasses.FrozenInstanceError):
            result.reference_items = 1


def test_real_halves_share_no_item_and_keep_the_asked_count():
    real = np.arange(20.0).reshape(10, 2)
    reference, candidates = real_halves(real, 4, seed=0)
    assert (len(reference), len(candidates)) == (6, 4)
    assert sorted(np.concatenate([reference, candidates])[:, 0]) == sorted(real[:, 0])
    assert not np.array_equal(real_halves(real, 4, seed=1)[1], candidates)
    with pytest.raises(ValueError, match="set apart"):
        real_halves(real, 9, seed=0)


@pytest.mark.parametrize("metric", [frechet_distance, kernel_distance, density_coverage])
@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (np.zeros((1, 4)), "two items"),
        (np.zeros(4), "two items"),
        (np.full((9, 4), np.nan), "no numbers"),
        (np.zeros((9, 5)), "dimension"),
    ],
)
def test_broken_embeddings_are_refused_with_a_sentence(metric, broken: np.ndarray, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        metric(normal(9, 0, 4), broken)


@pytest.mark.parametrize("neighbours", [0, 9])
def test_too_few_references_for_the_neighbours_are_refused(neighbours: int):
    with pytest.raises(ValueError, match="neighbours"):
        density_coverage(normal(9, 0), normal(9, 1), neighbours)
