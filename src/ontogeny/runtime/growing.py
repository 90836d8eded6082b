"""The driver: takes rounds from an executor, and records them. All side effects of a growth are
here.

Each round is one transaction of the store. A checkpoint is written before the transaction that
mentions it, so whatever moment the process is killed at, the newest checkpoint that the store knows
of is whole; a resumed run forgets the few rounds recorded after it, and lives them again to the
same bits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import jax
import numpy as np

from ontogeny.core import trees
from ontogeny.core.errors import DeadPopulation, OntogenyError
from ontogeny.evolution.evolve import Grown
from ontogeny.runtime.checkpoints import prune_checkpoints, read_newest, write_checkpoint
from ontogeny.runtime.executor import Executor, Job, Lived
from ontogeny.runtime.interruption import asked_to_stop
from ontogeny.runtime.machine import describe
from ontogeny.runtime.observer import Observer, Setting
from ontogeny.runtime.store import Heir, Store

SMALL = 16  # elements of a hyper that are recorded one by one; of more, the mean and the deviation


def grow(
    job: Job,
    executor: Executor,
    store: Store,
    *,
    observers: Sequence[Observer] = (),
    units: dict[str, float] | None = None,
    checkpoint_seconds: float = 30.0,
) -> str:
    """Grow the job from where the store stands, to its last round; return "finished" or
    "interrupted".

    A checkpoint is written when `checkpoint_seconds` have passed since the last (0: every round),
    and at the end. Raises `DeadPopulation` when every member has gone non-finite, `StoreError` when
    a round can't be recorded.
    """
    begun = time.perf_counter()
    first, grown = _restore(job, store)
    setting = Setting(job, store.folder, first, units or {}, describe())
    for observer in observers:
        observer.compiling(setting)
    status = "failed"
    try:
        with (
            asked_to_stop([observer.stopping for observer in observers]) as stop,
            closing(executor.prepare(job)) as program,
        ):
            seconds = time.perf_counter() - begun
            with store.transaction():
                if first == 0:
                    store.put(begun=time.time(), machine=setting.machine, compile_seconds=seconds)
                store.put(status="growing", memory=program.memory()._asdict())
            for observer in observers:
                observer.compiled(seconds)
            saved = time.perf_counter()
            status = "finished"
            for lived in program.rounds(first, grown):
                last = lived.number == job.rounds - 1
                stopping = stop()
                due = last or stopping or time.perf_counter() - saved >= checkpoint_seconds
                moved, dead = _record(store, job, lived, due)
                saved = time.perf_counter() if due else saved
                for observer in observers:
                    observer.lived(lived, moved, dead)
                if dead == job.population:
                    raise _all_dead(job, store, lived)
                if stopping and not last:
                    status = "interrupted"
                    break
        return status
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    except BaseException:
        status = "failed"
        raise
    finally:
        _end(store, status)
        for observer in observers:
            observer.ended(status)


def _restore(job: Job, store: Store) -> tuple[int, Grown[Any, Any] | None]:
    """Return the round to begin with and the population to begin from, the store rewound to that
    point.
    """
    recorded = store.rounds()
    if recorded == 0:
        return 0, None
    if not store.artifacts("checkpoint"):
        number, grown, wrong = (
            -1,
            None,
            ["no checkpoint was written yet: grown again from the first round"],
        )
    else:
        number, grown, wrong = read_newest(store.folder, job.shapes(), recorded - 1)
    with store.transaction():
        store.rewind(number)
        store.add_event(number + 1, "resumed", "; ".join([f"after round {number}", *wrong]))
    return number + 1, grown


def _record(store: Store, job: Job, lived: Lived, checkpoint: bool) -> tuple[int, int]:
    """Write one round; return how many slots inherited or began anew in it, and how many are dead
    after it.
    """
    number = lived.number
    slots = np.arange(job.population)
    own = slots[lived.ready]
    moved = lived.ready & ((lived.move.parent != slots) | ~lived.move.inherit)
    dead = lived.ready & ~np.isfinite(lived.score)
    written = write_checkpoint(store.folder, number, lived.snapshot()) if checkpoint else None
    with store.transaction():
        columns = {"score": lived.score, **lived.metrics, **flatten_hypers(lived.hypers)}
        for name, values in columns.items():
            for start, part in _stretches(own, values):
                store.add_metric(name, number, part, start)
        store.add_metric("seconds", number, [lived.seconds], -1)
        store.add_heirs(
            Heir(number, int(s), int(lived.move.parent[s]), bool(lived.move.inherit[s]))
            for s in slots[moved]
        )
        for slot in slots[dead]:
            store.add_event(number, "dead", "its state or score is not finite", int(slot))
        if written:
            store.add_artifact(number, "checkpoint", *written)
    if written:
        pruned = prune_checkpoints(store.folder)
        with store.transaction():
            for folder in pruned:
                store.remove_artifact("checkpoint", folder)
    return int(moved.sum()), int(dead.sum())


def flatten_hypers(hypers: Any) -> dict[str, np.ndarray]:
    """Return named columns [pop]: a scalar as it is, a small array element by element, a large one
    summed up.
    """
    columns: dict[str, np.ndarray] = {}
    for path, leaf in trees.named_leaves(jax.device_get(hypers)):
        rows = np.asarray(leaf, float).reshape(len(leaf), -1)
        if np.ndim(leaf) == 1:
            columns[f"hypers.{path}"] = rows[:, 0]
        elif rows.shape[1] <= SMALL:
            columns |= {f"hypers.{path}.{i}": rows[:, i] for i in range(rows.shape[1])}
        else:
            columns |= {
                f"hypers.{path}.mean": rows.mean(1),
                f"hypers.{path}.deviation": rows.std(1),
            }
    return columns


def _stretches(own: np.ndarray, values: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Return (first slot, values) for each run of neighbouring slots."""
    if own.size == 0:
        return []
    cuts = np.flatnonzero(np.diff(own) > 1) + 1
    return [(int(part[0]), np.asarray(values)[part]) for part in np.split(own, cuts)]


def _all_dead(job: Job, store: Store, lived: Lived) -> OntogenyError:
    hypers = ", ".join(
        f"{name.removeprefix('hypers.')} {values.min():.3g} to {values.max():.3g}"
        for name, values in flatten_hypers(lived.hypers).items()
    )
    return DeadPopulation(
        f"all {job.population} members have a state or score that is not finite "
        f"(hypers: {hypers or 'none'})",
        where=f"{store.folder}, round {lived.number}",
        hint="narrow the space (a smaller learning rate, as a rule), or look for a NaN in the data",
    )


def _end(store: Store, status: str) -> None:
    """Record how the growth ended. Best effort when it failed: the disk may be full."""
    try:
        with store.transaction():
            store.put(status=status, ended=time.time())
            store.add_event(max(store.rounds() - 1, 0), status, "")
    except OntogenyError:
        if status == "finished":
            raise
