"""A predictor with memory, trained by log-loss over tasks that are drawn from a prior.

    minimise  E_task E_{x | task}  - sum_t ln q(x_t | x_<t)

Its only minimiser is the Bayes mixture, q(x_t | x_<t) = ∫ p(x_t | task) p(task | x_<t). Nobody
tells the network of a prior, yet its memory must come to hold sufficient statistics. What it loses
over Bayes is sum_t E KL(Bayes || q), which is what the score measures.

Source: Ortega et al. 2019, "Meta-learning of Sequential Strategies" (arXiv 1905.03030), the first
of its three templates.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.learners.sequential.tasks import Task
from ontogeny.nn.cores import CoreConfig, sequence_network
from ontogeny.ops.adam import clipped_adam, decayed, descend
from ontogeny.ops.once import once


class PredictorState(NamedTuple):
    """The network, Adam's moments, and how many updates there were."""

    network: PyTree[Array]
    optimiser: optax.OptState
    updates: Int[Array, ""]


def predictor(task: Task, training: TrainingConfig | None = None) -> Learner[PredictorState]:
    """Return the learner. Its hypers are a dict that may have "learning_rate", which decays.

    The score is the excess log-loss over exact Bayes on fresh tasks, in nats a sequence, with its
    sign turned: 0 is the best that can be.
    """
    c = training or TrainingConfig()
    network = sequence_network(c.core, task.n_in, task.n_out)
    direction = clipped_adam(c.max_gradient_norm)

    def losses(arrays: PyTree[Array], sequences: Any) -> Float[Array, "batch time"]:
        def one(sequence: Any) -> Array:
            return task.loss(network.along(arrays, task.inputs(sequence)), sequence)

        return jax.vmap(one)(sequences)

    def init(key: Array, hypers: Hypers) -> PredictorState:
        del hypers
        arrays = network.init(key)
        return PredictorState(arrays, direction.init(arrays), jnp.int32(0))

    def step(key: Array, state: PredictorState, hypers: Hypers) -> tuple[PredictorState, Metrics]:
        sequences = once(lambda: jax.vmap(task.draw)(jax.random.split(key, c.batch)), state.updates)
        loss, gradient = jax.value_and_grad(lambda a: jnp.mean(losses(a, sequences)))(state.network)
        rate = settled(hypers, learning_rate=c.learning_rate)["learning_rate"]
        rate = decayed(rate, c.final, state.updates / c.updates)
        arrays, moments = descend(direction, rate, state.network, state.optimiser, gradient)
        metrics = {"log_loss": task.length * loss, "gradient_norm": optax.tree.norm(gradient)}
        return PredictorState(arrays, moments, state.updates + 1), metrics

    def score(key: Array, state: PredictorState, hypers: Hypers) -> Float[Array, ""]:
        del hypers
        excess = excess_along(task, c.core, state.network, key, c.test_batch)
        return -jnp.mean(jnp.sum(excess, axis=1))

    return Learner(init, step, score)


def excess_along(
    task: Task, core: CoreConfig, arrays: PyTree[Array], key: Array, count: int
) -> Float[Array, "batch time"]:
    """Return KL(Bayes || predictor) in nats along `count` sequences of fresh tasks."""
    network = sequence_network(core, task.n_in, task.n_out)

    def one(key: Array) -> Array:
        sequence = task.draw(key)
        return task.excess(network.along(arrays, task.inputs(sequence)), sequence)

    return jax.vmap(one)(jax.random.split(key, count))
