"""Small decision processes, one of finitely many being true, as worlds with their exact limits.

The hypothesis is drawn at reset and never observed; what follows an action says something of it.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes import hypotheses as exact
from ontogeny.ops.bayes.bandits import greedy, random_policy
from ontogeny.ops.bayes.hypotheses import Hypotheses
from ontogeny.ops.bayes.machines import Machine, expected_rewards, plan
from ontogeny.worlds.solved.solved_world import Solved
from ontogeny.worlds.world import Step, World


class Wander(NamedTuple):
    """Which hypothesis is true, where the agent is, what it has seen, and how long it has gone."""

    hypothesis: Int[Array, ""]
    place: Int[Array, ""]
    seen: Int[Array, " kind"]  # how often each kind of evidence came
    time: Int[Array, ""]


def bayesian_mdp(name: str, hypotheses: Hypotheses, horizon: int) -> Solved:
    """Return the world of these hypotheses; an observation is the place (one-hot), the last action
    (one-hot) and the last reward.

    "greedy" maximises the next reward alone, and "thompson" acts at each step on a hypothesis drawn
    from the posterior. Raises `ConfigError` when probabilities don't sum to one.
    """
    exact.check_hypotheses(hypotheses)
    evidence = exact.evidence_of(hypotheses)
    n_kinds = len(evidence.log_likelihood)
    _, n_places, n_actions, _ = hypotheses.probability.shape
    log_p = jnp.log(jnp.array(hypotheses.probability, jnp.float32))
    pays = jnp.array(hypotheses.reward, jnp.float32)
    mean = jnp.array(np.sum(hypotheses.probability * hypotheses.reward, axis=-1), jnp.float32)
    leads = jnp.array(hypotheses.successor, jnp.int32)
    kind, once = jnp.array(evidence.kind), jnp.array(evidence.once)

    def reset(key: Array) -> tuple[Any, Array]:
        drawn = jax.random.categorical(key, jnp.log(jnp.array(hypotheses.prior, jnp.float32)))
        seen = jnp.zeros(n_kinds, jnp.int32)
        state = Wander(
            drawn.astype(jnp.int32), jnp.int32(hypotheses.start), seen, jnp.zeros((), jnp.int32)
        )
        where = jax.nn.one_hot(state.place, n_places)
        return state, jnp.concatenate([where, jnp.zeros(n_actions + 1)])

    def step(key: Array, state: Wander, action: Array) -> tuple[Any, Step]:
        now = (state.place, action)
        outcome = jax.random.categorical(key, log_p[state.hypothesis][now])
        reward, place = pays[now][outcome], leads[now][outcome]
        seen = state.seen + (jnp.arange(n_kinds) == kind[now][outcome])
        seen = jnp.where(once, jnp.minimum(seen, 1), seen)
        after = Wander(state.hypothesis, place, seen, state.time + 1)
        observation = jnp.concatenate(
            [jax.nn.one_hot(place, n_places), jax.nn.one_hot(action, n_actions), reward[None]]
        )
        return after, Step(observation, reward, jnp.zeros((), bool), after.time >= horizon)

    def machine() -> Machine:
        return exact.hypotheses_machine(hypotheses, horizon)

    def thompson(machine: Machine) -> np.ndarray:
        return exact.posterior_sampling(hypotheses, machine)

    def limits() -> dict[str, float]:
        own = machine()
        policies = {
            "greedy": greedy(own),
            "thompson": thompson(own),
            "random": random_policy(own),
        }
        return {
            "optimal": float(plan(own)[0, 0].max()),
            "oracle": exact.oracle_value(hypotheses, horizon),
        } | {name: float(expected_rewards(own, p).sum()) for name, p in policies.items()}

    return Solved(
        World(name, (n_places + n_actions + 1,), n_actions, reset, step, time_limit=horizon),
        lambda state: jax.nn.one_hot(state.hypothesis, len(hypotheses.prior)),
        lambda state: mean[state.hypothesis, state.place],
        limits,
        lambda state: jnp.append(state.place, state.seen),
        machine,
        thompson,
    )


def hidden_goal(side: int = 3, horizon: int = 15) -> Solved:
    """Return a square grid with a goal in one unknown cell, not the corner where the agent starts.

    Entering the goal pays 1 and puts the agent back in the corner; actions are up, down, left and
    right, and walls hold. First search, then run: reward comes once per walk there. Raises
    `ConfigError` for a side below 2.
    """
    if side < 2:
        raise ConfigError(f"a grid of side {side} has no cell for a goal", where="hidden_goal")
    cells = [divmod(cell, side) for cell in range(side * side)]
    moves = ((-1, 0), (1, 0), (0, -1), (0, 1))
    entered = np.array(
        [
            [
                min(max(row + up, 0), side - 1) * side + min(max(column + right, 0), side - 1)
                for up, right in moves
            ]
            for row, column in cells
        ]
    )
    n_goals = side * side - 1
    found = entered[None] == np.arange(1, n_goals + 1)[:, None, None]
    return bayesian_mdp(
        f"hidden-goal-{side}",
        Hypotheses(
            np.full(n_goals, 1 / n_goals),
            np.stack([found, ~found], axis=-1).astype(float),
            np.broadcast_to([1.0, 0.0], (*entered.shape, 2)),
            np.stack([np.zeros_like(entered), entered], axis=-1),
        ),
        horizon,
    )


def two_doors(
    length: int = 5, horizon: int = 20, chances: tuple[float, float] = (0.2, 0.8)
) -> Solved:
    """Return a corridor with a door at either end; each pays 1 with one of two chances, drawn
    independently. The agent starts in the middle, walks left or right, and a step into an end
    wall opens its door, pays or not, and leads back to the middle.

    So a look at the other door costs as many steps as the way there. Raises `ConfigError` for a
    corridor of fewer than 3 places or an even number.
    """
    if length < 3 or length % 2 == 0:
        raise ConfigError(
            f"a corridor of {length} places has no middle and two ends",
            where="two_doors",
            hint="use an odd length of 3 or more",
        )
    middle = length // 2
    pairs = list(itertools.product(chances, repeat=2))
    probability = np.zeros((len(pairs), length, 2, 2))
    probability[..., 1] = 1.0
    for number, (left, right) in enumerate(pairs):
        probability[number, 0, 0] = [left, 1 - left]
        probability[number, -1, 1] = [right, 1 - right]
    beside = np.arange(length)[:, None] + np.array([-1, 1])
    leads = np.where((beside < 0) | (beside >= length), middle, beside)
    return bayesian_mdp(
        "two-doors",
        Hypotheses(
            np.full(len(pairs), 1 / len(pairs)),
            probability,
            np.broadcast_to([1.0, 0.0], (length, 2, 2)),
            np.stack([leads, leads], axis=-1),
            middle,
        ),
        horizon,
    )
