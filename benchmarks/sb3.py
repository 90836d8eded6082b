"""Sixteen agents beside Stable-Baselines3's PPO on CartPole-v1, each with its own defaults, on the
CPU.

The peer learns in an environment of its own (see `benchmarks.peer`). Its time is taken inside it,
without start-up and without the first rollout. Torch takes a thread a core unless told otherwise;
one thread is measured too, since small networks often run faster on one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.recipes import recipe_class

POPULATION = 16


def measure(quick: bool) -> Result:
    """Return both sides' environment steps per second. Raises `MissingExtra` without the peer."""
    python = peer_python("stable_baselines3")
    steps = 2048 if quick else 8192
    recipe: Any = recipe_class("cartpole")(population=POPULATION)
    job = recipe.job()._replace(rounds=10**6)
    rounds = recipe.executor.prepare(job).rounds()
    each = POPULATION * job.steps * recipe.units()["environment steps"]
    about: dict[str, Any] = {}

    def ours() -> float:
        begun = time.perf_counter()
        next(rounds)
        return each / (time.perf_counter() - begun)

    def theirs(*more: str) -> Callable[[], float]:
        def learn() -> float:
            said = ask(python, "sb3_ppo.py", str(steps), *more)
            about.update({name: said[name] for name in ("stable_baselines3", "torch")})
            return said["steps"] / said["seconds"]

        return learn

    next(rounds)
    rates = by_turns(
        {"16 members": ours, "SB3": theirs(), "SB3, one thread": theirs("--threads", "1")},
        2 if quick else 7,
    )
    return Result(
        {"recipe": "cartpole", "population": POPULATION, **about},
        [
            *(Figure(arm, "environment steps/s", values) for arm, values in rates.items()),
            Figure(
                "16 members / SB3",
                "ratio",
                pairwise(rates["16 members"], rates["SB3"]),
                Target(low=30.0),
            ),
            Figure(
                "16 members / SB3, one thread",
                "ratio",
                pairwise(rates["16 members"], rates["SB3, one thread"]),
            ),
        ],
    )
