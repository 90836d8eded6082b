"""The rules by which the claims about several teachers hold, on made-up lines; and populations side
by side."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.kickstarting import experts, transfer, weights
from ontogeny.claims.kickstarting.students import Experts, Grown, apart, best_slots
from ontogeny.claims.measuring import Measuring
from ontogeny.core.population import Move, Population
from ontogeny.evolution.strategy import Strategy

HOW, COST = Measuring(), "made up"
ROUNDS, SEEDS = 8, 4


def rising(end, rounds=ROUNDS):
    """Return scores that rise evenly to `end`: [round, seed]."""
    return np.linspace(0, end, rounds)[:, None] + np.zeros(SEEDS)


def line(small, large, good=1.0, bad=1.0):
    """Return lines whose returns end so high, and whose factors go from 1 to these."""

    def going(end):
        return end ** (np.linspace(0, 1, ROUNDS)[:, None] + np.zeros(SEEDS))

    hypers = {"whole": going(0.5), "task0": going(good), "task1": going(bad)}
    return Grown({"small": rising(small), "large": rising(large)}, hypers)


def said(kicked, scratch, expert=0.0):
    taught = Experts([], [0.9, expert], 100.0)
    found = {transfer.TAUGHT: kicked, transfer.ALONE: scratch}
    return [claim.holds for claim in transfer.claims_of(found, taught, COST, HOW)]


def test_transfer_is_a_task_learned_that_its_expert_and_scratch_do_not():
    scratch = line(0.6, 0.1)
    assert said(line(0.9, 0.6, bad=0.01), scratch) == [True, True, True]
    assert said(line(0.9, 0.3, good=0.01), scratch) == [False, False, False]
    assert not said(line(0.9, 0.6), line(0.6, 0.5))[0]  # learned from scratch too
    assert not said(line(0.9, 0.6), scratch, expert=0.5)[0]  # by its expert too
    drifts = line(0.6, 0.1, bad=0.001)  # where nobody is taught they part as much
    assert said(line(0.9, 0.6, bad=0.01), drifts) == [True, False, True]


def test_experts_save_frames_and_earn_more_than_scratch_and_imitation():
    def claims(*ends):
        names = experts.TAUGHT, experts.ALONE, experts.IMITATES
        found = {name: {"a": rising(end)} for name, end in zip(names, ends, strict=True)}
        return experts.claims_of(found, Experts([()], [0.5], 300.0), 100.0, COST, HOW)

    better = claims(1.4, 0.72, 0.6)
    assert [claim.holds for claim in better] == [True, True, True]
    # 0.5 is reached in the fourth round of eight, and in the sixth
    assert "from scratch 600 [600, 600]: 1.5 times" in better[0].measured
    assert "chosen from, by -400 [-400, -400]" in better[0].measured
    assert [claim.holds for claim in claims(0.4, 0.7, 0.6)] == [False, False, False]


def test_weights_are_equal_where_the_difference_is_small_for_certain():
    def holds(*ends):
        arms = weights.ONE, weights.EACH
        found = {arm: Grown({"a": rising(end)}, {}) for arm, end in zip(arms, ends, strict=True)}
        return weights.claim_of(found, COST, HOW).holds

    assert holds(0.8, 0.83)
    assert holds(0.83, 0.8)
    assert not holds(0.8, 0.9)
    assert not holds(0.9, 0.8)


def test_populations_side_by_side_know_nothing_of_each_other():
    def copy_best(key, state, population, ready):
        assert population.size == 3
        assert list(population.hypers) == ["whole"]  # and not what the arm is
        parents = jnp.full(3, population.score.argmax())
        return state, Move(parents, ready, {"whole": population.hypers["whole"][parents]})

    score = jnp.array([1.0, 9.0, 2.0, 0.0, 3.0, 5.0])
    hypers = {"whole": jnp.arange(6.0), "taught": jnp.array([1.0, 1, 1, 0, 0, 0])}
    steps = jnp.zeros(6, int)
    population = Population((), hypers, score, steps, steps)
    side = apart(Strategy(lambda key, population: (), copy_best), 2)
    key = jax.random.key(0)
    _, move = side.move(key, side.init(key, population), population, score >= 0)
    assert move.parent.tolist() == [1, 1, 1, 5, 5, 5]
    assert move.hypers["whole"].tolist() == [1, 1, 1, 5, 5, 5]
    assert move.hypers["taught"].tolist() == [1, 1, 1, 0, 0, 0]

    parent = np.array([[0, 1, 2, 3], [1, 1, 3, 3], [0, 0, 2, 2]])
    last = np.array([[0, 0, 0, 0], [0, 0, 0, 0], [1, 2, 4, 3]])
    assert best_slots(parent, last, 2).tolist() == [[1, 3], [0, 2], [1, 2]]
