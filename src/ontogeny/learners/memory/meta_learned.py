"""A memory that learns to be one: how it is written and read is descended on, through both.

    minimise over params  E_patterns, corruptions  sum over reads k  |read_k(query) - pattern|²

on fresh patterns at every update, so that what is learned is storing, and not the patterns. Source:
Bartunov et al. 2020 (arXiv 1910.02720); Santoro et al. 2016 (arXiv 1605.06065) for the setting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.memory.config import EBMMConfig, MetaTrainingConfig
from ontogeny.learners.memory.ebmm import ebm_memory
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.learners.memory.task import MemoryTask, check_task, draw_episode, recall
from ontogeny.ops.adam import clipped_adam, cosine_decayed, descend
from ontogeny.ops.once import once

VALIDATION = 19_102_720  # the episodes that every score is measured on are drawn from it

MemoryOf = Callable[[Mapping[str, Any]], AssociativeMemory]


class MetaState(NamedTuple):
    """What was meta-learned, the memory's own hypers that were used last, Adam's moments, and how
    many updates there were.
    """

    params: PyTree[Array]
    tuned: dict[str, Float[Array, ""]]
    optimiser: optax.OptState
    updates: Int[Array, ""]


def meta_learned(
    memory_of: MemoryOf,
    task: MemoryTask,
    config: MetaTrainingConfig | None = None,
    tuned: Mapping[str, float] | None = None,
) -> Learner[MetaState]:
    """Return the learner of a memory, which may have hypers of its own, `tuned`, by name with what
    they are when a space leaves them out. Hypers of every memory are "learning_rate" and
    "max_gradient_norm".

    The score is minus the squared error of a pattern, the mean over episodes of held patterns that
    are the same for every score.
    """
    c = config or MetaTrainingConfig()
    own = dict(tuned or {})
    check_task(task)
    direction = clipped_adam(1.0, 1e-8)

    def settle(hypers: Hypers) -> tuple[dict[str, Any], dict[str, Any]]:
        fixed = {"learning_rate": c.learning_rate, "max_gradient_norm": c.max_gradient_norm}
        used = settled(hypers, **fixed, **own)
        return used, {name: jnp.float32(used[name]) for name in own}

    def init(key: Array, hypers: Hypers) -> MetaState:
        weights = settle(hypers)[1]
        params = memory_of(weights).init(key)
        return MetaState(params, weights, direction.init(params), jnp.int32(0))

    def objective(params: Any, weights: Any, batch: Any) -> tuple[Array, Metrics]:
        memory = memory_of(weights)
        told = jax.vmap(lambda episode: recall(memory, params, episode))(batch)
        error = told.error[:, -1:] if c.judged == "last" else told.error
        seen = {"error": told.error[:, -1], "wrong": told.wrong, "error_before": told.before}
        return jnp.mean(jnp.sum(error, axis=1)), jax.tree.map(jnp.mean, seen)

    def step(key: Array, state: MetaState, hypers: Hypers) -> tuple[MetaState, Metrics]:
        used, weights = settle(hypers)
        keys = jax.random.split(key, c.batch)
        batch = once(lambda: jax.vmap(lambda k: draw_episode(k, task))(keys), state.updates)
        gradient, seen = jax.grad(objective, has_aux=True)(state.params, weights, batch)
        norm = optax.tree.norm(gradient)
        # clipping to a hyper: scale so that the direction's own clip to 1 does it
        gradient = jax.tree.map(lambda g: g / used["max_gradient_norm"], gradient)
        rate = cosine_decayed(used["learning_rate"], c.final, state.updates / c.updates)
        kept = jax.tree.map(lambda p: p * (1 - rate * c.weight_decay), state.params)
        params, moments = descend(direction, rate, kept, state.optimiser, gradient)
        return MetaState(params, weights, moments, state.updates + 1), {
            **seen,
            "gradient_norm": norm,
        }

    def score(key: Array, state: MetaState, hypers: Hypers) -> Float[Array, ""]:
        del key
        memory = memory_of(settle(hypers)[1])
        keys = jax.random.split(jax.random.key(VALIDATION), c.test_batch)

        def one(k: Array) -> Array:
            return recall(memory, state.params, draw_episode(k, task, held=True)).error[-1]

        return -jnp.mean(jax.lax.map(one, keys, batch_size=min(c.batch, c.test_batch)))

    return Learner(init, step, score)


def ebmm(
    config: EBMMConfig, task: MemoryTask, meta: MetaTrainingConfig | None = None
) -> Learner[MetaState]:
    """Return the learner of an energy-based memory of the task's patterns. Its hypers may be
    "learning_rate", "max_gradient_norm", and the weights of writing's terms, "gradient" and
    "prior".

    >>> from ontogeny.worlds.corruptions import fresh_bits
    >>> from ontogeny.worlds.patterns import random_bits
    >>> task = og.memory.MemoryTask(random_bits(8), fresh_bits(4), n=2)
    >>> learner = og.ebmm(og.memory.EBMMConfig(units=8, writable=3, hops=1), task)
    >>> state = jax.eval_shape(learner.init, jax.random.key(0), {})
    >>> sorted(state.tuned)
    ['gradient', 'prior']
    """
    shape = task.patterns.shape

    def memory_of(tuned: Mapping[str, Any]) -> AssociativeMemory:
        return ebm_memory(config, shape, tuned)

    return meta_learned(memory_of, task, meta, config.weights)
