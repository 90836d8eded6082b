from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.bandits import greedy
from ontogeny.ops.bayes.hypotheses import (
    Hypotheses,
    evidence_of,
    hypotheses_machine,
    informed_values,
    oracle_value,
    posterior,
    posterior_sampling,
)
from ontogeny.ops.bayes.machines import expected_rewards, plan


def random_hypotheses(seed=0, n_tasks=3, n_states=3, n_actions=2, n_outcomes=2):
    rng = np.random.default_rng(seed)
    return Hypotheses(
        rng.dirichlet(np.ones(n_tasks)),
        rng.dirichlet(np.ones(n_outcomes), (n_tasks, n_states, n_actions)),
        rng.normal(size=(n_states, n_actions, n_outcomes)),
        rng.integers(0, n_states, (n_states, n_actions, n_outcomes)),
        1,
    )


def all_histories(h, horizon):
    """Return the Bayes optimum by recursion over every history, posteriors as products."""

    @cache
    def value(state, weights, left):
        if left == 0:
            return 0.0
        totals = []
        for action in range(h.probability.shape[2]):
            total = 0.0
            for outcome in range(h.probability.shape[3]):
                after = np.array(weights) * h.probability[:, state, action, outcome]
                if after.sum() > 0:
                    later = value(h.successor[state, action, outcome], tuple(after), left - 1)
                    total += after.sum() * h.reward[state, action, outcome] + later
            totals.append(total)
        return max(totals)

    return value(h.start, tuple(h.prior), horizon)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_optimum_is_that_of_all_histories(seed):
    h = random_hypotheses(seed)
    machine = hypotheses_machine(h, 4)
    assert plan(machine)[0, 0].max() == pytest.approx(all_histories(h, 4), abs=1e-10)


def test_evidence_that_rules_out_counts_once():
    """Three boxes, one with a prize, which stays: what is known is the set of boxes opened."""
    opened = np.eye(3)[:, None]
    h = Hypotheses(
        np.full(3, 1 / 3),
        np.stack([opened, 1 - opened], axis=-1),
        np.broadcast_to([1.0, 0.0], (1, 3, 2)),
        np.zeros((1, 3, 2), int),
    )
    evidence = evidence_of(h)
    assert evidence.once.all()
    machine = hypotheses_machine(h, 6)
    # Nothing; one or two boxes seen empty (6); the prize, after any set of others (3 × 4).
    assert len(machine.statistics) == 1 + 6 + 3 * 4
    # Open in turn until the prize is found, and stay: it comes at 1, 2 or, being certain, 3.
    assert plan(machine)[0, 0].max() == pytest.approx((6 + 5 + 4) / 3)
    assert oracle_value(h, 6) == pytest.approx(6)
    both = np.array([[0, *(evidence.log_likelihood == [-np.inf, 0, 0]).all(axis=1).astype(int)]])
    np.testing.assert_allclose(posterior(h, evidence, both), [[0, 0.5, 0.5]])


def test_proportional_likelihoods_are_one_kind():
    """Arms with chances theta and 1 - theta: a success of one is a failure of the other."""
    theta = np.array([0.2, 0.7])
    p = np.stack([np.stack([theta, 1 - theta], -1), np.stack([1 - theta, theta], -1)], axis=1)
    pays = np.broadcast_to([1.0, 0.0], (1, 2, 2))
    h = Hypotheses(np.array([0.5, 0.5]), p[:, None], pays, np.zeros((1, 2, 2), int))
    kind = evidence_of(h).kind
    assert kind[0, 0, 0] == kind[0, 1, 1]
    assert kind[0, 0, 1] == kind[0, 1, 0]
    assert len(hypotheses_machine(h, 5).statistics) == 15


def test_what_all_expect_alike_is_no_evidence():
    h = random_hypotheses()
    alike = h._replace(probability=np.broadcast_to(h.probability[:1], h.probability.shape))
    assert (evidence_of(alike).kind == -1).all()
    assert len(hypotheses_machine(alike, 6).statistics) <= 3
    assert plan(hypotheses_machine(alike, 6))[0, 0].max() == pytest.approx(oracle_value(alike, 6))


def test_the_oracle_knows_and_the_rest_do_not():
    h = random_hypotheses(5)
    machine = hypotheses_machine(h, 6)
    optimal = plan(machine)[0, 0].max()
    sampled = posterior_sampling(h, machine)
    np.testing.assert_allclose(sampled[:, : machine.reached[-1]].sum(axis=-1), 1.0)
    for policy in (sampled, greedy(machine)):
        assert expected_rewards(machine, policy).sum() <= optimal + 1e-12
    assert optimal <= oracle_value(h, 6)


def test_one_who_knows_plans_each_hypothesis():
    h = random_hypotheses(4)
    values = informed_values(h, 3)
    for task in range(3):
        alone = h._replace(prior=np.eye(3)[task])
        fixed = max(_open_loop(alone, actions) for actions in itertools.product(range(2), repeat=3))
        assert values[0, task, h.start].max() >= fixed - 1e-12
        last = np.sum(h.probability[task, 0] * h.reward[0], axis=-1)
        assert values[-1, task, 0] == pytest.approx(last)


def _open_loop(h, actions):
    """Return what a fixed list of actions earns under the one hypothesis that is possible."""
    p = np.einsum("h,hsao->sao", h.prior, h.probability)
    where, earned = np.eye(p.shape[0])[h.start], 0.0
    for action in actions:
        flow = where[:, None] * p[:, action]
        earned += np.sum(flow * h.reward[:, action])
        where = np.bincount(h.successor[:, action].ravel(), flow.ravel(), minlength=p.shape[0])
    return earned


def test_probabilities_must_sum_to_one():
    h = random_hypotheses()
    with pytest.raises(ConfigError, match="sums to"):
        hypotheses_machine(h._replace(prior=h.prior * 2), 3)
    with pytest.raises(ConfigError, match="outcomes"):
        hypotheses_machine(h._replace(probability=h.probability * 0.5), 3)
