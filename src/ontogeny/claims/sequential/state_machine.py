"""What a predictor's memory is, held against the sufficient statistics of exact Bayes.

A memory that is updated by m ← f(m, x) is a state machine that reads symbols. Where symbols are
exchangeable, the smallest machine that predicts as Bayes does is the lattice of counts: n_i, how
often each symbol came. Whatever the network's own coordinates, its memory should then be one with
the counts: histories in another order land in the same state, and the counts can be read off it.

Memories at step t have read the symbols before t, and predict symbol t.
Source: Ortega et al. 2019 (arXiv 1905.03030), the section on state machines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int, Integer, PyTree, Shaped

from ontogeny.core.errors import DataError
from ontogeny.nn.cores import SequenceNetwork
from ontogeny.ops.probes import r_squared, ridge


class Trace(NamedTuple):
    """What a machine went through along sequences."""

    memory: Float[np.ndarray, "batch time unit"]
    log_q: Float[np.ndarray, "batch time symbol"]  # of the next symbol, in nats


class StateMachine(NamedTuple):
    """A predictor of symbols as a machine, with batches of NumPy arrays in and out."""

    trace: Callable[[Integer[np.ndarray, "batch time"]], Trace]
    resume: Callable[
        [Float[np.ndarray, "sample unit"], Integer[np.ndarray, "sample step"]],
        Float[np.ndarray, "sample step symbol"],
    ]
    """What it says (log q) after each symbol that it reads, when it begins with a given memory."""


def state_machines(
    network: SequenceNetwork, n_symbols: int
) -> Callable[[PyTree[Array]], StateMachine]:
    """Return the function from a network's arrays to its machine, compiled once for all of them.

    The network's inputs are one-hot symbols, zeros at first, its outputs logits; its memory is a
    pytree of floats, which lies here in one row of units.
    """

    def read(arrays: PyTree[Array], memory: Any, x: Array) -> tuple[Any, Array]:
        memory, logits, _ = network.step(arrays, memory, x)
        return memory, jax.nn.log_softmax(logits)

    def trace(arrays: PyTree[Array], sequence: Array) -> tuple[Array, Array]:
        seen = jax.nn.one_hot(sequence[:-1], n_symbols)
        xs = jnp.concatenate([jnp.zeros((1, n_symbols)), seen])

        def step(memory: Any, x: Array) -> tuple[Any, Any]:
            memory, log_q = read(arrays, memory, x)
            return memory, (ravel_pytree(memory)[0], log_q)

        return jax.lax.scan(step, network.begin(arrays), xs)[1]

    def resume(arrays: PyTree[Array], memory: Array, symbols: Array) -> Array:
        restore = ravel_pytree(network.begin(arrays))[1]
        return jax.lax.scan(
            lambda m, x: read(arrays, m, x), restore(memory), jax.nn.one_hot(symbols, n_symbols)
        )[1]

    traced = jax.jit(jax.vmap(trace, (None, 0)))
    resumed = jax.jit(jax.vmap(resume, (None, 0, 0)))

    def machine(arrays: PyTree[Array]) -> StateMachine:
        def trace_all(sequences: Any) -> Trace:
            found = jax.device_get(traced(arrays, jnp.asarray(sequences, jnp.int32)))
            return Trace(*(np.asarray(part, np.float64) for part in found))

        def resume_all(memory: Any, symbols: Any) -> np.ndarray:
            at = jnp.asarray(memory, jnp.float32), jnp.asarray(symbols, jnp.int32)
            return np.asarray(resumed(arrays, *at), np.float64)

        return StateMachine(trace_all, resume_all)

    return machine


def halves(values: Any) -> tuple[Any, Any]:
    """Return the sequences that maps and clusters are fitted on, and those they are judged on."""
    middle = len(values) // 2
    return values[:middle], values[middle:]


def counts_before(
    sequences: Integer[np.ndarray, "batch time"], n_symbols: int
) -> Int[np.ndarray, "batch time symbol"]:
    """Return how often each symbol came before every step."""
    seen = np.eye(n_symbols, dtype=np.int64)[np.asarray(sequences)]
    return np.cumsum(seen, axis=1) - seen


def posterior_mean(
    counts: Shaped[np.ndarray, "*shape symbol"],
    prior: Sequence[float],
) -> Float[np.ndarray, "*shape symbol"]:
    """Return (n_i + a_i) / (n + sum a): the Dirichlet posterior's mean, and Bayes's prediction.

    `prior` has a concentration for every symbol.
    """
    weight = np.asarray(counts, np.float64) + np.asarray(prior, np.float64)
    return weight / weight.sum(axis=-1, keepdims=True)


class Exchange(NamedTuple):
    """How far reordering histories moves a machine at the last step."""

    mean: float  # of the total variation between the two predictions (for a coin, |dp|)
    largest: float
    state: float  # squared distance of the two memories over that of memories of any two histories


def exchangeability(
    machine: StateMachine, sequences: Integer[np.ndarray, "batch time"], seed: int
) -> Exchange:
    """Return how far shuffling everything before the last step moves its prediction and memory.

    A machine of counts does not move. Raises `DataError` for fewer than 3 symbols a sequence: then
    there is nothing to reorder.
    """
    sequences = np.asarray(sequences)
    if sequences.shape[1] < 3:
        raise DataError(
            f"sequences of {sequences.shape[1]} symbols",
            where="exchangeability",
            hint="give 3 or more: the last is predicted, the others are shuffled",
        )
    history = np.random.default_rng(seed).permuted(sequences[:, :-1], axis=1)
    shuffled = np.concatenate([history, sequences[:, -1:]], axis=1)
    first, second = machine.trace(sequences), machine.trace(shuffled)
    moved = 0.5 * np.abs(np.exp(first.log_q[:, -1]) - np.exp(second.log_q[:, -1])).sum(axis=-1)
    apart = np.mean(np.sum((first.memory[:, -1] - second.memory[:, -1]) ** 2, axis=-1))
    spread = 2 * np.sum(np.var(first.memory[:, -1], axis=0))
    return Exchange(float(moved.mean()), float(moved.max()), float(apart / max(spread, 1e-300)))


def probe_memory(
    trace: Trace, statistics: Shaped[np.ndarray, "batch time stat"]
) -> Float[np.ndarray, " stat"]:
    """Return the R² on held-out sequences of each statistic read off the memory by a linear probe
    that was fitted on the others.
    """
    memory, memory_elsewhere = halves(trace.memory)
    known, asked = halves(np.asarray(statistics, np.float64))
    return r_squared(rows(asked), ridge(rows(memory), rows(known))(rows(memory_elsewhere)))


def divergences(
    log_p: Float[np.ndarray, "*shape symbol"], log_q: Float[np.ndarray, "*shape symbol"]
) -> Float[np.ndarray, "*shape"]:
    """Return KL(p || q) in nats."""
    return np.sum(np.exp(log_p) * (log_p - log_q), axis=-1)


def rows(values: Shaped[np.ndarray, "batch time feature"]) -> Shaped[np.ndarray, "sample feature"]:
    """Return every step of every sequence as a row."""
    return values.reshape(-1, values.shape[-1])
