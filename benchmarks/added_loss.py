"""What a loss that plugs in (`learners.agents.terms`) costs an agent, beside the same without it.

The term reads nothing but what the network has said: how far the policy is from uniform, as the
divergence KL(pi || uniform), weighed by a hyper of its own. One member, in the recipe's own world
and batch, without memory and with a GRU.
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp

from benchmarks.beside import living
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.core.space import Log
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.terms import Term, Tunable
from ontogeny.worlds.by_name import world_named

WORLDS = {"CartPole-v1": 12, "Breakout-MinAtar": 12}  # updates that are timed
CORES: tuple[Literal["none", "gru"], ...] = ("none", "gru")


def measure(quick: bool) -> Result:
    """Return the speed of agents with and without the term, and what a step with it costs."""
    figures: list[Figure] = []
    for world, updates in WORLDS.items():
        for core in CORES:
            config = ActorCriticConfig(core=core)
            arms = {
                f"{world}, core {core}, {len(terms)} terms": living(
                    actor_critic(world_named(world), config, terms), 1, updates
                )
                for terms in ((), (uniform(),))
            }
            by_turns(arms, 1)  # once for nothing: the first call of a program is slower
            rates = by_turns(arms, 3 if quick else 25)
            without, added = rates.values()
            figures += [
                *(Figure(name, "updates/s", values) for name, values in rates.items()),
                Figure(
                    f"{world}, core {core}: time with the term / without",
                    "ratio",
                    pairwise(without, added),
                    Target(high=1.03),
                ),
            ]
    return Result({"members": 1}, figures)


def uniform() -> Term:
    """Return a term that draws the policy to the uniform one."""

    def loss(outputs: Any, trajectory: Any, notes: Any, hypers: Any) -> Any:
        del trajectory, notes
        log_pi = jax.nn.log_softmax(outputs.distribution.logits)
        divergence = jnp.sum(jnp.exp(log_pi) * log_pi, axis=-1) + jnp.log(log_pi.shape[-1])
        return hypers["uniform_cost"] * jnp.mean(divergence), {"kl": jnp.mean(divergence)}

    return Term("uniform", loss, {"uniform_cost": Tunable(0.01, Log(1e-3, 1e-1))})
