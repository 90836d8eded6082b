"""A small decision process as tables, and what can be said of it exactly.

Episodes end where the rows of `transition` leave off: what is missing to 1 is the probability that
nothing follows. So there is no discount: one of g is an end with probability 1 - g.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

SWEEPS = 1000


class MDP(NamedTuple):
    """States, actions, and what follows."""

    transition: Float[Array, "state action state"]
    reward: Float[Array, "state action"]
    start: Float[Array, " state"]


def chain_of(mdp: MDP, policy: Float[Array, "state action"]) -> Float[Array, "state state"]:
    """Return the probability of each next state under the policy."""
    return jnp.einsum("sa,sat->st", policy, mdp.transition)


def occupancy(mdp: MDP, policy: Float[Array, "state action"]) -> Float[Array, " state"]:
    """Return how often an episode is in each state, d = (I - P')^-1 start."""
    return _solve(chain_of(mdp, policy).T, mdp.start)


def values(
    mdp: MDP, policy: Float[Array, "state action"], paid: Float[Array, "state action"] | None = None
) -> Float[Array, " state"]:
    """Return the expected sum of what is paid from each state on, v = (I - P)^-1 r; the process's
    own rewards when not given.
    """
    earned = jnp.sum(policy * (mdp.reward if paid is None else paid), axis=1)
    return _solve(chain_of(mdp, policy), earned)


def expected_return(mdp: MDP, policy: Float[Array, "state action"]) -> Float[Array, ""]:
    """Return the expected sum of an episode's rewards."""
    return mdp.start @ values(mdp, policy)


def action_values(
    mdp: MDP, after: Float[Array, " state"], paid: Float[Array, "state action"] | None = None
) -> Float[Array, "state action"]:
    """Return what each action is paid and what is expected of the state that follows."""
    return (mdp.reward if paid is None else paid) + mdp.transition @ after


def best_action_values(mdp: MDP, sweeps: int = SWEEPS) -> Float[Array, "state action"]:
    """Return the action values of a policy that has the greatest return, by value iteration."""

    def sweep(_: Any, q: Array) -> Array:
        return action_values(mdp, jnp.max(q, axis=1))

    return jax.lax.fori_loop(0, sweeps, sweep, jnp.zeros_like(mdp.reward))


def _solve(
    onward: Float[Array, "state state"], right: Float[Array, " state"]
) -> Float[Array, " state"]:
    """Return x of (I - onward) x = right, by elimination without pivots: the matrix of a process
    that ends needs none. LAPACK's solver may wait for ever where several are in one program (jax
    0.10, on two cores).
    """
    n = len(right)
    own = jnp.eye(n, dtype=onward.dtype)

    def eliminate(k: Any, rows: tuple[Array, Array]) -> tuple[Array, Array]:
        matrix, right = rows
        factor = matrix[:, k] * (1 - own[k]) / matrix[k, k]
        return matrix - factor[:, None] * matrix[k], right - factor * right[k]

    matrix, right = jax.lax.fori_loop(0, n, eliminate, (own - onward, right))
    return right / jnp.diagonal(matrix)
