"""Does an executor keep the contract of `runtime.executor`?"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.core.errors import StructureError
from ontogeny.core.learner import Hypers, Learner
from ontogeny.core.space import Log, Space
from ontogeny.evolution.evolve import evolve
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.selection import truncation
from ontogeny.runtime.executor import Executor, Job
from ontogeny.testing.comparison import check_equal

ROUNDS = 4


def check_executor(executor: Executor, *, population: int = 4, tolerance: float = 1e-3) -> None:
    """Check the contract of `runtime.executor` on a small noisy descent, grown synchronously.

    Rounds come in order, with everybody ready and host arrays of the right shapes; each agrees with
    the pure `evolution.evolve` to the relative tolerance; the predicted footprint is not less than
    the population; a snapshot knows its rounds and its members; and going on from one changes no
    bit. Raises `StructureError` saying which part does not hold.
    """
    job = _job(population)
    program = executor.prepare(job)
    lived, middle = [], None
    for one in program.rounds():
        lived.append(one)
        if one.number == ROUNDS // 2:
            middle = one.snapshot()
    if [one.number for one in lived] != list(range(ROUNDS)):
        raise StructureError(
            f"the rounds are {[one.number for one in lived]}", where="program.rounds"
        )
    if not all(one.ready.all() for one in lived):
        raise StructureError("somebody was not ready", where="program.rounds, synchronous")
    for one in lived:
        shapes = {np.shape(x) for x in (one.ready, one.score, one.move.parent, one.move.inherit)}
        if shapes != {(population,)} or not isinstance(one.score, np.ndarray):
            raise StructureError(f"round {one.number} has arrays of {shapes}", where="Lived")
    _, expected = jax.jit(
        lambda seed: evolve(
            job.learner, job.space, job.strategy, seed, population, ROUNDS, job.steps
        )
    )(np.uint32(job.seed))
    for name in ("score", "hypers", "metrics", "move"):
        rounds = jax.tree.map(lambda *x: np.stack(x), *[getattr(one, name) for one in lived])
        check_equal(f"{name} differs from evolve's", rounds, getattr(expected, name), tolerance)
    if middle is None or middle.rounds().tolist() != [ROUNDS // 2 + 1] * population:
        raise StructureError(f"it has {middle and middle.rounds()} rounds", where="Lived.snapshot")
    member = jax.tree.map(lambda x: x[0], middle.as_arrays().population.state)
    check_equal("a snapshot's member is not its row", middle.member(0), member, 0.0)
    if program.footprint().population < population * 4:
        raise StructureError(f"it is {program.footprint()}", where="program.footprint")
    rest = [one.score for one in program.rounds(ROUNDS // 2 + 1, middle)]
    again = [one.score for one in lived[ROUNDS // 2 + 1 :]]
    check_equal("going on from a snapshot changed scores", rest, again, 0.0)
    program.close()


def _job(population: int) -> Job:
    space = Space({"rate": Log(1e-3, 0.5)})

    def init(key: Array, hypers: Hypers) -> dict[str, Array]:
        del hypers
        return {"x": jax.random.normal(key, (3,)), "count": jnp.int32(0)}

    def step(key: Array, state: Any, hypers: Hypers) -> tuple[Any, dict[str, Array]]:
        x = state["x"] - hypers["rate"] * (state["x"] + jax.random.normal(key, (3,)))
        return {"x": x, "count": state["count"] + 1}, {"norm": jnp.linalg.norm(x)}

    def score(key: Array, state: Any, hypers: Hypers) -> Array:
        del key, hypers
        return -jnp.sum(state["x"] ** 2)

    learner = Learner(init, step, score)
    return Job(learner, space, pbt(space, truncation(0.25)), 0, population, ROUNDS, 3)
