"""Pairs on one score are those of the rule done by hand: of all pairs left, take the closest."""

import numpy as np
import pytest

from ontogeny.social.matching import nearest
from ontogeny.social.matching.nearest import closest_first, sorted_rows


def by_hand(score, treated, stratum, caliper):
    rows, controls = np.flatnonzero(treated), np.flatnonzero(~treated)
    apart = sorted(
        (abs(score[i] - score[j]), i, j)
        for i in rows
        for j in controls
        if stratum[i] == stratum[j] and abs(score[i] - score[j]) <= caliper
    )
    found = {}
    for _, i, j in apart:
        if i not in found and j not in found.values():
            found[i] = j
    return found


def drawn(seed, n, share, strata, grain=None):
    rng = np.random.default_rng(seed)
    score = rng.normal(size=n)
    if grain:
        score = np.round(score / grain) * grain
    return score, rng.random(n) < share, rng.integers(0, strata, n), rng


@pytest.mark.parametrize("few", [0.0, 0.3, 2.0], ids=["rounds", "both", "heap"])
def test_the_pairs_are_those_of_the_rule_done_by_hand(few, monkeypatch):
    monkeypatch.setattr(nearest, "FEW", few)
    monkeypatch.setattr(nearest, "SPARSE", 0.0)
    pairs_seen = 0
    for seed in range(24):
        share, strata = (0.1, 0.5, 0.9)[seed % 3], (1, 3)[seed % 2]
        caliper = (0.05, 0.5, np.inf)[seed // 3 % 3]
        score, treated, stratum, rng = drawn(seed, 2 + 2 * seed, share, strata)
        pairs = closest_first(score, treated, stratum, caliper, rng)
        found = dict(zip(pairs.treated.tolist(), pairs.control.tolist(), strict=True))
        assert found == by_hand(score, treated, stratum, caliper)
        pairs_seen += len(found)
    assert pairs_seen > 60


def test_with_ties_the_distances_are_those_of_the_rule_and_nobody_comes_twice():
    for seed in range(12):
        score, treated, stratum, rng = drawn(seed, 40, 0.4, 2, grain=0.5)
        pairs = closest_first(score, treated, stratum, 0.6, rng)
        assert len(set(pairs.treated)) == len(set(pairs.control)) == len(pairs.treated)
        assert np.all(treated[pairs.treated])
        assert not np.any(treated[pairs.control])
        assert np.all(stratum[pairs.treated] == stratum[pairs.control])
        apart = np.abs(score[pairs.treated] - score[pairs.control])
        assert apart.max() <= 0.6
        by_rule = by_hand(score, treated, stratum, 0.6)
        same = sum(score[i] == score[j] for i, j in by_rule.items())
        assert np.count_nonzero(apart == 0) == same  # all that can be had at no distance


def test_the_order_of_the_rows_changes_nothing():
    score, treated, stratum, _ = drawn(3, 60, 0.3, 2)
    order = np.random.default_rng(0).permutation(60)
    rng = np.random.default_rng(1)
    one = closest_first(score, treated, stratum, 0.5, rng)
    other = closest_first(score[order], treated[order], stratum[order], 0.5, rng)
    moved = zip(order[other.treated].tolist(), order[other.control].tolist(), strict=True)
    assert set(moved) == set(zip(one.treated.tolist(), one.control.tolist(), strict=True))


def test_ties_are_broken_at_random_and_by_the_seed_alone():
    score, stratum = np.zeros(30), np.zeros(30, int)
    orders = [sorted_rows(score, stratum, np.random.default_rng(s)).tolist() for s in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list(range(30))
