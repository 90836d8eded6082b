"""What a time limit cuts off is kept, whatever the world says of its limit."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.learners.agents.rollout import Decision, rollout
from ontogeny.ops.returns import following_values
from ontogeny.worlds.world import Step, World


def test_a_world_that_names_no_limit_is_given_room_for_every_cut():
    """An episode counts from 0 and is cut after two steps; the value of a state is 100 times it."""

    def reset(key):
        return jnp.int32(0), jnp.zeros(1)

    def step(key, state, action):
        after = state + 1
        seen = after[None].astype(jnp.float32)
        return after, Step(seen, jnp.float32(1), jnp.bool_(False), after == 2)

    def policy(key, observation, memory):
        return Decision(jnp.int32(0), jnp.float32(0), 100 * observation[0]), memory

    world = World("counting", (1,), 2, reset, step)
    begin = jnp.int32(0), jnp.zeros(1)

    @jax.jit
    def values(key):
        _, last, _, trajectory = rollout(world, policy, 5, key, *begin, (), ())
        cut = 100 * trajectory.cut[:, 0]
        return following_values(trajectory.decision.value, 100 * last[0], cut, trajectory.truncated)

    np.testing.assert_array_equal(values(jax.random.key(0)), [100, 200, 100, 200, 100])
