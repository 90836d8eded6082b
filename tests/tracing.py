"""A growth that is traced and never compiled, for tests of what is made of a growth's numbers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.core.learner import traced
from ontogeny.core.population import live
from ontogeny.evolution.evolve import Grown, Round, shift
from ontogeny.runtime.executor import Footprint, Job, Lived
from ontogeny.runtime.stacked import Stacked


class TracedProgram:
    """Its rounds have the shapes, the names and the dtypes of the job's, and numbers of nobody:
    floats between 0 and 1, and whole numbers that are 0, but for the steps that were taken. Nobody
    moves.
    """

    def __init__(self, job: Job):
        job = job._replace(learner=traced(job.learner))
        self.job, self.random = job, np.random.default_rng(job.seed)
        number = jax.ShapeDtypeStruct((), jnp.uint32)

        def round_(seed: Any, number: Any, grown: Any) -> Any:
            (population, strategy_state), move = shift(
                job.learner, job.strategy, seed, number, grown
            )
            slots, hypers = jnp.arange(job.population), population.hypers
            lives = jax.vmap(lambda pair: live(job.learner, seed, job.steps, *pair))
            population, metrics = lives((slots, population))
            return Grown(population, strategy_state), Round(move, hypers, population.score, metrics)

        self.shapes = job.shapes()
        after, self.round = jax.eval_shape(round_, number, number, self.shapes)
        assert jax.tree.map(lambda x: x.dtype, after) == jax.tree.map(
            lambda x: x.dtype, self.shapes
        )

    def numbers(self, shapes: Any) -> Any:
        def drawn(leaf: Any) -> np.ndarray:
            if jnp.issubdtype(leaf.dtype, jnp.floating):
                return self.random.uniform(size=leaf.shape).astype(leaf.dtype)
            return np.zeros(leaf.shape, leaf.dtype)

        return jax.tree.map(drawn, shapes)

    def footprint(self) -> Footprint:
        return Footprint(0, 0, self.job.population)

    def close(self) -> None:
        """Nothing was taken."""

    def rounds(self, first: int = 0, snapshot: Any = None, stop: Any = None):
        del snapshot, stop  # nothing comes of them
        job, everybody = self.job, np.ones(self.job.population, bool)
        grown = self.numbers(self.shapes)
        for number in range(first, job.rounds):
            lived = self.numbers(self.round)
            move = lived.move._replace(parent=np.arange(job.population))
            done = np.full(job.population, (number + 1) * job.steps, np.int32)
            after = grown._replace(population=grown.population._replace(steps=done))
            yield Lived(
                *(number, everybody, move, lived.hypers, lived.score, lived.metrics, 0.0),
                lambda after=after: Stacked(job, after),
                np.full(job.population, number - 1),
            )
