"""Subjects that are learned by acting: a Gaussian policy towards a goal that only rewards tell.

A step of learning is REINFORCE on a few episodes,

    loss = - mean over episodes  sum_t  ln N(u_t; mean(o_t), noise²) (G_t - the others' mean G_t)

with G_t the discounted rewards from t on. The noise is a gene. A life's score is the return without
noise, undiscounted: what was learned, and not what exploring costs.

Source: Williams 1992 (REINFORCE); the mean of the other episodes as a baseline adds no bias (Kool,
van Hoof and Welling 2019).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.core.space import Log
from ontogeny.learners.baldwin.lifetime import Subject
from ontogeny.nn.dense import Dense
from ontogeny.nn.headed import Headed
from ontogeny.nn.parting import Parted, part
from ontogeny.ops.returns import decayed_sum
from ontogeny.worlds.bodies.goals import GoalWorld, episode


def reinforce(
    world: GoalWorld,
    episodes: int = 20,
    widths: tuple[int, ...] = (),
    scored: int = 1,
    noise: tuple[float, float] = (0.05, 2.0),
    discount: float = 1.0,
) -> Subject:
    """Return the subject. No `widths` is a linear policy; a score is the mean of `scored` episodes,
    undiscounted.

    Raises `ConfigError` for fewer than two episodes a step (there would be no baseline), none to
    score, or a discount outside [0, 1].
    """
    if not 0 <= discount <= 1:
        raise ConfigError(
            f"a discount of {discount}", where="reinforce", hint="use a number in [0, 1]"
        )
    if episodes < 2 or scored < 1:
        raise ConfigError(
            f"{episodes} episodes a step, {scored} scored",
            where="reinforce",
            hint="use 2 episodes or more a step, and 1 or more for the score",
        )
    network = policy_network(world, widths)

    def loss(key: Array, arrays: PyTree[Array], goal: Array, hypers: Hypers) -> Float[Array, ""]:
        act, deviation = network.whole(arrays), hypers["noise"]

        def explore(key: Array, observation: Array) -> Array:
            mean = act(observation)
            return jax.lax.stop_gradient(mean + deviation * jax.random.normal(key, mean.shape))

        keys = jax.random.split(key, episodes)
        lived = jax.lax.stop_gradient(jax.vmap(lambda k: episode(world, k, goal, explore))(keys))
        gain = jax.vmap(lambda r: decayed_sum(r, jnp.full_like(r, discount)))(lived.rewards)
        others = (jnp.sum(gain, axis=0) - gain) / (episodes - 1)
        means = jax.vmap(jax.vmap(act))(lived.observations)
        surprise = jnp.sum((lived.drives - means) ** 2, axis=-1) / (2 * deviation**2)
        return jnp.mean(jnp.sum(surprise * (gain - others), axis=1))

    def score(key: Array, arrays: PyTree[Array], goal: Array, hypers: Hypers) -> Float[Array, ""]:
        del hypers
        act = network.whole(arrays)
        return jnp.mean(returns(world, lambda key, o: act(o), goal, jax.random.split(key, scored)))

    return Subject(
        world.name,
        network.init,
        world.draw,
        loss,
        score,
        {"noise": Log(*noise)},
        world.mirror,
    )


def policy_network(world: GoalWorld, widths: tuple[int, ...]) -> Parted[Any]:
    """Return the network from observations to the means of actions."""
    n_in, n_out = world.body.n_observed, world.body.n_actions

    def make(key: Key[Array, ""]) -> Any:
        if widths:
            return Headed((n_in,), n_out, widths, "tanh", key=key)
        return Dense(n_in, n_out, 0.1, key=key)

    return part(make)


def returns(
    world: GoalWorld,
    act: Callable[[Key[Array, ""], Float[Array, " n_observed"]], Float[Array, " action"]],
    goal: Float[Array, ""],
    keys: Key[Array, " batch"],
) -> Float[Array, " batch"]:
    """Return what each episode earned."""
    return jax.vmap(lambda key: jnp.sum(episode(world, key, goal, act).rewards))(keys)
