"""A population of 512 Baldwinian lifetimes, beside a Python loop over them.

A life begins at a genome of 1,761 initial weights and six learning rates, takes five gradient steps
on ten points of a sinusoid, and is scored on ten others. Ours is one compiled call, the population
spread over the cores: the births and lives of all, which is what the ratios are of; and, for what
evolution costs beside them, a whole round with its tournament and mutations. The loops do the lives
(PyTorch's the tournament too):

- one compiled call a life: all of a life in one jitted function, its score read after each;
- one compiled call a step: what a loop over a jitted update does;
- PyTorch, one life after the other, on one thread and on two; the faster counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.learners.baldwin.lifetime import LifetimeConfig
from ontogeny.recipes.sinusoids import SinusoidLife

POPULATION, STEPS = 512, 5


def measure(quick: bool) -> Result:
    """Return lifetimes a second of each, and ratios. Raises `MissingExtra` without the peer."""
    python, about = peer_python("torch"), dict[str, Any]()

    def torch_loop(threads: str) -> Callable[[], float]:
        def live() -> float:
            said = ask(python, "torch_lifetimes.py", str(POPULATION), "--threads", threads)
            about["torch"] = said["torch"]
            return said["lives"] / said["seconds"]

        return live

    recipe = SinusoidLife(
        population=POPULATION,
        steps=STEPS,
        life=LifetimeConfig(tasks=1),
    )
    peers = {f"PyTorch loop, threads: {n}": torch_loop(n) for n in ("1", "2")}
    arms = {
        "population": _lives(recipe),
        "population, a whole round": _rounds(recipe),
        "loop, one jitted life a call": _loop(recipe, False),
        "loop, one jitted step a call": _loop(recipe, True),
        **peers,
    }
    by_turns(arms, 1)  # once for nothing
    rates = by_turns(arms, 2 if quick else 5)
    fastest = [max(pair) for pair in zip(*(rates[name] for name in peers), strict=True)]
    figures = [Figure(arm, "lifetimes/s", values) for arm, values in rates.items()]
    ours, target = rates["population"], Target(low=20.0)
    for name, below in (
        ("one jitted life a call", rates["loop, one jitted life a call"]),
        ("one jitted step a call", rates["loop, one jitted step a call"]),
        ("PyTorch loop", fastest),
    ):
        figures.append(Figure(f"population / {name}", "ratio", pairwise(ours, below), target))
    return Result({"population": POPULATION, "steps": STEPS, "genes": 1767, **about}, figures)


def _rounds(recipe: SinusoidLife) -> Callable[[], float]:
    """Return what lives one round of a growing population."""
    job = recipe.job()._replace(rounds=10**6)
    rounds = recipe.executor.prepare(job).rounds()

    def live() -> float:
        begun = time.perf_counter()
        for _ in range(5):
            next(rounds)
        return 5 * POPULATION / (time.perf_counter() - begun)

    return live


def _lives(recipe: SinusoidLife) -> Callable[[], float]:
    """Return what lives the lives of all in one compiled call."""
    mesh = jax.sharding.Mesh(jax.devices(), ("pop",))
    spread = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("pop"))
    genes = jax.device_put(_genes(recipe), spread)
    life, key = _life(recipe), jax.random.key(1)
    everybody = jax.jit(jax.vmap(life, (None, 0)), out_shardings=spread)

    def live() -> float:
        begun = time.perf_counter()
        scores = np.asarray(everybody(key, genes))
        seconds = time.perf_counter() - begun
        assert np.isfinite(scores).all()
        return POPULATION / seconds

    return live


def _genes(recipe: SinusoidLife) -> Any:
    keys = jax.random.split(jax.random.key(0), POPULATION)
    return jax.jit(jax.vmap(recipe.space().sample))(keys)


def _life(recipe: SinusoidLife) -> Callable[[Any, Any], Any]:
    """Return a life, from its birth to its score."""
    learner = recipe.learner()

    def life(key: Any, hypers: Any) -> Any:
        def update(state: Any, key: Any) -> tuple[Any, None]:
            return learner.step(key, state, hypers)[0], None

        end, _ = jax.lax.scan(update, learner.init(key, hypers), jax.random.split(key, STEPS))
        return learner.score(key, end, hypers)

    return life


def _loop(recipe: SinusoidLife, by_step: bool) -> Callable[[], float]:
    """Return what lives as many lives in a Python loop, compiled whole or step by step."""
    learner, genes = recipe.learner(), _genes(recipe)
    genomes = [jax.tree.map(lambda x, i=i: x[i], genes) for i in range(POPULATION)]
    init, step, score = jax.jit(learner.init), jax.jit(learner.step), jax.jit(learner.score)
    whole = jax.jit(_life(recipe))
    key = jax.random.key(1)

    def one(hypers: Any) -> float:
        if not by_step:
            return float(whole(key, hypers))
        state = init(key, hypers)
        for _ in range(STEPS):
            state, _ = step(key, state, hypers)
        return float(score(key, state, hypers))

    def live() -> float:
        begun = time.perf_counter()
        scores = [one(hypers) for hypers in genomes]
        seconds = time.perf_counter() - begun
        assert np.isfinite(scores).all()
        return POPULATION / seconds

    return live
