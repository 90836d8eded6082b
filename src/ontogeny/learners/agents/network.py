"""The network of an actor-critic: a torso that the policy and the value share."""

from __future__ import annotations

import math

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key

from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.nn.conv import ConvTorso
from ontogeny.nn.dense import Dense
from ontogeny.nn.mlp import MLP
from ontogeny.nn.parting import Parted, part


class ActorCriticNetwork(eqx.Module):
    """One observation in; the logits of a policy and a value out.

    The policy's head begins near zero, so that a new policy is near uniform.
    """

    torso: MLP | ConvTorso
    policy: Dense
    value: Dense

    def __init__(
        self,
        shape: tuple[int, ...],
        n_actions: int,
        config: ActorCriticConfig,
        *,
        key: Key[Array, ""],
    ):
        torso_key, policy_key, value_key = jax.random.split(key, 3)
        if config.torso == "conv":
            self.torso = ConvTorso(shape, config.filters, config.hidden, key=torso_key)
        else:
            self.torso = MLP(math.prod(shape), config.hidden, config.activation, key=torso_key)
        self.policy = Dense(self.torso.n_out, n_actions, 0.01, key=policy_key)
        self.value = Dense(self.torso.n_out, 1, 1.0, key=value_key)

    def __call__(
        self, observation: Float[Array, "*shape"]
    ) -> tuple[Float[Array, " action"], Float[Array, ""]]:
        features = self.torso(observation)
        return self.policy(features), self.value(features)[0]


def network_of(
    shape: tuple[int, ...], n_actions: int, config: ActorCriticConfig
) -> Parted[ActorCriticNetwork]:
    """Return how networks for observations of this shape are made and applied."""
    return part(lambda key: ActorCriticNetwork(shape, n_actions, config, key=key))
