"""Mix & Match: a curriculum over agents. One policy is a mixture of simple and complex ones, and
how much the complex one counts rises until it is alone.

    pi(a | s) = (1 - alpha) pi_1(a | s) + alpha pi_2(a | s)
    loss = loss of reinforcement learning of pi + weight (1 - alpha) KL(pi_1 || pi_2)

The mixture acts and is learned from, by its exact log-probability: its gradient parts by who is
responsible for an action. Whoever earns takes the responsibility, and the other would learn
nothing: the divergence hands to the complex one what the simple one can do.

Source: Czarnecki et al. 2018, Mix & Match: Agent Curricula for Reinforcement Learning (arXiv
1806.01780).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Dimension
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import Outputs, Policies, PolicyNetwork
from ontogeny.learners.teaching.mixed_network import Component, Layer, alone, components_of
from ontogeny.learners.teaching.transfer import (
    ALPHA,
    CURRICULUM,
    Curriculum,
    stands_at,
    transfer_term,
    weights_at,
)
from ontogeny.ops.distributions.mixture import Switch
from ontogeny.worlds.spaces import Discrete
from ontogeny.worlds.world import World


def mix(
    components: Sequence[Component | ActorCriticConfig],
    alpha: Curriculum = CURRICULUM,
    *,
    shared: Sequence[Layer] = ("torso",),
    values: Literal["last", "mixed"] = "last",
    transfer: float | Dimension = 1.0,
    masked: bool = False,
    both: bool = False,
    index: Literal["explicit", "drawn"] = "explicit",
    by_task: bool = False,
    fitness: Literal["mixture", "last"] = "mixture",
    watch: int = 4,
) -> Callable[[World, ActorCriticConfig], Policies]:
    """Return the mixture of these policies, from the simplest to the one that is to remain, as the
    `policy` of `og.actor_critic`.

    `alpha` is where the curriculum stands, from the first component, 0, to the last, 1: fixed,
    tuned (a dimension), by a function of the updates done, or fixed weights that sum to 1. Of more
    than two components neighbours are mixed. `shared` are the layers that all have from the last
    one, `values` whether the value is its own or mixed as the policies are. `transfer` is the
    weight of the divergence, fixed or tuned; `masked`, it is taken over the actions that the
    simpler one has; `both`, it moves the simpler one too. `index` says whether the mixture's own
    probability is learned from, or who was drawn at each step. `by_task` the k-th component is of
    the world's k-th task, the last of all. `fitness` says whose returns are the score; the last
    component's own are told in any case, by `watch` steps beside each rollout.

    A fixed alpha of 0 or 1 without transfer is the plain agent of the first or last component.
    Raises `ConfigError` for what can't be mixed, where the world is known when it is applied.

    >>> from ontogeny.learners.agents.config import ActorCriticConfig
    >>> from ontogeny.worlds.grids.rooms import SMALL_IN_BIG, four_rooms
    >>> small, big = (og.teaching.Component(ActorCriticConfig(), a) for a in (SMALL_IN_BIG, None))
    >>> learner = og.actor_critic(four_rooms("big"), policy=og.mix([small, big]))
    >>> state = jax.eval_shape(learner.init, jax.random.key(0), {"alpha": jnp.float32(0.1)})
    >>> [layers.torso is None for layers in state.network]
    [True, False]
    """
    parts = [one if isinstance(one, Component) else Component(one) for one in components]
    _check(parts, alpha, transfer, fitness, watch)

    def made(world: World, config: ActorCriticConfig) -> Policies:
        several = components_of(world, parts, shared, values == "mixed", by_task)
        n_mixed = 2 if by_task else len(parts)
        if alpha in (0, 1) and transfer == 0 and not by_task:
            one = parts[-1] if alpha == 1 else parts[0]
            return Policies((), lambda hypers, states: (alone(world, one), dict(hypers)))
        term = transfer_term(world, n_mixed, alpha, transfer, masked, both, watch)

        def at(hypers: Mapping[str, Any], states: Any) -> tuple[PolicyNetwork, dict[str, Any]]:
            now = stands_at(alpha, hypers, states[0] if states else None)
            h = {**hypers, ALPHA: now}
            network = several.at(weights_at(alpha, now, n_mixed))
            return _switching(network) if index == "drawn" else network, h

        def score(states: Any) -> Float[Array, ""]:
            return jnp.mean(states[0].scene.last)

        scored = score if fitness == "last" else None
        return Policies((term,), at, scored, _unswitched(world) if index == "drawn" else None)

    return made


def _switching(network: PolicyNetwork) -> PolicyNetwork:
    """Return the network with the component drawn, and told."""

    def told(said: Outputs) -> Outputs:
        mixed: Any = said.distribution
        return Outputs(Switch(mixed.weights, mixed.parts), said.value)

    def step(arrays: Any, observation: Array, memory: Any) -> tuple[Outputs, Any]:
        said, memory = network.step(arrays, observation, memory)
        return told(said), memory

    def along(arrays: Any, observations: Array, begins: Array, memory: Any) -> Any:
        said, memory = network.along(arrays, observations, begins, memory)
        return told(said), memory

    return network._replace(step=step, along=along)


def _unswitched(world: World) -> World:
    """Return the world for actions that begin with the number of who drew them."""

    def step(key: Array, state: Any, action: Array) -> Any:
        own = action[1] if isinstance(world.action_space, Discrete) else action[1:]
        return world.step(key, state, own)

    return world._replace(step=step)


def _check(
    parts: Sequence[Component],
    alpha: Curriculum,
    transfer: float | Dimension,
    fitness: str,
    watch: int,
) -> None:
    where = "og.mix"
    if isinstance(alpha, tuple):
        if len(alpha) != len(parts) or min(alpha) < 0 or abs(sum(alpha) - 1) > 1e-6:
            raise ConfigError(
                f"the weights are {alpha} for {len(parts)} components",
                where=f"{where}, alpha",
                hint="give each component a share from 0, and all of them 1 together",
            )
    elif isinstance(alpha, Dimension):
        if alpha.ends()[0] < 0 or alpha.ends()[1] > 1:
            raise ConfigError(
                f"alpha is tuned from {alpha.ends()[0]} to {alpha.ends()[1]}",
                where=f"{where}, alpha",
                hint="it is a share: keep it within 0 and 1",
            )
    elif not callable(alpha) and not 0 <= alpha <= 1:
        raise ConfigError(f"alpha is {alpha}", where=f"{where}, alpha", hint="use 0 to 1")
    least = transfer.ends()[0] if isinstance(transfer, Dimension) else transfer
    if not (math.isfinite(least) and least >= 0):
        raise ConfigError(
            f"the transfer's weight is {least}", where=f"{where}, transfer", hint="use 0 or more"
        )
    if fitness == "last" and not watch:
        raise ConfigError(
            "the score is the last component's, who is not watched",
            where=f"{where}, watch",
            hint="let it act for some steps beside each rollout: watch=8",
        )
