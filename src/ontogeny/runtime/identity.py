"""What a run is: all that decides its numbers but how long it goes on, described in JSON's terms.

It is written as the run is begun, so that who goes on with it is held to it, and whoever compares
or reports runs of bare learners knows what they were grown with.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax

from ontogeny.core.errors import ConfigError
from ontogeny.core.fingerprint import TOOLS, Traced, code_fingerprint, traced
from ontogeny.core.learner import STRATEGY_HYPERS, check_shapes
from ontogeny.core.metrics import check_columns, hyper_columns
from ontogeny.core.promotion import own_rules
from ontogeny.core.trees import dotted, named_leaves
from ontogeny.evolution.strategy import Strategy
from ontogeny.runtime.apart.board import tree_shapes
from ontogeny.runtime.apart.shipping import is_host
from ontogeny.runtime.executor import Executor, Job
from ontogeny.runtime.schedules import member_hypers

FREE = (
    "rounds",
    *(f"executor.{name}" for name in ("workers", "restarts", "address", "wait_seconds")),
    *(f"executor.{name}" for name in ("through_store", "store_bytes")),
)
"""Settings that change no number of a round, and so may change as a run goes on."""


def identity(job: Job, executor: Executor, fields: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what decides the numbers of a run; `fields` are its recipe's, if it has one.

    Everything is looked at that can be before something is compiled or written: raises what
    `check_shapes` raises, `StructureError` for columns that would meet, and `ConfigError` for
    hypers that nothing reads.
    """
    told: dict[str, Any] = {
        "fields": fields,
        "seed": job.seed,
        "population": job.population,
        "steps": job.steps,
        "space": job.space.describe(),
        "jax": {
            "prng": jax.config.jax_default_prng_impl,  # pyright: ignore[reportAttributeAccessIssue]
            "partitionable": jax.config.jax_threefry_partitionable,  # pyright: ignore[reportAttributeAccessIssue]
            "x64": jax.config.jax_enable_x64,  # pyright: ignore[reportAttributeAccessIssue]
        },
        "tools": TOOLS,
    }
    if fields is None:
        told |= {"strategy": strategy_identity(job), "executor": _executor(executor)}
    told["learner"] = fingerprints(job)
    return json.loads(json.dumps(told, default=str))  # a tuple is what JSON makes of it


def differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield (name, what it was, what it is now) of what differs between two runs' identities.

    Fingerprints of other tools say nothing. What a run of an earlier version does not tell is not
    known; nor is a setting of its executor that there was not.
    """
    same_tools = was.get("tools") == now.get("tools")
    for part in [key for key in now if key in was and key != "tools"]:
        old, new = (_flat(part, values[part]) for values in (was, now))
        for name in {**new, **old}:
            known = name in old or ("id" in was and not name.startswith("executor."))
            if not same_tools:  # pairs of numbers are a prior that any tool tells
                known &= part != "learner" and not name.endswith(".program")
                known &= not isinstance(old.get(name), str) or not name.endswith(".prior")
            if known and name not in FREE and old.get(name) != new.get(name):
                yield name, old.get(name), new.get(name)


def _flat(part: str, value: Any) -> dict[str, Any]:
    """Return the part dotted. A recipe's fields are called as they are written."""
    if part == "fields":
        return dotted(value or {})
    return dotted({part: value})


def fingerprints(job: Job) -> dict[str, str]:
    """Return the fingerprints of the learner's functions, its names and hypers checked."""
    learner, hypers = job.learner, member_hypers(job)
    leaves = named_leaves(hypers)
    columns = [name for path, leaf in leaves for name in hyper_columns(path, leaf.shape)]
    functions = {
        name: function for name, function in learner._asdict().items() if callable(function)
    }
    if is_host(job):
        check_columns(columns)
        return {name: code_fingerprint(function) for name, function in functions.items()}
    for path, options in job.space.choices().items():
        if any(isinstance(option, str) for option in options.values()):
            raise ConfigError(
                f"the choice {path!r} is between words, which can't be computed with",
                where="space",
                hint="use numbers; or a HostLearner, whose hypers may be words",
            )
    key, state = jax.eval_shape(lambda: jax.random.key(0)), check_shapes(learner, hypers)
    given = {"key": key, "state": state, "hypers": hypers}
    reads = {"init": ("key", "hypers"), "bequeath": ("state", "hypers")}
    programs = {
        name: traced(function, **{k: given[k] for k in reads.get(name, given)})
        for name, function in functions.items()
    }
    metrics = jax.eval_shape(learner.step, key, state, hypers)[1]
    check_columns([*columns, *metrics])
    _check_read(job, programs, [path for path, _ in leaves])
    return {name: program.fingerprint() for name, program in programs.items()}


def strategy_may_read(job: Job) -> bool:
    """Return whether the strategy is of the user's own, who may have hypers for it alone."""
    return job.settings is None and not job.strategy.move.__module__.startswith("ontogeny.")


def _check_read(job: Job, programs: Mapping[str, Traced], paths: list[str]) -> None:
    """Raise `ConfigError` for a hyper that no function reads."""
    if strategy_may_read(job):
        return
    read = {name for program in programs.values() for name in program.read()}
    for path in paths:
        if f"hypers.{path}" not in read and path not in STRATEGY_HYPERS:
            raise ConfigError(
                f"no function of the learner reads the hyper {path!r}",
                where="space",
                hint="it would be drawn and moved for nothing: leave it out, or read it by this "
                "name in init, step or score",
            )


def strategy_identity(job: Job) -> dict[str, Any]:
    """Return the strategy's name and settings; of one that is given as functions, the fingerprint
    of its programs. Raises `ConfigError` for one that was made of another space.
    """
    if job.settings is not None:
        return {"strategy": job.settings.name, **dataclasses.asdict(job.settings)}
    board, strategy = tree_shapes(job), job.strategy
    key, ready = jax.eval_shape(lambda: jax.random.key(0)), board["under_way"]
    seen = board["population"]
    try:
        with own_rules():
            programs = (
                traced(strategy.init, key=key, population=seen),
                traced(strategy.move, key=key, state=board["memory"], population=seen, ready=ready),
            )
    except ValueError as error:
        if "mismatch" not in str(error):
            raise
        raise ConfigError(
            f"the strategy does not fit the space ({error!s:.200})",
            where="strategy",
            hint="make it of the space that is given beside it: strategy=og.pbt(space)",
        ) from error
    return {
        "strategy": f"{_name(strategy)} (functions)",
        "program": " ".join(program.fingerprint() for program in programs),
    }


def _name(strategy: Strategy[Any]) -> str:
    """Return what a strategy that is given as functions is called: after its factory."""
    return strategy.move.__qualname__.partition(".")[0].strip("_")


def _executor(executor: Executor) -> dict[str, Any]:
    """Return its kind, and of its settings those that are plain values."""
    plain = (str, int, float, bool, type(None))
    told = {name: value for name, value in vars(executor).items() if isinstance(value, plain)}
    return {"executor": type(executor).__name__.lower(), **told}


def run_id(folder: Path, run: Mapping[str, Any]) -> str:
    """Return the run's own id, which goes where it goes. Of a run of an earlier version, what
    trackers were told then, made of its place.
    """
    told = f"{folder.resolve()} {run.get('begun')}"
    return run.get("id") or f"{folder.name}-{zlib.crc32(told.encode()):08x}"
