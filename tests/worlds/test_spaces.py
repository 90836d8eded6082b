"""Spaces of actions, and worlds whose numbers are chosen among a few values."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.testing.worlds import check_world
from ontogeny.worlds.discretised import discretised, single_in_flat
from ontogeny.worlds.macro_actions import macro_actions
from ontogeny.worlds.spaces import Box, Discrete, Factored, random_action
from ontogeny.worlds.world import Step, World


def reaching(limit=5):
    """Return a world whose reward is how near an action comes to (0.5, -2), and whose observation
    is the last one.
    """
    aim = jnp.array([0.5, -2.0])

    def step(key, state, action):
        reward = -jnp.sum((action - aim) ** 2)
        cut = state + 1 >= limit
        return state + 1, Step(action, reward, jnp.array(False), cut)

    box = Box((0.0, -2.0), (1.0, 2.0))
    return World(
        "reaching",
        (2,),
        2,
        lambda key: (jnp.int32(0), jnp.zeros(2)),
        step,
        time_limit=limit,
        actions=box,
    )


@pytest.mark.parametrize(
    "space", [Discrete(3), Factored((2, 4)), Box((-1.0, 0.0), (1.0, 5.0))], ids=repr
)
def test_random_actions_fill_their_space(space):
    drawn = np.asarray(
        jax.jit(jax.vmap(lambda key: random_action(space, key)))(
            jax.random.split(jax.random.key(0), 200)
        )
    )
    if isinstance(space, Box):
        low, high = np.array(space.low), np.array(space.high)
        assert (drawn >= low).all()
        assert (drawn < high).all()
        np.testing.assert_allclose(drawn.mean(0), (low + high) / 2, atol=0.5)
    else:
        sizes = getattr(space, "sizes", (getattr(space, "n", 0),))
        for part, size in zip(drawn.reshape(200, -1).T, sizes, strict=True):
            assert set(part) == set(range(size))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Discrete(0), "0 actions"),
        (lambda: Factored(()), r"parts of sizes \(\)"),
        (lambda: Factored((2, 0)), r"\(2, 0\)"),
        (lambda: Box((0.0,), (0.0,)), "low below its high"),
        (lambda: Box((0.0,), (1.0, 2.0)), "as many lows as highs"),
        (lambda: Box((0.0,), (np.inf,)), "finite"),
        (lambda: discretised(reaching(), values=1), "1 values of 2 numbers"),
        (lambda: discretised(reaching(), values=2, choices="single"), "an odd number"),
        (lambda: discretised(discretised(reaching())), "are Factored"),
        (lambda: macro_actions(reaching(), 3), "sequences of 3 actions of reaching"),
    ],
)
def test_spaces_that_hold_nothing_are_refused(make, says):
    with pytest.raises(ConfigError, match=says):
        make()


def test_every_way_of_choosing_reaches_the_same_actions():
    check_world(reaching(), steps=8, environments=2)
    flat, single = discretised(reaching(), 3, "flat"), discretised(reaching(), 3, "single")
    factored = discretised(reaching(), 3, "factored")
    assert (flat.action_space, single.action_space) == (Discrete(9), Discrete(5))
    assert factored.action_space == Factored((3, 3))

    def seen(world, action):
        return world.step(jax.random.key(0), jnp.int32(0), action)[1].observation

    pairs = jnp.array([[a, b] for a in range(3) for b in range(3)])

    @jax.jit
    def both():
        return (
            jax.vmap(lambda a: seen(flat, a))(jnp.arange(9)),
            jax.vmap(lambda a: seen(factored, a))(pairs),
            jax.vmap(lambda a: seen(single, a))(jnp.arange(5)),
        )

    all_flat, all_factored, all_single = map(np.asarray, both())
    expected = [[a, b] for a in (0.0, 0.5, 1.0) for b in (-2.0, 0.0, 2.0)]
    np.testing.assert_allclose(all_flat, expected)
    np.testing.assert_array_equal(all_flat, all_factored)
    np.testing.assert_array_equal(all_flat[list(single_in_flat(2))], all_single)
    np.testing.assert_allclose(all_single[0], [0.5, 0.0])  # the first leaves all in the middle


def test_a_sequence_of_actions_earns_what_its_steps_do_and_stops_where_the_episode_ends():
    def step(key, done, action):
        return done + 1, Step(action[None] * 1.0, action * 1.0, jnp.array(False), done + 1 >= 5)

    begin = jnp.int32(0), jnp.zeros(1)
    one = World("paying", (1,), 3, lambda key: begin, step, time_limit=5)
    world = macro_actions(one, 3)
    assert (world.action_space, world.time_limit) == (Factored((3, 3, 3)), 2)
    key, walk = jax.random.key(0), jax.jit(world.step)
    half, came = walk(key, jnp.int32(0), jnp.array([2, 1, 0]))
    end, cut = walk(key, half, jnp.array([0, 1, 2]))
    assert (half, came.reward, came.observation, came.truncated) == (3, 3, 0, False)
    assert (end, cut.reward, cut.observation, cut.truncated) == (5, 1, 1, True)
