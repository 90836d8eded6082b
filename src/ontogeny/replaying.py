"""Replay: train members along the schedule that a population found, without the selection that
found it.

The schedule is what the winner's line of ancestors lived with, round by round. A replayed member
begins with first weights of its own and inherits from nobody. Beside it may live members whose
hypers are the schedule's last from the first round on: whether the schedule is better than its end
is what Jaderberg et al. 2017 (arXiv 1711.09846, section 4.4) ask.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.core.config import whole
from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.core.learner import Hypers
from ontogeny.core.metrics import SMALL
from ontogeny.core.trees import named_leaves
from ontogeny.growth import Watched, default_executor, grow_job
from ontogeny.recipes.recipe import Recipe
from ontogeny.run import Run, load
from ontogeny.runtime.executor import Executor, Job
from ontogeny.runtime.machine import prepare
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.schedules import along, member_hypers, write_schedule
from ontogeny.runtime.storage.folders import chosen_folder, run_name
from ontogeny.runtime.storage.store import FILE
from ontogeny.views.growth.lineage import schedule
from ontogeny.views.growth.record import Record, read_record


def replay(
    source: Run | Path | str,
    *,
    members: int = 1,
    fixed_final: bool = False,
    seed: int | None = None,
    executor: Executor | None = None,
    folder: Path | str | None = None,
    progress: bool = True,
    observers: Sequence[Observer] = (),
    checkpoint_seconds: float = 30.0,
    repeat: str | None = None,
) -> Run:
    """Train `members` along the schedule of a run's winning line, and return the run that records
    it; a run that is already in `folder` goes on.

    `fixed_final` adds as many members that live with the schedule's last hypers all along. `seed`
    gives first weights and data; the source's plus one when it is not given, so that nothing comes
    back that the source was selected for. Raises `ConfigError` for a source without a winner, or
    with hypers that its store does not hold one by one.

    >>> run = og.grow("quadratic", population=4, rounds=2, steps=5, progress=False)
    >>> again = og.replay(run, members=2, fixed_final=True, progress=False)
    >>> again.metrics()["hypers.learning_rate"].shape  # two with the schedule, two with its end
    (2, 4)
    """
    members = whole(members, "members", "replay", least=1)
    seed = None if seed is None else whole(seed, "seed", "replay", 0, 2**32 - 1)
    watched = Watched(progress, observers, checkpoint_seconds)
    run = source if isinstance(source, Run) else load(source)
    where = executor or (run.recipe.executor if run.recipe else default_executor(run.job.learner))
    prepare(where.devices)
    record = read_record(run.store)
    found = found_schedule(record, run.job)
    number = (run.job.seed + 1) % 2**32 if seed is None else seed
    arms = {"schedule": list(range(members))}
    schedules = jax.tree.map(lambda x: jnp.repeat(x[:, None], members, axis=1), found)
    if fixed_final:
        arms["fixed"] = list(range(members, 2 * members))
        last = jax.tree.map(lambda x: jnp.broadcast_to(x[-1:], x.shape), schedules)
        schedules = jax.tree.map(lambda a, b: jnp.concatenate([a, b], 1), schedules, last)
    total = members * len(arms)
    recipe, job = _of_members(run, number, total)
    job = along(job, schedules, len(record.line))
    about = {
        "source": run_name(run.folder),
        "folder": str(run.folder.resolve()),
        "line": [list(place) for place in record.line],
        "score": [float(v) for v in schedule(record.finite, record.line)],
        "arms": arms,
    }
    target = chosen_folder(folder, f"{run_name(run.folder).replace('/', '-')}-replay")
    if not (target / FILE).exists():
        write_schedule(target, schedules)  # first: a store that tells of a replay has its schedule
    return grow_job(job, where, target, recipe, watched, replay=about, repeat=repeat)


def found_schedule(record: Record, job: Job) -> Hypers:
    """Return the hypers of a run's winning line, leading axis "time". Raises `ConfigError` when
    there is no winner, or a hyper was recorded only as a mean and a deviation.
    """
    if not record.line:
        raise ConfigError(
            "the run has no winner, so there is no schedule to replay",
            where=str(record.folder),
            hint="no round is recorded, or all members are dead",
        )
    shapes = member_hypers(job)
    if not jax.tree.leaves(shapes):
        raise ConfigError(
            "the run has no hypers, so there is no schedule to replay", where=str(record.folder)
        )
    leaves = [_along_line(record, path, leaf) for path, leaf in named_leaves(shapes)]
    return jax.tree.unflatten(jax.tree.structure(shapes), leaves)


def _along_line(record: Record, path: str, shape: Any) -> Any:
    size = int(np.prod(shape.shape))
    if shape.ndim and size > SMALL:
        raise ConfigError(
            f"the hyper {path} has {size} numbers, of which the store holds the mean and the "
            f"deviation alone; a schedule can be replayed of at most {SMALL}",
            where=str(record.folder),
            hint="the checkpoints hold the last two rounds only: take run.best.hypers from there, "
            "and grow a learner with them",
        )
    names = [f"{path}.{i}" for i in range(size)] if shape.ndim else [path]
    values = np.stack([schedule(record.hypers[name], record.line) for name in names], axis=1)
    if not np.isfinite(values).all():
        raise StoreError(
            f"the hyper {path} is not recorded in every round of the winning line",
            where=str(record.folder),
        )
    return jnp.asarray(values.reshape(-1, *shape.shape), shape.dtype)


def _of_members(run: Run, seed: int, members: int) -> tuple[Recipe | None, Job]:
    """Return the source's recipe and job for so many members. The recipe keeps its rounds: a
    learner's own annealing may depend on them.
    """
    if run.recipe is None:
        return None, run.job._replace(seed=seed, population=members)
    recipe = dataclasses.replace(run.recipe, seed=seed, population=members)
    return recipe, recipe.job()
