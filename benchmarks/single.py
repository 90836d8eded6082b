"""One agent, and sixteen, beside a trainer of one agent in PureJaxRL's style (`peers/one_jit`).

Same world, network, number of environments, unroll, epochs, minibatches and optimiser. The peer's
whole training is one call, its set-up not counted; the members live round by round under the
executor, scored and moved, as in a real growth. One member and the peer run on one device, the
population on all. That both learn is seen from the last returns after the same number of steps.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import numpy as np

from benchmarks.peers.one_jit import trainer
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.core.population import advance, spawn
from ontogeny.core.space import Space
from ontogeny.recipes import recipe_class
from ontogeny.runtime.vectorised import Vectorised

WORLDS = {"cartpole": (48, 480), "breakout": (96, 960)}  # updates that are timed, and to learn
SEEDS = range(5)
Trainer: TypeAlias = Callable[[str, Any, int], tuple[Callable[..., Any], Callable[..., Any]]]
TAIL = 0.2  # of a training: the part over which returns are averaged


def measure(quick: bool) -> Result:
    """Return throughput and returns of both sides, on CartPole and Breakout."""
    figures: list[Figure] = []
    for name, (updates, long) in WORLDS.items():
        recipe: Any = recipe_class(name)(population=1, steps=updates)
        figures += compare(name, recipe, trainer, 2 if quick else 15, (1, 16))
        if not quick:
            figures += learn(name, recipe, trainer, long)
    return Result({"population": 16, "devices of one": 1, "devices of 16": "all"}, figures)


def compare(
    name: str, recipe: Any, trainer: Trainer, repeats: int, populations: tuple[int, ...]
) -> list[Figure]:
    """Return the speed of the peer and of populations, over the recipe's steps, and ratios of each
    to the one before.
    """
    each = recipe.steps * recipe.units()["environment steps"]
    begin, train = trainer(recipe.world, recipe.agent, recipe.steps)
    key = jax.random.key(0)
    begun: Any = jax.block_until_ready(jax.jit(begin)(key))
    peer: Any = jax.jit(train).lower(key, begun).compile()
    arms: dict[str, Callable[[], float]] = {
        "one jit": lambda: each / _seconds(lambda: jax.block_until_ready(peer(key, begun)))
    }
    for n in populations:
        executor = Vectorised(devices=1) if n == 1 else Vectorised()
        arms[f"{n} member{'s' * (n > 1)}"] = _member(recipe, n, executor, n * each)
    by_turns(arms, 1)  # once for nothing: the first call of a program is slower
    rates = by_turns(arms, repeats)
    return [
        *(Figure(f"{name}: {arm}", "environment steps/s", rates[arm]) for arm in arms),
        *(
            Figure(
                f"{name}: {arm} / {before}",
                "ratio",
                pairwise(rates[arm], rates[before]),
                Target(low=1.0 if before == "one jit" else 2.0),
            )
            for before, arm in itertools.pairwise(arms)
        ),
    ]


def _member(recipe: Any, population: int, executor: Vectorised, each: float) -> Callable[[], float]:
    """Return what lives one round of a growing population, and returns its environment steps per
    second.
    """
    job = recipe.job()._replace(population=population, rounds=10**6)
    rounds = executor.prepare(job).rounds()

    def live() -> float:
        return each / _seconds(lambda: next(rounds))

    return live


def learn(name: str, recipe: Any, trainer: Trainer, updates: int) -> list[Figure]:
    """Return the last returns of both sides after the same training, one value a seed."""
    learner = recipe.learner()
    begin, train = trainer(recipe.world, recipe.agent, updates)
    peer: Any = jax.jit(lambda key: train(key, begin(jax.random.fold_in(key, 1)))[1])
    tail = int(updates * (1 - TAIL))

    @jax.jit
    def grow(seed: Any) -> Any:
        def one(member: Any, _: Any) -> tuple[Any, Any]:
            member, metrics = advance(learner, seed, 1, member)
            return member, metrics["episode_return"][0]

        return jax.lax.scan(one, spawn(learner, Space({}), seed, 1), None, updates)[1]

    ours = [float(np.mean(np.asarray(grow(np.uint32(seed)))[tail:])) for seed in SEEDS]
    keys = [jax.random.key(seed) for seed in SEEDS]
    theirs = [float(np.mean(_recent(peer(key), recipe.agent.window)[tail:])) for key in keys]
    steps = int(updates * recipe.units()["environment steps"])
    return [
        Figure(f"{name}: return after {steps:,} steps, 1 member", "return", ours),
        Figure(f"{name}: return after {steps:,} steps, one jit", "return", theirs),
    ]


def _recent(lived: Any, window: int) -> Any:
    """Return the mean return of the last `window` episodes after each update, as members score."""
    earned, over = map(np.asarray, lived)
    returns = np.concatenate([np.zeros(1), np.cumsum(earned[over])])
    ended = np.cumsum(over.sum((1, 2)))
    begun = np.maximum(ended - window, 0)
    return (returns[ended] - returns[begun]) / np.maximum(ended - begun, 1)


def _seconds(function: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun
