"""Random search: nobody moves but the dead."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from descent import SPACE, scored
from ontogeny.evolution.random_search import random_search


def decide(population, ready=None):
    strategy, key = random_search(SPACE), jax.random.key(0)
    ready = jnp.ones(population.size, bool) if ready is None else ready
    memory = strategy.init(key, population)
    return strategy.move(key, memory, population, ready)[1]


@pytest.mark.parametrize("scores", [[1.0], [1.0, 2.0], [0.0, 5.0, 5.0]])
def test_the_living_keep_their_state_and_their_hypers(scores):
    population = scored(scores)
    move = decide(population)
    assert np.array_equal(move.parent, np.arange(len(scores)))
    assert np.all(move.inherit)
    assert np.array_equal(move.hypers["rate"], population.hypers["rate"])


def test_the_dead_begin_anew_with_a_fresh_draw_of_their_own():
    population = scored([1.0, -np.inf, -np.inf, 2.0])
    move = decide(population)
    assert np.array_equal(move.parent, np.arange(4))
    assert np.array_equal(move.inherit, [True, False, False, True])
    assert np.array_equal(
        move.hypers["rate"] == population.hypers["rate"], [True, False, False, True]
    )
    assert np.all((move.hypers["rate"][1:3] >= 0.01) & (move.hypers["rate"][1:3] <= 0.1))
    assert move.hypers["rate"][1] != move.hypers["rate"][2]


def test_the_dead_who_are_not_ready_wait():
    move = decide(scored([1.0, -np.inf]), jnp.array([True, False]))
    assert np.all(move.inherit)
