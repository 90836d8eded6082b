"""Strengths from pairs, which pair is shown next, and when it is enough."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, optimize

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.beauty.bradley_terry import SPREADS, strengths_of, updated
from ontogeny.learners.beauty.next_pair import choose_pair, expected_information
from ontogeny.learners.beauty.stability import still_needed, wrong_share
from ontogeny.ops.rank_correlation import kendall
from ontogeny.worlds.platform.crowds import CrowdConfig, crowd

NONE = np.zeros((0, 2), np.int64)


def judged(n: int, count: int, spread: float, seed: int):
    rng = np.random.default_rng(seed)
    truth = crowd(CrowdConfig(n, 1, spread=spread), rng)
    pairs = np.array([rng.choice(n, 2, replace=False) for _ in range(count)])
    won = [truth.prefers(int(a), int(b), rng) for a, b in pairs]
    return truth, np.where(np.array(won)[:, None], pairs, pairs[:, ::-1])


def test_the_top_and_the_curvature_are_those_of_the_posterior():
    _, pairs = judged(7, 30, 1.5, 0)
    weights = np.random.default_rng(1).uniform(0.5, 2, 30)
    found = strengths_of(7, pairs, weights, spread=1.5)

    def depth(s: np.ndarray) -> float:
        ahead = s[pairs[:, 0]] - s[pairs[:, 1]]
        return float((weights * np.logaddexp(0, -ahead)).sum() + s @ s / (2 * 1.5**2))

    theirs = optimize.minimize(depth, np.zeros(7), tol=1e-10)
    assert found.mean == pytest.approx(theirs.x, abs=1e-4)
    step = 1e-3 * np.eye(7)
    curved = [
        [(depth(found.mean + a + b) - depth(found.mean + a - b) - depth(found.mean - a + b)
          + depth(found.mean - a - b)) / 4e-6 for b in step]
        for a in step
    ]  # fmt: skip
    assert np.linalg.inv(found.covariance) == pytest.approx(np.array(curved), abs=1e-3)


def test_the_evidence_is_the_integral_and_chooses_the_spread():
    pairs = np.array([[0, 1], [0, 1], [1, 0]])
    found = strengths_of(2, pairs, spread=1.0)

    def likelihood(d: float) -> float:  # of the difference, whose variance is 2
        p = 1 / (1 + np.exp(-d))
        return p**2 * (1 - p) * np.exp(-d * d / 4) / np.sqrt(4 * np.pi)

    assert found.evidence == pytest.approx(np.log(integrate.quad(likelihood, -20, 20)[0]), abs=0.1)
    wide, narrow = (judged(30, 600, spread, 3)[1] for spread in (4.0, 0.5))
    assert strengths_of(30, wide).spread >= 2
    assert strengths_of(30, narrow).spread <= 1
    assert strengths_of(30, NONE).spread in SPREADS


def test_a_judgement_more_is_learned_from_at_once():
    _, pairs = judged(12, 60, 2.0, 4)
    before = strengths_of(12, pairs[:-1], spread=2.0)
    now, anew = updated(before, *pairs[-1].tolist()), strengths_of(12, pairs, spread=2.0)
    assert now.mean == pytest.approx(anew.mean, abs=0.02)
    assert now.covariance == pytest.approx(anew.covariance, abs=0.05)
    assert np.abs(now.mean - anew.mean).max() < np.abs(before.mean - anew.mean).max() / 5


def test_information_is_what_an_answer_says():
    mean, variance = np.array([0.0, 0.7, 3.0]), np.array([4.0, 1.0, 2.0])

    def entropy(p: float) -> float:
        return float(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)))

    def exact(m: float, v: float) -> float:
        at, weight = np.polynomial.hermite_e.hermegauss(60)
        p = 1 / (1 + np.exp(-(m + np.sqrt(v) * at)))
        weight = weight / weight.sum()
        return entropy(float(weight @ p)) - float(weight @ [entropy(one) for one in p])

    theirs = [exact(m, v) for m, v in zip(mean, variance, strict=True)]
    assert expected_information(mean, variance) == pytest.approx(theirs, abs=0.03)
    assert expected_information(np.array([50.0]), np.array([0.1]))[0] == 0


def test_what_is_settled_is_not_asked_again():
    settled = np.array([[0, 1]] * 40 + [[1, 2]] * 40)
    now = strengths_of(4, settled, spread=2.0)
    rng = np.random.default_rng(0)
    chosen = {tuple(sorted(choose_pair(now, rng))) for _ in range(40)}
    assert all(3 in pair for pair in chosen)
    assert not chosen & {tuple(sorted(choose_pair(now, rng, frozenset(chosen)))) for _ in range(20)}
    every = frozenset((a, b) for a in range(4) for b in range(a + 1, 4))
    assert len(set(choose_pair(now, rng, every))) == 2  # one is shown all the same
    sides = {choose_pair(now, rng) for _ in range(100)}
    assert {pair[::-1] for pair in sides} & sides  # neither side is favoured


def test_the_share_in_the_wrong_order_is_that_of_draws_and_of_the_truth():
    shares = []
    for seed in range(4):
        truth, pairs = judged(25, 250, 2.0, seed)
        now = strengths_of(25, pairs, spread=2.0)
        shares.append((wrong_share(now), (1 - float(kendall(now.mean, truth.quality))) / 2))
    draws = np.random.default_rng(0).multivariate_normal(now.mean, now.covariance, 400)
    drawn = np.mean([(1 - float(kendall(now.mean, one))) / 2 for one in draws])
    assert shares[-1][0] == pytest.approx(drawn, abs=0.01)
    expected, true = np.mean(shares, 0)
    assert expected == pytest.approx(true, abs=0.03)
    assert wrong_share(strengths_of(25, NONE, spread=2.0)) == pytest.approx(0.5)
    assert wrong_share(strengths_of(1, NONE)) == 0


def test_how_many_more_it_takes():
    assert still_needed(0, 0.5) is None
    assert still_needed(100, 0.09, 0.1) == 0
    assert still_needed(100, 0.2, 0.1) == 300


@pytest.mark.parametrize("pairs", [[[0, 3]], [[-1, 0]], [[1, 1]]])
def test_pairs_of_other_photos_are_refused(pairs):
    with pytest.raises(DataError):
        strengths_of(3, np.array(pairs))


def test_settings_that_can_not_be_are_refused():
    for n, spread in ((0, 1.0), (5000, 1.0), (3, 0.0), (3, np.inf)):
        with pytest.raises(ConfigError):
            strengths_of(n, NONE, spread=spread)
