"""What there is to predict: sources of symbols and of numbers, as one kind of task for a network.

At every step the network reads what is given and what came last (nothing, at first), and says a
distribution of what comes next: logits of symbols, or the mean and the log-variance of a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.ops.bayes.predictives import Normal
from ontogeny.ops.bayes.regret import excess_log_density, excess_log_loss
from ontogeny.worlds.sources.sequences import Source
from ontogeny.worlds.sources.signals import Signal, SignalSource


class Task(NamedTuple):
    """A source as a network meets it; `sequence` stands for what the source draws."""

    name: str
    n_in: int
    n_out: int
    length: int
    draw: Callable[[Key[Array, ""]], Any]
    """A sequence, of a task drawn from the prior."""
    inputs: Callable[[Any], Float[Array, "time n_in"]]
    """What the network reads before every prediction."""
    loss: Callable[[Float[Array, "time n_out"], Any], Float[Array, " time"]]
    """-ln q(x_t | x_<t) of the outputs, in nats."""
    excess: Callable[[Float[Array, "time n_out"], Any], Float[Array, " time"]]
    """KL(Bayes || q) at every step, in nats: see `ops.bayes.regret`."""
    exact: Callable[[Any], Any]
    """What Bayes says at every step: probabilities [time, symbol], or normals."""
    symbolic: bool
    """Whether outputs are logits of symbols; else the mean and the log-variance of a number."""


def symbols(source: Source) -> Task:
    """Return the prediction of a source's symbols."""
    n = source.n_symbols

    def inputs(sequence: Array) -> Array:
        seen = jax.nn.one_hot(sequence, n)
        return jnp.concatenate([jnp.zeros((1, n)), seen[:-1]])

    def loss(outputs: Array, sequence: Array) -> Array:
        log_q = jax.nn.log_softmax(outputs)
        return -jnp.take_along_axis(log_q, sequence[:, None], axis=1)[:, 0]

    def excess(outputs: Array, sequence: Array) -> Array:
        return excess_log_loss(source.predictive(sequence), jax.nn.log_softmax(outputs))

    return Task(
        source.name,
        n,
        n,
        source.length,
        lambda key: source.draw(key)[1],
        inputs,
        loss,
        excess,
        source.predictive,
        symbolic=True,
    )


def numbers(source: SignalSource) -> Task:
    """Return the prediction of a source's numbers by a normal at every step."""

    def inputs(signal: Signal) -> Array:
        before = jnp.append(0.0, signal.targets[:-1])
        return jnp.concatenate([signal.inputs, before[:, None]], axis=1)

    def loss(outputs: Array, signal: Signal) -> Array:
        return -normal(outputs).log_density(signal.targets)

    def excess(outputs: Array, signal: Signal) -> Array:
        return excess_log_density(source.predictive(signal), normal(outputs))

    return Task(
        source.name,
        source.n_features + 1,
        2,
        source.length,
        lambda key: source.draw(key)[1],
        inputs,
        loss,
        excess,
        source.predictive,
        symbolic=False,
    )


def normal(outputs: Float[Array, "time 2"]) -> Normal:
    """Return the normals that a network's outputs, mean and log-variance, say."""
    return Normal(outputs[:, 0], jnp.exp(outputs[:, 1]))
