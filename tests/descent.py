"""A small learner with all that can go wrong in a population: an optimiser's moments, a count,
noise, death.

It goes down |w|^2 / 2 with heavy-ball momentum and noisy gradients, and its score is the loss,
negative. A member with a rate above 1 goes to infinity at once.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from ontogeny.core.learner import Learner
from ontogeny.core.population import Population
from ontogeny.core.space import Linear, Log, Space

SPACE = Space({"rate": Log(1e-3, 1e3, prior=(1e-2, 0.1)), "momentum": Linear(0.0, 0.9)})


class Descent(NamedTuple):
    """The state: weights, the optimiser's state, and updates seen."""

    w: Array
    moments: optax.OptState
    count: Array


def init(key, hypers):
    w = 1 + jax.random.normal(key, (3,))
    return Descent(w, optimiser(hypers).init(w), jnp.int32(0))


def step(key, state, hypers):
    gradient = state.w + 0.1 * jax.random.normal(key, (3,))
    updates, moments = optimiser(hypers).update(gradient, state.moments)
    w = state.w + updates + jnp.where(hypers["rate"] > 1, jnp.inf, 0)
    return Descent(w, moments, state.count + 1), {"gradient": jnp.sum(gradient)}


def score(key, state, hypers):
    return -jnp.sum(state.w**2) / 2


def optimiser(hypers):
    return optax.sgd(hypers["rate"], hypers["momentum"])


LEARNER = Learner(init, step, score)


def scored(scores, hypers=None, steps=10) -> Population:
    """Return a population that has these scores, its state being each member's own number."""
    slots = np.arange(len(scores), dtype=np.int32)
    if hypers is None:
        hypers = {"rate": 0.01 * (1 + slots), "momentum": 0.1 * slots}
    lived = np.broadcast_to(np.asarray(steps, np.int32), slots.shape)
    own = {"own": slots}, jax.tree.map(np.float32, hypers), np.float32(scores), lived, lived
    return Population(*jax.tree.map(jnp.asarray, own))
