"""Actors that are behind: whose parameters act, and what V-trace's correction is beside none."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.worlds.grids.random_grids import grid_world

WORLD = grid_world(size=3)._replace(render=None)
STEPS = 4


@cache
def lived(loss, lag):
    """Return the value's bias before each step, what stands by to act, and the network after."""
    config = ActorCriticConfig(
        loss=loss, lag=lag, hidden=(4,), environments=4, unroll=3, epochs=1, minibatches=1
    )
    learner = actor_critic(WORLD, config)

    @jax.jit
    def some(key):
        first = learner.init(key, {"learning_rate": jnp.float32(0.1)})

        def step(state, key):
            after, _ = learner.step(key, state, {"learning_rate": jnp.float32(0.1)})
            return after, (state.network.value.bias, state.behind, after.network)

        return jax.lax.scan(step, first, jax.random.split(key, STEPS))[1]

    return jax.device_get(some(jax.random.key(0)))


def test_the_acting_parameters_are_those_of_so_many_steps_ago():
    values, behind, _ = lived("vtrace", 2)
    acting = behind.value.bias[:, 0]  # [step, 1]
    np.testing.assert_array_equal(acting[2:], values[:-2])
    np.testing.assert_array_equal(acting[:2], values[[0, 0]])  # before, the first stand by


def test_the_correction_matters_only_where_actors_are_behind():
    """At the first step those who act are the learner, and only later the learner of before."""
    corrected, plain = (jax.tree.leaves(lived(loss, 2)[2]) for loss in ("vtrace", "n-step"))
    apart = [np.abs(a - b).reshape(STEPS, -1).max(1) for a, b in zip(corrected, plain, strict=True)]
    first, *_, last = np.max(apart, axis=0)
    assert first < 1e-5
    assert last > 1e-3


def test_a_negative_lag_is_refused():
    with pytest.raises(ConfigError, match="lag"):
        ActorCriticConfig(lag=-1)
