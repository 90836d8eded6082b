"""Whom rules name, and what an outlook comes to, beside sums by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.social.network.graph import Graph
from ontogeny.social.study.outlook import Curve, accept, outlooks
from ontogeny.social.study.recommending import BAND, NOBODY, RULES, recommend

N = 300
RNG = np.random.default_rng(5)
GRAPH = Graph.of(N, RNG.integers(0, N, 2500), RNG.integers(0, N, 2500))
QUALITY = np.where(RNG.random(N) < 0.1, np.nan, RNG.normal(size=N))
POPULARITY = np.where(np.isnan(QUALITY), np.nan, RNG.pareto(2, N))
FOLLOWS = set(zip(GRAPH.source.tolist(), GRAPH.target.tolist(), strict=True))


@pytest.mark.parametrize("rule", RULES)
def test_creators_are_named_whom_one_does_not_follow_yet(rule):
    listed = recommend(rule, GRAPH, QUALITY, POPULARITY, many=4, seed=1)
    assert listed.shape == (N, 4)
    np.testing.assert_array_equal(listed, recommend(rule, GRAPH, QUALITY, POPULARITY, 4, 1))
    for user, row in enumerate(listed):
        named = [int(v) for v in row if v != NOBODY]
        assert len(set(named)) == len(named) > 0
        assert user not in named
        assert not any((user, v) in FOLLOWS for v in named)
        assert not np.isnan(QUALITY[named]).any()


def test_rules_name_whom_they_say():
    listed = {rule: recommend(rule, GRAPH, QUALITY, POPULARITY, 3, 2) for rule in RULES}
    above = QUALITY[listed["just above"][:, 0]] - QUALITY
    band = BAND * np.nanstd(QUALITY)
    most = np.nanquantile(QUALITY, 0.95)
    inside = ~np.isnan(QUALITY) & (most > QUALITY)
    assert (above[inside] > 0).all()
    assert (above[inside] < band).mean() > 0.95  # but those near the top
    alone = np.flatnonzero(GRAPH.out_degree == 0)
    nobody = alone[0] if len(alone) else int(np.argmin(GRAPH.out_degree))
    best = np.argsort(-np.where(np.isnan(QUALITY), -np.inf, QUALITY))
    expected = [v for v in best if v != nobody and (nobody, v) not in FOLLOWS][:3]
    assert listed["best"][nobody].tolist() == expected
    famous = np.argsort(-np.where(np.isnan(QUALITY), -np.inf, POPULARITY))
    expected = [v for v in famous if v != nobody and (nobody, v) not in FOLLOWS][:3]
    assert listed["popular"][nobody].tolist() == expected
    near = np.nanmean(np.abs(QUALITY[listed["alike"][:, 0]] - QUALITY))
    assert near < 0.5 * np.nanmean(np.abs(QUALITY[listed["random"][:, 0]] - QUALITY))


def test_an_outlook_is_what_the_curves_give_each_user():
    exposure = Curve(np.array([-1.0, 1.0]), np.array([0.0, 0.2]), np.array([0.0, 0.05]))
    gap = Curve(np.array([0.0, 2.0]), np.array([0.0, 0.4]), np.zeros(2))
    (found,) = outlooks(
        *(GRAPH, QUALITY, POPULARITY, exposure, gap), rules=("best",), many=3, accepted=0.5, seed=3
    )
    followed = accept(recommend("best", GRAPH, QUALITY, POPULARITY, 3, 3), 0.5, 3)
    lifts, strains, gaps = [], [], []
    for user in np.flatnonzero(~np.isnan(QUALITY)):
        new = QUALITY[followed[user][followed[user] != NOBODY]]
        old = QUALITY[GRAPH.target[GRAPH.source == user]]
        old = old[~np.isnan(old)]
        after = np.concatenate([old, new])
        lifts.append(np.interp(new.mean(), [-1, 1], [0, 0.2]) if len(new) else 0.0)
        if len(after):
            gaps.append(after.mean() - QUALITY[user])
        if len(new) and len(old):
            moved = np.array([after.mean(), old.mean()]) - QUALITY[user]
            strains.append(float(np.subtract(*np.interp(moved, [0, 2], [0, 0.4]))))
        else:
            strains.append(0.0)
    assert found.better[0] == pytest.approx(np.mean(lifts), abs=1e-12)
    assert found.declining == pytest.approx((np.mean(strains),) * 3, abs=1e-12)
    assert found.gap == pytest.approx(np.mean(gaps), abs=1e-12)
    wide = found.better[2] - found.better[1]
    share = np.mean([lift > 0 for lift in lifts])
    assert wide == pytest.approx(2 * 1.96 * 0.05 * share, rel=0.15)  # all are at the upper end


def test_what_cannot_be_recommended_is_refused():
    with pytest.raises(ConfigError, match="use just above, popular"):
        recommend("nearest", GRAPH, QUALITY, POPULARITY)
    with pytest.raises(ConfigError, match="nobody's quality"):
        recommend("best", GRAPH, np.full(N, np.nan), POPULARITY)
