"""Exact values of Bernoulli bandits: tables, hand computations, all histories written out."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.bayes.bandits import (
    bernoulli_machine,
    greedy,
    mirrored_machine,
    mirrored_oracle_rate,
    mirrored_thompson,
    oracle_rate,
    random_policy,
    thompson,
    ucb1,
)
from ontogeny.ops.bayes.machines import best_actions, expected_rewards, locate, plan

TWO = ((1, 1), (1, 1))
# Horizon, oracle, Bayes-optimal, greedy, Thompson, UCB1, random.
TWO_ARMS = [
    (10, 6.6667, 6.0218, 6.0058, 5.7045, 5.6022, 5.0),
    (20, 13.3333, 12.4313, 12.3654, 11.9318, 11.5262, 10.0),
    (30, 20.0, 18.9199, 18.7783, 18.2983, 17.5555, 15.0),
]
# Known chance, oracle, Bayes-optimal, greedy (ties split), Thompson; 20 pulls.
KNOWN_ARM = [
    (0.50, 12.500, 11.9122, 11.6718, 11.4316),
    (0.55, 13.025, 12.3840, 11.0000, 11.9261),
    (0.60, 13.600, 12.9901, 12.0000, 12.4899),
    (0.65, 14.225, 13.6263, 13.0000, 13.1247),
    (0.70, 14.900, 14.3108, 14.0000, 13.8321),
]


@pytest.fixture(scope="module")
def two_arms():
    return bernoulli_machine(TWO, 30)


@pytest.mark.parametrize("row", TWO_ARMS)
def test_two_unknown_arms(two_arms, row):
    horizon, *expected = row
    policies = (greedy(two_arms), thompson(two_arms, TWO), ucb1(two_arms), random_policy(two_arms))
    found = [
        horizon * oracle_rate(TWO),
        plan(two_arms, horizon)[0, 0].max(),
        *(expected_rewards(two_arms, policy, horizon).sum() for policy in policies),
    ]
    np.testing.assert_allclose(found, expected, atol=5.1e-5)


@pytest.mark.parametrize("row", KNOWN_ARM)
def test_one_known_and_one_unknown_arm(row):
    chance, *expected = row
    arms = (chance, (1, 1))
    machine = bernoulli_machine(arms, 20)
    found = [
        20 * oracle_rate(arms),
        plan(machine)[0, 0].max(),
        expected_rewards(machine, greedy(machine)).sum(),
        expected_rewards(machine, thompson(machine, arms)).sum(),
    ]
    np.testing.assert_allclose(found, expected, atol=5.1e-5)


def test_ties_decide_what_greed_earns(two_arms):
    # A known even coin and a fresh one tie at the start: the first taken, nothing is ever learnt.
    even = bernoulli_machine((0.5, (1, 1)), 20)
    assert expected_rewards(even, greedy(even, "first")).sum() == pytest.approx(10)
    other = bernoulli_machine(((1, 1), 0.5), 20)
    assert expected_rewards(other, greedy(other, "first")).sum() > 11.67
    assert expected_rewards(two_arms, greedy(two_arms, "first"), 20).sum() == pytest.approx(
        12.33109, abs=1e-5
    )


def best_history(arms, left, counts):
    """Return the optimal value by recursion over every history, in fractions."""
    if left == 0:
        return Fraction(0)
    values = []
    for k, (a, b) in enumerate(arms):
        won, lost = counts[2 * k], counts[2 * k + 1]
        p = Fraction(a + won, a + b + won + lost)
        after = []
        for column in (2 * k, 2 * k + 1):
            seen = list(counts)
            seen[column] += 1
            after.append(best_history(arms, left - 1, seen))
        values.append(p * (1 + after[0]) + (1 - p) * after[1])
    return max(values)


@pytest.mark.parametrize("arms", [((1, 2), (3, 1)), ((1, 1), (1, 2), (2, 2))])
def test_the_optimum_is_that_of_all_histories(arms):
    horizon = 5
    machine = bernoulli_machine(arms, horizon)
    expected = float(best_history(arms, horizon, [0] * (2 * len(arms))))
    assert plan(machine)[0, 0].max() == pytest.approx(expected, abs=1e-12)


def test_a_machine_has_a_state_for_every_count(two_arms):
    assert two_arms.statistics.shape == (math.comb(33, 4), 4)
    assert two_arms.reached.tolist() == [math.comb(t + 4, 4) for t in range(30)]
    assert len(bernoulli_machine(((1, 1), (1, 1), (1, 1)), 6).statistics) == math.comb(11, 6)
    assert len(bernoulli_machine((0.6, (1, 1)), 20).statistics) == 20 * 21 // 2
    np.testing.assert_allclose(two_arms.probability.sum(axis=-1), 1.0)
    some = np.arange(0, len(two_arms.statistics), 7)
    assert (locate(two_arms, two_arms.statistics[some]) == some).all()


def test_the_optimal_policy_earns_its_value(two_arms):
    values = plan(two_arms, 20)
    earned = expected_rewards(two_arms, best_actions(values), 20)
    assert earned.sum() == pytest.approx(values[0, 0].max(), abs=1e-10)
    assert earned[0] == pytest.approx(0.5)
    assert earned[-1] < 2 / 3


@pytest.mark.parametrize("discount", [0.5, 0.9])
def test_a_discounted_plan_is_worth_its_discounted_rewards(two_arms, discount):
    values = plan(two_arms, 12, discount)
    earned = expected_rewards(two_arms, best_actions(values), 12) @ discount ** np.arange(12)
    assert earned == pytest.approx(values[0, 0].max(), abs=1e-10)


def test_mirrored_arms_need_no_exploring():
    machine = mirrored_machine((1, 1), 20)
    assert len(machine.statistics) == 20 * 21 // 2
    optimal = plan(machine)[0, 0].max()
    assert expected_rewards(machine, greedy(machine)).sum() == pytest.approx(optimal, abs=1e-10)
    assert mirrored_oracle_rate((1, 1)) == pytest.approx(0.75)
    # After n pulls the majority is followed: E max(mean, 1 - mean), counts being uniform.
    by_hand = sum(
        sum(max(s + 1, n - s + 1) / (n + 2) for s in range(n + 1)) / (n + 1) for n in range(20)
    )
    assert optimal == pytest.approx(by_hand, abs=1e-10)
    policy = mirrored_thompson(machine, (1, 1))
    np.testing.assert_allclose(policy.sum(axis=1), 1.0)
    assert 10 < expected_rewards(machine, policy).sum() < optimal


def test_policies_are_distributions(two_arms):
    for policy in (greedy(two_arms), thompson(two_arms, TWO), ucb1(two_arms)):
        np.testing.assert_allclose(policy.sum(axis=1), 1.0, atol=1e-10)
        assert policy.min() >= -1e-12


def test_what_cannot_be_used_is_refused(two_arms):
    for arms in ([], [1.2], [(1, 0)]):
        with pytest.raises(ConfigError):
            bernoulli_machine(arms, 5)
    with pytest.raises(ConfigError, match="horizon"):
        bernoulli_machine(TWO, 0)
    with pytest.raises(ConfigError, match="horizon of 31"):
        plan(two_arms, 31)
    with pytest.raises(ConfigError, match="ties"):
        greedy(two_arms, "last")
    with pytest.raises(ConfigError, match="pulls"):
        ucb1(mirrored_machine((1, 1), 3))
    with pytest.raises(ConfigError, match="whole numbers"):
        thompson(bernoulli_machine(((0.5, 0.5), 0.6), 3), ((0.5, 0.5), 0.6))
    with pytest.raises(DataError, match="no state"):
        locate(two_arms, np.array([[31, 0, 0, 0]]))
