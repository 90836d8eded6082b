"""A growth of plain Python members in processes: what is grown, and what its record must keep."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import hosts
from ontogeny.core.host import HostLearner
from ontogeny.core.learner import Learner
from ontogeny.core.population import Move
from ontogeny.core.space import Log, Space
from ontogeny.evolution.strategy import Strategy
from ontogeny.runtime.executor import Job
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth.lineage import parent_rounds, parents, trace

SPACE_LOW = np.float32(1e-3)
SPACE = Space({"rate": Log(1e-3, 1.0)})
POP, ROUNDS, STEPS = 6, 12, 4


def overtaking(space: Space) -> Strategy[int]:
    """Who is below the median takes the best one's place, at 0.8 times its rate; other hypers
    stay. It compiles in a moment, and counts its moves.
    """

    def init(key, population):
        return jnp.int32(0)

    def move(key, moves, population, ready):
        score = jnp.where(jnp.isfinite(population.score), population.score, -jnp.inf)
        best = jnp.argmax(score)
        low = ready & ((score < jnp.median(score)) | ~jnp.isfinite(score))
        low &= jnp.isfinite(score[best])
        parent = jnp.where(low, best, jnp.arange(population.size))
        rate = population.hypers["rate"]
        hypers = space.clip(population.hypers | {"rate": jnp.where(low, 0.8 * rate[best], rate)})
        return moves + jnp.sum(low), Move(parent, jnp.ones_like(ready), hypers)

    return Strategy(init, move)


OVERTAKING = overtaking(SPACE)


def _fresh(key, hypers):
    return {"x": 3 + jax.random.normal(key, (5,)), "noise": key}


def _descend(key, state, hypers):
    noise = jax.random.normal(key, (5,)) + 0.1 * jax.random.normal(state["noise"], (5,))
    x = state["x"] - hypers["rate"] * (hosts.CURVATURE * state["x"] + noise)
    noise, _ = jax.random.split(state["noise"])
    return {"x": x, "noise": noise}, {"loss": hosts.CURVATURE @ x**2 / 2}


def _depth(key, state, hypers):
    return -(hosts.CURVATURE @ state["x"] ** 2) / 2


COMPILED = Learner(_fresh, _descend, _depth)
"""The descent in JAX; its state has a typed key."""


def make(learner: HostLearner | Learner = hosts.DESCENT, **fields) -> Job:
    whole = {"seed": 0, "population": POP, "rounds": ROUNDS, "steps": STEPS, **fields}
    return Job(learner, SPACE, OVERTAKING, **whole)


class EachRound(Observer):
    def __init__(self, act):
        self.act = act

    def lived(self, round_, moved, dead):
        self.act(round_)


def recorded(store: Store) -> dict[str, np.ndarray]:
    return {name: store.metric(name) for name in store.metric_names() if name != "seconds"}


def check_kept(before: np.ndarray, after: np.ndarray) -> None:
    """What was recorded before is recorded still."""
    rounds, slots = before.shape
    there = np.isfinite(before)
    np.testing.assert_array_equal(after[:rounds, :slots][there], before[there])


def check_whole(store: Store, rounds: int = ROUNDS) -> None:
    """Everything is recorded, and every line goes back to a first member, never ahead of time."""
    score = store.metric("score")
    assert score.shape == (rounds, POP)
    assert np.isfinite(score).all()
    heirs = store.heirs()
    assert heirs
    parent, before = parents(heirs, rounds, POP), parent_rounds(heirs, rounds, POP)
    for slot in range(POP):
        assert trace(parent, slot, None, before)[0][0] == 0
    loss = store.metric("loss")
    assert np.isfinite(loss).all()
