"""Several worlds as one: each episode is one of them, told by the observation's last channels."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.testing.worlds import check_world
from ontogeny.worlds.grids.errands import errands
from ontogeny.worlds.grids.rooms import SIZE, Place, four_rooms
from ontogeny.worlds.multi_task import Task, multi_task, optimistic
from ontogeny.worlds.world import Step, World


def counting(name, pace, limit):
    """Return a world that counts in steps of `pace` and pays what it has counted."""

    def step(key, count, action):
        count = count + pace
        cut = count >= pace * limit
        return count, Step(jnp.float32(count)[None], jnp.float32(count), jnp.array(False), cut)

    begin = jnp.int32(0), jnp.zeros(1)
    return World(name, (1,), 2, lambda key: begin, step, time_limit=limit)


def test_each_episode_is_one_of_the_tasks_and_the_observation_says_which():
    both = multi_task([counting("ones", 1, 4), counting("tens", 10, 6)])
    assert both.tasks == ("ones", "tens")
    assert (both.observation_shape, both.time_limit) == ((3,), 4)
    at_any_step = counting("whenever", 1, 2)._replace(time_limit=None)
    assert multi_task([at_any_step, counting("ones", 1, 4)]).time_limit is None
    check_world(both, steps=14, environments=3)

    @jax.jit
    @jax.vmap
    def play(key):
        state, first = both.reset(key)

        def one(state, _):
            return both.step(key, state, jnp.int32(0))

        return first, jax.lax.scan(one, state, None, 4)[1]

    first, came = play(jax.random.split(jax.random.key(0), 64))
    which = np.argmax(first[:, 1:], axis=1)
    assert 16 < which.sum() < 48
    np.testing.assert_array_equal(came.reward, np.where(which, 10, 1)[:, None] * np.arange(1, 5))
    np.testing.assert_array_equal(
        came.observation[:, :, 1:], np.eye(2)[which][:, None].repeat(4, 1)
    )
    np.testing.assert_array_equal(came.truncated[:, 3], which == 0)


def test_tasks_of_images_are_told_by_planes_and_drawn():
    one = four_rooms()
    both = multi_task([one, one._replace(name="again")])
    assert both.observation_shape == (11, 11, 5)
    state, seen = jax.jit(both.reset)(jax.random.key(0))
    np.testing.assert_array_equal(seen[..., 3:].sum(-1), 1.0)
    assert both.render is not None
    assert jax.jit(both.render)(state).dtype == jnp.uint8


@pytest.mark.parametrize(
    ("worlds", "says"),
    [
        ([], r"the tasks are \(\)"),
        ([four_rooms(), four_rooms()], "each once"),
        ([four_rooms("small"), four_rooms("big")], "worlds of one shape and one space"),
        ([four_rooms(), counting("x", 1, 2)], "observation_shape"),
    ],
)
def test_tasks_that_do_not_go_together_are_refused(worlds, says):
    with pytest.raises(ConfigError, match=says):
        multi_task(worlds)


def test_the_asymmetric_clipping_by_hand():
    np.testing.assert_allclose(
        optimistic(jnp.array([-50.0, 0.0, 50.0, 0.1])),
        [-0.3, 0, 5, 5 * np.tanh(0.1)],
        rtol=1e-6,
    )


def test_an_errand_ends_at_its_own_goal_with_what_that_is_worth():
    world = errands(worths=(3, 1, 1))
    place = Place(jnp.int32(1), jnp.int32(SIZE - 3), jnp.int32(0))

    @jax.jit
    @jax.vmap
    def right(which):
        return world.step(jax.random.key(0), Task(which, (place,) * 3), jnp.int32(1))[1]

    came = right(jnp.arange(3))
    assert came.reward.tolist() == [3, 0, 0]
    assert came.terminated.tolist() == [True, False, False]
    here = np.arange(SIZE * SIZE) == 2 * SIZE - 2
    np.testing.assert_array_equal(came.observation, np.column_stack([[here] * 3, np.eye(3)]))
