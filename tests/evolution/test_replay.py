"""Replay: everybody lives a given schedule, round by round."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from descent import LEARNER, SPACE, scored
from ontogeny.core.errors import ConfigError
from ontogeny.evolution.evolve import evolve
from ontogeny.evolution.replay import first_of, replay

SCHEDULE = {"rate": jnp.array([0.1, 0.2, 0.05]), "momentum": jnp.array([0.0, 0.5, 0.9])}


def test_a_growth_lives_the_schedule_and_then_stays_at_its_end():
    grow = jax.jit(lambda s: evolve(LEARNER, SPACE, replay(s), 0, 2, 5, 2, first_of(s, 2)))
    population, rounds = grow(SCHEDULE)
    expected = np.float32([0.1, 0.2, 0.05, 0.05, 0.05])
    assert np.array_equal(rounds.hypers["rate"], np.stack([expected, expected], axis=1))
    assert np.array_equal(rounds.hypers["momentum"][:, 1], np.float32([0, 0.5, 0.9, 0.9, 0.9]))
    assert np.all(rounds.move.parent == np.arange(2))
    assert np.all(population.age == 10)


def test_a_slot_that_is_not_ready_keeps_its_place_in_the_schedule():
    strategy, population = replay(SCHEDULE), scored([1.0, 2.0])
    memory = strategy.init(jax.random.key(0), population)
    memory, move = strategy.move(jax.random.key(0), memory, population, jnp.array([True, False]))
    assert np.array_equal(memory, [1, 0])
    assert move.hypers["rate"][0] == np.float32(0.2)
    assert move.hypers["rate"][1] == population.hypers["rate"][1]


def test_the_dead_begin_anew_at_the_same_place():
    strategy, population = replay(SCHEDULE), scored([1.0, -np.inf])
    memory = strategy.init(jax.random.key(0), population)
    memory, move = strategy.move(jax.random.key(0), memory, population, jnp.ones(2, bool))
    assert np.array_equal(move.inherit, [True, False])
    assert np.array_equal(memory, [1, 1])


@pytest.mark.parametrize(
    "schedule", [{"a": jnp.zeros(0)}, {"a": jnp.zeros(3), "b": jnp.zeros(2)}, {"a": jnp.zeros(())}]
)
def test_a_schedule_that_makes_no_sense_is_refused(schedule):
    with pytest.raises(ConfigError, match="rounds"):
        replay(schedule)
