"""Rooms and random grids: what a move does, by hand and by frequencies."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.testing.worlds import check_world
from ontogeny.worlds.grids.hidden_goal import Search, hidden_goal
from ontogeny.worlds.grids.locked_room import Room, locked_room
from ontogeny.worlds.grids.random_grids import Grid, Walk, grid_world, moves, random_grid
from ontogeny.worlds.grids.rooms import (
    BIG,
    GOAL,
    LIMIT,
    SMALL_IN_BIG,
    SMALL_IN_VAST,
    VAST,
    Place,
    four_rooms,
    walls,
)
from ontogeny.worlds.spaces import Factored


def test_small_and_big_actions_of_the_rooms():
    check_world(four_rooms("big"), steps=LIMIT + 5, environments=2)
    small, big = four_rooms("small"), four_rooms("big")
    assert (small.n_actions, big.n_actions) == (4, 48)

    @jax.jit
    def all_from(row, column, steps):
        place = Place(row, column, steps)

        def go(world, action):
            after, came = world.step(jax.random.key(0), place, action)
            return jnp.stack([after.row, after.column]), came.reward, came.terminated

        return (
            jax.vmap(lambda a: go(small, a))(jnp.arange(4)),
            jax.vmap(lambda a: go(big, a))(jnp.arange(48)),
        )

    (unit, _, _), (far, _, _) = all_from(1, 1, 0)
    np.testing.assert_array_equal(unit, [[1, 1], [1, 2], [2, 1], [1, 1]])  # walls up and left
    np.testing.assert_array_equal(np.array(far)[list(SMALL_IN_BIG)], unit)
    direction, _, flag = BIG.T
    right = np.array(far)[(direction == 1) & (flag == 0)]
    np.testing.assert_array_equal(right, [[1, 2], [1, 3], [1, 4]])
    assert (np.array(far)[flag >= 2] == [1, 1]).all()
    (_, _, _), (far, _, _) = all_from(1, 3, 0)  # the wall is two cells on: faster is blocked
    right = np.array(far)[(direction == 1) & (flag == 1)]
    np.testing.assert_array_equal(right, [[1, 4], [1, 3], [1, 3]])
    (unit, reward, over), _ = all_from(GOAL[0] - 1, GOAL[1], LIMIT - 1)
    assert reward[2] == 1
    assert over[2]
    assert not over[0]
    assert not walls()[GOAL]


def test_a_vast_action_is_a_direction_a_speed_and_a_flag_of_which_half_cancel():
    world, place = four_rooms("vast"), Place(jnp.int32(1), jnp.int32(1), jnp.int32(0))
    assert world.action_space == Factored(VAST)
    actions = jnp.array([*SMALL_IN_VAST, (1, 2, 31), (1, 2, 32)])
    go = jax.jit(jax.vmap(lambda action: world.step(jax.random.key(0), place, action)))
    after, _ = go(actions)
    assert list(zip(after.row.tolist(), after.column.tolist(), strict=True)) == [
        *[(1, 1), (1, 2), (2, 1), (1, 1)],
        (1, 4),
        (1, 1),
    ]


def test_every_cell_of_the_rooms_is_reached():
    wall, seen = walls(), {(1, 1)}
    edge = list(seen)
    while edge:
        row, column = edge.pop()
        for step in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            there = row + step[0], column + step[1]
            if not wall[there] and there not in seen:
                seen.add(there)
                edge.append(there)
    assert len(seen) == (~wall).sum()


def test_moves_on_a_grid_slip_and_lives_end_as_they_say():
    wall = jnp.zeros((5, 5), bool).at[1, 2].set(True)
    grid = Grid(wall, jnp.zeros((5, 5)).at[2, 3].set(10.0))
    np.testing.assert_array_equal(moves(grid, jnp.array([2, 2])), [[2, 2], [2, 3], [3, 2], [2, 1]])
    np.testing.assert_array_equal(moves(grid, jnp.array([0, 4])), [[0, 4], [0, 4], [1, 4], [0, 3]])
    world = grid_world(grid)

    @jax.jit
    def many(keys):
        def one(key):
            after, came = world.step(key, Walk(grid, jnp.array([2, 2])), jnp.int32(2))
            return after.place, came.reward, came.terminated

        return jax.vmap(one)(keys)

    place, reward, over = map(np.asarray, many(jax.random.split(jax.random.key(0), 4000)))
    down, right = (place == [3, 2]).all(1), (place == [2, 3]).all(1)
    np.testing.assert_allclose(down.mean(), 0.9 + 0.1 / 4, atol=0.015)
    np.testing.assert_allclose(right.mean(), 0.1 / 4, atol=0.01)
    assert (reward[right] == 10).all()
    assert over[right].all()
    np.testing.assert_allclose(over[~right].mean(), 0.01, atol=0.006)


def test_grids_differ_by_their_key_and_hold_what_was_asked_for():
    made = jax.jit(jax.vmap(random_grid))(jax.random.split(jax.random.key(0), 50))
    np.testing.assert_allclose(np.mean(made.wall), 0.1, atol=0.01)
    np.testing.assert_allclose(np.mean(made.reward == 10), 0.02, atol=0.005)
    np.testing.assert_allclose(np.mean(made.reward == -10), 0.02, atol=0.005)
    assert not np.any(np.asarray(made.wall) & (np.asarray(made.reward) != 0))
    assert not np.any(made.wall[:, 10, 10])
    with pytest.raises(ConfigError, match="sum to 1 or less"):
        random_grid(jax.random.key(0), wall=0.9, good=0.2)


def test_a_window_shows_what_is_around_the_walker():
    world = grid_world(size=7, window=2)
    check_world(world, steps=20, environments=2)

    @jax.jit
    def both(key):
        grid = random_grid(jax.random.key(3), 7)
        walk = Walk(grid, jnp.array([0, 5]))
        return [
            one.step(key, walk, jnp.int32(0))[1].observation for one in (world, grid_world(grid))
        ]

    seen, whole = both(jax.random.key(0))
    row, column = (int(x[0]) for x in np.nonzero(whole[..., 2]))
    padded = np.pad(np.asarray(whole), ((2, 2), (2, 2), (0, 0)))
    padded[:2, :, 0] = padded[-2:, :, 0] = padded[:, :2, 0] = padded[:, -2:, 0] = 1
    np.testing.assert_allclose(seen, padded[row : row + 5, column : column + 5])
    with pytest.raises(ConfigError, match="a window of 0"):
        grid_world(window=0)


def test_a_locked_room_is_left_with_the_key_alone():
    world = locked_room(4, limit=12)
    check_world(world, steps=14, environments=2)
    things = [jnp.array(place) for place in ((2, 0), (1, 0), (1, 1), (3, 3))]
    room = Room(*things, jnp.array(False), jnp.int32(0))

    @jax.jit
    def walk(ways):
        def go(room, way):
            room, came = world.step(jax.random.key(0), room, way)
            return room, (room.walker, room.held, came)

        return jax.lax.scan(go, room, ways)[1]

    up, right, down, left = range(4)
    ways = [right, down, right, up, up, right, right, down, down, right, right, right]
    places, held, came = walk(jnp.array(ways))  # twice against the wall, then by the key
    expected = [
        (2, 0),
        (3, 0),
        (3, 0),
        (2, 0),
        (1, 0),
        (1, 1),
        (1, 2),
        (2, 2),
        (3, 2),
        *[(3, 3)] * 3,
    ]
    assert places.tolist() == [list(place) for place in expected]
    assert held.tolist() == [False] * 4 + [True] * 8
    np.testing.assert_allclose(came.reward[9], 1 - 0.9 * 10 / 12)
    assert came.terminated.tolist() == [False] * 9 + [True] * 3
    # by the key at (1, 0): only the border is in the way; how far key, door and goal are
    np.testing.assert_allclose(came.observation[4], [0, 0, 0, 1, 1, 0, 0, 0, 0.25, 0.5, 0.75])
    _, _, idle = walk(jnp.full(12, left))
    assert idle.truncated.tolist() == [False] * 11 + [True]
    with pytest.raises(ConfigError, match="a room of 2 cells"):
        locked_room(2)


def test_a_hidden_goal_is_seen_from_near_and_stays_when_it_is_found():
    check_world(hidden_goal(3, limit=10), steps=12, environments=2)
    world = hidden_goal(4)
    far, near = (Search(*map(jnp.array, ([0, x], [0, 3], 0.0, 0))) for x in (1, 2))

    @jax.jit
    def right(search):
        after, came = world.step(jax.random.key(0), search, jnp.int32(1))
        return after.goal, came.reward, came.observation

    goal, reward, seen = right(far)
    assert float(reward) == 0
    assert seen.tolist() == [
        1,
        0,
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        1,
        1,
        0,
    ]  # row, column, offset, near, earned
    goal, reward, seen = right(near)
    assert float(reward) == float(seen[-1]) == 1
    assert goal.tolist() == [0, 3]
    with pytest.raises(ConfigError, match="a sight of -1"):
        hidden_goal(sight=-1)
