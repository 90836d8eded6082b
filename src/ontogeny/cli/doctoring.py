"""`doctor`: what this machine can do, or a cluster, and what a recipe needs of it."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ontogeny.cli.fields import parse_executor, parse_recipe
from ontogeny.cli.words import say

if TYPE_CHECKING:
    from ontogeny.runtime.executor import Program

ROUNDS = 3  # lived to measure the throughput; the first is not counted
MOST = 10.0  # seconds of them, after compiling


@dataclass(frozen=True)
class Doctor:
    """What this machine can do; with --executor ray, what the cluster can. With a recipe (and its
    fields): the memory and the throughput of its population.
    """

    worlds: bool = False
    """List the worlds that the recipe `agents` can live in."""
    json: bool = False
    """Print one JSON object."""


def doctor(arguments: list[str]) -> int:
    """Look at the machine, and at a recipe on it."""
    name = arguments[0] if arguments and not arguments[0].startswith("-") else None
    if name is None:
        chosen: Any = parse_executor("doctor", arguments, Doctor, Doctor.__doc__)
        if chosen.options.worlds:
            return _worlds(chosen.options.json)
        with _cluster(chosen.executor) as found:
            answer = {**_machine(), **found}
        say(answer, chosen.options.json, lambda: _lines(answer), "ontogeny doctor breakout")
        return 0
    chosen = parse_recipe(name, "doctor", arguments[1:], Doctor, Doctor.__doc__)
    if chosen.options.worlds:
        return _worlds(chosen.options.json)
    recipe = chosen.recipe
    here = _machine(recipe.executor.devices)
    with _cluster(recipe.executor, recipe) as found:  # begun once
        answer = {**here, **found, **_examine(recipe)}
        if "call_ms" in found:  # two of them were measured
            workers = min(found["room_for_workers"], recipe.executor.workers or recipe.population)
            calls = answer["updates_per_second"] / recipe.steps / recipe.executor.members_per_worker
            answer["share_of_calls"] = found["call_ms"] / 2e3 * calls / workers
    say(answer, chosen.options.json, lambda: _lines(answer), f"ontogeny grow {name}")
    if "left_out" in answer:  # a round is under way still, which the interpreter would wait for
        sys.stdout.flush()
        os._exit(0)
    return 0


@contextmanager
def _cluster(executor: Any, recipe: Any = None) -> Generator[dict[str, Any]]:
    """Give what the executor's cluster is, if it has one, and what a member's move costs there; be
    joined to it meanwhile.
    """
    from ontogeny.runtime.ray.workers import RayWorkers

    if not isinstance(executor, RayWorkers):
        yield {}
        return
    cluster = executor.joined()
    try:
        yield executor.examined(cluster, None if recipe is None else _state_bytes(recipe))
    finally:
        cluster.leave()


def _state_bytes(recipe: Any) -> int:
    """Return the bytes of a member's state; 0 where they are known once it has lived."""
    from ontogeny.core.trees import size_bytes
    from ontogeny.runtime.apart.shipping import is_host

    job = recipe.job()
    return 0 if is_host(job) else size_bytes(job.shapes().population.state) // job.population


def _worlds(json: bool) -> int:
    from ontogeny.core.installing import here
    from ontogeny.worlds.by_name import EXTRAS, all_names

    by_maker = all_names()
    names = [name for of_one in by_maker.values() for name in of_one]
    absent = {
        maker: here(f"pip install 'ontogeny[{extra}]'")
        for maker, extra in EXTRAS.items()
        if not by_maker[maker]
    }
    say(
        {"worlds": names, "not_installed": absent},
        json,
        lambda: "\n".join(
            [*names, *(f"(those of {maker}: {how})" for maker, how in absent.items())]
        ),
        f"ontogeny grow agents --world {names[0]}",
    )
    return 0


