"""Random decision processes as tables, to try on what should hold on all of them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from ontogeny.core.errors import ConfigError
from ontogeny.ops.mdp import MDP

ENDS = 0.1


def random_mdp(
    key: Key[Array, ""], n_states: int = 5, n_actions: int = 3, ends: float = ENDS
) -> MDP:
    """Return a process whose every action leads anywhere, and ends the episode with probability
    `ends`; rewards are standard normal. Raises `ConfigError` for none of either, and for episodes
    that never end.
    """
    if min(n_states, n_actions) < 1 or not 0 < ends < 1:
        raise ConfigError(
            f"{n_states} states, {n_actions} actions, an end with probability {ends}",
            where="worlds.random_mdp",
            hint="use 1 or more of each, and a probability between 0 and 1",
        )
    leads_key, reward_key, start_key = jax.random.split(key, 3)
    leads = jax.random.dirichlet(leads_key, jnp.ones(n_states), (n_states, n_actions))
    reward = jax.random.normal(reward_key, (n_states, n_actions))
    return MDP((1 - ends) * leads, reward, jax.random.dirichlet(start_key, jnp.ones(n_states)))


def layered_mdp(key: Key[Array, ""], n_layers: int = 3, width: int = 2, n_actions: int = 2) -> MDP:
    """Return a process that goes from layer to layer and then ends, so that all its episodes can be
    listed: state `layer * width + place`.
    """
    leads_key, reward_key, start_key = jax.random.split(key, 3)
    n_states = n_layers * width
    leads = jax.random.dirichlet(leads_key, jnp.ones(width), (n_layers - 1, width, n_actions))
    transition = jnp.zeros((n_layers, width, n_actions, n_layers, width))
    for layer in range(n_layers - 1):
        transition = transition.at[layer, :, :, layer + 1].set(leads[layer])
    start = jax.random.dirichlet(start_key, jnp.ones(width))
    return MDP(
        transition.reshape(n_states, n_actions, n_states),
        jax.random.normal(reward_key, (n_states, n_actions)),
        jnp.zeros(n_states).at[:width].set(start),
    )
