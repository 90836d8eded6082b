"""Heads trained in one go by hypers that are given: no population, no run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.lessons import Lessons
from ontogeny.learners.beauty.scorer import ScorerState, agreement, init, step

HYPERS = {"learning_rate": 0.01, "weight_decay": 0.3, "dropout": 0.2, "pooling": 0.5}
"""What does well on graded photographs; a population finds better ones for your ratings."""


def train_heads(
    config: ScorerConfig, lessons: Lessons, seed: int = 0, hypers: Mapping[str, float] = HYPERS
) -> tuple[ScorerState, float]:
    """Return the state after `config.updates` updates, and the share of held pairs that it orders
    as they were judged.
    """
    given = {name: np.float32(value) for name, value in hypers.items()}
    state, score = _trained(config, lessons, jax.random.key(seed), given)
    return state, float(score)


@partial(jax.jit, static_argnums=0)
def _trained(
    config: ScorerConfig, lessons: Lessons, key: Array, hypers: dict[str, Any]
) -> tuple[ScorerState, Array]:
    def update(state: ScorerState, number: Array) -> tuple[ScorerState, None]:
        return step(config, lessons, jax.random.fold_in(key, number), state, hypers)[0], None

    begun = init(config, lessons, jax.random.fold_in(key, config.updates), hypers)
    state = jax.lax.scan(update, begun, jnp.arange(config.updates))[0]
    return state, agreement(lessons, state)
