"""A new episode begins where one ends, and the most recent returns are remembered in order."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.worlds.episodes import autoreset, no_episodes, recent_length, recent_return, record
from ontogeny.worlds.world import Step, World


def counting(limit: int = 3) -> World:
    """A world that counts to its limit, and is truncated there; action 1 terminates at once."""

    def reset(key):
        return jnp.int32(0), jnp.zeros(1)

    def step(key, state, action):
        state = state + 1
        ended = action == 1
        return state, Step(
            state.astype(jnp.float32)[None], jnp.float32(1), ended, (state >= limit) & ~ended
        )

    return World("counting", (1,), 2, reset, step, time_limit=limit)


def test_the_step_shows_what_was_before_the_reset():
    step = jax.jit(autoreset(counting()))
    state, observation, came = step(jax.random.key(0), jnp.int32(2), jnp.int32(0))
    assert (int(state), float(observation[0])) == (0, 0.0)
    assert float(came.observation[0]) == 3.0
    assert bool(came.truncated)
    assert not bool(came.terminated)


def play(reward, done, window=3):
    program = jax.jit(lambda *came: record(no_episodes(np.shape(done)[1], window), *came))
    return program(np.asarray(reward, np.float32), np.asarray(done, bool))


def test_returns_enter_in_the_order_of_finishing():
    episodes = play([[1, 10], [2, 20], [3, 30]], [[0, 1], [1, 0], [0, 1]])
    assert int(episodes.finished) == 3
    np.testing.assert_array_equal(episodes.returns, [10, 3, 50])  # 10; 1 + 2; 20 + 30
    np.testing.assert_array_equal(episodes.lengths, [1, 2, 2])
    np.testing.assert_array_equal(episodes.total, [3, 0])
    assert float(recent_return(episodes)) == 21.0
    assert float(recent_length(episodes)) == pytest.approx(5 / 3)


def test_only_the_last_stay_when_more_finish_than_the_ring_holds():
    episodes = play([[1], [2], [3], [4], [5]], [[1]] * 5, window=2)
    assert sorted(episodes.returns.tolist()) == [4, 5]
    episodes = record(episodes, jnp.array([[6.0]]), jnp.array([[True]]))
    assert sorted(episodes.returns.tolist()) == [5, 6]


def test_before_any_has_finished_the_running_ones_count():
    episodes = play([[1, 3]], [[0, 0]])
    assert float(recent_return(episodes)) == 2.0
