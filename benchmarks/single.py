"""One agent, and sixteen, beside a trainer of one agent in PureJaxRL's style (`peers/one_jit`).

Same world, network, number of environments, unroll, epochs, minibatches and optimiser. The peer's
whole training is one call, its set-up not counted; the members live round by round under the
executor, scored and moved, as in a real growth. One member and the peer run on one device, the
population on all. That both learn is seen from the last returns after the same number of steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

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
TAIL = 0.2  # of a training: the part over which returns are averaged


def measure(quick: bool) -> Result:
    """Return throughput and returns of both sides, on CartPole and Breakout."""
    figures: list[Figure] = []
    for name, (updates, long) in WORLDS.items():
        figures += _compare(name, updates, 2 if quick else 15)
        if not quick:
            figures += _learn(name, long)
    return Result({"population": 16, "devices of one": 1, "devices of 16": "all"}, figures)


def _compare(name: str, updates: int, repeats: int) -> list[Figure]:
    recipe: Any = recipe_class(name)(population=1, steps=updates)
    each = updates * recipe.units()["environment steps"]
    begin, train = trainer(recipe.world, recipe.agent, updates)
    key = jax.random.key(0)
    begun: Any = jax.block_until_ready(jax.jit(begin)(key))
    peer: Any = jax.jit(train).lower(key, begun).compile()
    arms: dict[str, Callable[[], float]] = {
        "one jit": lambda: each / _seconds(lambda: jax.block_until_ready(peer(key, begun))),
        "1 member": _member(recipe, 1, Vectorised(devices=1), each),
        "16 members": _member(recipe, 16, Vectorised(), 16 * each),
    }
    by_turns(arms, 1)  # once for nothing: the first call of a program is slower
    rates = by_turns(arms, repeats)
    return [
        *(Figure(f"{name}: {arm}", "environment steps/s", rates[arm]) for arm in arms),
        Figure(
            f"{name}: 1 member / one jit",
            "ratio",
            pairwise(rates["1 member"], rates["one jit"]),
            Target(low=1.0),
        ),
        Figure(
            f"{name}: 16 members / 1 member",
            "ratio",
            pairwise(rates["16 members"], rates["1 member"]),
            Target(low=2.0),
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


def _learn(name: str, updates: int) -> list[Figure]:
    """Return the last returns of both sides after the same training, one value a seed."""
    recipe: Any = recipe_class(name)(population=1)
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
