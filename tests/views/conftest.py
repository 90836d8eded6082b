"""A run that was really grown: a noisy quadratic, eight members, twenty rounds."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.learner import Learner
from ontogeny.core.space import Linear, Log, Space
from ontogeny.evolution.evolve import Grown
from ontogeny.evolution.explore import perturb
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.selection import truncation
from ontogeny.runtime.driver import grow
from ontogeny.runtime.executor import Job, Lived
from ontogeny.runtime.observer import Setting
from ontogeny.runtime.storage.store import Heir, Store
from ontogeny.runtime.vectorised import Vectorised

POP, ROUNDS, STEPS = 8, 20, 10
CURVATURE = jnp.logspace(-1, 0, 5)
SPACE = Space({"rate": Log(1e-4, 1.5, (1e-3, 1.0)), "drag": Linear(0.0, 0.5)})
STATED = {
    "rate": {"kind": "Log", "low": 1e-4, "high": 1.5},
    "drag": {"kind": "Linear", "low": 0.0, "high": 0.5},
}


def _learner() -> Learner:
    def step(key, x, hypers):
        gradient = CURVATURE * x + jax.random.normal(key, x.shape)
        return x - hypers["rate"] * (1 - hypers["drag"]) * gradient, {
            "loss": jnp.sum(CURVATURE * x**2) / 2
        }

    return Learner(
        lambda key, hypers: jnp.full(5, 3.0),
        step,
        lambda key, x, hypers: -jnp.sum(CURVATURE * x**2) / 2,
    )


@pytest.fixture(scope="session")
def job() -> Job:
    strategy = pbt(SPACE, truncation(0.25), perturb((0.8, 1.25)))
    return Job(_learner(), SPACE, strategy, seed=0, population=POP, rounds=ROUNDS, steps=STEPS)


@pytest.fixture(scope="session")
def grown_folder(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "quadratic-1"
    with Store.create(
        folder,
        recipe="quadratic",
        fields={
            "population": POP,
            "rounds": ROUNDS,
            "steps": STEPS,
            "seed": 0,
            "strategy": {"fraction": 0.25},
        },
        space=STATED,
        units={"updates": 1.0},
        papers=[
            "Jaderberg et al. 2017, Population Based Training of Neural Networks, arXiv 1711.09846"
        ],
        repeat="ontogeny grow quadratic --population 8",
    ) as store:
        assert grow(job, Vectorised(devices=1), store) == "finished"
    return folder


@pytest.fixture
def grown_store(grown_folder: Path):
    with Store(grown_folder) as store:
        yield store


@pytest.fixture
def make_store(tmp_path: Path):
    """Return a function that records a run by hand: scores [rounds, pop], hypers, moves."""
    opened: list[Store] = []

    def make(
        score, hypers=None, heirs=(), name: str = "made", seconds: float = 0.5, **values
    ) -> Store:
        score = np.asarray(score, float)
        store = Store.create(tmp_path / name, **values)
        opened.append(store)
        with store.transaction():
            for number, row in enumerate(score):
                store.add_metric("score", number, row)
                store.add_metric("seconds", number, [seconds], -1)
                for hyper, table in (hypers or {}).items():
                    store.add_metric(f"hypers.{hyper}", number, table[number])
            store.add_heirs(Heir(*heir) for heir in heirs)
        return store

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def setting(tmp_path: Path, job: Job) -> Setting:
    return Setting(job, tmp_path / "quadratic-7", 0, {"environment_steps": 100.0}, {})


@pytest.fixture
def live_round():
    """Return a function that makes a round as the driver gives it to observers."""

    def make(number: int, score, ready=None) -> Lived:
        score = np.asarray(score, np.float32)
        ready = np.ones(score.size, bool) if ready is None else np.asarray(ready)

        def snapshot() -> Grown:
            raise AssertionError("an observer asked for the whole population")

        return Lived(number, ready, None, {}, score, {}, 0.1, snapshot, None)  # type: ignore[arg-type]

    return make
