"""An agent with memory, trained by log-loss on what an expert of each task would do.

    minimise  E_task E  - sum_t sum_a expert_task(a | state) ln q(a | h_t),   actions drawn from q

Its only minimiser is q(a | h) = sum_task expert_task(a | h) P(task | do(a_<t), o_<t). In a bandit,
where the expert takes the best arm, that is the probability that an arm is the best, given what was
seen: to act by it is Thompson sampling, which nobody has programmed.

The agent acts itself; the expert is only asked. When the expert acts and the agent watches
(`ImitationConfig.actor`), actions are evidence: after one of them the best arm is known, and an
agent that then acts alone takes its own first guess for the truth.

Source: Ortega et al. 2019, "Meta-learning of Sequential Strategies" (arXiv 1905.03030), the second
of its three templates; actions as interventions: Ortega and Braun 2010 (arXiv 0911.5106).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.sequential.acting import Actor, Expert, agent_in, play
from ontogeny.learners.sequential.config import ImitationConfig
from ontogeny.ops.adam import clipped_adam, decayed, descend
from ontogeny.worlds.solved.solved_world import Solved


class ImitatorState(NamedTuple):
    """The network, Adam's moments, and how many updates there were."""

    network: PyTree[Array]
    optimiser: optax.OptState
    updates: Int[Array, ""]


def imitator(
    solved: Solved, training: ImitationConfig | None = None, expert: Expert | None = None
) -> Learner[ImitatorState]:
    """Return the learner; without an expert it is the best arm's. Its hypers are a dict that may
    have "learning_rate", which decays.

    The score is the log-loss a step on fresh tasks in which the agent itself acts, in nats, with
    its sign turned. Raises `ConfigError` when the world's episodes have no known length.
    """
    c = training or ImitationConfig()
    agent = agent_in(c.core, solved)
    direction = clipped_adam(c.max_gradient_norm)

    def loss(network: PyTree[Array], key: Array, count: int, actor: Actor) -> tuple[Array, Array]:
        def one(key: Array) -> tuple[Array, Array]:
            episode = play(agent, network, solved, key, actor=actor, expert=expert)
            log_q = jax.nn.log_softmax(episode.logits)
            return -jnp.mean(jnp.sum(episode.expert * log_q, axis=1)), jnp.sum(episode.expected)

        return jax.tree.map(jnp.mean, jax.vmap(one)(jax.random.split(key, count)))

    def init(key: Array, hypers: Hypers) -> ImitatorState:
        del hypers
        network = agent.init(key)
        return ImitatorState(network, direction.init(network), jnp.int32(0))

    def step(key: Array, state: ImitatorState, hypers: Hypers) -> tuple[ImitatorState, Metrics]:
        actor: Actor = "expert" if c.actor == "expert" else "sampled"
        (lost, earned), gradient = jax.value_and_grad(loss, has_aux=True)(
            state.network, key, c.batch, actor
        )
        rate = settled(hypers, learning_rate=c.learning_rate)["learning_rate"]
        rate = decayed(rate, c.final, state.updates / c.updates)
        network, moments = descend(direction, rate, state.network, state.optimiser, gradient)
        norm = optax.tree.norm(gradient)
        metrics = {"log_loss": lost, "return": earned, "gradient_norm": norm}
        return ImitatorState(network, moments, state.updates + 1), metrics

    def score(key: Array, state: ImitatorState, hypers: Hypers) -> Float[Array, ""]:
        del hypers
        return -loss(state.network, key, c.test_batch, "sampled")[0]

    return Learner(init, step, score)
