"""Sources of symbols whose exact Bayes predictor is known.

A source first draws a task from its prior, then a sequence from the task. `predictive` is what
Bayes says before every symbol, the task unknown: the floor under every predictor's expected
log-loss. `informed` is what one says who knows the task: the floor under the floor. All is JAX and
takes one sequence: the caller vmaps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.change_points import change_point_filter
from ontogeny.ops.bayes.context_trees import context_path, ctw_predictive, first_node
from ontogeny.ops.bayes.predictives import categorical_predictive, markov_predictive


class Source(NamedTuple):
    """`draw(key)` returns a task (a pytree of arrays) and a sequence of symbols from 0 up."""

    name: str
    n_symbols: int
    length: int
    draw: Callable[[Key[Array, ""]], tuple[Any, Int[Array, " time"]]]
    predictive: Callable[[Int[Array, " time"]], Float[Array, "time symbol"]]
    informed: Callable[[Any, Int[Array, " time"]], Float[Array, "time symbol"]]


class Tree(NamedTuple):
    """A variable-order source: which nodes split, and the die at each, numbered level by level."""

    splits: Bool[Array, " inner"]
    dice: Float[Array, "node symbol"]


def dice(length: int, prior: Sequence[float] = (1.0, 1.0, 1.0)) -> Source:
    """Return a die of unknown bias, drawn from Dirichlet(prior) once a sequence. The task is the
    probability of each face. Raises `ConfigError` for a prior that is no Dirichlet or no length.
    """
    weights = _check(length, prior)

    def draw(key: Array) -> tuple[Array, Array]:
        task_key, roll_key = jax.random.split(key)
        faces = jax.random.dirichlet(task_key, weights)
        rolls = jax.random.categorical(roll_key, jnp.log(faces), shape=(length,))
        return faces, rolls.astype(jnp.int32)

    return Source(
        f"dice-{len(prior)}",
        len(prior),
        length,
        draw,
        lambda sequence: categorical_predictive(sequence, weights),
        lambda task, sequence: jnp.broadcast_to(task, (sequence.shape[0], len(prior))),
    )


def coins(length: int, prior: tuple[float, float] = (1.0, 1.0)) -> Source:
    """Return a coin of unknown bias: P(1) ~ Beta(prior), `prior` being (for 1, for 0).

    The task is (P(0), P(1)). Raises `ConfigError` as `dice` does.
    """
    return dice(length, (prior[1], prior[0]))._replace(name="coins")


def markov_chains(length: int, n_symbols: int = 2, concentration: float = 0.5) -> Source:
    """Return a first-order chain with Dirichlet rows, begun as if after a symbol 0. The task is the
    matrix of transitions. Raises `ConfigError` as `dice` does.
    """
    row = _check(length, [concentration] * n_symbols)

    def draw(key: Array) -> tuple[Array, Array]:
        task_key, walk_key = jax.random.split(key)
        rows = jax.random.dirichlet(task_key, row, (n_symbols,))

        def step(before: Array, key: Array) -> tuple[Array, Array]:
            symbol = jax.random.categorical(key, jnp.log(rows[before])).astype(jnp.int32)
            return symbol, symbol

        return rows, jax.lax.scan(step, jnp.int32(0), jax.random.split(walk_key, length))[1]

    return Source(
        f"markov-{n_symbols}",
        n_symbols,
        length,
        draw,
        lambda sequence: markov_predictive(sequence, jnp.tile(row, (n_symbols, 1))),
        lambda task, sequence: task[jnp.append(0, sequence[:-1])],
    )


def variable_order(
    length: int, depth: int = 3, n_symbols: int = 2, split: float = 0.5, concentration: float = 0.5
) -> Source:
    """Return a context tree of unknown shape and dice: a node above `depth` splits with probability
    `split`, leaves draw from Dirichlet(concentration, …); exactly what CTW mixes over.

    Before the first symbol stand symbols 0. The task is a `Tree` (dice at every node; those at
    leaves are used). Raises `ConfigError` as `dice` does, or for a probability outside (0, 1).
    """
    prior = _check(length, [concentration] * n_symbols)
    _check_chance("split", split)
    n_inner, n_nodes = first_node(depth, n_symbols), first_node(depth + 1, n_symbols)

    def faces(tree: Tree, recent: Int[Array, " depth"]) -> Float[Array, " symbol"]:
        """Return the die of the leaf that the context, newest first, leads to."""
        path = context_path(recent, n_symbols)
        level = jnp.sum(jnp.cumprod(tree.splits[path[:-1]]))  # splits before the first that isn't
        return tree.dice[path[level]]

    def draw(key: Array) -> tuple[Tree, Array]:
        split_key, dice_key, walk_key = jax.random.split(key, 3)
        tree = Tree(
            jax.random.bernoulli(split_key, split, (n_inner,)),
            jax.random.dirichlet(dice_key, prior, (n_nodes,)),
        )

        def step(recent: Array, key: Array) -> tuple[Array, Array]:
            logits = jnp.log(faces(tree, recent))
            symbol = jax.random.categorical(key, logits).astype(jnp.int32)
            return jnp.append(symbol, recent)[:depth], symbol

        start = jnp.zeros(depth, jnp.int32)
        return tree, jax.lax.scan(step, start, jax.random.split(walk_key, length))[1]

    def informed(task: Tree, sequence: Array) -> Array:
        def step(recent: Array, symbol: Array) -> tuple[Array, Array]:
            return jnp.append(symbol, recent)[:depth], faces(task, recent)

        return jax.lax.scan(step, jnp.zeros(depth, sequence.dtype), sequence)[1]

    return Source(
        f"variable-order-{depth}",
        n_symbols,
        length,
        draw,
        lambda sequence: ctw_predictive(sequence, depth, n_symbols, split, concentration),
        informed,
    )


def switching_dice(
    length: int, hazard: float = 0.05, prior: Sequence[float] = (0.5, 0.5)
) -> Source:
    """Return a die that is replaced by a fresh one with probability `hazard` before every step but
    the first. Two faces make the switching coin. The task is the die of every step [time, symbol].
    Raises `ConfigError` as `dice` does, or for a hazard outside (0, 1).
    """
    weights = _check(length, prior)
    _check_chance("hazard", hazard)

    def draw(key: Array) -> tuple[Array, Array]:
        change_key, dice_key, roll_key = jax.random.split(key, 3)
        changes = jax.random.bernoulli(change_key, hazard, (length,)).at[0].set(False)
        fresh = jax.random.dirichlet(dice_key, weights, (length,))
        faces = fresh[jnp.cumsum(changes)]
        return faces, jax.random.categorical(roll_key, jnp.log(faces)).astype(jnp.int32)

    return Source(
        f"switching-{len(prior)}",
        len(prior),
        length,
        draw,
        lambda sequence: change_point_filter(sequence, weights, hazard).predictive,
        lambda task, sequence: task,
    )


def _check(length: int, prior: Sequence[float]) -> Float[Array, " symbol"]:
    if length < 1 or len(prior) < 2 or min(prior) <= 0:
        raise ConfigError(
            f"{length} symbols with a Dirichlet{tuple(prior)} prior",
            where="worlds.sources.sequences",
            hint="use one symbol or more, two faces or more, and positive concentrations",
        )
    return jnp.array(prior, jnp.float32)


def _check_chance(name: str, chance: float) -> None:
    if not 0 < chance < 1:
        raise ConfigError(f"{chance} is no probability inside (0, 1)", where=name)
