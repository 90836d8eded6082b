"""A learner that takes a moment to grow: a noisy quadratic, whose state has a float, an integer and
a nested leaf. And a strategy that takes a moment to compile, as most here is of neither.
"""

from __future__ import annotations

import copy
from functools import cache

import jax
import jax.numpy as jnp
import pytest

import growing_apart
from ontogeny.core.learner import Learner
from ontogeny.core.space import Integer, Log, Space
from ontogeny.evolution.strategy import Strategy
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.driver import grow
from ontogeny.runtime.executor import Job
from ontogeny.runtime.storage.store import Store
from ontogeny.runtime.vectorised import Vectorised

CURVATURE = jnp.logspace(-1, 0, 5)


@cache
def make_learner(broken_at: int | None = None) -> Learner:
    """Return the learner; with `broken_at`, every state becomes NaN at that step."""

    def init(key, hypers):
        start = 3 + jax.random.normal(key, (5,))
        return {"x": start, "seen": {"count": jnp.int32(0)}}

    def step(key, state, hypers):
        gradient = CURVATURE * state["x"] + jax.random.normal(key, (5,))
        x = state["x"] - hypers["rate"] * gradient
        count = state["seen"]["count"] + 1
        if broken_at is not None:
            x = jnp.where(count >= broken_at, jnp.nan, x)
        return {"x": x, "seen": {"count": count}}, {"loss": jnp.sum(CURVATURE * x**2) / 2}

    def score(key, state, hypers):
        return -jnp.sum(CURVATURE * state["x"] ** 2) / 2

    return Learner(init, step, score)


SPACE = Space({"rate": Log(1e-4, 1.5, (1e-3, 1.0)), "unused": Integer(1, 9)})
OVERTAKING = growing_apart.overtaking(SPACE)


def _varied(key, moves, population, ready):
    """Who overtakes has a rate that is drawn, up to twice the one that it would have."""
    moves, move = OVERTAKING.move(key, moves, population, ready)
    factor = 2 * jax.random.uniform(key, (population.size,))
    moved = move.parent != jnp.arange(population.size)
    rate = move.hypers["rate"]
    hypers = SPACE.clip(move.hypers | {"rate": jnp.where(moved, factor * rate, rate)})
    return moves, move._replace(hypers=hypers)


STRATEGY = Strategy(OVERTAKING.init, _varied)


@pytest.fixture(scope="session")
def job():
    """Return a function that makes a job; keyword arguments replace its fields."""

    def make(broken_at: int | None = None, **fields) -> Job:
        whole = {"seed": 0, "population": 8, "rounds": 6, "steps": 5, **fields}
        return Job(make_learner(broken_at), SPACE, STRATEGY, **whole)

    return make


@pytest.fixture(scope="module", autouse=True)
def _kept_nurseries(kept_nurseries):
    return kept_nurseries


@pytest.fixture(scope="module", autouse=True)
def _begun_once(begun_once):
    return begun_once


class Compiled:
    """The vectorised executor, which compiles a learner of a size once: for tests of what is around
    a program. Its jobs differ in their seeds and rounds alone.
    """

    def __init__(self):
        self.programs = {}

    def prepare(self, job: Job, folder=None):
        size = job.learner, job.population, job.steps
        if size not in self.programs:
            self.programs[size] = Vectorised().prepare(job)
        program = copy.copy(self.programs[size])
        program.job = job
        return program


@pytest.fixture(scope="session")
def compiled():
    return Compiled()


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "run") as opened:
        yield opened


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A synchronous growth that nothing befell."""
    with Store.create(tmp_path_factory.mktemp("undisturbed") / "run") as opened:
        assert grow(growing_apart.make(), Processes(2, synchronous=True), opened) == "finished"
        yield opened
