"""Sixteen agents beside Stable-Baselines3's PPO on CartPole-v1, each with its own defaults, on the
CPU.

The peer learns in an environment of its own (PyTorch is no dependency of Ontogeny):
`$BENCH_PEER_PYTHON`, or `.venv-bench` beside this folder, which `make bench` builds, or this
interpreter where it has the peer. Its time is taken inside it, without start-up and without the
first rollout. Torch takes a thread a core unless told otherwise; one thread is measured too, since
small networks often run faster on one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.core.errors import MissingExtra
from ontogeny.recipes import recipe_class

SCRIPT = Path(__file__).parent / "peers" / "sb3_ppo.py"
POPULATION = 16


def measure(quick: bool) -> Result:
    """Return both sides' environment steps per second. Raises `MissingExtra` without the peer."""
    python = peer_python()
    steps = 2048 if quick else 8192
    recipe: Any = recipe_class("cartpole")(population=POPULATION)
    job = recipe.job()._replace(rounds=10**6)
    rounds = recipe.executor.prepare(job).rounds()
    each = POPULATION * job.steps * recipe.updates_per_step()["environment steps"]
    about: dict[str, Any] = {}

    def ours() -> float:
        begun = time.perf_counter()
        next(rounds)
        return each / (time.perf_counter() - begun)

    def theirs(*more: str) -> Callable[[], float]:
        def learn() -> float:
            said = ask(python, str(steps), *more)
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


def peer_python() -> str:
    """Return an interpreter that has Stable-Baselines3."""
    if given := os.environ.get("BENCH_PEER_PYTHON"):
        return given
    own = Path(__file__).parents[1] / ".venv-bench" / "bin" / "python"
    if own.exists():
        return str(own)
    if importlib.util.find_spec("stable_baselines3"):
        return sys.executable
    raise MissingExtra(
        "no interpreter here has stable-baselines3",
        where="benchmarks sb3",
        hint="make bench builds one, or name one with BENCH_PEER_PYTHON=…/python",
    )


def ask(python: str, *words: str) -> dict[str, Any]:
    """Run the peer and return what it says. Raises `MissingExtra` when it can't."""
    try:
        answer = subprocess.run(
            [python, str(SCRIPT), *words], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise MissingExtra(
            f"the peer did not run: {said.strip().splitlines()[-1]}",
            where=python,
            hint="make bench builds an environment for it",
        ) from error
    return json.loads(answer.stdout.splitlines()[-1])
