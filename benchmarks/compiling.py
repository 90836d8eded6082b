"""What compiling each recipe takes, at its own size, without a compilation cache.

Every recipe is a process of its own: it makes the recipe's learner (which may load data or draw
problems), traces and lowers a round of its population, and compiles that for all devices. Recipes
whose extra isn't installed are named and left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jax

from benchmarks.result import Figure, Result, Target
from ontogeny.core.errors import MissingExtra
from ontogeny.recipes import RECIPES, recipe_class
from ontogeny.runtime.machine import prepare

NAMES = tuple(name for name in RECIPES if name != "distillation")  # which needs a teacher
COMPILING = "/jax/core/compile/backend_compile_duration"


def measure(quick: bool) -> Result:
    """Return the seconds of each recipe, in parts and together."""
    figures: list[Figure] = []
    missing: list[str] = []
    for name in NAMES[:2] if quick else NAMES:
        asked = [ask(name) for _ in range(1 if quick else 3)]
        if "missing" in asked[0]:
            missing.append(f"{name}: {asked[0]['missing']}")
            continue
        figures += [
            Figure(f"{name}: {part}", "s", [said[part] for said in asked]) for part in asked[0]
        ]
        whole = [said["tracing and lowering"] + said["compiling"] for said in asked]
        figures.append(Figure(f"{name}: a round, cold", "s", whole, Target(high=40.0)))
    return Result({"left out": missing}, figures)


def ask(name: str) -> dict[str, Any]:
    """Return what `seconds` says, from a process of its own with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.compiling", name],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=Path(__file__).parents[1],
            env=os.environ | {"ONTOGENY_CACHE": str(Path(folder) / "cache")},
        )
    return json.loads(answer.stdout.splitlines()[-1])


def seconds(name: str) -> dict[str, Any]:
    """Return the seconds of each part, or {"missing": what is to be installed}."""
    try:
        recipe = recipe_class(name)()
        prepare(recipe.executor.devices)
        begun = time.perf_counter()
        job = recipe.job()
        made = time.perf_counter()
        compiling = _listen()
        busy = time.process_time()
        recipe.executor.prepare(job)
    except MissingExtra as error:
        return {"missing": error.hint}
    whole = time.perf_counter() - made
    return {
        "making the learner": made - begun,
        "tracing and lowering": whole - sum(compiling),
        "compiling": sum(compiling),
        "both, of a core": time.process_time() - busy,  # which a busy machine stretches less
    }


def _listen() -> list[float]:
    """Return a list into which JAX enters the seconds of every compilation from now on."""
    heard: list[float] = []

    def note(event: str, duration_secs: float, **kwargs: str | int) -> None:
        del kwargs
        if event == COMPILING:
            heard.append(duration_secs)

    jax.monitoring.register_event_duration_secs_listener(note)
    return heard


if __name__ == "__main__":
    print(json.dumps(seconds(sys.argv[1])))
