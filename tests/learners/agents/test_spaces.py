"""Agents act in continuous and factored spaces, in several tasks, and learn from clipped
rewards.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.learner import traced
from ontogeny.core.population import advance, spawn
from ontogeny.core.space import Log, Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.worlds.discretised import discretised
from ontogeny.worlds.multi_task import multi_task
from ontogeny.worlds.spaces import Box
from ontogeny.worlds.world import Step, World

SPACE = Space({"learning_rate": Log(1e-3, 1e-1, (0.01, 0.02))})


def reaching(name="reaching", aim=(0.5, -1.0), scale=1.0) -> World:
    """Return a world of single steps, which pay how near an action comes to its aim."""

    def step(key, state, action):
        reward = -scale * jnp.sum((action - jnp.array(aim)) ** 2)
        return state, Step(jnp.ones(1), reward, jnp.array(True), jnp.array(False))

    box = Box((-2.0, -2.0), (2.0, 2.0))
    begin = jnp.int32(0), jnp.ones(1)
    return World(name, (1,), 2, lambda key: begin, step, actions=box)


def agent(**fields):
    small = {
        "hidden": (8,),
        "environments": 16,
        "unroll": 4,
        "minibatches": 2,
        "entropy_cost": 1e-3,
    }
    return ActorCriticConfig(**{**small, **fields})


@pytest.mark.parametrize("choices", [None, "factored"])
def test_numbers_and_choices_of_several_parts_are_learned(choices):
    world = reaching() if choices is None else discretised(reaching(), 5, choices)
    learner = traced(actor_critic(world, agent()))

    @jax.jit
    def scores():
        def lived(population, _):
            population, _ = advance(learner, 0, 1, population)
            return population, population.score

        return jax.lax.scan(lived, spawn(learner, SPACE, 0, 2), length=100)[1]

    found = np.asarray(scores())
    assert (found[0] < -1.5).all()
    assert (found[-1] > -0.8).all()


def test_tasks_are_told_apart_and_scored_each():
    tasks = multi_task([reaching("left", (-1.0, -1.0), 5.0), reaching("right", (1.0, 1.0))])
    learner = traced(actor_critic(tasks, agent(clip_rewards="optimistic")))
    population, metrics = jax.jit(lambda: advance(learner, 0, 2, spawn(learner, SPACE, 0, 2)))()
    left, right = metrics["episode_return/left"], metrics["episode_return/right"]
    np.testing.assert_allclose(metrics["episode_return"], (left + right) / 2, rtol=1e-5)
    assert (np.asarray(left[-1]) < np.asarray(right[-1])).all()  # five times as dear, unclipped
    finished = np.asarray(population.state.episodes.finished)
    assert (finished > 0).all()
    np.testing.assert_array_equal(finished.sum(-1), 2 * 16 * 4)
