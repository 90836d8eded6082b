"""Two devices of a CPU beside one: how much faster the same population grows when its axis is
spread.

The number of a CPU's devices is fixed for a process, so each measurement is a process of its own;
they take turns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.recipes import recipe_class
from ontogeny.runtime.machine import prepare

CASES = {"cartpole": 16, "breakout": 16}  # the recipe, and the steps of a round
ROUNDS = 5


def measure(quick: bool) -> Result:
    """Return throughput on one device and on two, and the ratio."""
    figures: list[Figure] = []
    for recipe in CASES:
        arms: dict[str, Callable[[], float]] = {
            f"{recipe}: {n} device{'s' * (n > 1)}": lambda n=n, recipe=recipe: _ask(recipe, n)
            for n in (1, 2)
        }
        rates = by_turns(arms, 1 if quick else 5)
        one, two = rates.values()
        figures += [
            *(Figure(arm, "environment steps/s", values) for arm, values in rates.items()),
            Figure(f"{recipe}: 2 devices / 1 device", "ratio", pairwise(two, one), Target(low=1.0)),
        ]
    return Result({"population": 16, "rounds": ROUNDS}, figures)


def _ask(recipe: str, devices: int) -> float:
    command = [sys.executable, "-m", "benchmarks.devices", recipe, str(devices)]
    root = Path(__file__).parents[1]
    answer = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, cwd=root, env=os.environ
    )
    return json.loads(answer.stdout.splitlines()[-1])


def throughput(name: str, devices: int) -> float:
    """Return the environment steps per second of sixteen members on this many devices, the median
    round's.
    """
    prepare(devices)
    recipe: Any = recipe_class(name)(population=16, steps=CASES[name])
    job = recipe.job()._replace(rounds=ROUNDS + 1)
    each = job.population * job.steps * recipe.units()["environment steps"]
    seconds: list[float] = []
    begun = 0.0
    program = recipe.executor.prepare(job)
    for lived in program.rounds():
        if lived.number:  # the first round spawns too
            seconds.append(time.perf_counter() - begun)
        begun = time.perf_counter()
    return each / sorted(seconds)[len(seconds) // 2]


if __name__ == "__main__":
    print(json.dumps(throughput(sys.argv[1], int(sys.argv[2]))))
