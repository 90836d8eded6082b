"""What a memory is asked: patterns are written, one part of each is broken, and all come back."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from ontogeny.core.errors import ConfigError
from ontogeny.learners.memory.memory import AssociativeMemory, Params
from ontogeny.worlds.corruptions import Corruption
from ontogeny.worlds.patterns import Patterns


class MemoryTask(NamedTuple):
    """How many patterns are written, from where, how they are broken, and whether the reader is
    told which numbers are right (they are then held).
    """

    patterns: Patterns
    corrupt: Corruption
    n: int
    mask_known: bool = True


class Episode(NamedTuple):
    """Patterns that one memory is written with, and a query of each."""

    patterns: Float[Array, "pattern ..."]
    query: Float[Array, "pattern ..."]
    known: Bool[Array, "pattern ..."]  # right, and said to be


class Recalled(NamedTuple):
    """How well one memory gave its patterns back."""

    error: Float[Array, " read"]  # squared, summed over a pattern's numbers, the mean over patterns
    wrong: Float[Array, ""]  # numbers of the answer on the wrong side of a half, per pattern
    before: Float[Array, ""]  # the query's error


def draw_episode(key: Key[Array, ""], task: MemoryTask, held: bool = False) -> Episode:
    """Return an episode of the task; `held` takes patterns that are never learned from."""
    pattern_key, corrupt_key = jax.random.split(key)
    patterns = (task.patterns.held if held else task.patterns.draw)(pattern_key, task.n)
    query, changed = jax.vmap(task.corrupt)(jax.random.split(corrupt_key, task.n), patterns)
    return Episode(patterns, query, ~changed & task.mask_known)


def recall(memory: AssociativeMemory, params: Params, episode: Episode) -> Recalled:
    """Return how a memory that is written with the episode's patterns answers its queries."""
    stored = memory.write(params, episode.patterns)
    return answered(memory, params, stored, episode)


def answered(memory: AssociativeMemory, params: Params, stored: object, to: Episode) -> Recalled:
    """Return how a memory that has been written answers an episode's queries."""
    reads = jax.vmap(lambda query, known: memory.read(params, stored, query, known))(
        to.query, to.known
    )
    apart = (reads[:, 1:] - to.patterns[:, None]).reshape(len(reads), reads.shape[1] - 1, -1)
    wrong = (reads[:, -1] > 0.5) != (to.patterns > 0.5)
    before = jnp.sum((to.query - to.patterns) ** 2) / len(reads)
    return Recalled(
        jnp.mean(jnp.sum(apart**2, axis=-1), axis=0), jnp.sum(wrong) / len(reads), before
    )


def check_task(task: MemoryTask) -> None:
    """Raise `ConfigError` for a task without patterns, and for what its corruption refuses."""
    if task.n < 1:
        raise ConfigError(
            f"{task.n} patterns are written", where="memory task", hint="write one or more"
        )
    key = jax.eval_shape(lambda: jax.random.key(0))
    jax.eval_shape(lambda key: draw_episode(key, task), key)
