"""The memories of pictures that are compared, each of a number of stored numbers, and what all of
them are asked.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.core.learner import Learner
from ontogeny.learners.memory.baselines import BASELINES, baseline
from ontogeny.learners.memory.coder import CoderConfig
from ontogeny.learners.memory.config import EBMMConfig, MetaTrainingConfig
from ontogeny.learners.memory.ebmm import ebm_memory
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.learners.memory.meta_learned import VALIDATION, meta_learned
from ontogeny.learners.memory.nearest import nearest_neighbour
from ontogeny.learners.memory.task import Episode, MemoryTask, draw_episode, recall
from ontogeny.worlds.corruptions import block_of_noise
from ontogeny.worlds.patterns import Patterns, drawn_once

ENERGIES = {"EBMM, dense": "dense", "EBMM, conv": "conv"}
ALONE = "1 number each"  # slots: what the picture around the square tells by itself
NAMES = (*ENERGIES, *BASELINES, ALONE)
FIT, BLIND = "as many as fit", "nothing stored"  # what needs no training
READS = 2  # of the baselines; energies take 5 steps
# Each family's own, the best of a few on seed 5: of 120 updates on patches, 32 a memory; the
# dense energy's is a lower one, for at 6e-3 a seed may not learn.
RATES = dict.fromkeys(NAMES, 3e-3) | {"EBMM, dense": 4e-3, "EBMM, conv": 1e-2, "kanerva": 1e-2}
# The most numbers that the slow ones are trained at: an LSTM's weights are as its state squared.
MOST = {"autoencoder": 2304, "lstm": 1152, ALONE: 1152}
# Pictures learned from and held, all sizes: at full and quick scale, at tiny scale.
FULL: dict[str, Any] = {"size": 16, "n": 16, "learn": 8192, "held": 2048, "tested": 32}
TINY: dict[str, Any] = {"size": 8, "n": 2, "learn": 4, "held": 4, "tested": 2}


def task_of(of_size: Callable[[int], Patterns], seed: int, tiny: bool) -> MemoryTask:
    """Return what all memories of a set of pictures are asked: half the width of a query is noise,
    and so is half its height. Each seed has pictures of its own.
    """
    sizes = TINY if tiny else FULL
    pictures = of_size(sizes["size"])
    drawn = drawn_once(pictures, jax.random.key(seed), sizes["learn"], sizes["held"])
    return MemoryTask(drawn, block_of_noise(sizes["size"] // 2), sizes["n"])


@cache
def memory_of(name: str, numbers: int, n: int, tiny: bool) -> AssociativeMemory:
    """Return the memory of that name of so many numbers; one object, however often it is asked for,
    so that its programs are compiled once.
    """
    filters, features, units = ((4,), 15, 12) if tiny else ((8, 16), 127, 160)
    size = (TINY if tiny else FULL)["size"]
    if name not in ENERGIES:
        coder = CoderConfig(features, filters, 1 if tiny else READS)
        named, numbers = ("slots", n) if name == ALONE else (name, numbers)
        return baseline(named, (size, size), numbers, n, coder)
    config = EBMMConfig(filters=filters, gradient_weight=0)
    if tiny:
        config = dataclasses.replace(config, hops=1, write_steps=1, read_steps=1)
    if name == "EBMM, dense":
        writable = numbers // (features + 1)
        config = dataclasses.replace(
            config, energy="dense", units=units, features=features, writable=writable
        )
    else:
        config = dataclasses.replace(
            config, energy="conv", units=16, features=64, writable=numbers // (2 * 9 * 64)
        )
    return ebm_memory(config, (size, size), config.weights)


def learner_of(
    name: str, memory: AssociativeMemory, task: MemoryTask, updates: int, tiny: bool
) -> Learner[Any]:
    """Return the learner of a memory: a memory an update, at its family's own rate."""
    tested = (TINY if tiny else FULL)["tested"]
    meta = MetaTrainingConfig(
        batch=1, learning_rate=RATES[name], updates=updates, test_batch=tested
    )
    return meta_learned(lambda tuned: memory, task, meta)


def kept(numbers: int) -> AssociativeMemory:
    """Return the memory that keeps as many whole pictures as so many numbers are, the first, and
    gives back what the nearest of them has where the query isn't known.
    """
    nearest = nearest_neighbour()

    def write(params: Any, patterns: Array) -> Array:
        return patterns[: max(1, numbers // math.prod(patterns.shape[1:]))]

    def read(params: Any, stored: Array, query: Array, known: Array) -> Array:
        return jnp.where(known, query, nearest.read(params, stored, query, known))

    return AssociativeMemory("as many as fit", nearest.init, write, read)


def blind() -> AssociativeMemory:
    """Return the memory that stores nothing: it fills in the mean of what is known."""

    def read(params: Any, stored: Any, query: Array, known: Array) -> Array:
        mean = jnp.sum(jnp.where(known, query, 0.0)) / jnp.sum(known)
        return jnp.stack([query, jnp.where(known, query, mean)])

    return AssociativeMemory("nothing", lambda key: (), lambda params, patterns: (), read)


def asked_of(task: MemoryTask, tiny: bool) -> Episode:
    """Return what every memory is scored on, [memory, pattern, ...]."""
    keys = jax.random.split(jax.random.key(VALIDATION), (TINY if tiny else FULL)["tested"])
    return jax.jit(lambda keys: jax.lax.map(lambda k: draw_episode(k, task, held=True), keys))(keys)


def formula_errors(episodes: Episode, asked: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return the errors of what needs no training, [number, 1], by name."""

    def error(memory: AssociativeMemory) -> float:
        told = jax.lax.map(lambda episode: recall(memory, (), episode).error[-1], episodes)
        return float(jnp.mean(told))

    fitting = np.array([[error(kept(numbers))] for numbers in asked])
    return {FIT: fitting, BLIND: np.full_like(fitting, error(blind()))}


@partial(jax.jit, static_argnums=0)
def answers(memory: AssociativeMemory, params: Any, to: Episode) -> Array:
    """Return what a memory that is written with an episode's pictures answers its queries."""
    stored = memory.write(params, to.patterns)
    each = jax.vmap(lambda query, known: memory.read(params, stored, query, known)[-1])
    return each(to.query, to.known)
