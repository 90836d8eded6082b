"""Successive halving: who goes on at a rung, and who gives its slot to a newcomer."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from descent import SPACE, scored
from ontogeny.core.errors import ConfigError
from ontogeny.evolution.successive_halving import successive_halving
from ontogeny.testing import check_strategy

KEY = jax.random.key(0)
NINE = [0.0, 8.0, 1.0, 7.0, 2.0, 6.0, 3.0, 5.0, 4.0]


@functools.cache
def compiled(move):
    """Return the move as one program: op by op it takes longer."""
    return jax.jit(move)


def decide(strategy, score, memory=None, ready=None):
    population = scored(score)
    memory = strategy.init(KEY, population) if memory is None else memory
    ready = jnp.ones(population.size, bool) if ready is None else ready
    return compiled(strategy.move)(KEY, memory, population, ready)


def test_it_keeps_the_contract():
    check_strategy(successive_halving(SPACE), SPACE)


def test_of_nine_three_go_on_and_at_the_next_rung_one():
    strategy = successive_halving(SPACE, 3)
    memory, move = decide(strategy, NINE)
    assert np.array_equal(np.flatnonzero(move.inherit), [1, 3, 5])
    assert np.array_equal(move.parent, np.arange(9))
    assert np.array_equal(memory.lived, np.asarray(move.inherit))
    fresh = np.asarray(move.hypers["rate"]) != np.asarray(scored(NINE).hypers["rate"])
    assert np.array_equal(fresh, ~np.asarray(move.inherit))
    survivors = jnp.asarray(move.inherit)
    memory, move = decide(strategy, NINE, memory, survivors)  # two rounds: no rung
    assert np.all(move.inherit)
    memory, move = decide(strategy, NINE, memory, survivors)
    assert np.array_equal(np.flatnonzero(move.inherit), [0, 1, 2, 4, 6, 7, 8])
    assert np.array_equal(memory.lived, [0, 3, 0, 0, 0, 0, 0, 0, 0])


def test_one_at_a_time_is_judged_by_those_who_came_before():
    strategy, memory, stays = successive_halving(SPACE, 3), None, []
    for slot, score in enumerate([1.0, 2.0, 0.0, 1.5, 3.0, 2.5]):
        scores = jnp.zeros(6).at[slot].set(score)
        memory, move = decide(strategy, scores, memory, jnp.arange(6) == slot)
        assert np.all(np.delete(np.asarray(move.inherit), slot))
        stays.append(bool(move.inherit[slot]))
    # The best one of up to five that have come, and of six the best two.
    assert stays == [True, True, False, False, True, True]


def test_the_first_rung_can_lie_further_on():
    strategy = successive_halving(SPACE, 2, first=2)
    memory, move = decide(strategy, NINE)
    assert np.all(move.inherit)
    memory, move = decide(strategy, NINE, memory)
    assert np.sum(move.inherit) == 4


def test_the_dead_begin_anew_at_any_time():
    strategy = successive_halving(SPACE, 3)
    memory, _ = decide(strategy, [3.0, 2.0, 1.0])
    _, move = decide(strategy, [-np.inf, 2.0, 1.0], memory._replace(lived=jnp.array([1, 4, 4])))
    assert np.array_equal(move.inherit, [False, True, True])


def test_old_scores_make_room_and_are_forgotten():
    strategy = successive_halving(SPACE, 2)
    population = scored(jnp.arange(100.0))
    memory = strategy.init(KEY, population)
    for _ in range(2):  # everyone at the first rung, twice: 200 scores where 128 are kept
        memory = memory._replace(lived=jnp.zeros(100, jnp.int32))
        memory, _ = compiled(strategy.move)(KEY, memory, population, jnp.ones(100, bool))
    assert np.array_equal(memory.scores[0], np.append(np.arange(72.0, 100), np.arange(100.0)))


@pytest.mark.parametrize("options", [{"reduction": 1}, {"first": 0}])
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ConfigError, match="successive_halving"):
        successive_halving(SPACE, **options)
