"""The schedule that a replay lives, kept in its folder, so that it goes on when its source is gone.

It is an archive: for every round and slot, the hypers.
"""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.files import decoding, inside
from ontogeny.core.learner import Hypers
from ontogeny.evolution.replay import replay_each
from ontogeny.runtime.executor import Job

FOLDER = "schedule"


def write_schedule(run: Path, schedules: Hypers) -> tuple[Path, int]:
    """Write the hypers, leading axes "time pop", into a run's folder; return where, and the
    bytes.
    """
    rounds, members = jax.tree.leaves(schedules)[0].shape[:2]
    about = {"rounds": rounds, "members": members}
    folder = inside(run, FOLDER)
    return folder, write_archive(folder, schedules, about)


def read_schedule(run: Path, job: Job) -> Hypers:
    """Return the hypers, leading axes "time pop". Raises `StoreError` or `StructureError` when they
    can't be read, or are not of the job's space.
    """
    folder = inside(run, FOLDER)
    about = read_about(folder)
    with decoding(str(folder)):
        leading = (int(about["rounds"]), int(about["members"]))
    like = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct((*leading, *x.shape), x.dtype), member_hypers(job)
    )
    return jax.tree.map(jnp.asarray, read_archive(folder, like))


def along(job: Job, schedules: Hypers, rounds: int) -> Job:
    """Return the job with a member for each schedule, which lives it for so many rounds."""
    first = jax.tree.map(lambda x: x[0], schedules)
    members = jax.tree.leaves(first)[0].shape[0]
    return job._replace(
        strategy=replay_each(schedules),
        population=members,
        rounds=rounds,
        hypers=first,
        settings=None,
    )


def member_hypers(job: Job) -> Hypers:
    """Return the shapes and dtypes of one member's hypers."""
    if job.hypers is not None:
        return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), job.hypers)
    return jax.eval_shape(lambda: job.space.sample(jax.random.key(0)))