def _machine(devices: int | None = None) -> dict[str, Any]:
    from ontogeny.core.cache import cache_folder
    from ontogeny.runtime.machine import describe, prepare

    prepare(devices)
    about = describe()
    del about["command"]
    return {**about, "cache": str(cache_folder())}


def _examine(recipe: Any) -> dict[str, Any]:
    """Compile the recipe's round, predict its memory, and live a few rounds to measure it."""
    begun = time.perf_counter()
    job = recipe.job()._replace(rounds=ROUNDS)
    program = recipe.executor.prepare(job)
    compiled = time.perf_counter() - begun
    footprint = program.footprint()
    predicted = _peak_bytes() + 2 * footprint.population + footprint.temporary
    with closing(program):
        lived, whole = rounds_within(MOST, program)
    updates, left_out = _speed(lived, whole, job.population, job.steps)
    answer: dict[str, Any] = {
        "members": job.population,
        "side_by_side": footprint.cohort,
        "compile_seconds": compiled,
        "population_bytes": footprint.population,
        "temporary_bytes": footprint.temporary,
        "predicted_peak_bytes": predicted,
        "measured_peak_bytes": _peak_bytes(),
    }
    if updates is not None:
        answer |= {
            "updates_per_second": updates,
            **{f"{unit} per second": n * updates for unit, n in recipe.units().items()},
            "seconds_for_all_rounds": recipe.rounds * job.population * job.steps / updates,
        }
    return answer | ({"left_out": left_out} if left_out else {})


def rounds_within(seconds: float, program: Program) -> tuple[list[tuple[int, float]], bool]:
    """Live the program's rounds for so many seconds at most; return of each how many members' it
    was and its seconds, and whether all were lived. One that is under way by then goes on alone.
    """
    limit = time.monotonic() + seconds
    lived: list[tuple[int, float]] = []
    failed: list[Exception] = []
    whole: list[bool] = []

    def live() -> None:
        try:
            for one in program.rounds(stop=lambda: time.monotonic() >= limit):
                lived.append((int(one.ready.sum()), one.seconds))
                if time.monotonic() >= limit:
                    return
            whole.append(True)
        except Exception as error:  # raised where it is waited for
            failed.append(error)

    living = threading.Thread(target=live, daemon=True)
    living.start()
    living.join(seconds)
    if failed:
        raise failed[0]
    return list(lived), bool(whole)


def _speed(
    lived: list[tuple[int, float]], whole: bool, population: int, steps: int
) -> tuple[float | None, str]:
    """Return the updates a second, None where no round was over in time; and what was left out."""
    firsts, first = 0, 0
    while firsts < population and first < len(lived):  # everybody's first, which spawns them
        firsts, first = firsts + lived[first][0], first + 1
    warm = lived[first:] or lived
    members, seconds = (sum(column) for column in zip(*warm, strict=True)) if warm else (0, 0.0)
    if not members:
        bound = population * steps / MOST
        said = (
            f"the speed: no round was over in {MOST:.0f} s, so it is below {bound:,.0f} updates/s"
        )
        return None, f"{said}; measure it with fewer --steps"
    if whole:
        return members * steps / seconds, ""
    rounds = sum(count for count, _ in lived) / population
    cold = "" if lived[first:] else ", the first, in which much is slower"
    said = f"rounds: {rounds:.3g} of {ROUNDS} were over in {MOST:.0f} s{cold}"
    return members * steps / seconds, said


def _peak_bytes() -> int:
    """Return the most memory that this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _lines(answer: dict[str, Any]) -> str:
    width = max(len(key) for key in answer) + 2
    lines: list[str] = []
    for key, value in answer.items():
        if isinstance(value, int) and key.endswith("bytes"):
            value = f"{value / 1e6:,.1f} MB"
        elif isinstance(value, float):
            value = f"{value:,.1f}"
        elif isinstance(value, list):
            value = ", ".join(map(str, cast("list[Any]", value)))
        lines.append(f"{key.replace('_', ' '):{width}}{value}")
    return "\n".join(lines)
