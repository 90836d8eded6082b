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
from ontogeny.worlds.random_grids import grid_world

WORLD = grid_world(size=3)._replace(render=None)
STEPS = 4


@cache
def lived(loss, lag):
    """Return the network before and after each step, and what stands by to act."""
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
    def apart(lag):
        corrected, plain = lived("vtrace", lag)[2], lived("n-step", lag)[2]
        return max(
            float(np.abs(a[-1] - b[-1]).max())
            for a, b in zip(jax.tree.leaves(corrected), jax.tree.leaves(plain), strict=True)
        )

    assert apart(0) < 1e-5
    assert apart(2) > 1e-3


def test_a_negative_lag_is_refused():
    with pytest.raises(ConfigError, match="lag"):
        ActorCriticConfig(lag=-1)
