"""The whole population as one compiled program, its axis spread over the devices.

A round (the move, the inheritance, the steps, the score) is one call. Members live under
`shard_map`, so that no device waits for another inside a round; on a CPU there is one device per
core. Where all members of a device don't fit in memory side by side, cohorts of them take turns;
and on a CPU large members go one at a time, which is faster there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ontogeny.core.closures import debugging, lowered, opened, traced_once
from ontogeny.core.compiling import quick_to_compile, side_by_side
from ontogeny.core.config import as_declared, at_least
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.population import live
from ontogeny.core.trees import size_bytes
from ontogeny.evolution.evolve import Grown, Round, begin, shift
from ontogeny.runtime import machine
from ontogeny.runtime.checkpoints import FOLDER as CHECKPOINTS
from ontogeny.runtime.executor import Footprint, Job, Lived, Snapshot
from ontogeny.runtime.shipping import is_host
from ontogeny.runtime.stacked import Stacked, check_stored

HEADROOM = 0.8  # of the available memory, before cohorts take turns
# Bytes of a member's state from which a CPU core lives one member at a time. Eight abreast were
# measured to run at 2.9 times the speed of one at a time (140 bytes), 1.7 (2 KB), 1.25 (17 KB),
# 1.13 (58 KB, the CartPole agent) and 0.88 (427 KB, the Breakout agent); the first three on another
# processor than the last two.
LARGE = 128 * 1024


@dataclass(frozen=True)
class Vectorised:
    """The whole population in one compiled program, its axis spread over the devices.

    >>> og.Vectorised(devices=1, cohort=4)  # on one device, four members at a time
    Vectorised(devices=1, cohort=4)
    """

    devices: int | None = None
    """How many devices share the population; all of them when not given."""
    cohort: int | None = None
    """How many members of a device run side by side. When not given, as many as fit in memory; on a
    CPU one, if members are large."""

    def __post_init__(self) -> None:
        as_declared(self)
        at_least(self, 1, "devices", "cohort", optional=True)

    def prepare(
        self, job: Job, folder: Path | None = None, quick: bool = False
    ) -> VectorisedProgram:
        """Compile the job for this machine's devices; `quick`, in a third of the time, for what
        does not run long. What spawns the first members is compiled beside the round, unless a
        checkpoint is in the `folder`. Raises what a learner's own tracing raises, and `ConfigError`
        for a host learner.
        """
        spawns = folder is None or not (folder / CHECKPOINTS).is_dir()
        machine.prepare(self.devices)
        if is_host(job):
            raise ConfigError(
                "a host learner is plain Python, which can't be compiled",
                where="Vectorised",
                hint="give it processes to live in: executor=og.Processes()",
            )
        machine.warn_of_fewer(self.devices)
        learner = Learner(*(each and traced_once(each) for each in job.learner))
        job = job._replace(learner=learner)
        wanted = min(self.devices or jax.device_count(), jax.device_count(), job.population)
        wanted = 1 if debugging() else wanted
        n_devices = next(n for n in range(wanted, 0, -1) if job.population % n == 0)
        mesh = jax.sharding.Mesh(jax.devices()[:n_devices], ("pop",))
        shapes = job.shapes()
        check_stored(shapes)
        member_bytes = size_bytes(shapes.population) // job.population
        one_by_one = jax.default_backend() == "cpu" and member_bytes >= LARGE
        cohort = self.cohort or (1 if one_by_one else job.population // n_devices)
        limit = None if self.cohort else machine.available_bytes()
        spawn = None
        while True:
            program = VectorisedProgram(job, mesh, cohort, shapes, quick, spawns, spawn)
            spawn = program.spawn
            needed = sum(program.footprint()[:2])
            if limit is None or needed <= HEADROOM * limit or cohort == 1:
                return program
            cohort //= 2


class VectorisedProgram:
    """A compiled round, and the compiled spawn that begins it."""

    def __init__(
        self,
        job: Job,
        mesh: Mesh,
        cohort: int,
        shapes: Grown[Any, Any],
        quick: bool = False,
        spawns: bool = True,
        spawn: Any = None,
    ):
        """Compile the round, and beside it the spawn, if the program `spawns` and there is none
        yet.
        """
        self.job, self.mesh, self.cohort, self.shapes = job, mesh, cohort, shapes
        spread: Any = NamedSharding(mesh, PartitionSpec("pop"))
        whole: Any = NamedSharding(mesh, PartitionSpec())
        sharding = Grown(spread, whole)

        def members(seed: Any, slots: Any, population: Any) -> Any:
            def one(pair: Any) -> Any:
                return live(job.learner, seed, job.steps, *pair)

            local = slots.shape[0]
            if cohort >= local:
                return jax.vmap(one)((slots, population))
            return jax.lax.map(one, (slots, population), batch_size=cohort)

        pop = PartitionSpec("pop")
        spread_members = members
        if not debugging():  # step by step, devices can't share one program
            spread_members = jax.shard_map(
                members,
                mesh=mesh,
                in_specs=(PartitionSpec(), pop, pop),
                out_specs=pop,
                check_vma=False,
            )

        def round_(seed: Any, number: Any, grown: Any) -> Any:
            (population, strategy_state), move = shift(
                job.learner, job.strategy, seed, number, grown
            )
            slots = jnp.arange(job.population)
            lived_with = population.hypers
            population, metrics = spread_members(seed, slots, population)
            lived = Round(move, lived_with, population.score, metrics)
            return Grown(population, strategy_state), lived

        number = jax.ShapeDtypeStruct((), jnp.uint32)

        def spawn_(seed: Any, hypers: Any) -> Any:
            return begin(job.learner, job.space, job.strategy, seed, job.population, hypers)

        arguments = number, number, self.shapes
        with_data, data = opened(round_, *arguments)
        self._data = jax.device_put(data, whole)
        works = [
            lowered(
                with_data,
                self._data,
                *arguments,
                in_shardings=(whole, whole, whole, sharding),
                out_shardings=(sharding, spread),
                donate_argnums=3,
                compiler_options=quick_to_compile() if quick else None,
            )
        ]
        self.spawn = spawn or jax.jit(spawn_, out_shardings=sharding)  # compiles when it is called
        if spawns and spawn is None:
            works.append(lowered(spawn_, number, job.hypers, out_shardings=sharding))
        (self._round, self._temporary), *beside = side_by_side(*works)
        self.spawn = beside[0][0] if beside else self.spawn
        self._sharding = sharding

    def rounds(
        self,
        first: int = 0,
        snapshot: Snapshot | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Lived]:
        """Yield the rounds; see `executor.Program`. Between two, nothing is under way. The first
        members are spawned at once: what compiles does so before it is said to be over.
        """
        del stop
        seed = np.uint32(self.job.seed)
        current = (
            self.spawn(seed, self.job.hypers)
            if snapshot is None
            else jax.device_put(snapshot.as_arrays(), self._sharding)
        )
        return self._rounds(first, seed, current)

    def _rounds(self, first: int, seed: Any, current: Any) -> Iterator[Lived]:
        everybody = np.ones(self.job.population, bool)
        for number in range(first, self.job.rounds):
            begun = time.perf_counter()
            current, lived = self._round(self._data, seed, np.uint32(number), current)
            lived = jax.device_get(lived)
            yield Lived(
                number,
                everybody,
                lived.move,
                lived.hypers,
                lived.score,
                lived.metrics,
                time.perf_counter() - begun,
                lambda now=current: Stacked(self.job, jax.device_get(now)),
                np.full(self.job.population, number - 1),
            )

    def footprint(self) -> Footprint:
        """Return the compiler's own account of the round's buffers."""
        temporary = self._temporary * self.mesh.size
        return Footprint(size_bytes(self.shapes), temporary, self.cohort)

    def close(self) -> None:
        """Nothing was taken."""
