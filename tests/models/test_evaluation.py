"""Error rates of made-up vectors whose true rates are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.errors import SampleTooSmallError
from models.evaluation import (
    Comparisons,
    OpenSet,
    accuracy,
    compare,
    exact_upper_bound,
    fnir,
    genuine_by_person,
    pairs,
    upper_bound,
    upper_bound_by_person,
)


def people(count: int, each: int, noise: float, seed: int = 1) -> tuple[NDArray[np.float32], list[str]]:
    random = np.random.default_rng(seed)
    centres = np.repeat(random.normal(size=(count, 32)), each, axis=0)
    vectors = centres + noise * random.normal(size=centres.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), [f"p{number // each}" for number in range(count * each)]


def test_every_pair_is_compared_once() -> None:
    vectors, names = people(500, 3, 0.3)
    found = compare(vectors, names)
    assert (len(found.genuine), len(found.impostor)) == (1500, 1500 * 1499 // 2 - 1500)
    product = vectors @ vectors.T
    expected = np.sort([product[i, j] for i in range(1500) for j in range(i + 1, 1500) if names[i] == names[j]])
    np.testing.assert_allclose(found.genuine, expected, atol=1e-6)


def test_rates_are_shares_of_the_scores() -> None:
    scores = Comparisons(np.array([0.1, 0.5, 0.6, 0.9], np.float32), np.linspace(0, 0.55, 1000, dtype=np.float32))
    assert scores.fmr(scores.threshold_at(0.01)) == pytest.approx(0.01)
    assert scores.fnmr_at(0.01) == 0.5
    assert scores.threshold_at(0) == pytest.approx(0.55)
    assert scores.fnmr_at(0) == 0.5
    assert scores.fnmr(0.05) == 0


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50), st.floats(0, 0.99))
def test_the_threshold_keeps_the_rate(impostor: list[float], fmr: float) -> None:
    scores = Comparisons(np.zeros(1, np.float32), np.sort(np.array(impostor, np.float32)))
    assert scores.fmr(scores.threshold_at(fmr)) <= fmr


def test_the_bound_follows_the_rule_of_three() -> None:
    assert upper_bound(0, 1000) == 0.003
    assert upper_bound(0, 1) == 1
    assert 0.01 < upper_bound(10, 1000) < 0.02


@pytest.mark.parametrize(
    ("errors", "trials", "bound"),
    [
        (0, 10, 0.2589),  # the upper end of Clopper and Pearson's 90 % interval, from tables
        (1, 10, 0.3942),
        (5, 10, 0.7776),
        (3, 20, 0.3437),
        (0, 43, 0.0673),
        (0, 299, 0.01),
        (10, 10, 1.0),
    ],
)
def test_the_exact_bound_is_that_of_the_tables(errors: int, trials: int, bound: float) -> None:
    assert exact_upper_bound(errors, trials) == pytest.approx(bound, abs=6e-5)


def test_pairs_are_of_one_person_and_of_two_and_folds_share_nobody() -> None:
    _, names = people(60, 3, 0.1)
    folds = list(pairs(names, folds=10, per_fold=30, seed=3))
    seen = [{names[index] for pair in fold for index in pair.ravel()} for fold in folds]
    assert sum(map(len, seen)) == len(set().union(*seen)) > 30
    for same, two in folds:
        assert all(names[a] == names[b] and a != b for a, b in same)
        assert all(names[a] != names[b] for a, b in two)


@pytest.mark.parametrize(("count", "each"), [(40, 1), (15, 3)])
def test_folds_without_a_pair_of_each_kind_are_refused(count: int, each: int) -> None:
    names = [f"p{number // each}" for number in range(count * each)]
    with pytest.raises(SampleTooSmallError, match=r"too few photos: .* each of 10 parts of the people needs"):
        list(pairs([*names, "p0"], folds=10, per_fold=30, seed=3))


def test_accuracy_is_one_where_scores_part_and_a_half_where_they_do_not() -> None:
    random = np.random.default_rng(2)
    apart = [(random.uniform(0.6, 1, 50), random.uniform(0, 0.5, 50)) for _ in range(10)]
    alike = [(random.uniform(0, 1, 500), random.uniform(0, 1, 500)) for _ in range(10)]
    as_scores = [[(a.astype(np.float32), b.astype(np.float32)) for a, b in folds] for folds in (apart, alike)]
    assert accuracy(as_scores[0]) == 1
    assert accuracy(as_scores[1]) == pytest.approx(0.5, abs=0.05)


def test_open_set_misses_fall_with_more_pictures() -> None:
    vectors, names = people(150, 6, 1.1)
    rates = [
        fnir(vectors, names, OpenSet(50, enrol, probe, 0.01, trials=10), seed=1).mean()
        for enrol, probe in ((1, 1), (3, 1), (3, 3))
    ]
    assert 1 > rates[0] > rates[1] > rates[2]
    clear, whose = people(150, 6, 0.05)
    assert fnir(clear, whose, OpenSet(50, 3, 1, 0.003, trials=5), seed=1).max() == 0


def test_a_gallery_without_enough_people_is_refused() -> None:
    vectors, names = people(10, 3, 0.1)
    with pytest.raises(SampleTooSmallError, match="a gallery of 5 needs more people with 4 pictures than 0"):
        fnir(vectors, names, OpenSet(5, 3, 1, 0.003, trials=1), seed=1)


def test_the_bound_by_person_is_wider_where_one_person_has_the_errors() -> None:
    trials = np.full(50, 20)
    spread, gathered = np.full(50, 1), np.zeros(50, np.int64)
    gathered[0] = 20
    gathered[1:31] = 1
    assert spread.sum() == gathered.sum() == 50
    assert upper_bound_by_person(spread, trials) == pytest.approx(0.05)
    assert 0.05 < upper_bound(50, 1000) < upper_bound_by_person(gathered, trials) < 0.11
    assert upper_bound_by_person(np.zeros(50, np.int64), trials) == pytest.approx(3 / 50)


def test_genuine_scores_by_person_are_those_of_all_comparisons() -> None:
    vectors = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
    people = ["a", "b", "a", "c", "b", "a", "d", "b", "e"]
    by_person = genuine_by_person(vectors, people)
    assert [len(own) for own in by_person] == [3, 3]
    np.testing.assert_allclose(np.sort(np.concatenate(by_person)), compare(vectors, people).genuine, rtol=1e-6)
