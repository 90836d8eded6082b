"""Bodies that move along a line, and a goal that each task hides: which way to go, or how fast.

    direction:   reward = goal × velocity - effort |action|²,        goal = -1 or 1
    velocity:    reward = -|velocity - goal| - effort |action|²,     goal ~ U[0, highest]

The body feels itself and not the goal, so only rewards can tell it. Actions lie in [-1, 1].

Sources: Finn, Abbeel and Levine 2017 (MAML, arXiv 1703.03400), section 5.3, for both kinds of goal.
The point mass is a stand-in for their bodies whose optimum is known exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import ConfigError

KEPT, DRIVEN = 0.8, 0.2  # of the velocity, a step; of the action


class Body(NamedTuple):
    """`reset(key)` returns a state, `step(state, action)` the next; the rest look at a state."""

    name: str
    n_observed: int
    n_actions: int  # numbers in an action
    reset: Callable[[Key[Array, ""]], Any]
    step: Callable[[Any, Float[Array, " action"]], Any]
    observe: Callable[[Any], Float[Array, " n_observed"]]
    velocity: Callable[[Any], Float[Array, ""]]


class GoalWorld(NamedTuple):
    """A body, and how its goal is drawn and rewarded. Every episode has `horizon` steps."""

    name: str
    body: Body
    horizon: int
    draw: Callable[[Key[Array, ""]], Float[Array, ""]]
    reward: Callable[
        [Float[Array, ""], Float[Array, ""], Float[Array, " action"]], Float[Array, ""]
    ]
    """`reward(goal, velocity, action)`."""
    mirror: Callable[[Float[Array, ""]], Float[Array, ""]]
    """The goal at the other end, which is as likely."""


class Steps(NamedTuple):
    """An episode."""

    observations: Float[Array, "time n_observed"]
    drives: Float[Array, "time action"]  # what the policy said; the action is its tanh
    rewards: Float[Array, " time"]


class PointMass(NamedTuple):
    """Where the point is, and how fast."""

    position: Float[Array, ""]
    velocity: Float[Array, ""]


def point_mass() -> Body:
    """Return v' = 0.8 v + 0.2 a, x' = x + v' / 10, from rest at 0. It feels v and x."""

    def step(state: PointMass, action: Array) -> PointMass:
        velocity = KEPT * state.velocity + DRIVEN * action[0].astype(jnp.float32)
        return PointMass(state.position + velocity / 10, velocity)

    return Body(
        "point-mass",
        2,
        1,
        lambda key: PointMass(jnp.float32(0), jnp.float32(0)),
        step,
        lambda state: jnp.stack([state.velocity, state.position]),
        lambda state: state.velocity,
    )


def directions(body: Body, horizon: int = 20, effort: float = 0.02) -> GoalWorld:
    """Return the world whose goal is a direction. Raises `ConfigError` for no steps or an effort
    below 0.
    """
    _check(horizon, effort)
    return GoalWorld(
        f"{body.name}-direction",
        body,
        horizon,
        lambda key: jnp.where(jax.random.bernoulli(key), 1.0, -1.0),
        lambda goal, velocity, action: goal * velocity - effort * jnp.sum(action**2),
        lambda goal: -goal,
    )


def velocities(body: Body, highest: float, horizon: int = 20, effort: float = 0.02) -> GoalWorld:
    """Return the world whose goal is a velocity. Raises `ConfigError` as `directions` does."""
    _check(horizon, effort)
    return GoalWorld(
        f"{body.name}-velocity",
        body,
        horizon,
        lambda key: highest * jax.random.uniform(key),
        lambda goal, velocity, action: -jnp.abs(velocity - goal) - effort * jnp.sum(action**2),
        lambda goal: highest - goal,
    )


def best_return(horizon: int = 20, effort: float = 0.02) -> float:
    """Return the most that the point mass can earn in a known direction.

    An action at step t adds 0.2 a 0.8^(k - t) to every later velocity, so the return is the sum
    over t of (1 - 0.8^(T - t)) a_t - effort a_t²: a parabola in each action alone, whose best is
    a_t = min(1, (1 - 0.8^(T - t)) / (2 effort)). At an effort of 0.02 that is 1 throughout, and

        return = T - 4 (1 - 0.8^T) - effort T,    15.646 for T = 20.
    """
    total = 0.0
    for t in range(horizon):
        worth = DRIVEN * (1 - KEPT ** (horizon - t)) / (1 - KEPT)
        action = min(1.0, worth / (2 * effort)) if effort > 0 else 1.0
        total += worth * action - effort * action**2
    return total


def episode(
    world: GoalWorld,
    key: Key[Array, ""],
    goal: Float[Array, ""],
    act: Callable[[Key[Array, ""], Float[Array, " n_observed"]], Float[Array, " action"]],
) -> Steps:
    """Return one episode of the policy `act(key, observation)`, whose answer's tanh is the
    action.
    """
    reset_key, act_key = jax.random.split(key)

    def one(state: Any, key: Array) -> tuple[Any, Steps]:
        observation = world.body.observe(state)
        drive = act(key, observation)
        action = jnp.tanh(drive)
        state = world.body.step(state, action)
        reward = world.reward(goal, world.body.velocity(state), action)
        return state, Steps(observation, drive, reward)

    keys = jax.random.split(act_key, world.horizon)
    return jax.lax.scan(one, world.body.reset(reset_key), keys)[1]


def _check(horizon: int, effort: float) -> None:
    if horizon < 1 or effort < 0:
        raise ConfigError(
            f"{horizon} steps and an effort of {effort}",
            where="worlds.bodies.goals",
            hint="use 1 step or more, and an effort of 0 or more",
        )
