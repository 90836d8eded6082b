"""Energies that learned to store strings of bits, several seeds at once, and what they give back:
what the claims about them share.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.claims.measuring import Measuring
from ontogeny.claims.trainings import Trained, train
from ontogeny.learners.memory.config import EBMMConfig, MetaTrainingConfig
from ontogeny.learners.memory.ebmm import ebm_memory
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.learners.memory.meta_learned import ebmm
from ontogeny.learners.memory.task import MemoryTask, draw_episode, recall
from ontogeny.worlds.corruptions import fresh_bits
from ontogeny.worlds.patterns import random_bits

BITS = 24
BROKEN = 12
FULL = EBMMConfig(units=64, hops=3, writable=11)  # 275 numbers; Hopfield's matrix has 276

# At full, quick and tiny scale.
TINY = EBMMConfig(
    units=12,
    hops=1,
    writable=11,
    write_steps=1,
    read_steps=1,
    gradient_weight=0,
    prior_weight=0,
)
ENERGY = (FULL, FULL, TINY)
SEEDS = (4, 2, 2)
UPDATES = (1200, 400, 2)
TESTED = (200, 100, 4)  # memories of fresh strings, for each seed


@cache
def bits_task(n: int) -> MemoryTask:
    """Return the task of n strings, half of each of whose bits are drawn anew."""
    return MemoryTask(random_bits(BITS), fresh_bits(BROKEN), n)


def energy(how: Measuring) -> EBMMConfig:
    """Return the energy that is trained at this scale."""
    return how.choose(*ENERGY)


def trained(n: int, how: Measuring, config: EBMMConfig, judged: Any = "all") -> Trained:
    """Return energies that learned to store n strings, a seed each; once in a process, for the
    parts that ask for the same.
    """
    asked = "energy of bits", n, config, judged
    return how.once(asked, lambda: _trained(n, how, config, judged))


def _trained(n: int, how: Measuring, config: EBMMConfig, judged: Any) -> Trained:
    updates = how.choose(*UPDATES)
    rounds = min(10, updates)
    meta = MetaTrainingConfig(
        updates=updates,
        judged=judged,
        batch=how.choose(8, 8, 2),
        test_batch=how.choose(64, 64, 2),
    )
    what = f"EBMM, {n} strings" + ("" if judged == "all" else ", last read")
    learner = ebmm(config, bits_task(n), meta)
    size = how.choose(*SEEDS), rounds, updates // rounds
    return train(how, learner, *size, what, quick=how.quick)


@cache
def memory_of(config: EBMMConfig) -> AssociativeMemory:
    """Return the memory of strings that a trained energy is; the weights of terms are as given. It
    is one object, however often it is asked for, so that its programs are compiled once.
    """
    return ebm_memory(config, (BITS,), config.weights)


def wrong_bits(
    memory: AssociativeMemory,
    params: Any,
    task: MemoryTask,
    how: Measuring,
    *,
    tested: tuple[int, int, int] = TESTED,
    seeds: bool = True,
) -> np.ndarray:
    """Return the wrong bits of what a memory gives back, the mean over `tested` fresh memories of
    the task, by scale, which are the same for every memory: [seed]; of params without a leading
    axis of seeds, of the same strings as each seed's.
    """
    count = how.choose(*SEEDS)
    keys = jax.random.split(jax.random.key(how.seed + 1), (count, how.choose(*tested)))
    return np.asarray(_asked(memory, task, seeds)(params, keys), np.float64)


@cache
def _asked(
    memory: AssociativeMemory, task: MemoryTask, seeds: bool
) -> Callable[[Any, Array], Array]:
    """Return the program of `wrong_bits`, of params and keys [seed, memory]."""

    def one(params: Any, keys: Array) -> Array:
        def wrong(key: Array) -> Array:
            return recall(memory, params, draw_episode(key, task)).wrong

        return jnp.mean(jax.lax.map(wrong, keys, batch_size=min(20, len(keys))))

    return jax.jit(jax.vmap(one, in_axes=(0 if seeds else None, 0)))


def over_seeds(function: Callable[[Any, Array], Any], params: Any, how: Measuring) -> Any:
    """Return what a function of one seed's params and a key returns, for every seed."""
    keys = jax.random.split(jax.random.key(how.seed + 2), how.choose(*SEEDS))
    return jax.device_get(jax.jit(jax.vmap(function))(params, keys))
