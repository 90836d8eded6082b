"""Decision processes as tables, held against sums that can be done by hand."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ontogeny.ops.mdp import (
    MDP,
    action_values,
    best_action_values,
    expected_return,
    occupancy,
    values,
)

# two states; action 0 stays with probability 1/2 and else ends, action 1 goes to state 1
LOOP = MDP(
    transition=jnp.array([[[0.5, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]]),
    reward=jnp.array([[1.0, 0.0], [4.0, 2.0]]),
    start=jnp.array([1.0, 0.0]),
)
STAY = jnp.array([[1.0, 0.0], [1.0, 0.0]])
MIXED = jnp.array([[0.5, 0.5], [0.5, 0.5]])


def test_values_and_visits_are_geometric_sums():
    np.testing.assert_allclose(occupancy(LOOP, STAY), [2.0, 0.0])
    np.testing.assert_allclose(values(LOOP, STAY), [2.0, 4.0])
    # d0 = 1 + d0 / 4, d1 = d0 / 2; v1 = 3, v0 = 1/2 + v0 / 4 + 3 / 2
    np.testing.assert_allclose(occupancy(LOOP, MIXED), [4 / 3, 2 / 3])
    np.testing.assert_allclose(values(LOOP, MIXED), [8 / 3, 3.0])
    np.testing.assert_allclose(expected_return(LOOP, MIXED), 8 / 3)


def test_other_rewards_may_be_paid():
    np.testing.assert_allclose(values(LOOP, STAY, jnp.ones((2, 2))), [2.0, 1.0])


def test_the_best_leaves_for_what_pays_more():
    best = best_action_values(LOOP)
    np.testing.assert_allclose(best, [[3.0, 4.0], [4.0, 2.0]])
    np.testing.assert_allclose(action_values(LOOP, jnp.array([4.0, 4.0])), best)
